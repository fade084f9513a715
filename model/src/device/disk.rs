//! `<disk>`: hard disks, CD-ROM drives, floppy drives and SCSI units, and the images behind them.

pub(crate) mod chain;
pub(crate) mod driver;
pub(crate) mod iotune;
mod mirror;
mod name;
mod parts;

pub use chain::BackingChain;
pub use driver::{CacheMode, DetectZeroes, Discard, DiskDriver, ErrorPolicy, IoMode, IothreadMap};
pub use iotune::{Iotune, ThrottleGroup};
pub use mirror::{Mirror, MirrorJob, MirrorState};
pub use name::DiskName;
pub use parts::{BlockIo, Geometry, GeometryTrans, Transient};

use crate::device::storage::{Image, Location, SourceType, filled, optional_word};
use crate::info::DeviceInfo;
use crate::read::{El, Element, ONCE_UNSUPPORTED, Reader};
use crate::write::Writer;
use crate::{OnOff, Pos, YesNo};

crate::rules! {
    /// TODO disk-throttlefilter-twice
    DISK_THROTTLEFILTER_TWICE = "disk-throttlefilter-twice": Xml, Read, "TODO";
    /// TODO disk-wwn
    DISK_WWN = "disk-wwn": Internal, Read, "TODO";
    /// TODO disk-printable
    DISK_PRINTABLE = "disk-printable": Xml, Read, "TODO";
    /// TODO disk-source-child-twice
    DISK_SOURCE_CHILD_TWICE = "disk-source-child-twice": Unsupported, Read, "TODO";
}

spelled! {
    /// `device=` of `<disk>`: what the guest sees.
    pub enum DiskDevice {
        /// A hard disk.
        Disk = "disk",
        /// A CD-ROM drive.
        Cdrom = "cdrom",
        /// A floppy drive.
        Floppy = "floppy",
        /// A SCSI unit, whose commands go to the host's device.
        Lun = "lun",
    }
}

spelled! {
    /// `bus=` of `<target>`: what the disk is connected to.
    pub enum DiskBus {
        /// IDE.
        Ide = "ide",
        /// The floppy controller.
        Fdc = "fdc",
        /// SCSI.
        Scsi = "scsi",
        /// virtio.
        Virtio = "virtio",
        /// Xen's own.
        Xen = "xen",
        /// USB.
        Usb = "usb",
        /// User-mode Linux's own.
        Uml = "uml",
        /// SATA.
        Sata = "sata",
        /// An SD card slot.
        Sd = "sd",
    }
}

spelled! {
    /// `model=` of a virtio disk.
    pub enum DiskModel {
        /// As QEMU decides by the slot.
        Virtio = "virtio",
        /// virtio 0.9 and 1.0.
        VirtioTransitional = "virtio-transitional",
        /// virtio 1.0 alone.
        VirtioNonTransitional = "virtio-non-transitional",
    }
}

spelled! {
    /// `snapshot=`: what a snapshot of the domain does with the disk.
    pub enum DiskSnapshot {
        /// It is left out.
        No = "no",
        /// It is kept in the image.
        Internal = "internal",
        /// It goes on in a new image.
        External = "external",
        /// Somebody else sees to it.
        Manual = "manual",
    }
}

spelled! {
    /// `sgio=`: which SCSI commands of the guest reach the host's device.
    pub enum Sgio {
        /// Those known to be harmless.
        Filtered = "filtered",
        /// All.
        Unfiltered = "unfiltered",
    }
}

spelled! {
    /// `tray=` of `<target>`; shut is what it is without.
    pub enum Tray {
        /// Open.
        Open = "open",
    }
}

/// `<target>`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DiskTarget {
    /// `dev=`: the name in the guest, which also gives the place on the bus.
    pub dev: Option<String>,
    /// `bus=`
    pub bus: Option<DiskBus>,
    /// `tray=`
    pub tray: Option<Tray>,
    /// `removable=` (USB).
    pub removable: Option<OnOff>,
    /// `rotation_rate=`: 1 for a solid-state drive, else rotations a minute.
    pub rotation_rate: Option<u32>,
}

/// `<disk>`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Disk {
    /// What all devices have: place, alias, address, boot order.
    pub info: DeviceInfo,
    /// `device=`
    pub device: Option<DiskDevice>,
    /// `model=`
    pub model: Option<DiskModel>,
    /// `rawio=`: whether QEMU may use raw I/O.
    pub rawio: Option<YesNo>,
    /// `sgio=`
    pub sgio: Option<Sgio>,
    /// `snapshot=`
    pub snapshot: Option<DiskSnapshot>,
    /// `<driver>`, the image's format and table cache aside.
    pub driver: DiskDriver,
    /// `<source>`: the image.
    pub image: Image,
    /// `<auth>` stood beside `<source>`, not in it.
    pub auth_outside: bool,
    /// `<encryption>` stood beside `<source>`, not in it.
    pub encryption_outside: bool,
    /// `<backingStore>`
    pub backing: BackingChain,
    /// `<backenddomain name=>` (Xen).
    pub backend_domain: Option<String>,
    /// `<geometry>`
    pub geometry: Option<Geometry>,
    /// `<blockio>`
    pub blockio: Option<BlockIo>,
    /// `<mirror>`: a copy that a job of a running guest makes.
    pub mirror: Option<Box<Mirror>>,
    /// Where `<target>` stands.
    pub target_pos: Pos,
    /// `<target>`
    pub target: DiskTarget,
    /// `<iotune>`, where it says anything.
    pub iotune: Option<Box<Iotune>>,
    /// `<throttlefilters>`: the names of throttle groups, in the order in which requests pass them.
    pub throttle_filters: Vec<String>,
    /// `<readonly>`
    pub readonly: bool,
    /// `<shareable>`
    pub shareable: bool,
    /// `<transient>`: what is written is forgotten when the guest stops.
    pub transient: Option<Transient>,
    /// `<serial>`
    pub serial: Option<String>,
    /// `<wwn>`: 16 hexadecimal digits, as written (`0x` may stand before them).
    pub wwn: Option<String>,
    /// `<vendor>`
    pub vendor: Option<String>,
    /// `<product>`
    pub product: Option<String>,
}

impl Disk {
    /// What the guest sees, a hard disk where the document says nothing.
    pub fn device(&self) -> DiskDevice {
        self.device.unwrap_or(DiskDevice::Disk)
    }

    /// The bus, where it is known.
    pub fn bus(&self) -> Option<DiskBus> {
        self.target.bus
    }

    /// The target's name, empty where there is none.
    pub fn dst(&self) -> &str {
        self.target.dev.as_deref().unwrap_or("")
    }

    /// Whether the image can only be read: it says so, or it is a CD-ROM.
    pub fn is_readonly(&self) -> bool {
        self.readonly
    }

    /// The images of the disk, top first.
    pub fn images(&self) -> impl Iterator<Item = &Image> {
        std::iter::once(&self.image).chain(&self.backing.images)
    }
}

/// Whether `text` is 16 hexadecimal digits, with or without `0x`.
fn is_wwn(text: &str) -> bool {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    digits.len() == 16 && digits.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Whether `text` can be printed: ASCII from the space on.
fn printable(text: &str) -> bool {
    text.bytes().all(|b| (0x20..0x7f).contains(&b))
}

impl Element for Disk {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let kind = r.attr_as(ONCE_UNSUPPORTED, el, "type").unwrap_or(SourceType::File);
        // What is nowhere is a file.
        let kind = if el.child("source").is_some() { kind } else { SourceType::File };
        let mut disk = Self { image: Image::read(kind, el, r), ..Self::default() };
        let known = disk.image.path().is_some() || matches!(kind, SourceType::Network | SourceType::Nvme);
        if !known && !disk.image.says_something() {
            disk.image.location = Location::default();
        }
        disk.read_outside(el, r);
        disk.backing = BackingChain::read(el, r);
        disk.device = r.attr_as(ONCE_UNSUPPORTED, el, "device");
        disk.model = r.attr_as(ONCE_UNSUPPORTED, el, "model");
        disk.snapshot = r.attr_as(ONCE_UNSUPPORTED, el, "snapshot");
        disk.rawio = r.attr(el, "rawio");
        disk.sgio = r.attr_as(ONCE_UNSUPPORTED, el, "sgio");
        disk.read_target(el, r);
        disk.geometry = el.child("geometry").map(|g| Geometry::read(g, r));
        disk.blockio = el.child("blockio").map(|b| BlockIo::read(b, r)).filter(|b| *b != BlockIo::default());
        if let Some(driver) = el.child("driver") {
            disk.driver = DiskDriver::read(driver, &mut disk.image, r);
        }
        // Only a running guest has a copy in the making; what is wrong with it concerns no other.
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
    /// `<auth>` and `<encryption>` beside `<source>`.
    fn read_outside(&mut self, el: El<'_>, r: &mut Reader) {
        if let Some(auth) = el.child("auth") {
            let found = crate::device::storage::Auth::read(auth, r).map(Box::new);
            if self.image.auth.is_some() {
                twice(auth, r);
            } else {
                self.auth_outside = found.is_some();
                self.image.auth = found;
            }
        }
        if let Some(encryption) = el.child("encryption") {
            let found = crate::device::storage::Encryption::read(encryption, r).map(Box::new);
            if self.image.encryption.is_some() {
                twice(encryption, r);
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
            // Xen's old prefix says nothing.
            dev: target.get("dev").map(|d| d.strip_prefix("ioemu:").unwrap_or(d).to_owned()),
            bus: r.attr_as(ONCE_UNSUPPORTED, target, "bus"),
            tray: optional_word(ONCE_UNSUPPORTED, target, "tray", "closed", r),
            removable: r.attr_as(ONCE_UNSUPPORTED, target, "removable"),
            rotation_rate: r.attr_since("7.3", target, "rotation_rate").filter(|rate| *rate > 0),
        };
    }

    fn read_throttle_filters(&mut self, el: El<'_>, r: &mut Reader) {
        let Some(list) = r.child_since("11.2", el, "throttlefilters") else { return };
        for filter in list.children("throttlefilter") {
            let Some(group) = filled(filter, "group", r) else { continue };
            if self.throttle_filters.contains(&group) {
                let message = format!("element 'throttlefilter' names the group '{group}' twice");
                r.refuse(&DISK_THROTTLEFILTER_TWICE, filter.pos().attr("group"), message);
            }
            self.throttle_filters.push(group);
        }
    }

    fn read_identity(&mut self, el: El<'_>, r: &mut Reader) {
        let backend = el.child("backenddomain");
        self.backend_domain = backend.and_then(|b| b.string("name"));
        self.serial = el.child_text("serial");
        self.wwn = el.child_text("wwn").filter(|wwn| !wwn.is_empty());
        if let Some(wwn) = &self.wwn
            && !is_wwn(wwn)
        {
            let message = format!("element 'wwn' is '{wwn}', expected 16 hexadecimal digits");
            r.refuse(&DISK_WWN, el.pos().path("wwn"), message);
            self.wwn = None;
        }
        self.vendor = el.child_text("vendor");
        self.product = el.child_text("product");
        for (text, name) in [(&self.vendor, "vendor"), (&self.product, "product")] {
            if text.as_deref().is_some_and(|t| !printable(t)) {
                let message = format!("element '{name}' has characters that cannot be printed");
                r.refuse(&DISK_PRINTABLE, el.pos().path(name), message);
            }
        }
    }

    fn write_children(&self, w: &mut Writer) {
        self.driver.write(&self.image, w);
        if self.auth_outside {
            crate::read::write_opt(self.image.auth.as_deref(), w);
        }
        self.image.write(!self.auth_outside, !self.encryption_outside, true, w);
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

fn twice(el: El<'_>, r: &mut Reader) {
    let name = el.name();
    let message =
        format!("element {name} stands both in the disk and in its source, <{name}> is for one of them");
    r.refuse(&DISK_SOURCE_CHILD_TWICE, el.pos(), message);
}
