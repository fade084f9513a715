//! Descriptors that are opened before the start and passed to QEMU.

use std::fmt;

/// A descriptor that is passed to QEMU. `S` is the type of its texts: borrowed in a request, owned in the list of
/// needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Descriptor<S> {
    /// A queue of a tap device.
    Tap {
        /// The name of the device, where the document has one.
        name: Option<S>,
        /// What it is connected to.
        joins: Joins<S>,
        /// The index of the queue, from 0.
        queue: u32,
    },
    /// `/dev/vhost-net`, one for each queue.
    VhostNet {
        /// The index of the queue, from 0.
        queue: u32,
    },
    /// A vDPA character device.
    Vdpa {
        /// The path.
        path: S,
    },
    /// `/dev/vhost-vsock`.
    VhostVsock,
    /// `/dev/vhost-scsi`.
    VhostScsi,
    /// `/dev/iommu`.
    Iommu,
    /// The VFIO device of a PCI device, `/dev/vfio/devices/vfioN`.
    VfioDevice {
        /// The address of the PCI device, `DOMAIN:BUS:SLOT.FUNCTION`.
        address: S,
    },
    /// A listening UNIX socket.
    UnixListen {
        /// The path.
        path: S,
    },
    /// The file that a character device writes its output to.
    ChardevFile {
        /// The path.
        path: S,
        /// Whether the file keeps its content.
        append: bool,
    },
    /// The log file of a character device.
    ChardevLog {
        /// The path.
        path: S,
        /// Whether the file keeps its content.
        append: bool,
    },
    /// The TPM device of the host.
    Tpm {
        /// The path.
        path: S,
    },
    /// The file that cancels a TPM command.
    TpmCancel {
        /// The path of the TPM device.
        path: S,
    },
    /// The socket of a vhost-user-gpu process.
    VhostUserGpu,
    /// The socket of a slirp helper process.
    SlirpHelper,
}

/// What a tap device is connected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Joins<S> {
    /// Nothing: an interface of type `ethernet`.
    Nothing,
    /// A bridge.
    Bridge(S),
    /// A virtual network of libvirt.
    Network(S),
    /// A network device of the host, as a macvtap device.
    Direct(S),
}

impl<S> Joins<S> {
    /// The kind in one word, and the name.
    pub const fn parts(&self) -> (&'static str, Option<&S>) {
        match self {
            Self::Nothing => ("nothing", None),
            Self::Bridge(name) => ("bridge", Some(name)),
            Self::Network(name) => ("network", Some(name)),
            Self::Direct(name) => ("direct", Some(name)),
        }
    }
}

impl Joins<&str> {
    /// The same with a text of its own.
    pub fn owned(&self) -> Joins<String> {
        match *self {
            Self::Nothing => Joins::Nothing,
            Self::Bridge(name) => Joins::Bridge(name.to_owned()),
            Self::Network(name) => Joins::Network(name.to_owned()),
            Self::Direct(name) => Joins::Direct(name.to_owned()),
        }
    }
}

impl<S: fmt::Display> fmt::Display for Joins<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("connected to nothing"),
            Self::Bridge(name) => write!(f, "in the bridge `{name}`"),
            Self::Network(name) => write!(f, "in the network `{name}`"),
            Self::Direct(name) => write!(f, "on top of the network device `{name}`"),
        }
    }
}

/// The numbers of descriptors that a launcher has opened before the command line is made.
///
/// All other descriptors are numbered upward in the order of the arguments, each once. A number that is answered for two
/// descriptors, or is already in use, is refused.
pub trait Descriptors: fmt::Debug {
    /// The first number for the other descriptors; 0 to 2 are the standard streams.
    fn first_free(&self) -> u32 {
        3
    }

    /// The number under which QEMU inherits what is `wanted`; `None` where any free number will do. It is below
    /// [`first_free`](Descriptors::first_free), as from there on numbers are assigned to other descriptors.
    fn number(&self, wanted: &Descriptor<&str>) -> Option<u32> {
        let _ = wanted;
        None
    }

    /// Whether [`number`](Descriptors::number) may answer one number for several descriptors. The tests of libvirt mock
    /// descriptors with such numbers, and their expected command lines are compared with this answer only. A guest
    /// cannot be started with them.
    fn repeats_numbers(&self) -> bool {
        false
    }

    /// The descriptors that the caller passes as the group of that name (`<source fdgroup=>`); `None` where there is no
    /// such group.
    fn group(&self, name: &str) -> Option<DescriptorGroup> {
        let _ = name;
        None
    }
}

/// The descriptors of one image that a caller passes under a name (`virDomainFDAssociate`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DescriptorGroup {
    /// The numbers. Of several QEMU takes the one with the access that it needs.
    pub numbers: Vec<u32>,
    /// Whether the descriptor can be written (`VIR_DOMAIN_FD_ASSOCIATE_SECLABEL_WRITABLE`), so that QEMU opens it for
    /// writing even where the guest only reads.
    pub writable: bool,
}

/// No descriptor was opened beforehand.
#[derive(Debug, Clone, Copy, Default)]
pub struct FreeDescriptors;

impl Descriptors for FreeDescriptors {}

impl<S> Descriptor<S> {
    /// The stable word for the kind of descriptor.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Tap { .. } => "tap",
            Self::VhostNet { .. } => "vhost-net",
            Self::Vdpa { .. } => "vdpa",
            Self::VhostVsock => "vhost-vsock",
            Self::VhostScsi => "vhost-scsi",
            Self::Iommu => "iommu",
            Self::VfioDevice { .. } => "vfio-device",
            Self::UnixListen { .. } => "unix-listen",
            Self::ChardevFile { .. } => "chardev-file",
            Self::ChardevLog { .. } => "chardev-log",
            Self::Tpm { .. } => "tpm",
            Self::TpmCancel { .. } => "tpm-cancel",
            Self::VhostUserGpu => "vhost-user-gpu",
            Self::SlirpHelper => "slirp-helper",
        }
    }

    /// The index of the queue of a tap device that it is for, from 0.
    pub const fn queue(&self) -> Option<u32> {
        match self {
            Self::Tap { queue, .. } | Self::VhostNet { queue } => Some(*queue),
            _ => None,
        }
    }

    /// The path, where the document has one.
    pub const fn path(&self) -> Option<&S> {
        match self {
            Self::Vdpa { path }
            | Self::UnixListen { path }
            | Self::ChardevFile { path, .. }
            | Self::ChardevLog { path, .. }
            | Self::Tpm { path }
            | Self::TpmCancel { path } => Some(path),
            _ => None,
        }
    }
}

impl Descriptor<&str> {
    /// The same descriptor with owned texts.
    pub fn owned(&self) -> Descriptor<String> {
        match *self {
            Self::Tap { name, joins, queue } => {
                Descriptor::Tap { name: name.map(str::to_owned), joins: joins.owned(), queue }
            }
            Self::VhostNet { queue } => Descriptor::VhostNet { queue },
            Self::Vdpa { path } => Descriptor::Vdpa { path: path.to_owned() },
            Self::VhostVsock => Descriptor::VhostVsock,
            Self::VhostScsi => Descriptor::VhostScsi,
            Self::Iommu => Descriptor::Iommu,
            Self::VfioDevice { address } => Descriptor::VfioDevice { address: address.to_owned() },
            Self::UnixListen { path } => Descriptor::UnixListen { path: path.to_owned() },
            Self::ChardevFile { path, append } => Descriptor::ChardevFile { path: path.to_owned(), append },
            Self::ChardevLog { path, append } => Descriptor::ChardevLog { path: path.to_owned(), append },
            Self::Tpm { path } => Descriptor::Tpm { path: path.to_owned() },
            Self::TpmCancel { path } => Descriptor::TpmCancel { path: path.to_owned() },
            Self::VhostUserGpu => Descriptor::VhostUserGpu,
            Self::SlirpHelper => Descriptor::SlirpHelper,
        }
    }
}

const fn written(append: bool) -> &'static str {
    if append { "append" } else { "write" }
}

impl<S: fmt::Display> fmt::Display for Descriptor<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tap { name, joins, queue } => {
                write!(f, "queue {queue} of ")?;
                match name {
                    Some(name) => write!(f, "the tap device `{name}`")?,
                    None => f.write_str("a tap device of its own")?,
                }
                if matches!(joins, Joins::Nothing) { Ok(()) } else { write!(f, ", {joins}") }
            }
            Self::VhostNet { queue } => write!(f, "/dev/vhost-net, for queue {queue} of a tap device"),
            Self::Vdpa { path } => write!(f, "the vDPA device `{path}`"),
            Self::VhostVsock => f.write_str("/dev/vhost-vsock, with the guest's context id set"),
            Self::VhostScsi => f.write_str("/dev/vhost-scsi"),
            Self::Iommu => f.write_str("/dev/iommu"),
            Self::VfioDevice { address } => write!(f, "the VFIO device of the PCI device {address}"),
            Self::UnixListen { path } => write!(f, "a UNIX socket that listens at `{path}`"),
            Self::ChardevFile { path, append } => {
                write!(f, "the file `{path}`, to {} a character device's output to", written(*append))
            }
            Self::ChardevLog { path, append } => {
                write!(f, "the file `{path}`, to {} a character device's log to", written(*append))
            }
            Self::Tpm { path } => write!(f, "the TPM `{path}`"),
            Self::TpmCancel { path } => {
                write!(f, "the file under /sys that cancels a command of the TPM `{path}`")
            }
            Self::VhostUserGpu => {
                f.write_str("one end of a socket pair whose other end a vhost-user-gpu process has")
            }
            Self::SlirpHelper => {
                f.write_str("one end of a socket pair whose other end a slirp-helper process has")
            }
        }
    }
}
