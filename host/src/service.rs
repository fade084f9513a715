//! What services of the host answer with.

/// A CPU of the host.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Processor {
    /// The model that describes it best, where its architecture has named models.
    pub model: Option<String>,
    /// Who makes it, as CPU model definitions name vendors.
    pub vendor: Option<String>,
    /// What it can do beyond its model.
    pub features: Vec<String>,
    /// Sockets.
    pub sockets: u32,
    /// Cores in a socket.
    pub cores: u32,
    /// Threads in a core.
    pub threads: u32,
}

/// What a volume of a storage pool is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VolumeKind {
    /// A file.
    File,
    /// A block device.
    Block,
    /// A folder.
    Dir,
    /// An image on a network protocol.
    Network,
    /// A folder on a network protocol.
    NetDir,
    /// A ploop image.
    Ploop,
}

/// A volume of a storage pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Volume {
    /// What it is.
    pub kind: VolumeKind,
    /// Its path on this host, or its name on the protocol.
    pub path: String,
}

/// What a secret is for (`<secret type=>`, the usage of its definition).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SecretUse {
    /// An encrypted volume.
    Volume,
    /// A ceph user.
    Ceph,
    /// An iSCSI user.
    Iscsi,
    /// A TLS key.
    Tls,
    /// The state of an emulated TPM.
    Vtpm,
}

/// Which secret is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SecretKey<'a> {
    /// The one of this UUID.
    Uuid(&'a str),
    /// The one for this usage.
    Usage(&'a str),
}
