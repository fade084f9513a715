//! `<controller>`: a bus or host adapter of the guest.

mod driver;
mod models;
pub(crate) mod pci;

pub use driver::{ControllerDriver, IothreadQueues};
pub use models::{ControllerType, IdeModel, PciModel, PciName, ScsiModel, UsbModel, VirtioModel};
pub use pci::{Pci, PciTarget};

use crate::Class;
use crate::info::DeviceInfo;
use crate::read::{El, Element, INTERNAL_BEFORE_9_0, Reader, UNSUPPORTED_BEFORE_9_0, Value};
use crate::write::Writer;

crate::rules! {
    /// A controller has at most one `<model>` and one `<target>`.
    CONTROLLER_CHILD_TWICE = "controller-child-twice": Xml, Read, "`<controller><model>`, `<controller><target>`",
        help "keep one of them";
    /// The `index` of a controller is at most 2147483647.
    CONTROLLER_INDEX_RANGE = "controller-index-range": Xml (Internal before "9.0"), Read,
        "`<controller index=>`: libvirt keeps it as a signed 32-bit number",
        help "use a smaller index, or leave `index=` out";
    /// A `model` is given only for controllers of a type that has models.
    CONTROLLER_MODEL = "controller-model": Unsupported, Read,
        "`<controller model=>`: types `ide`, `scsi`, `virtio-serial`, `usb` and `pci`",
        help "remove `model=`";
}

/// `<controller>`.
#[derive(Debug, Clone, PartialEq)]
pub struct Controller {
    /// The part that all devices have: place, alias, address, boot order, option ROM.
    pub info: DeviceInfo,
    /// `type=` and the options of that type.
    pub kind: ControllerKind,
    /// `index=`: the number of the controller among those of its type, 0 to 2147483647.
    pub index: Option<u32>,
    /// `<driver>`.
    pub driver: ControllerDriver,
}

/// A controller's `type=`, and the options of that type.
#[derive(Debug, Clone, PartialEq)]
pub enum ControllerKind {
    /// `ide`
    Ide(Option<IdeModel>),
    /// `fdc`: floppy drives.
    Fdc,
    /// `scsi`
    Scsi(Option<ScsiModel>),
    /// `sata`
    Sata,
    /// `virtio-serial`
    VirtioSerial(VirtioSerial),
    /// `ccid`: smartcard readers.
    Ccid,
    /// `usb`
    Usb(Usb),
    /// `pci`
    Pci(Pci),
    /// `xenbus`
    Xenbus(Xenbus),
    /// `isa`
    Isa,
    /// `nvme`
    Nvme(Nvme),
}

/// Options of a virtio-serial controller.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VirtioSerial {
    /// `model=`
    pub model: Option<VirtioModel>,
    /// `ports=`: the number of ports.
    pub ports: Option<u32>,
    /// `vectors=`: the number of MSI vectors.
    pub vectors: Option<u32>,
}

/// Options of a USB controller.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Usb {
    /// `model=`
    pub model: Option<UsbModel>,
    /// Whether the document leaves `model=` open. Completing fills it in and does not change this.
    pub model_is_open: bool,
    /// `ports=`: the number of ports (xHCI).
    pub ports: Option<u32>,
}

/// Options of a Xen bus.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Xenbus {
    /// `maxGrantFrames=`
    pub max_grant_frames: Option<u32>,
    /// `maxEventChannels=`
    pub max_event_channels: Option<u32>,
}

/// Options of an NVMe controller.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Nvme {
    /// `<serial>`; an empty one is read as absent. Its disks have the same or none.
    pub serial: Option<String>,
}

impl ControllerKind {
    /// The `type=`.
    pub fn controller_type(&self) -> ControllerType {
        match self {
            Self::Ide(_) => ControllerType::Ide,
            Self::Fdc => ControllerType::Fdc,
            Self::Scsi(_) => ControllerType::Scsi,
            Self::Sata => ControllerType::Sata,
            Self::VirtioSerial(_) => ControllerType::VirtioSerial,
            Self::Ccid => ControllerType::Ccid,
            Self::Usb(_) => ControllerType::Usb,
            Self::Pci(_) => ControllerType::Pci,
            Self::Xenbus(_) => ControllerType::Xenbus,
            Self::Isa => ControllerType::Isa,
            Self::Nvme(_) => ControllerType::Nvme,
        }
    }
}

impl Controller {
    /// A controller with a type and an index only.
    pub fn new(kind: ControllerKind, index: u32) -> Self {
        Self { info: DeviceInfo::default(), kind, index: Some(index), driver: ControllerDriver::default() }
    }

    /// The `type=`.
    pub fn controller_type(&self) -> ControllerType {
        self.kind.controller_type()
    }

    /// The index; 0 where it is still to be assigned.
    pub fn number(&self) -> u32 {
        self.index.unwrap_or(0)
    }

    /// Whether it is the controller `index` of type `kind`.
    pub fn is(&self, kind: ControllerType, index: u32) -> bool {
        self.controller_type() == kind && self.index == Some(index)
    }

    /// The PCI options of a PCI controller.
    pub fn pci(&self) -> Option<&Pci> {
        match &self.kind {
            ControllerKind::Pci(pci) => Some(pci),
            _ => None,
        }
    }

    /// As [`Controller::pci`], mutable.
    pub fn pci_mut(&mut self) -> Option<&mut Pci> {
        match &mut self.kind {
            ControllerKind::Pci(pci) => Some(pci),
            _ => None,
        }
    }

    /// The USB options of a USB controller.
    pub fn usb(&self) -> Option<&Usb> {
        match &self.kind {
            ControllerKind::Usb(usb) => Some(usb),
            _ => None,
        }
    }

    /// The model of a PCI controller, where it has one.
    pub fn pci_model(&self) -> Option<PciModel> {
        self.pci().and_then(|pci| pci.model)
    }

    /// The model of a USB controller, where it has one.
    pub fn usb_model(&self) -> Option<UsbModel> {
        self.usb().and_then(|usb| usb.model)
    }

    /// The model of a SCSI controller, where it has one.
    pub fn scsi_model(&self) -> Option<ScsiModel> {
        match self.kind {
            ControllerKind::Scsi(model) => model,
            _ => None,
        }
    }
}

impl Default for Controller {
    fn default() -> Self {
        Self::new(ControllerKind::Ide(None), 0)
    }
}

impl Element for Controller {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        // Without `type=` libvirt takes the controller as an IDE controller.
        let kind = match el.get("type") {
            Some(_) => r.attr_as(UNSUPPORTED_BEFORE_9_0, el, "type")?,
            None => ControllerType::Ide,
        };
        for name in ["model", "target"] {
            if let Some(second) = el.children(name).nth(1) {
                let message = format!("`<controller>` has more than one `<{name}>`");
                r.refuse_second(&CONTROLLER_CHILD_TWICE, second, message);
            }
        }
        let kind = ControllerKind::read(kind, el, r);
        let index = index(el, r);
        let driver = ControllerDriver::read(el, r);
        // `model='none'` stands for no USB controller, which has no address.
        let mut info = if kind.is_no_usb() {
            DeviceInfo { pos: el.pos(), ..DeviceInfo::default() }
        } else {
            DeviceInfo::read(el, r)
        };
        if let ControllerKind::Usb(usb) = &kind
            && info.master_startport.is_none()
        {
            info.master_startport = usb.model.and_then(UsbModel::companion_port);
        }
        Some(Self { info, kind, index, driver })
    }

    fn write(&self, w: &mut Writer) {
        let tag = w.element("controller").attr("type", self.controller_type()).opt("index", self.index);
        let tag = match &self.kind {
            ControllerKind::Ide(model) => tag.opt("model", *model),
            ControllerKind::Scsi(model) => tag.opt("model", *model),
            ControllerKind::VirtioSerial(v) => {
                tag.opt("model", v.model).opt("ports", v.ports).opt("vectors", v.vectors)
            }
            ControllerKind::Usb(usb) => tag.opt("model", usb.model).opt("ports", usb.ports),
            ControllerKind::Pci(pci) => tag.opt("model", pci.model),
            ControllerKind::Xenbus(x) => {
                tag.opt("maxGrantFrames", x.max_grant_frames).opt("maxEventChannels", x.max_event_channels)
            }
            _ => tag,
        };
        tag.children(|w| {
            if let ControllerKind::Pci(pci) = &self.kind {
                pci.write(w);
            }
            if let ControllerKind::Nvme(nvme) = &self.kind {
                w.opt_text_element("serial", nvme.serial.as_ref());
            }
            self.driver.write(w);
            self.info.write(w);
            if let Some(size) = self.pci().and_then(|pci| pci.pcihole64) {
                w.element("pcihole64").attr("unit", "KiB").text(size.0);
            }
        });
    }
}

/// `index=`, which libvirt keeps as a signed 32-bit number.
fn index(el: El<'_>, r: &mut Reader) -> Option<u32> {
    let index: u32 = r.attr_as(INTERNAL_BEFORE_9_0, el, "index")?;
    if i32::try_from(index).is_err() {
        let message = format!("`index` of `<controller>` is `{index}`, over the limit `{}`", i32::MAX);
        r.refuse(&CONTROLLER_INDEX_RANGE, el.pos().attr("index"), message);
        return None;
    }
    Some(index)
}

impl ControllerKind {
    /// Whether it is a USB controller with `model='none'`.
    fn is_no_usb(&self) -> bool {
        matches!(self, Self::Usb(Usb { model: Some(UsbModel::None), .. }))
    }

    fn read(kind: ControllerType, el: El<'_>, r: &mut Reader) -> Self {
        if let Some(word) = el.get("model")
            && !kind.has_models()
        {
            let message = format!("`model` of `<controller>` is `{word}`, type `{kind}` has no models");
            r.refuse(&CONTROLLER_MODEL, el.pos().attr("model"), message);
        }
        match kind {
            ControllerType::Ide => Self::Ide(model(el, r)),
            ControllerType::Fdc => Self::Fdc,
            ControllerType::Scsi => Self::Scsi(model(el, r)),
            ControllerType::Sata => Self::Sata,
            ControllerType::VirtioSerial => Self::VirtioSerial(VirtioSerial {
                model: model(el, r),
                ports: r.attr_as(INTERNAL_BEFORE_9_0, el, "ports"),
                vectors: r.attr_as(INTERNAL_BEFORE_9_0, el, "vectors"),
            }),
            ControllerType::Ccid => Self::Ccid,
            ControllerType::Usb => {
                let ports = r.attr_as(INTERNAL_BEFORE_9_0, el, "ports");
                let model = model(el, r);
                Self::Usb(Usb { model, model_is_open: model.is_none(), ports })
            }
            ControllerType::Pci => Self::Pci(Pci::read(el, r)),
            ControllerType::Xenbus => Self::Xenbus(Xenbus {
                max_grant_frames: r.attr_as(INTERNAL_BEFORE_9_0, el, "maxGrantFrames"),
                max_event_channels: r.attr_as(INTERNAL_BEFORE_9_0, el, "maxEventChannels"),
            }),
            ControllerType::Isa => Self::Isa,
            ControllerType::Nvme => {
                Self::Nvme(Nvme { serial: el.child_text("serial").filter(|serial| !serial.is_empty()) })
            }
        }
    }
}

/// `model=`; a bad value is an unsupported configuration in libvirt.
fn model<T: Value>(el: El<'_>, r: &mut Reader) -> Option<T> {
    r.attr_as(Class::Unsupported, el, "model")
}
