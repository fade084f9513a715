//! The smaller parts of a `<source>`: slices, volumes, NVMe namespaces, vhost-user sockets, reservations.

use super::filled;
use crate::YesNo;
use crate::info::PciAddress;
use crate::read::{El, LONG_UNSUPPORTED, Reader, hex};
use crate::write::{Tag, Writer};

crate::rules! {
    /// TODO storage-volume-incomplete
    STORAGE_VOLUME_INCOMPLETE = "storage-volume-incomplete": Xml, Read, "TODO";
    /// TODO storage-nvme-type
    STORAGE_NVME_TYPE = "storage-nvme-type": Xml, Read, "TODO";
    /// TODO storage-vhostuser-type
    STORAGE_VHOSTUSER_TYPE = "storage-vhostuser-type": Xml, Read, "TODO";
    /// TODO storage-reservations-source
    STORAGE_RESERVATIONS_SOURCE = "storage-reservations-source": Xml, Read, "TODO";
}

/// `<slice type='storage'>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Slice {
    /// `offset=`, in bytes.
    pub offset: u64,
    /// `size=`, in bytes.
    pub size: u64,
}

/// The storage slice among `<slices>`.
pub(super) fn read_slice(el: El<'_>, r: &mut Reader) -> Option<Slice> {
    let mut slices = el.child("slices")?.children("slice");
    let slice = slices.find(|s| s.get("type") == Some("storage"))?;
    let offset = r.required(slice, "offset");
    let size = r.required(slice, "size");
    Some(Slice { offset: offset?, size: size? })
}

impl Slice {
    pub(super) fn write(self, w: &mut Writer) {
        w.element("slices").children(|w| {
            w.element("slice")
                .attr("type", "storage")
                .attr("offset", self.offset)
                .attr("size", self.size)
                .empty();
        });
    }
}

spelled! {
    /// `mode=` of a volume source: how an iSCSI pool's volume is reached.
    pub enum PoolMode {
        /// As a block device of the host.
        Host = "host",
        /// By QEMU itself.
        Direct = "direct",
    }
}

/// A volume of a storage pool.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VolumeSource {
    /// `pool=`
    pub pool: Option<String>,
    /// `volume=`
    pub volume: Option<String>,
    /// `mode=`
    pub mode: Option<PoolMode>,
}

impl VolumeSource {
    pub(super) fn read(el: El<'_>, r: &mut Reader) -> Self {
        let (pool, volume) = (el.string("pool"), el.string("volume"));
        if pool.is_some() != volume.is_some() {
            let message = "attributes 'pool' and 'volume' of element 'source' go together";
            r.refuse(&STORAGE_VOLUME_INCOMPLETE, el.pos(), message);
        }
        // How what is nowhere is reached is nobody's concern.
        let placed = pool.is_some() || volume.is_some();
        let mode = if placed { r.attr_as(LONG_UNSUPPORTED, el, "mode") } else { None };
        Self { pool, volume, mode }
    }

    pub(super) fn write_attributes<'w>(&self, tag: Tag<'w>) -> Tag<'w> {
        tag.opt("pool", self.pool.as_ref()).opt("volume", self.volume.as_ref()).opt("mode", self.mode)
    }
}

/// A namespace of an NVMe drive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NvmeSource {
    /// `managed=`: whether the drive is taken from the host's driver and given back.
    pub managed: Option<YesNo>,
    /// `namespace=`, counted from 1.
    pub namespace: u64,
    /// `<address>` of the drive on the host.
    pub address: PciAddress,
}

impl Default for NvmeSource {
    fn default() -> Self {
        Self { managed: None, namespace: 1, address: PciAddress::default() }
    }
}

impl NvmeSource {
    pub(super) fn read(el: El<'_>, r: &mut Reader) -> Self {
        if let Some(kind) = r.required::<String>(el, "type")
            && kind != "pci"
        {
            let message = format!("attribute 'type' of an NVMe source is '{kind}', it can only be 'pci'");
            r.refuse(&STORAGE_NVME_TYPE, el.pos().attr("type"), message);
        }
        let namespace = r.required(el, "namespace");
        let managed = r.attr(el, "managed");
        let address = r.need(el, "address").and_then(|a| PciAddress::read(a, r));
        // Only where it is matters of a drive on the host.
        let address = address.map(|a| PciAddress { multifunction: None, zpci: None, ..a });
        Self { managed, namespace: namespace.unwrap_or(1), address: address.unwrap_or_default() }
    }

    pub(super) fn write_attributes<'w>(&self, tag: Tag<'w>) -> Tag<'w> {
        tag.attr("type", "pci").opt("managed", self.managed).attr("namespace", self.namespace)
    }

    pub(super) fn write_children(&self, w: &mut Writer) {
        let a = &self.address;
        w.element("address")
            .attr("domain", hex(a.domain, 4))
            .attr("bus", hex(a.bus, 2))
            .attr("slot", hex(a.slot, 2))
            .attr("function", hex(a.function, 1))
            .empty();
    }
}

/// `<reconnect>`: what to do when a connection is lost.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reconnect {
    /// `enabled=` (sockets).
    pub enabled: Option<YesNo>,
    /// `timeout=`, in seconds (sockets).
    pub timeout: Option<u32>,
    /// `delay=`, in seconds (nbd).
    pub delay: Option<u32>,
}

impl Reconnect {
    pub(super) fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let new = Self {
            enabled: r.attr(el, "enabled"),
            timeout: r.attr(el, "timeout"),
            delay: r.attr(el, "delay"),
        };
        Some(new).filter(|n| *n != Self::default())
    }

    pub(super) fn write(&self, w: &mut Writer) {
        w.element("reconnect")
            .opt("delay", self.delay)
            .opt("enabled", self.enabled)
            .opt("timeout", self.timeout)
            .empty();
    }
}

/// A vhost-user socket.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VhostUserSource {
    /// `path=`
    pub path: Option<String>,
    /// `<reconnect>`.
    pub reconnect: Option<Reconnect>,
}

impl VhostUserSource {
    pub(super) fn read(el: El<'_>, r: &mut Reader) -> Self {
        if let Some(kind) = r.required::<String>(el, "type")
            && kind != "unix"
        {
            let message =
                format!("attribute 'type' of a vhost-user source is '{kind}', it can only be 'unix'");
            r.refuse(&STORAGE_VHOSTUSER_TYPE, el.pos().attr("type"), message);
        }
        Self {
            path: r.required(el, "path"),
            reconnect: el.child("reconnect").and_then(|c| Reconnect::read(c, r)),
        }
    }

    pub(super) fn write_attributes<'w>(&self, tag: Tag<'w>) -> Tag<'w> {
        tag.attr("type", "unix").opt("path", self.path.as_ref())
    }

    pub(super) fn write_children(&self, w: &mut Writer) {
        if let Some(reconnect) = &self.reconnect {
            reconnect.write(w);
        }
    }
}

/// `<reservations>`: SCSI persistent reservations, made by a helper process.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reservations {
    /// `managed=`: whether the helper is started with the guest.
    pub managed: Option<YesNo>,
    /// `<source path=>`: the socket of a helper that runs already.
    pub path: Option<String>,
}

impl Reservations {
    pub(super) fn read(el: El<'_>, r: &mut Reader) -> Self {
        let managed: Option<YesNo> = r.required(el, "managed");
        let own = managed == Some(YesNo::No);
        let source = if own { r.need(el, "source") } else { el.child("source") };
        let mut path = None;
        // A source that says anything says all.
        let says = |s: &El<'_>| own || ["type", "path", "mode"].iter().any(|name| s.get(name).is_some());
        if let Some(source) = source.filter(says) {
            for (name, only) in [("type", "unix"), ("mode", "client")] {
                let found = filled(source, name, r);
                if let Some(found) = found.filter(|f| f != only) {
                    let message = format!(
                        "attribute '{name}' of a reservations source is '{found}', only '{only}' works"
                    );
                    r.refuse(&STORAGE_RESERVATIONS_SOURCE, source.pos().attr(name), message);
                }
            }
            path = filled(source, "path", r).filter(|_| own);
        }
        Self { managed, path }
    }

    pub(super) fn write(&self, w: &mut Writer) {
        w.element("reservations").opt("managed", self.managed).children(|w| {
            if let Some(path) = &self.path {
                w.element("source").attr("type", "unix").attr("path", path).attr("mode", "client").empty();
            }
        });
    }
}
