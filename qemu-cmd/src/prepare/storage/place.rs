//! Where an image is, as QEMU gets at it.

use virtargv_host::Descriptor;
use virtargv_model::device::storage::{Image, Location, NetHost, NetSource, Protocol, Transport};
use virtargv_model::{Pos, Problem, Spelled, YesNo};
use virtargv_validate::rules::disk::source as rules;

use super::Form;
use super::objects::Objects;
use super::uri;
use crate::prepare::context::{Prepare, broken, must, problem};
use crate::prepare::descriptor::{FdSet, GroupSet};
use crate::text::Text;

/// Where an image is.
#[derive(Debug)]
pub(crate) enum Storage {
    /// In a file.
    File(Text),
    /// In a file of which the caller has passed descriptors.
    Group(GroupSet),
    /// On a block device of the host.
    Block {
        /// Its path.
        path: Text,
        /// Whether it is a CD-ROM drive.
        cdrom: bool,
    },
    /// The content of a folder.
    Dir(Text),
    /// On an NVMe drive.
    Nvme {
        /// Its PCI address.
        address: Text,
        /// The namespace.
        namespace: u64,
    },
    /// A vDPA device that QEMU opens.
    Vdpa(Text),
    /// A vDPA device of which QEMU inherits a descriptor.
    VdpaPassed(FdSet),
    /// Read by an nbdkit process that listens at this socket.
    Nbdkit(Text),
    /// On a network protocol, as properties.
    Network(Network),
    /// On a network protocol, as the address that older QEMUs read.
    Address {
        /// The address.
        address: Text,
        /// Whether it is on Gluster.
        gluster: bool,
    },
}

/// An image on a network protocol.
#[derive(Debug)]
pub(crate) enum Network {
    /// HTTP and FTP in all their forms, which QEMU reads with libcurl.
    Curl {
        /// The protocol.
        scheme: &'static str,
        /// The whole address.
        url: Text,
        /// Whether the server's certificate is looked at.
        ssl_verify: Option<bool>,
        /// In seconds.
        timeout: Option<u64>,
        /// In bytes.
        readahead: Option<u64>,
    },
    /// A network block device.
    Nbd {
        /// Who serves it.
        server: Server,
        /// The name of the export.
        export: Option<Text>,
        /// The name that the server's certificate is for.
        tls_hostname: Option<Text>,
        /// For how many seconds requests wait for a lost connection.
        reconnect_delay: Option<u32>,
    },
    /// A RADOS block device (Ceph).
    Rbd {
        /// The pool.
        pool: Text,
        /// The image in the pool, with its namespace.
        volume: Text,
        /// The snapshot.
        snapshot: Option<Text>,
        /// The configuration file of Ceph's library.
        config: Option<Text>,
        /// The monitors.
        monitors: Vec<HostPort>,
    },
    /// A unit of an iSCSI target.
    Iscsi {
        /// Who serves it, as `host:port`.
        portal: Text,
        /// The target.
        target: Text,
        /// The number of the unit.
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
        /// Who serves it.
        servers: Vec<Server>,
    },
    /// A virtual disk of Sheepdog.
    Sheepdog {
        /// Its name.
        name: Text,
        /// Who serves it.
        server: Server,
    },
    /// A virtual disk of Veritas HyperScale.
    Vxhs {
        /// Its name.
        name: Text,
        /// Who serves it.
        server: HostPort,
    },
    /// A file that is reached over SSH.
    Ssh {
        /// Its path.
        path: Text,
        /// Who serves it.
        server: HostPort,
        /// Who asks, where there is no `<auth>`.
        user: Option<Text>,
    },
    /// A file on an NFS server.
    Nfs {
        /// Its path.
        path: Text,
        /// The server's name.
        host: Text,
        /// The user's number.
        user: Option<u32>,
        /// The group's number.
        group: Option<u32>,
    },
}

/// Who serves an image.
#[derive(Debug)]
pub(crate) enum Server {
    /// A port of a host.
    Inet(HostPort),
    /// A UNIX socket.
    Unix(Text),
}

/// A port of a host.
#[derive(Debug)]
pub(crate) struct HostPort {
    /// The host's name or address.
    pub host: Text,
    /// The port; 0 is the protocol's own.
    pub port: u32,
}

impl Storage {
    /// Where `image` is. `node` is the name of its node.
    pub fn of(
        cx: &mut Prepare<'_>,
        image: &Image,
        objects: &Objects,
        node: &str,
        form: Form,
    ) -> Result<Self, Problem> {
        let path = |path: &Option<String>| -> Result<Text, Problem> {
            must(path.as_ref().map(Text::from), &rules::PATH, image.pos)
        };
        Ok(match &image.location {
            Location::File { fdgroup: Some(group), .. } if form == Form::Node && !cx.is_standalone() => {
                Self::Group(cx.numbers.group(group).ok_or_else(|| {
                    let message = format!("no descriptors were passed as group '{group}'");
                    problem(&crate::rules::STORAGE_FDGROUP, image.pos.attr("fdgroup"), message)
                })?)
            }
            Location::File { path: file, .. } => Self::File(path(file)?),
            Location::Block { path: device } => {
                let path = path(device)?;
                let cdrom = cx.host.is_cdrom(&path);
                Self::Block { path, cdrom }
            }
            Location::Dir { path: dir } => Self::Dir(path(dir)?),
            Location::Nvme(nvme) => {
                Self::Nvme { address: nvme.address.to_string().into(), namespace: nvme.namespace }
            }
            Location::VhostVdpa { path: device } if form == Form::Node => {
                let path = path(device)?;
                if cx.is_standalone() {
                    return Ok(Self::Vdpa(path));
                }
                let passed = cx.numbers.pass(&Descriptor::Vdpa { path: &path });
                Self::VdpaPassed(cx.numbers.set(passed))
            }
            Location::VhostVdpa { .. } => return Err(broken(&rules::DRIVE, image.pos)),
            Location::Network(_) if objects.nbdkit && form != Form::Address => {
                Self::Nbdkit(format!("{}/nbdkit-{node}.socket", cx.folders.domain).into())
            }
            Location::Network(net) if form == Form::Address => Self::Address {
                address: uri::address(image, net, objects)?.into(),
                gluster: net.protocol == Some(Protocol::Gluster),
            },
            Location::Network(net) => Self::Network(Network::of(net, image.pos)?),
            Location::Volume(_) | Location::VhostUser(_) => return Err(broken(&rules::NODE, image.pos)),
        })
    }
}

impl Network {
    fn of(net: &NetSource, pos: Pos) -> Result<Self, Problem> {
        let protocol = must(net.protocol, &rules::PROTOCOL, pos)?;
        let text = |text: &Option<String>| text.as_ref().map(Text::from);
        let name = || Text::from(name_of(net).to_owned());
        let only = || only_host(net, pos);
        let inet = || HostPort::of(only()?, pos);
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
                server: Server::of(only()?, pos)?,
                export: text(&net.name),
                tls_hostname: text(&net.tls_hostname),
                reconnect_delay: net.reconnect.as_ref().and_then(|r| r.delay).filter(|delay| *delay > 0),
            },
            Protocol::Rbd => {
                let (pool, volume) = split(&name());
                let (snapshot, config) = (text(&net.snapshot), text(&net.config_file));
                let monitors: Result<_, Problem> =
                    net.hosts.iter().map(|host| HostPort::of(host, pos)).collect();
                Self::Rbd { pool, volume, snapshot, config, monitors: monitors? }
            }
            Protocol::Iscsi => {
                let (name, host) = (name(), only()?);
                let (target, unit) = name.split_once('/').unwrap_or((&name, "0"));
                let lun = must(unit.parse().ok(), &rules::ISCSI_UNIT, pos.attr("name"))?;
                let at = HostPort::of(host, pos)?;
                let portal = format!("{}:{}", uri::bracketed(&at.host), at.port).into();
                Self::Iscsi { portal, target: target.to_owned().into(), lun, initiator: text(&net.initiator) }
            }
            Protocol::Gluster => {
                let (volume, path) = split(&name());
                let servers: Result<_, Problem> =
                    net.hosts.iter().map(|host| Server::of(host, pos)).collect();
                Self::Gluster { volume, path, servers: servers? }
            }
            Protocol::Sheepdog => Self::Sheepdog { name: name(), server: Server::of(only()?, pos)? },
            Protocol::Vxhs => Self::Vxhs { name: name(), server: inet()? },
            Protocol::Ssh => {
                let user = net.ssh.as_ref().and_then(|ssh| text(&ssh.username));
                Self::Ssh { path: name(), server: inet()?, user }
            }
            Protocol::Nfs => {
                let (user, group) =
                    (identity(net.nfs_user.as_ref(), pos)?, identity(net.nfs_group.as_ref(), pos)?);
                Self::Nfs { path: name(), host: inet()?.host, user, group }
            }
        })
    }
}

/// The name of a source; an empty one is read as none.
pub(super) fn name_of(net: &NetSource) -> &str {
    net.name.as_ref().map_or("", String::as_str)
}

/// `pool/image` in two.
fn split(name: &str) -> (Text, Text) {
    let (pool, image) = split_volume(name);
    (pool.to_owned().into(), image.to_owned().into())
}

/// `pool/image` in two.
pub(super) fn split_volume(name: &str) -> (&str, &str) {
    name.split_once('/').unwrap_or(("", name))
}

/// The number of a user or group, which may have a sign before it.
fn identity(text: Option<&String>, pos: Pos) -> Result<Option<u32>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let number = text.trim_start_matches('+').parse().ok();
    must(number, &rules::NFS_IDENTITY, pos.path("identity")).map(Some)
}

/// The host of a protocol that knows only one.
pub(super) fn only_host(net: &NetSource, pos: Pos) -> Result<&NetHost, Problem> {
    match net.hosts.as_slice() {
        [host] => Ok(host),
        _ => Err(broken(&rules::ONE_HOST, pos)),
    }
}

impl Server {
    fn of(host: &NetHost, pos: Pos) -> Result<Self, Problem> {
        match host.transport() {
            Transport::Tcp => Ok(Self::Inet(HostPort::of(host, pos)?)),
            Transport::Unix => {
                Ok(Self::Unix(must(host.socket.as_ref().map(Text::from), &rules::TRANSPORT, pos)?))
            }
            Transport::Rdma => Err(broken(&rules::TRANSPORT, pos)),
        }
    }
}

impl HostPort {
    fn of(host: &NetHost, pos: Pos) -> Result<Self, Problem> {
        let name = must(host.name.as_ref(), &rules::TRANSPORT, pos)?;
        Ok(Self { host: name.into(), port: host.port.unwrap_or(0) })
    }
}
