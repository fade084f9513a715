//! The node of an image's place: one driver a kind of place or protocol.

use virtargv_caps::{Cap, Convention};
use virtargv_host::Descriptor;
use virtargv_model::device::storage::{Image, Location, NetHost, NetSource, Protocol, Transport};
use virtargv_model::{Kind, Problem};

use super::objects::Objects;
use super::uri::bracketed;
use super::{Access, curl, format};
use crate::device::chardev_source::add_fd;
use crate::emit::{Emit, problem};
use crate::needs::{Need, Process, Role};
use crate::{Props, Value};

/// How much Gluster's library is to say.
const GLUSTER_DEBUG_LEVEL: u32 = 4;

/// How the place is described.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// As a node.
    Node,
    /// As `file.` of a drive, with the words of QEMU's older releases.
    Drive,
}

/// The driver of an image's place and its properties, without the node's name and what all nodes have.
pub(crate) fn props(
    e: &mut Emit<'_>,
    image: &Image,
    access: Access,
    objects: &Objects,
    storage_node: &str,
    form: Form,
) -> Result<Props, Problem> {
    Ok(match &image.location {
        Location::File { fdgroup: Some(group), .. } if !e.is_standalone() => {
            let set = pass_group(e, image, group, storage_node)?;
            Props::new("driver", "file")
                .with("filename", set)
                .opt("aio", access.io.map(virtargv_model::Spelled::as_str))
        }
        Location::File { path, .. } => file(e, "file", path.as_deref(), access, objects),
        Location::Block { path } => {
            let cdrom = path.as_deref().is_some_and(|p| e.host.files().is_cdrom(p) == Ok(true));
            file(e, if cdrom { "host_cdrom" } else { "host_device" }, path.as_deref(), access, objects)
        }
        Location::Dir { path } => {
            let path = path.as_deref().unwrap_or("");
            e.need_path(path, Role::Share);
            Props::new("driver", "vvfat").with("dir", path).with("floppy", access.floppy).with("rw", false)
        }
        Location::Nvme(nvme) => {
            let address = nvme.address.to_string();
            e.need(Need::Vfio { address: address.clone() });
            Props::new("driver", "nvme").with("device", address).with("namespace", nvme.namespace)
        }
        Location::VhostVdpa { path } => {
            let path = path.as_deref().unwrap_or("");
            let props = Props::new("driver", "virtio-blk-vhost-vdpa");
            if e.is_standalone() {
                e.need_path(path, Role::Device);
                return Ok(props.with("path", path));
            }
            let fd = e.descriptor(&Descriptor::Vdpa { path }).map_err(|error| {
                problem(Kind::Internal, "storage-vdpa", image.pos.attr("dev"), error.to_string())
            })?;
            props.with("path", add_fd(e, fd, Some(&format!("{storage_node}-vdpa"))))
        }
        Location::Network(_) if objects.nbdkit => {
            let path = format!("{}/nbdkit-{storage_node}.socket", e.plan.domain_dir);
            e.need_listener(&path, Process::Nbdkit);
            let server = Props::object().with("type", "unix").with("path", path);
            Props::new("driver", "nbd").with("server", server)
        }
        Location::Network(net) => network(e, image, net, objects, form)?,
        Location::Volume(_) | Location::VhostUser(_) => {
            let message = format!("an image of type '{}' has no node", image.kind());
            return Err(problem(Kind::Internal, "storage-node", image.pos, message));
        }
    })
}

/// Emits a set of the descriptors that were passed as a group, and gives the path that stands for it.
fn pass_group(e: &mut Emit<'_>, image: &Image, group: &str, node: &str) -> Result<String, Problem> {
    let Some(descriptors) = e.descriptor_group(group) else {
        let message = format!("no descriptors were passed as group '{group}'");
        return Err(problem(Kind::InvalidArgument, "storage-fdgroup", image.pos.attr("fdgroup"), message));
    };
    let set = e.counters.fdset;
    e.counters.fdset = set.saturating_add(1);
    for (n, fd) in descriptors.into_iter().enumerate() {
        let option = Props::object().with("set", set).with("fd", fd).with("opaque", format!("{node}{n}"));
        e.line.option("-add-fd", option.to_kv(crate::Style::OnOff));
    }
    Ok(format!("/dev/fdset/{set}"))
}

fn file(e: &Emit<'_>, driver: &'static str, path: Option<&str>, access: Access, objects: &Objects) -> Props {
    let path = path.unwrap_or("");
    e.need_path(path, Role::Image);
    Props::new("driver", driver)
        .with("filename", path)
        .opt("aio", access.io.map(virtargv_model::Spelled::as_str))
        .opt("pr-manager", objects.reservations.as_ref())
}

fn network(
    e: &Emit<'_>,
    image: &Image,
    net: &NetSource,
    objects: &Objects,
    form: Form,
) -> Result<Props, Problem> {
    match net.protocol {
        Some(Protocol::Http | Protocol::Https | Protocol::Ftp | Protocol::Ftps | Protocol::Tftp) => {
            curl::props(image, net, objects)
        }
        Some(Protocol::Nbd) => Ok(Props::new("driver", "nbd")
            .with("server", socket(image, only_host(image, net)?, Form::Node)?)
            .opt("export", net.name.as_ref())
            .opt("tls-creds", objects.tls.as_ref())
            .opt("tls-hostname", net.tls_hostname.as_ref())
            .opt("reconnect-delay", net.reconnect.as_ref().and_then(|r| r.delay).filter(|d| *d > 0))),
        Some(Protocol::Rbd) => Ok(rbd(e, image, net, objects)),
        Some(Protocol::Iscsi) => iscsi(image, net, objects),
        Some(Protocol::Gluster) => gluster(e, image, net, form),
        Some(Protocol::Sheepdog) => Ok(Props::new("driver", "sheepdog")
            .with("server", socket(image, only_host(image, net)?, Form::Node)?)
            .with("vdi", net.name.as_deref().unwrap_or(""))),
        Some(Protocol::Vxhs) => {
            let host = only_host(image, net)?;
            Ok(Props::new("driver", "vxhs")
                .opt("tls-creds", objects.tls.as_ref())
                .with("vdisk-id", net.name.as_deref().unwrap_or(""))
                .with("server", inet(host)))
        }
        Some(Protocol::Ssh) => {
            let host = only_host(image, net)?;
            let login = objects.auth.as_ref().map(|a| a.username.as_str());
            let user = login.or(net.ssh.as_ref().and_then(|s| s.username.as_deref()));
            Ok(Props::new("driver", "ssh")
                .with("path", net.name.as_deref().unwrap_or(""))
                .with("server", inet(host))
                .opt("user", user))
        }
        Some(Protocol::Nfs) => nfs(image, net),
        None => {
            let message = "element 'source' lacks its attribute 'protocol'";
            Err(problem(Kind::Internal, "storage-protocol", image.pos, message))
        }
    }
}

/// The host of a protocol that knows only one.
pub(super) fn only_host<'n>(image: &Image, net: &'n NetSource) -> Result<&'n NetHost, Problem> {
    match net.hosts.as_slice() {
        [host] => Ok(host),
        others => {
            let protocol = net.protocol.map_or("", virtargv_model::Spelled::as_str);
            let message = format!("protocol '{protocol}' takes one host, there are '{}'", others.len());
            Err(problem(Kind::Internal, "storage-one-host", image.pos, message))
        }
    }
}

/// Host and port alone.
fn inet(host: &NetHost) -> Props {
    let port = host.port.unwrap_or_default().to_string();
    Props::object().with("host", host.name.as_deref().unwrap_or("")).with("port", port)
}

/// The address of a socket.
fn socket(image: &Image, host: &NetHost, form: Form) -> Result<Props, Problem> {
    let (inet_word, path_word) = if form == Form::Drive { ("tcp", "socket") } else { ("inet", "path") };
    match host.transport() {
        Transport::Tcp => {
            let mut props = Props::object().with("type", inet_word);
            props.extend(inet(host));
            Ok(props)
        }
        Transport::Unix => {
            let path = host.socket.as_deref().unwrap_or("");
            Ok(Props::object().with("type", "unix").with(path_word, path))
        }
        Transport::Rdma => {
            let message = "transport 'rdma' of element 'host' is not offered by QEMU";
            Err(problem(Kind::Internal, "storage-transport", image.pos, message))
        }
    }
}

/// `pool/image` in two.
pub(super) fn split_volume(name: &str) -> (&str, &str) {
    name.split_once('/').unwrap_or(("", name))
}

fn rbd(e: &Emit<'_>, image: &Image, net: &NetSource, objects: &Objects) -> Props {
    let (pool, name) = split_volume(net.name.as_deref().unwrap_or(""));
    let mut props = Props::new("driver", "rbd");
    let (namespace, name) = match name.split_once('/') {
        Some((namespace, name)) if e.release().has(Convention::RbdNamespace) => (Some(namespace), name),
        _ => (None, name),
    };
    props.set("pool", pool).set_opt("namespace", namespace).set("image", name);
    props.set_opt("snapshot", net.snapshot.as_ref()).set_opt("conf", net.config_file.as_ref());
    if !net.hosts.is_empty() {
        let servers: Vec<Props> = net.hosts.iter().map(inet).collect();
        props.set("server", servers);
    }
    props.set_opt("encrypt", format::rbd_encryption(image, objects));
    if let Some(auth) = &objects.auth {
        props.set("user", auth.username.as_str());
        props.set("auth-client-required", vec!["cephx", "none"]);
        props.set("key-secret", auth.secret());
    }
    props
}

fn iscsi(image: &Image, net: &NetSource, objects: &Objects) -> Result<Props, Problem> {
    let host = only_host(image, net)?;
    let name = net.name.as_deref().unwrap_or("");
    let (target, unit) = name.split_once('/').unwrap_or((name, "0"));
    let Ok(lun) = unit.parse::<u32>() else {
        let message = format!("the unit of iSCSI source '{name}' is '{unit}', expected a number");
        return Err(problem(Kind::Internal, "storage-iscsi-unit", image.pos.attr("name"), message));
    };
    let portal =
        format!("{}:{}", bracketed(host.name.as_deref().unwrap_or("")), host.port.unwrap_or_default());
    let mut props = Props::new("driver", "iscsi")
        .with("portal", portal)
        .with("target", target)
        .with("lun", lun)
        .with("transport", "tcp");
    if let Some(auth) = &objects.auth {
        props.set("user", auth.username.as_str()).set("password-secret", auth.secret());
    }
    props.set_opt("initiator-name", net.initiator.as_ref());
    Ok(props)
}

fn gluster(e: &Emit<'_>, image: &Image, net: &NetSource, form: Form) -> Result<Props, Problem> {
    let (volume, path) = split_volume(net.name.as_deref().unwrap_or(""));
    let mut servers: Vec<Value> = Vec::new();
    for host in &net.hosts {
        servers.push(socket(image, host, form)?.into());
    }
    Ok(Props::new("driver", "gluster")
        .with("volume", volume)
        .with("path", path)
        .with("server", Value::Array(servers))
        .opt("debug", gluster_debug(e)))
}

/// How much Gluster's library is to say, where QEMU can tell it.
pub(super) fn gluster_debug(e: &Emit<'_>) -> Option<u32> {
    e.has(Cap::GlusterDebugLevel).then_some(GLUSTER_DEBUG_LEVEL)
}

fn nfs(image: &Image, net: &NetSource) -> Result<Props, Problem> {
    let host = only_host(image, net)?;
    let id = |text: &Option<String>| -> Result<Option<u32>, Problem> {
        let Some(text) = text else { return Ok(None) };
        text.trim_start_matches('+').parse().map(Some).map_err(|_| {
            let message = format!("'{text}' in element 'identity' is not the number of a user or group");
            problem(Kind::Internal, "storage-nfs-identity", image.pos.path("identity"), message)
        })
    };
    let server = Props::object().with("host", host.name.as_deref().unwrap_or("")).with("type", "inet");
    Ok(Props::new("driver", "nfs")
        .with("server", server)
        .with("path", net.name.as_deref().unwrap_or(""))
        .opt("user", id(&net.nfs_user)?)
        .opt("group", id(&net.nfs_group)?))
}

/// What all nodes of places have: for the node that stands for the whole image whether it is written, else that it
/// follows the node above.
pub(super) fn common(e: &Emit<'_>, props: &mut Props, access: Access, readonly: Option<bool>) {
    let late = e.release().has(Convention::BlockdevCacheLast);
    if !late {
        add_cache(props, access);
    }
    if let Some(readonly) = readonly {
        props.set("read-only", readonly);
        props.set_opt("discard", access.discard.map(virtargv_model::Spelled::as_str));
        props.set_opt("detect-zeroes", access.detect_zeroes.map(virtargv_model::Spelled::as_str));
    } else {
        props.set("auto-read-only", true).set("discard", "unmap");
    }
    if late {
        add_cache(props, access);
    }
}

/// `cache`: whether the host's page cache is passed by, whether flushes are ignored.
pub(super) fn add_cache(props: &mut Props, access: Access) {
    use virtargv_model::device::disk::CacheMode;
    if let Some(cache) = access.cache {
        let direct = matches!(cache, CacheMode::None | CacheMode::Directsync);
        let no_flush = cache == CacheMode::Unsafe;
        props.set("cache", Props::object().with("direct", direct).with("no-flush", no_flush));
    }
}
