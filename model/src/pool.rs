//! Storage pools, as far as a disk on one of their volumes needs to know them.

use crate::device::storage::Auth;
use crate::read::{Element, Elements, Reader, tree};

/// A `<pool>` document.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StoragePool {
    /// `type=`: `dir`, `logical`, `iscsi`, ...
    pub kind: String,
    /// `<source><auth>`: who asks for its volumes.
    pub auth: Option<Auth>,
    /// `<source><host name=>`
    pub host: Option<String>,
    /// `<source><host port=>`
    pub port: Option<u32>,
    /// `<source><device path=>`
    pub device: Option<String>,
}

impl StoragePool {
    /// Reads it. `None` where the text is not a pool's.
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
