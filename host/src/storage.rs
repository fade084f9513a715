//! Volumes of storage pools.

use std::fmt;
use std::sync::Arc;

/// The kind of a volume of a storage pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "described", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "described", serde(rename_all = "kebab-case"))]
pub enum VolumeKind {
    /// A file.
    File,
    /// A block device.
    Block,
    /// A directory.
    Dir,
    /// An image on a network protocol.
    Network,
    /// A directory on a network protocol.
    NetDir,
    /// A ploop image.
    Ploop,
}

/// A volume of a storage pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Volume {
    /// Its kind.
    pub kind: VolumeKind,
    /// Its path on this host, or its name on the protocol.
    pub path: String,
}

type Lookup = dyn Fn(&str, &str) -> Option<Volume> + Send + Sync;

/// Finds a volume by the names of its pool and its own; `None` where there is none.
#[derive(Clone)]
pub struct VolumeLookup(Arc<Lookup>);

impl VolumeLookup {
    /// Looks volumes up with `lookup`.
    pub fn new(lookup: impl Fn(&str, &str) -> Option<Volume> + Send + Sync + 'static) -> Self {
        Self(Arc::new(lookup))
    }

    /// The volume, where there is one.
    pub fn find(&self, pool: &str, volume: &str) -> Option<Volume> {
        (self.0)(pool, volume)
    }
}

impl fmt::Debug for VolumeLookup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VolumeLookup")
    }
}
