//! `<pool>`: the definition of a storage pool, as far as a disk on one of its volumes needs it.

use crate::device::storage::Auth;
use crate::read::{El, Element, Elements, Reader, tree};
use crate::write::Writer;
use crate::{Pos, Report};

crate::rules! {
    /// The definition of a storage pool is well-formed XML with the root element `<pool>`.
    STORAGE_POOL = "storage-pool-definition": Xml, Read,
        "`<pool>`: what the host answers for the name in `<source pool=>`",
        help "correct the definition of the storage pool on the host";
}

spelled! {
    /// `<pool type=>`: where a pool has its volumes.
    pub enum PoolType {
        /// A directory.
        Dir = "dir",
        /// A file system that is mounted.
        Fs = "fs",
        /// A network file system that is mounted.
        Netfs = "netfs",
        /// An LVM volume group.
        Logical = "logical",
        /// A disk with partitions.
        Disk = "disk",
        /// An iSCSI target that the host is logged in to.
        Iscsi = "iscsi",
        /// An iSCSI target that QEMU logs in to.
        IscsiDirect = "iscsi-direct",
        /// A SCSI host adapter.
        Scsi = "scsi",
        /// Multipath devices.
        Mpath = "mpath",
        /// A RADOS pool.
        Rbd = "rbd",
        /// A Sheepdog cluster.
        Sheepdog = "sheepdog",
        /// A Gluster volume.
        Gluster = "gluster",
        /// A ZFS pool.
        Zfs = "zfs",
        /// Virtuozzo Storage.
        Vstorage = "vstorage",
    }
}

/// A storage pool (`<pool>`).
#[derive(Debug, Clone, PartialEq)]
pub struct StoragePool {
    /// `type=`
    pub kind: PoolType,
    /// `<source><auth>`: the user and the secret for its volumes.
    pub auth: Option<Auth>,
    /// `<source><host name=>`: the server.
    pub host: Option<String>,
    /// `<source><host port=>`: the TCP port of the server.
    pub port: Option<u32>,
    /// `<source><device path=>`: a device, or the name of an iSCSI target.
    pub device: Option<String>,
    /// `<target><path>`: the directory on the host in which its volumes are.
    pub target: Option<String>,
}

impl StoragePool {
    /// Reads the definition, or the state of an active pool (`<poolstate>`), which has the definition inside.
    ///
    /// # Errors
    /// The problems of the document.
    pub fn parse(text: &str) -> Result<Self, Report> {
        let mut r = Reader::default();
        let mut tree = match tree(text) {
            Ok(tree) => tree,
            Err(error) => {
                r.refuse(&STORAGE_POOL, Pos::NONE, error.message);
                return Err(r.report);
            }
        };
        let elements = Elements::of(&mut tree);
        let defined = elements.root().and_then(|root| match root.name() {
            "pool" => Some(root),
            "poolstate" => root.child("pool"),
            _ => None,
        });
        let Some(root) = defined else {
            r.refuse(&STORAGE_POOL, Pos::NONE, "the definition of a storage pool has the root `<pool>`");
            return Err(r.report);
        };
        let source = root.child("source");
        let host = source.and_then(|s| s.child("host"));
        let pool = r.required(root, "type").map(|kind| Self {
            kind,
            auth: source.and_then(|s| s.child("auth")).and_then(|auth| Auth::read(auth, &mut r)),
            host: host.and_then(|h| h.string("name")),
            port: host.and_then(|h| r.attr(h, "port")),
            device: source.and_then(|s| s.child("device")).and_then(|d| d.string("path")),
            target: root.child("target").and_then(|t| t.child("path")).map(El::text),
        });
        match pool {
            Some(pool) if r.report.is_empty() => Ok(pool),
            _ => Err(r.report),
        }
    }

    /// The definition as a document, from which [`StoragePool::parse`] reads the same pool.
    pub fn to_xml(&self) -> String {
        let Self { kind, auth, host, port, device, target } = self;
        let mut w = Writer::new();
        w.element("pool").attr("type", kind).open_children(|w| {
            w.element("source").children_or_nothing(|w| {
                if host.is_some() || port.is_some() {
                    w.element("host").opt("name", host.as_ref()).opt("port", *port).empty();
                }
                if let Some(device) = device {
                    w.element("device").attr("path", device).empty();
                }
                if let Some(auth) = auth {
                    auth.write(w);
                }
            });
            if let Some(target) = target {
                w.element("target").children(|w| w.text_element("path", target));
            }
        });
        w.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::{PoolType, StoragePool};

    #[test]
    fn what_is_written_is_read_again() {
        for text in [
            "<pool type='dir'/>",
            "<pool type='dir'><target><path>/srv/a &amp; b</path></target></pool>",
            "<pool type='iscsi-direct'><source><host name='store' port='3261'/><device path='iqn.x'/>
               <auth type='chap' username='me'><secret usage='a &lt; b'/></auth></source></pool>",
        ] {
            let pool = StoragePool::parse(text).unwrap();
            assert_eq!(StoragePool::parse(&pool.to_xml()), Ok(pool), "{text}");
        }
    }

    #[test]
    fn source_of_a_pool() {
        let text = "<pool type='iscsi'><source><host name='store' port='3261'/><device path='iqn.x'/></source></pool>";
        let pool = StoragePool::parse(text).unwrap();
        assert_eq!((pool.kind, pool.port), (PoolType::Iscsi, Some(3261)));
        assert_eq!((pool.host.as_deref(), pool.device.as_deref()), (Some("store"), Some("iqn.x")));
    }

    #[test]
    fn state_of_a_pool() {
        let text = "<poolstate><pool type='dir'><target><path>/srv</path></target></pool></poolstate>";
        let pool = StoragePool::parse(text).unwrap();
        assert_eq!((pool.kind, pool.target.as_deref()), (PoolType::Dir, Some("/srv")));
    }
}
