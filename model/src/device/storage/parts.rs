//! Parts of a `<source>`: slices, volumes, NVMe namespaces, vhost-user sockets, reservations.

use super::required_text;
use crate::YesNo;
use crate::info::PciAddress;
use crate::read::{El, Reader, UNSUPPORTED_BEFORE_11_3, hex};
use crate::write::{Tag, Writer};

crate::rules! {
    /// A volume source has both `pool` and `volume`.
    STORAGE_VOLUME_INCOMPLETE = "storage-volume-incomplete": Xml, Read,
        "`<disk type='volume'><source pool= volume=>`",
        help "add the missing attribute";
    /// The `type` of an NVMe source is `pci`.
    STORAGE_NVME_TYPE = "storage-nvme-type": Xml, Read,
        "`<disk type='nvme'><source type=>`: QEMU drives NVMe controllers on PCI",
        help "use `type='pci'`";
    /// The `type` of a vhost-user source is `unix`.
    STORAGE_VHOSTUSER_TYPE = "storage-vhostuser-type": Xml, Read,
        "`<disk type='vhostuser'><source type=>`: vhost-user runs over UNIX sockets",
        help "use `type='unix'`";
    /// The `<source>` of `<reservations>` has the type `unix` and the mode `client`.
    STORAGE_RESERVATIONS_SOURCE = "storage-reservations-source": Xml, Read,
        "`<reservations><source>`: QEMU connects to the UNIX socket of the persistent reservation helper",
        help "use `type='unix'` and `mode='client'`";
}

/// `<slice type='storage'>`: the part of a file or device that holds the image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Slice {
    /// `offset=`, in bytes.
    pub offset: u64,
    /// `size=`, in bytes.
    pub size: u64,
}

/// Reads the storage slice of `<slices>`.
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
    /// `mode=` of a volume source: how QEMU accesses a volume of an iSCSI pool.
    pub enum PoolMode {
        /// As a block device of the host.
        Host = "host",
        /// By the iSCSI initiator of QEMU.
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
            let message = "attributes `pool` and `volume` of `<source>` need each other";
            r.refuse(&STORAGE_VOLUME_INCOMPLETE, el.pos(), message);
        }
        // libvirt ignores `mode=` of a source without pool and volume.
        let named = pool.is_some() || volume.is_some();
        let mode = if named { r.attr_as(UNSUPPORTED_BEFORE_11_3, el, "mode") } else { None };
        Self { pool, volume, mode }
    }

    pub(super) fn write_attributes<'w>(&self, tag: Tag<'w>) -> Tag<'w> {
        tag.opt("pool", self.pool.as_ref()).opt("volume", self.volume.as_ref()).opt("mode", self.mode)
    }
}

/// A namespace of an NVMe controller of the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NvmeSource {
    /// `managed=`: whether libvirt detaches the controller from its driver on the host, and attaches it again.
    pub managed: Option<YesNo>,
    /// `namespace=`, from 1.
    pub namespace: u64,
    /// `<address>`: the PCI address of the controller on the host.
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
            let message = format!("`type` of an NVMe source is `{kind}`, expected `pci`");
            r.refuse(&STORAGE_NVME_TYPE, el.pos().attr("type"), message);
        }
        let namespace = r.required(el, "namespace");
        let managed = r.attr(el, "managed");
        let address = r.need(el, "address").and_then(|a| PciAddress::read(a, r));
        // The address on the host has neither `multifunction=` nor `<zpci>`.
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

/// `<reconnect>`: what happens after the connection is lost.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reconnect {
    /// `enabled=`: whether QEMU connects again (vhost-user).
    pub enabled: Option<YesNo>,
    /// `timeout=`: the interval of attempts, in seconds (vhost-user).
    pub timeout: Option<u32>,
    /// `delay=`: how long requests wait for a new connection, in seconds (nbd).
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

/// The UNIX socket of a vhost-user process.
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
            let message = format!("`type` of a vhost-user source is `{kind}`, expected `unix`");
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

/// `<reservations>`: the helper process for SCSI persistent reservations.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reservations {
    /// `managed=`: whether libvirt starts the helper.
    pub managed: Option<YesNo>,
    /// `migration=`: whether reservations are migrated with the guest.
    pub migration: Option<YesNo>,
    /// `<source path=>`: the UNIX socket of a running helper.
    pub path: Option<String>,
}

impl Reservations {
    pub(super) fn read(el: El<'_>, r: &mut Reader) -> Self {
        let managed: Option<YesNo> = r.required(el, "managed");
        let migration = r.attr_since("12.1", el, "migration");
        let unmanaged = managed == Some(YesNo::No);
        let source = if unmanaged { r.need(el, "source") } else { el.child("source") };
        let mut path = None;
        // A source with one of the attributes needs all of them.
        let given =
            |s: &El<'_>| unmanaged || ["type", "path", "mode"].iter().any(|name| s.get(name).is_some());
        if let Some(source) = source.filter(given) {
            for (name, only) in [("type", "unix"), ("mode", "client")] {
                let found = required_text(source, name, r);
                if let Some(found) = found.filter(|f| f != only) {
                    let message =
                        format!("`{name}` of a reservations source is `{found}`, expected `{only}`");
                    r.refuse(&STORAGE_RESERVATIONS_SOURCE, source.pos().attr(name), message);
                }
            }
            path = required_text(source, "path", r).filter(|_| unmanaged);
        }
        Self { managed, migration, path }
    }

    pub(super) fn write(&self, w: &mut Writer) {
        let tag = w.element("reservations").opt("managed", self.managed).opt("migration", self.migration);
        tag.children(|w| {
            if let Some(path) = &self.path {
                w.element("source").attr("type", "unix").attr("path", path).attr("mode", "client").empty();
            }
        });
    }
}
