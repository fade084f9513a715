//! The answers of services of the host: the CPU, storage volumes, secrets.

/// The CPU of the host.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Processor {
    /// The closest CPU model, where the architecture has CPU model definitions.
    pub model: Option<String>,
    /// The vendor, as in the CPU model definitions.
    pub vendor: Option<String>,
    /// The features that it has in addition to its model.
    pub features: Vec<String>,
    /// The number of sockets.
    pub sockets: u32,
    /// The number of cores of each socket.
    pub cores: u32,
    /// The number of threads of each core.
    pub threads: u32,
}

/// The kind of a storage volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VolumeKind {
    /// A file.
    File,
    /// A block device.
    Block,
    /// A directory.
    Dir,
    /// An image behind a network protocol.
    Network,
    /// A directory behind a network protocol.
    NetDir,
    /// A ploop image.
    Ploop,
}

/// A volume of a storage pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Volume {
    /// The kind.
    pub kind: VolumeKind,
    /// The path on the host, or the name in the network protocol.
    pub path: String,
}

/// The usage type of a secret (`<usage type=>` of its definition).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SecretUse {
    /// An encrypted volume.
    Volume,
    /// A Ceph user.
    Ceph,
    /// An iSCSI user.
    Iscsi,
    /// A TLS key.
    Tls,
    /// The state of an emulated TPM.
    Vtpm,
}

/// A reference to a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SecretKey<'a> {
    /// By UUID.
    Uuid(&'a str),
    /// By usage name.
    Usage(&'a str),
}
