//! The storage node of an image: a driver for each type of source and each protocol.

use virtargv_caps::{Cap, Convention};
use virtargv_model::Spelled;
use virtargv_model::device::disk::CacheMode;
use virtargv_model::device::storage::EncryptionFormat;

use crate::emit::context::Emit;
use crate::emit::device::chardev_source::add_fd;
use crate::needs::{Need, Process, Role};
use crate::prepare::descriptor::GroupSet;
use crate::prepare::storage::location::{HostPort, Network, Server, Storage};
use crate::prepare::storage::objects::Objects;
use crate::prepare::storage::{Access, Decrypts, Form};
use crate::text::text;
use crate::{Props, Text, Value};

/// The debug level of Gluster's library.
const GLUSTER_DEBUG_LEVEL: u32 = 4;

/// What the properties of a storage node depend on besides the storage.
#[derive(Clone, Copy)]
pub(super) struct NodeContext<'a> {
    /// The cache and I/O modes of the disk.
    pub access: Access,
    /// The objects of the image.
    pub objects: &'a Objects,
    /// What decrypts the image.
    pub decrypts: Option<Decrypts>,
    /// The name of the node.
    pub node: &'a str,
    /// How the image is given to QEMU, which decides on names of properties.
    pub form: Form,
}

/// The driver of a storage node and its properties, without `node-name=` and those that all nodes have.
pub(super) fn props(e: &mut Emit<'_>, storage: &Storage, context: NodeContext<'_>) -> Props {
    let access = context.access;
    match storage {
        Storage::Group(set) => {
            group(e, set, context.node);
            Props::new("driver", "file")
                .with("filename", set.path())
                .opt("aio", access.io.map(Spelled::as_str))
        }
        Storage::File(path) | Storage::Address { address: path, .. } => file(e, "file", path, context),
        Storage::Block { path, cdrom } => {
            file(e, if *cdrom { "host_cdrom" } else { "host_device" }, path, context)
        }
        Storage::Dir(path) => {
            e.need_path(path, Role::Share);
            let props = Props::new("driver", "vvfat").with("dir", path.clone());
            props.with("floppy", access.floppy).with("rw", false)
        }
        Storage::Nvme { address, namespace } => {
            e.need(Need::Vfio { address: address.to_string() });
            Props::new("driver", "nvme").with("device", address.clone()).with("namespace", *namespace)
        }
        Storage::Vdpa(path) => {
            e.need_path(path, Role::Device);
            Props::new("driver", "virtio-blk-vhost-vdpa").with("path", path.clone())
        }
        Storage::VdpaPassed(set) => {
            add_fd(e, set, Some(text!(context.node, "-vdpa")));
            Props::new("driver", "virtio-blk-vhost-vdpa").with("path", set.path())
        }
        Storage::Nbdkit(path) => {
            e.need_listener(path, Process::Nbdkit);
            let server = Props::object().with("type", "unix").with("path", path.clone());
            Props::new("driver", "nbd").with("server", server)
        }
        Storage::Network(network) => self::network(e, network, context),
    }
}

/// Emits `-add-fd` for each descriptor of a group (`<source fdgroup=>`).
fn group(e: &mut Emit<'_>, set: &GroupSet, node: &str) {
    for (n, fd) in set.descriptors.iter().enumerate() {
        e.need_group(*fd, &set.group);
        let option = Props::object().with("set", set.number).with("fd", *fd);
        e.pairs("-add-fd", option.with("opaque", text!(node, n)));
    }
}

fn file(e: &Emit<'_>, driver: &'static str, path: &Text, context: NodeContext<'_>) -> Props {
    e.need_path(path, Role::Image);
    let helper = context.objects.reservations.as_deref();
    Props::new("driver", driver)
        .with("filename", path.clone())
        .opt("aio", context.access.io.map(Spelled::as_str))
        .opt("pr-manager", helper.map(|helper| helper.id.clone()))
}

fn network(e: &Emit<'_>, network: &Network, context: NodeContext<'_>) -> Props {
    let objects = context.objects;
    let tls = || objects.tls.as_ref().map(|credentials| credentials.id.clone());
    match network {
        Network::Curl { scheme, url, ssl_verify, timeout, readahead } => {
            let mut props = Props::new("driver", *scheme).with("url", url.clone());
            if let Some(auth) = &objects.auth {
                props.set("username", auth.username.clone()).set("password-secret", auth.secret());
            }
            props.set_opt("sslverify", *ssl_verify);
            props.set_opt("cookie-secret", objects.cookies.as_ref().map(|cookies| cookies.id.clone()));
            props.opt("timeout", *timeout).opt("readahead", *readahead)
        }
        Network::Nbd { server, export, tls_hostname, reconnect_delay } => Props::new("driver", "nbd")
            .with("server", socket(server, Form::Node))
            .opt("export", export.clone())
            .opt("tls-creds", tls())
            .opt("tls-hostname", tls_hostname.clone())
            .opt("reconnect-delay", *reconnect_delay),
        Network::Rbd { pool, volume, snapshot, config, monitors } => {
            let mut props = Props::new("driver", "rbd").with("pool", pool.clone());
            let (namespace, name) = match volume.split_once('/') {
                Some((namespace, name)) if e.release().has(Convention::RbdNamespace) => {
                    (Some(namespace), name)
                }
                _ => (None, volume.as_str()),
            };
            props.set_opt("namespace", namespace.map(str::to_owned)).set("image", name.to_owned());
            rbd(&mut props, context, [snapshot, config], monitors);
            props
        }
        Network::Iscsi { portal, target, lun, initiator } => {
            let mut props = Props::new("driver", "iscsi")
                .with("portal", portal.clone())
                .with("target", target.clone())
                .with("lun", *lun)
                .with("transport", "tcp");
            if let Some(auth) = &objects.auth {
                props.set("user", auth.username.clone()).set("password-secret", auth.secret());
            }
            props.opt("initiator-name", initiator.clone())
        }
        Network::Gluster { volume, path, servers } => {
            let servers = servers.iter().map(|server| socket(server, context.form).into()).collect();
            Props::new("driver", "gluster")
                .with("volume", volume.clone())
                .with("path", path.clone())
                .with("server", Value::Array(servers))
                .opt("debug", gluster_debug(e))
        }
        Network::Sheepdog { name, server } => Props::new("driver", "sheepdog")
            .with("server", socket(server, Form::Node))
            .with("vdi", name.clone()),
        Network::Vxhs { name, server } => Props::new("driver", "vxhs")
            .opt("tls-creds", tls())
            .with("vdisk-id", name.clone())
            .with("server", inet(server)),
        Network::Ssh { path, server, user } => {
            let login = objects.auth.as_ref().map(|auth| auth.username.clone());
            Props::new("driver", "ssh")
                .with("path", path.clone())
                .with("server", inet(server))
                .opt("user", login.or_else(|| user.clone()))
        }
        Network::Nfs { path, host, user, group } => {
            let server = Props::object().with("host", host.clone()).with("type", "inet");
            Props::new("driver", "nfs")
                .with("server", server)
                .with("path", path.clone())
                .opt("user", *user)
                .opt("group", *group)
        }
    }
}

/// Adds the properties of an RBD image besides its name.
fn rbd(props: &mut Props, context: NodeContext<'_>, files: [&Option<Text>; 2], monitors: &[HostPort]) {
    let [snapshot, config] = files;
    props.set_opt("snapshot", snapshot.clone()).set_opt("conf", config.clone());
    if !monitors.is_empty() {
        let servers: Vec<Props> = monitors.iter().map(inet).collect();
        props.set("server", servers);
    }
    if let Some(Decrypts::Librbd(format)) = context.decrypts {
        props.set_opt("encrypt", encryption(format, context.objects));
    }
    if let Some(auth) = &context.objects.auth {
        props.set("user", auth.username.clone());
        props.set("auth-client-required", vec!["cephx", "none"]);
        props.set("key-secret", auth.secret());
    }
}

/// `encrypt=` of an RBD image: one object for each layer of encryption.
fn encryption(format: EncryptionFormat, objects: &Objects) -> Option<Props> {
    let mut nested: Option<Props> = None;
    for secret in objects.encryption.iter().rev() {
        let layer = Props::object()
            .with("format", format.as_str())
            .with("key-secret", secret.id.clone())
            .opt("parent", nested);
        nested = Some(layer);
    }
    nested
}

/// `debug=` of Gluster, where QEMU has it.
pub(super) fn gluster_debug(e: &Emit<'_>) -> Option<u32> {
    e.has(Cap::GlusterDebugLevel).then_some(GLUSTER_DEBUG_LEVEL)
}

/// A TCP address, without `type=`.
fn inet(at: &HostPort) -> Props {
    Props::object().with("host", at.host.clone()).with("port", text!(at.port))
}

/// A socket address, with `type=`.
fn socket(server: &Server, form: Form) -> Props {
    let (inet_word, path_word) = if form == Form::Drive { ("tcp", "socket") } else { ("inet", "path") };
    match server {
        Server::Inet(at) => {
            let mut props = Props::object().with("type", inet_word);
            props.extend(inet(at));
            props
        }
        Server::Unix(path) => Props::object().with("type", "unix").with(path_word, path.clone()),
    }
}

/// How a node of an image is opened.
#[derive(Debug, Clone, Copy)]
pub(super) enum Opened {
    /// It is the top node of an image that is read-only or not.
    Top { readonly: bool },
    /// It is below a format node, which says whether the image is read-only.
    Below,
    /// The same, with a single descriptor, which QEMU cannot open again with other access.
    ByDescriptor { readonly: bool },
}

/// Adds the properties that all storage nodes have.
pub(super) fn common(e: &Emit<'_>, props: &mut Props, access: Access, opened: Opened) {
    let late = e.release().has(Convention::BlockdevCacheLast);
    if !late {
        add_cache(props, access);
    }
    match opened {
        Opened::Top { readonly } => {
            props.set("read-only", readonly);
            props.set_opt("discard", access.discard.map(Spelled::as_str));
            props.set_opt("detect-zeroes", access.detect_zeroes.map(Spelled::as_str));
        }
        Opened::Below => {
            props.set("auto-read-only", true).set("discard", "unmap");
        }
        Opened::ByDescriptor { readonly } => {
            props.set("read-only", readonly).set("discard", "unmap");
        }
    }
    if late {
        add_cache(props, access);
    }
}

/// Adds `cache`: whether the host's page cache is bypassed, whether flushes are ignored.
pub(super) fn add_cache(props: &mut Props, access: Access) {
    if let Some(cache) = access.cache {
        let direct = matches!(cache, CacheMode::None | CacheMode::Directsync);
        let no_flush = cache == CacheMode::Unsafe;
        props.set("cache", Props::object().with("direct", direct).with("no-flush", no_flush));
    }
}
