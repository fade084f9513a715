//! Where an image is stored, in QEMU's terms.

use virtargv_caps::Release;
use virtargv_host::{Descriptor, Runner};
use virtargv_model::device::storage::{Image, Location, NetHost, NetSource, Protocol, Transport};
use virtargv_model::read::ATTRIBUTE_MISSING;
use virtargv_model::{Pos, Problem, Spelled, YesNo};
use virtargv_validate::rules::disk::source as rules;

use super::Form;
use super::objects::Objects;
use super::uri;
use crate::prepare::context::{Prepare, broken};
use crate::prepare::descriptor::{FdSet, GroupSet};
use crate::text::Text;

/// Where an image is stored.
#[derive(Debug)]
pub(crate) enum Storage {
    /// A file.
    File(Text),
    /// A file of which the caller passes descriptors.
    Group(GroupSet),
    /// A block device of the host.
    Block {
        /// Its path.
        path: Text,
        /// Whether it is a CD-ROM drive.
        cdrom: bool,
    },
    /// A directory, presented as a FAT filesystem.
    Dir(Text),
    /// A namespace of an NVMe drive.
    Nvme {
        /// Its PCI address.
        address: Text,
        /// The namespace.
        namespace: u64,
    },
    /// A vDPA device that QEMU opens by its path.
    Vdpa(Text),
    /// A vDPA device of which QEMU inherits a descriptor.
    VdpaPassed(Box<FdSet>),
    /// A network source that nbdkit reads, by the socket of nbdkit.
    Nbdkit(Text),
    /// A network source, as properties.
    Network(Box<Network>),
    /// A network source, as an address in `file=`.
    Address {
        /// The address.
        address: Text,
        /// Whether the protocol is `gluster`.
        gluster: bool,
    },
}

/// A network source.
#[derive(Debug)]
pub(crate) enum Network {
    /// HTTP, HTTPS, FTP, FTPS or TFTP, by libcurl.
    Curl {
        /// The protocol.
        scheme: &'static str,
        /// The URL.
        url: Text,
        /// Whether the server's certificate is verified.
        ssl_verify: Option<bool>,
        /// The timeout in seconds.
        timeout: Option<u64>,
        /// The readahead in bytes.
        readahead: Option<u64>,
    },
    /// NBD.
    Nbd {
        /// The server.
        server: Server,
        /// The name of the export.
        export: Option<Text>,
        /// The name that the server's certificate must have.
        tls_hostname: Option<Text>,
        /// The time in seconds for which requests wait after the connection is lost.
        reconnect_delay: Option<u32>,
    },
    /// An RBD image (Ceph).
    Rbd {
        /// The pool.
        pool: Text,
        /// The name of the image in the pool, after its namespace.
        volume: Text,
        /// The snapshot.
        snapshot: Option<Text>,
        /// The path of Ceph's configuration file.
        config: Option<Text>,
        /// The monitors.
        monitors: Vec<HostPort>,
    },
    /// A logical unit of an iSCSI target.
    Iscsi {
        /// The address of the server, `HOST:PORT`.
        portal: Text,
        /// The qualified name of the target.
        target: Text,
        /// The logical unit number.
        lun: u32,
        /// The name of the initiator.
        initiator: Option<Text>,
    },
    /// A file on a Gluster volume.
    Gluster {
        /// The volume.
        volume: Text,
        /// The path on it.
        path: Text,
        /// The server.
        servers: Vec<Server>,
    },
    /// A virtual disk of Sheepdog.
    Sheepdog {
        /// Its name.
        name: Text,
        /// The server.
        server: Server,
    },
    /// A virtual disk of Veritas HyperScale.
    Vxhs {
        /// Its name.
        name: Text,
        /// The server.
        server: HostPort,
    },
    /// A file of an SSH server.
    Ssh {
        /// Its path.
        path: Text,
        /// The server.
        server: HostPort,
        /// The user name, if there is no `<auth>`.
        user: Option<Text>,
    },
    /// A file on an NFS server.
    Nfs {
        /// Its path.
        path: Text,
        /// The server's name.
        host: Text,
        /// The user id.
        user: Option<u32>,
        /// The group id.
        group: Option<u32>,
    },
}

/// The server of a network source.
#[derive(Debug)]
pub(crate) enum Server {
    /// A TCP port.
    Inet(HostPort),
    /// A UNIX socket with this path.
    Unix(Text),
}

/// A TCP port of a host.
#[derive(Debug)]
pub(crate) struct HostPort {
    /// The name or address of the host.
    pub host: Text,
    /// The port; 0 is the default of the protocol.
    pub port: u32,
}

impl Storage {
    /// Where `image` is stored. `node` is the name of its storage node, `set` the number of its descriptor set.
    pub fn of(
        cx: &mut Prepare<'_>,
        image: &Image,
        objects: &Objects,
        (node, set): (&str, Option<u32>),
        form: Form,
    ) -> Result<Self, Problem> {
        let release = cx.release();
        let path = |path: &Option<String>| -> Result<Text, Problem> {
            path.as_ref().map(Text::from).ok_or_else(|| {
                let message = "`<source>` has no path: the attribute of its type, such as `file`, is missing";
                broken(release, &rules::PATH, image.pos, message)
            })
        };
        let not_a_node = |kind| {
            let message = format!("a source of type `{kind}` cannot be a block node of QEMU");
            broken(release, &rules::NODE, image.pos, message)
        };
        Ok(match &image.location {
            Location::File { fdgroup: Some(group), .. } if form == Form::Node && !cx.is_for_shell() => {
                Self::Group(cx.numbers.group(group, set).ok_or_else(|| {
                    let message = format!("no descriptors were passed as group `{group}`");
                    crate::rules::STORAGE_FDGROUP.problem(cx.release(), image.pos.attr("fdgroup"), message)
                })?)
            }
            Location::File { path: file, .. } => Self::File(path(file)?),
            Location::Block { path: device } => {
                let path = path(device)?;
                let cdrom = cx.host.files().is_cdrom(&path) == Ok(true);
                Self::Block { path, cdrom }
            }
            Location::Dir { path: dir } => Self::Dir(path(dir)?),
            Location::Nvme(nvme) => {
                Self::Nvme { address: nvme.address.to_string().into(), namespace: nvme.namespace }
            }
            Location::VhostVdpa { path: device } if form == Form::Node => {
                let path = path(device)?;
                match cx.options.runner {
                    Runner::Launcher => {}
                    Runner::Shell(_) => return Ok(Self::Vdpa(path)),
                    Runner::Reader => {
                        let message = format!(
                            "the vDPA device `{path}` is not opened for a command line that is to be read"
                        );
                        return Err(crate::rules::NATIVE_VDPA.problem(release, image.pos, message));
                    }
                }
                let passed = cx.pass(&Descriptor::Vdpa { path: &path }, image.pos)?;
                Self::VdpaPassed(Box::new(cx.numbers.set(passed)))
            }
            Location::Ctl { .. } => {
                let message = "a source of type `ctl` is for bhyve, QEMU has no driver for it";
                return Err(broken(release, &rules::CTL, image.pos, message));
            }
            Location::VhostVdpa { .. } => {
                let message = "a source of type `vhostvdpa` needs a block node, `-drive` has no such driver";
                return Err(broken(release, &rules::DRIVE, image.pos, message));
            }
            Location::Network(_) if objects.nbdkit && form != Form::Address => {
                Self::Nbdkit(format!("{}/nbdkit-{node}.socket", cx.directories.domain).into())
            }
            Location::Network(net) if form == Form::Address => Self::Address {
                address: uri::address(image, net, objects, release)?.into(),
                gluster: net.protocol == Some(Protocol::Gluster),
            },
            Location::Network(net) => Self::Network(Box::new(Network::of(net, image.pos, release)?)),
            Location::Volume(_) => return Err(not_a_node("volume")),
            Location::VhostUser(_) => return Err(not_a_node("vhostuser")),
        })
    }
}

impl Network {
    fn of(net: &NetSource, pos: Pos, release: Release) -> Result<Self, Problem> {
        let protocol = net.protocol.ok_or_else(|| no_protocol(pos, release))?;
        let text = |text: &Option<String>| text.as_ref().map(Text::from);
        let name = || Text::from(name_of(net).to_owned());
        let only = || only_host(net, pos, release);
        let inet = || HostPort::of(only()?, pos, release);
        Ok(match protocol {
            Protocol::Http | Protocol::Https | Protocol::Ftp | Protocol::Ftps | Protocol::Tftp => {
                Self::Curl {
                    scheme: protocol.as_str(),
                    url: uri::uri(protocol, net, only()?, None, net.query.as_deref()).into(),
                    ssl_verify: net.ssl_verify.map(YesNo::is_yes),
                    timeout: net.timeout,
                    readahead: net.readahead,
                }
            }
            Protocol::Nbd => Self::Nbd {
                server: Server::of(only()?, pos, release)?,
                export: text(&net.name),
                tls_hostname: text(&net.tls_hostname),
                reconnect_delay: net.reconnect.as_ref().and_then(|r| r.delay).filter(|delay| *delay > 0),
            },
            Protocol::Rbd => {
                let (pool, volume) = split(&name());
                let (snapshot, config) = (text(&net.snapshot), text(&net.config_file));
                let monitors: Result<_, Problem> =
                    net.hosts.iter().map(|host| HostPort::of(host, pos, release)).collect();
                Self::Rbd { pool, volume, snapshot, config, monitors: monitors? }
            }
            Protocol::Iscsi => {
                let (name, host) = (name(), only()?);
                let (target, unit) = name.split_once('/').unwrap_or((&name, "0"));
                let lun = unit.parse().map_err(|_| {
                    let message =
                        format!("the logical unit `{unit}` in `name` of an iSCSI source is not a number");
                    broken(release, &rules::ISCSI_UNIT, pos.attr("name"), message)
                })?;
                let at = HostPort::of(host, pos, release)?;
                let portal = format!("{}:{}", uri::bracketed(&at.host), at.port).into();
                Self::Iscsi { portal, target: target.to_owned().into(), lun, initiator: text(&net.initiator) }
            }
            Protocol::Gluster => {
                let (volume, path) = split(&name());
                let servers: Result<_, Problem> =
                    net.hosts.iter().map(|host| Server::of(host, pos, release)).collect();
                Self::Gluster { volume, path, servers: servers? }
            }
            Protocol::Sheepdog => Self::Sheepdog { name: name(), server: Server::of(only()?, pos, release)? },
            Protocol::Vxhs => Self::Vxhs { name: name(), server: inet()? },
            Protocol::Ssh => {
                let user = net.ssh.as_ref().and_then(|ssh| text(&ssh.username));
                Self::Ssh { path: name(), server: inet()?, user }
            }
            Protocol::Nfs => {
                let (user, group) = (
                    identity(net.nfs_user.as_ref(), "user", pos, release)?,
                    identity(net.nfs_group.as_ref(), "group", pos, release)?,
                );
                Self::Nfs { path: name(), host: inet()?.host, user, group }
            }
        })
    }
}

/// The name of a source; empty if there is none.
pub(super) fn name_of(net: &NetSource) -> &str {
    net.name.as_ref().map_or("", String::as_str)
}

/// Splits `POOL/IMAGE`.
fn split(name: &str) -> (Text, Text) {
    let (pool, image) = split_volume(name);
    (pool.to_owned().into(), image.to_owned().into())
}

/// Splits `POOL/IMAGE`.
pub(super) fn split_volume(name: &str) -> (&str, &str) {
    name.split_once('/').unwrap_or(("", name))
}

/// The number of a user or group, which can have a `+` before it.
fn identity(
    text: Option<&String>,
    attribute: &str,
    pos: Pos,
    release: Release,
) -> Result<Option<u32>, Problem> {
    let Some(text) = text else { return Ok(None) };
    text.trim_start_matches('+').parse().map(Some).map_err(|_| {
        let message = format!("`<identity>` has {attribute} `{text}`, which is not a number");
        broken(release, &rules::NFS_IDENTITY, pos.path("identity"), message)
    })
}

/// The host of a protocol that takes one only.
pub(super) fn only_host(net: &NetSource, pos: Pos, release: Release) -> Result<&NetHost, Problem> {
    match net.hosts.as_slice() {
        [host] => Ok(host),
        hosts => {
            let protocol = net.protocol.map_or("", Spelled::as_str);
            let message =
                format!("a source of protocol `{protocol}` needs one `<host>`, it has `{}`", hosts.len());
            Err(broken(release, &rules::ONE_HOST, pos, message))
        }
    }
}

/// The problem of a network source without `protocol=`.
pub(super) fn no_protocol(pos: Pos, release: Release) -> Problem {
    broken(release, &ATTRIBUTE_MISSING, pos, "`<source>` of a network disk lacks `protocol`")
}

/// The problem of a `<host>` over `transport` without the attribute that such a transport needs.
pub(super) fn no_attribute(transport: Transport, attribute: &str, pos: Pos, release: Release) -> Problem {
    let message = format!("`<host>` with transport `{transport}` lacks `{attribute}`");
    broken(release, &rules::TRANSPORT, pos, message)
}

impl Server {
    fn of(host: &NetHost, pos: Pos, release: Release) -> Result<Self, Problem> {
        match host.transport() {
            Transport::Tcp => Ok(Self::Inet(HostPort::of(host, pos, release)?)),
            Transport::Unix => Ok(Self::Unix(
                host.socket
                    .as_ref()
                    .map(Text::from)
                    .ok_or_else(|| no_attribute(Transport::Unix, "socket", pos, release))?,
            )),
            Transport::Rdma => {
                let message = "`<host>` has transport `rdma`, which QEMU's block drivers do not have";
                Err(broken(release, &rules::TRANSPORT, pos, message))
            }
        }
    }
}

impl HostPort {
    fn of(host: &NetHost, pos: Pos, release: Release) -> Result<Self, Problem> {
        let name = host.name.as_ref().ok_or_else(|| no_attribute(host.transport(), "name", pos, release))?;
        Ok(Self { host: name.into(), port: host.port.unwrap_or(0) })
    }
}
