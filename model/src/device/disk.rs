//! `<disk>`: hard disks, CD-ROM drives, floppy drives and SCSI LUNs, with their images.

pub(crate) mod chain;
pub(crate) mod driver;
pub(crate) mod iotune;
mod mirror;
mod name;
mod parts;
pub(crate) mod statistics;

pub use chain::BackingChain;
pub use driver::{CacheMode, DetectZeroes, Discard, DiskDriver, ErrorPolicy, IoMode, IothreadMap};
pub use iotune::{Iotune, THROTTLEGROUP_NAME, ThrottleGroup};
pub use mirror::{Mirror, MirrorJob, MirrorState};
pub use name::{DiskName, NvmeName};
pub use parts::{BlockIo, Geometry, GeometryTrans, Transient};
pub use statistics::{LatencyHistogram, LatencyType, Statistics};

use std::collections::HashSet;

use crate::device::storage::{Image, Location, SourceType, required_text};
use crate::info::DeviceInfo;
use crate::read::{El, Element, Reader, UNSUPPORTED_BEFORE_9_0};
use crate::write::Writer;
use crate::{OnOff, Pos, YesNo};

crate::rules! {
    /// A disk names each throttle group once.
    DISK_THROTTLEFILTER_TWICE = "disk-throttlefilter-twice": Xml, Read,
        "`<throttlefilters><throttlefilter group=>`: each group becomes one filter node",
        help "remove the second `<throttlefilter>` of that group";
    /// A `<wwn>` has 16 hexadecimal digits.
    DISK_WWN = "disk-wwn": Internal, Read, "`<disk><wwn>`: a World Wide Name has 64 bits",
        help "write 16 hexadecimal digits, such as `5000c50015ea71aa`";
    /// The `<vendor>` and `<product>` of a disk have printable ASCII characters only.
    DISK_PRINTABLE = "disk-printable": Xml, Read, "the SCSI INQUIRY data has ASCII fields for them",
        help "use letters, digits and punctuation";
    /// An `<auth>` or `<encryption>` is a child of the disk or of its `<source>`.
    DISK_SOURCE_CHILD_TWICE = "disk-source-child-twice": Unsupported, Read,
        "`<disk><auth>` and `<disk><encryption>` are earlier forms of the children of `<source>`",
        help "remove the one beside `<source>`";
}

spelled! {
    /// `device=` of `<disk>`: the kind of drive.
    pub enum DiskDevice {
        /// A hard disk.
        Disk = "disk",
        /// A CD-ROM drive.
        Cdrom = "cdrom",
        /// A floppy drive.
        Floppy = "floppy",
        /// A SCSI LUN of the host, to which the guest's SCSI commands are passed.
        Lun = "lun",
    }
}

spelled! {
    /// `bus=` of `<target>`.
    pub enum DiskBus {
        /// IDE.
        Ide = "ide",
        /// The floppy controller.
        Fdc = "fdc",
        /// SCSI.
        Scsi = "scsi",
        /// virtio.
        Virtio = "virtio",
        /// The paravirtual bus of Xen.
        Xen = "xen" of "Xen",
        /// USB.
        Usb = "usb",
        /// The bus of User-mode Linux.
        Uml = "uml" of "UML",
        /// SATA.
        Sata = "sata",
        /// An SD card slot.
        Sd = "sd",
        /// NVMe: the disk is a namespace of an NVMe controller.
        Nvme = "nvme" since "11.5",
    }
}

spelled! {
    /// `model=` of a virtio or USB disk.
    pub enum DiskModel {
        /// virtio; QEMU chooses transitional or non-transitional by the bus.
        Virtio = "virtio",
        /// Transitional: virtio 0.9 and 1.0.
        VirtioTransitional = "virtio-transitional",
        /// Non-transitional: virtio 1.0 only.
        VirtioNonTransitional = "virtio-non-transitional",
        /// A USB disk that QEMU makes a SCSI disk of; a CD-ROM is no CD-ROM to the guest.
        UsbStorage = "usb-storage" since "11.5",
        /// A USB host adapter with a SCSI disk or CD-ROM of its own.
        UsbBot = "usb-bot" since "11.5",
    }
}

spelled! {
    /// `snapshot=`: the default for the disk in a snapshot of the domain.
    pub enum DiskSnapshot {
        /// The disk is not part of the snapshot.
        No = "no",
        /// The snapshot is in the image.
        Internal = "internal",
        /// The disk continues in a new image, an overlay.
        External = "external",
        /// The snapshot is made outside libvirt.
        Manual = "manual",
    }
}

spelled! {
    /// `sgio=`: which SCSI commands of the guest the kernel passes to the host's device.
    pub enum Sgio {
        /// The commands that the kernel allows unprivileged processes.
        Filtered = "filtered",
        /// All commands.
        Unfiltered = "unfiltered",
    }
}

spelled! {
    /// `tray=` of `<target>`; without it, the tray is closed.
    pub enum Tray {
        /// Closed.
        Closed = "closed",
        /// Open.
        Open = "open",
    }
}

/// `<target>`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DiskTarget {
    /// `dev=`: the name in the guest, from which the address on the bus is derived.
    pub dev: Option<String>,
    /// `bus=`
    pub bus: Option<DiskBus>,
    /// `tray=`: the state of the tray of a CD-ROM or floppy drive.
    pub tray: Option<Tray>,
    /// `removable=`: whether the medium is removable (USB).
    pub removable: Option<OnOff>,
    /// `rotation_rate=`: 1 for a solid-state drive, else rotations per minute; 0 is read as absent.
    pub rotation_rate: Option<u32>,
    /// `dpofua=`: whether the guest sees that the disk takes the bits DPO and FUA of SCSI commands, by which a command
    /// bypasses the cache.
    pub dpofua: Option<OnOff>,
}

/// `<disk>`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Disk {
    /// The part that all devices have: place, alias, address, boot order, option ROM.
    pub info: DeviceInfo,
    /// `device=`: the kind of drive.
    pub device: Option<DiskDevice>,
    /// `model=`
    pub model: Option<DiskModel>,
    /// `rawio=`: whether QEMU gets the capability `CAP_SYS_RAWIO`.
    pub rawio: Option<YesNo>,
    /// `sgio=`
    pub sgio: Option<Sgio>,
    /// `snapshot=`
    pub snapshot: Option<DiskSnapshot>,
    /// `<driver>`, without the format and the metadata cache, which [`Image`] has.
    pub driver: DiskDriver,
    /// `<source>`: the image.
    pub image: Image,
    /// Whether `<auth>` is a sibling of `<source>` and not a child.
    pub auth_outside: bool,
    /// Whether `<encryption>` is a sibling of `<source>` and not a child.
    pub encryption_outside: bool,
    /// `<backingStore>`: the backing chain.
    pub backing: BackingChain,
    /// `<backenddomain name=>` (Xen).
    pub backend_domain: Option<String>,
    /// `<geometry>`
    pub geometry: Option<Box<Geometry>>,
    /// `<blockio>`
    pub blockio: Option<Box<BlockIo>>,
    /// `<mirror>`: the target of a block job, in a running domain.
    pub mirror: Option<Box<Mirror>>,
    /// Place of `<target>` in the text.
    pub target_pos: Pos,
    /// `<target>`
    pub target: DiskTarget,
    /// `<iotune>`: I/O limits.
    pub iotune: Option<Box<Iotune>>,
    /// `<throttlefilters>`: the names of the throttle groups, in the order of their filters.
    pub throttle_filters: Vec<String>,
    /// `<readonly>`: whether the guest can only read.
    pub readonly: bool,
    /// `<shareable>`: whether several domains can use the image at the same time.
    pub shareable: bool,
    /// `<transient>`: writes are discarded when the guest stops.
    pub transient: Option<Transient>,
    /// `<serial>`
    pub serial: Option<String>,
    /// `<wwn>`: the World Wide Name, 16 hexadecimal digits, with or without `0x`.
    pub wwn: Option<String>,
    /// `<vendor>`
    pub vendor: Option<String>,
    /// `<product>`
    pub product: Option<String>,
}

impl Disk {
    /// The kind of drive; without `device=`, a hard disk.
    pub fn device(&self) -> DiskDevice {
        self.device.unwrap_or(DiskDevice::Disk)
    }

    /// The bus, where the document or the defaults name one.
    pub fn bus(&self) -> Option<DiskBus> {
        self.target.bus
    }

    /// `<target dev=>`; empty where it is not given.
    pub fn dst(&self) -> &str {
        self.target.dev.as_deref().unwrap_or("")
    }

    /// Whether the guest can only read. In a completed domain every CD-ROM drive is read-only.
    pub fn is_readonly(&self) -> bool {
        self.readonly
    }

    /// Removes the HTTP cookies of its images.
    pub(crate) fn hide_secrets(&mut self) {
        for image in std::iter::once(&mut self.image).chain(&mut self.backing.images) {
            if let super::storage::Location::Network(source) = &mut image.location {
                source.cookies.clear();
            }
        }
    }

    /// The images of the backing chain, the active image first.
    pub fn images(&self) -> impl Iterator<Item = &Image> {
        std::iter::once(&self.image).chain(&self.backing.images)
    }
}

/// Whether `text` is 16 hexadecimal digits, with or without `0x`.
fn is_wwn(text: &str) -> bool {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    digits.len() == 16 && digits.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Whether `text` has printable ASCII characters only.
fn printable(text: &str) -> bool {
    text.bytes().all(|b| (0x20..0x7f).contains(&b))
}

impl Element for Disk {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let kind = r.attr_as(UNSUPPORTED_BEFORE_9_0, el, "type").unwrap_or(SourceType::File);
        // Without `<source>` the type falls back to `file`.
        let kind = if el.child("source").is_some() { kind } else { SourceType::File };
        let mut disk = Self { image: Image::read(kind, el, r), ..Self::default() };
        disk.read_outside(el, r);
        disk.backing = BackingChain::read(el, r);
        disk.device = r.attr_as(UNSUPPORTED_BEFORE_9_0, el, "device");
        disk.model = r.attr_as(UNSUPPORTED_BEFORE_9_0, el, "model");
        disk.snapshot = r.attr_as(UNSUPPORTED_BEFORE_9_0, el, "snapshot");
        disk.rawio = r.attr(el, "rawio");
        disk.sgio = r.attr_as(UNSUPPORTED_BEFORE_9_0, el, "sgio");
        disk.read_target(el, r);
        disk.geometry = el.child("geometry").map(|g| Box::new(Geometry::read(g, r)));
        let blockio = el.child("blockio").map(|b| BlockIo::read(b, r));
        disk.blockio = blockio.filter(|b| *b != BlockIo::default()).map(Box::new);
        if let Some(driver) = el.child("driver") {
            disk.driver = DiskDriver::read(driver, &mut disk.image, r);
        }
        // Only a running domain has a `<mirror>`, so its problems are not reported.
        disk.mirror = el.child("mirror").map(|m| Box::new(Mirror::read(m, &mut Reader::new(r.release))));
        disk.iotune = el.child("iotune").map(|i| Box::new(Iotune::read(i, r))).filter(|i| !i.is_empty());
        disk.read_throttle_filters(el, r);
        disk.readonly = el.child("readonly").is_some();
        disk.shareable = el.child("shareable").is_some();
        disk.transient = el
            .child("transient")
            .map(|t| Transient { share_backing: r.attr_since("7.4", t, "shareBacking") });
        disk.read_identity(el, r);
        disk.info = DeviceInfo::read(el, r);
        Some(disk)
    }

    fn write(&self, w: &mut Writer) {
        w.element("disk")
            .attr("type", self.image.kind())
            .opt("device", self.device)
            .opt("model", self.model)
            .opt("rawio", self.rawio)
            .opt("sgio", self.sgio)
            .opt("snapshot", self.snapshot)
            .children(|w| self.write_children(w));
    }
}

impl Disk {
    /// Reads `<auth>` and `<encryption>` that are siblings of `<source>`.
    fn read_outside(&mut self, el: El<'_>, r: &mut Reader) {
        if let Some(auth) = el.child("auth") {
            let found = crate::device::storage::Auth::read(auth, r).map(Box::new);
            if self.image.auth.is_some() {
                refuse_duplicate(auth, r);
            } else {
                self.auth_outside = found.is_some();
                self.image.auth = found;
            }
        }
        if let Some(encryption) = el.child("encryption") {
            let found = crate::device::storage::Encryption::read(encryption, r).map(Box::new);
            if self.image.encryption.is_some() {
                refuse_duplicate(encryption, r);
            } else {
                self.encryption_outside = found.is_some();
                self.image.encryption = found;
            }
        }
    }

    fn read_target(&mut self, el: El<'_>, r: &mut Reader) {
        self.target_pos = el.pos();
        let Some(target) = el.child("target") else { return };
        self.target_pos = target.pos();
        self.target = DiskTarget {
            // libvirt ignores the prefix that earlier versions of Xen need.
            dev: target.get("dev").map(|d| d.strip_prefix("ioemu:").unwrap_or(d).to_owned()),
            bus: r.attr_as(UNSUPPORTED_BEFORE_9_0, target, "bus"),
            tray: r.attr_as(UNSUPPORTED_BEFORE_9_0, target, "tray"),
            removable: r.attr_as(UNSUPPORTED_BEFORE_9_0, target, "removable"),
            rotation_rate: r.attr_since("7.3", target, "rotation_rate").filter(|rate| *rate > 0),
            dpofua: r.attr_since("11.10", target, "dpofua"),
        };
    }

    fn read_throttle_filters(&mut self, el: El<'_>, r: &mut Reader) {
        let Some(list) = r.child_since("11.2", el, "throttlefilters") else { return };
        let mut seen = HashSet::new();
        for filter in list.children("throttlefilter") {
            let Some(group) = required_text(filter, "group", r) else { continue };
            if !seen.insert(group.clone()) {
                let message = format!("`<throttlefilter>` names the group `{group}` twice");
                r.refuse(&DISK_THROTTLEFILTER_TWICE, filter.pos().attr("group"), message);
            }
            self.throttle_filters.push(group);
        }
    }

    fn read_identity(&mut self, el: El<'_>, r: &mut Reader) {
        let backend = el.child("backenddomain");
        self.backend_domain = backend.and_then(|b| b.string("name"));
        self.serial = el.child("serial").map(El::text);
        self.wwn = el.child_text("wwn");
        if let Some(wwn) = &self.wwn
            && !is_wwn(wwn)
        {
            let message = format!("`<wwn>` is `{wwn}`, expected 16 hexadecimal digits");
            r.refuse(&DISK_WWN, el.pos().path("wwn"), message);
            self.wwn = None;
        }
        self.vendor = el.child("vendor").map(El::text);
        self.product = el.child("product").map(El::text);
        for (text, name) in [(&self.vendor, "vendor"), (&self.product, "product")] {
            if text.as_deref().is_some_and(|t| !printable(t)) {
                let message = format!("`<{name}>` has characters that cannot be printed");
                r.refuse(&DISK_PRINTABLE, el.pos().path(name), message);
            }
        }
    }

    fn write_children(&self, w: &mut Writer) {
        self.driver.write(&self.image, w);
        if self.auth_outside {
            crate::read::write_opt(self.image.auth.as_deref(), w);
        }
        let needs_type = match self.image.location {
            Location::Volume(_) => true,
            Location::File { .. } => false,
            // No other type can be passed through.
            _ => self.device == Some(DiskDevice::Lun),
        };
        if needs_type && !self.image.writes_source() {
            // Without a `<source>`, a disk is read as of type `file`.
            w.element("source").empty();
        } else {
            self.image.write(!self.auth_outside, !self.encryption_outside, true, w);
        }
        self.backing.write(w);
        if let Some(name) = &self.backend_domain {
            w.element("backenddomain").attr("name", name).empty();
        }
        if let Some(geometry) = &self.geometry {
            geometry.write(w);
        }
        if let Some(blockio) = &self.blockio {
            blockio.write(w);
        }
        if let Some(mirror) = &self.mirror {
            mirror.write(w);
        }
        if self.target != DiskTarget::default() {
            w.element("target")
                .opt("dev", self.target.dev.as_ref())
                .opt("bus", self.target.bus)
                .opt("tray", self.target.tray)
                .opt("removable", self.target.removable)
                .opt("rotation_rate", self.target.rotation_rate)
                .opt("dpofua", self.target.dpofua)
                .empty();
        }
        if let Some(iotune) = &self.iotune {
            w.element("iotune").children(|w| iotune.write(w));
        }
        if !self.throttle_filters.is_empty() {
            w.element("throttlefilters").children(|w| {
                for group in &self.throttle_filters {
                    w.element("throttlefilter").attr("group", group).empty();
                }
            });
        }
        if self.readonly {
            w.element("readonly").empty();
        }
        if self.shareable {
            w.element("shareable").empty();
        }
        if let Some(transient) = &self.transient {
            w.element("transient").opt("shareBacking", transient.share_backing).empty();
        }
        w.opt_text_element("serial", self.serial.as_ref());
        w.opt_text_element("wwn", self.wwn.as_ref());
        w.opt_text_element("vendor", self.vendor.as_ref());
        w.opt_text_element("product", self.product.as_ref());
        if self.encryption_outside {
            crate::read::write_opt(self.image.encryption.as_deref(), w);
        }
        self.info.write(w);
    }
}

fn refuse_duplicate(el: El<'_>, r: &mut Reader) {
    let name = el.name();
    let message =
        format!("`<{name}>` is given both in `<disk>` and in its `source`, it is allowed in one of them");
    r.refuse(&DISK_SOURCE_CHILD_TWICE, el.pos(), message);
}
