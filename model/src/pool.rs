//! `<pool>`: the definition of a storage pool, as far as a disk on one of its volumes needs it.

use crate::device::storage::Auth;
use crate::read::{Element, Elements, Reader, tree};

/// A storage pool (`<pool>`).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StoragePool {
    /// `type=`: `dir`, `logical`, `iscsi`, ...
    pub kind: String,
    /// `<source><auth>`: the user and the secret for its volumes.
    pub auth: Option<Auth>,
    /// `<source><host name=>`: the server.
    pub host: Option<String>,
    /// `<source><host port=>`: the TCP port of the server.
    pub port: Option<u32>,
    /// `<source><device path=>`: a device, or the name of an iSCSI target.
    pub device: Option<String>,
}

impl StoragePool {
    /// Reads the definition; `None` where the text is not a `<pool>` document.
    pub fn parse(text: &str) -> Option<Self> {
        let tree = tree(text).ok()?;
        let elements = Elements::of(&tree);
        let root = elements.root()?;
        if root.name() != "pool" {
            return None;
        }
        let source = root.child("source");
        let host = source.and_then(|s| s.child("host"));
        Some(Self {
            kind: root.string("type")?,
            auth: source.and_then(|s| s.child("auth")).and_then(|a| Auth::read(a, &mut Reader::default())),
            host: host.and_then(|h| h.string("name")),
            port: host.and_then(|h| h.get("port")).and_then(|p| p.parse().ok()),
            device: source.and_then(|s| s.child("device")).and_then(|d| d.string("path")),
        })
    }
}
