//! `<controller>`: a bus or host adapter of the guest.

mod models;

pub use models::{ControllerType, IdeModel, PciModel, PciName, ScsiModel, UsbModel, VirtioModel};

use crate::device::virtio::VirtioOptions;
use crate::info::DeviceInfo;
use crate::read::{AnyBase, El, Element, ONCE_INTERNAL, ONCE_UNSUPPORTED, Reader, Value, hex};
use crate::write::Writer;
use crate::{Class, Kib, OnOff, Pos};

crate::rules! {
    /// A controller has at most one `<model>` and one `<target>`.
    CONTROLLER_CHILD_TWICE = "controller-child-twice": Xml, Read, "`<controller><model>`, `<controller><target>`",
        help "keep one of them";
    /// The `index` of a controller is at most 2147483647.
    CONTROLLER_INDEX_RANGE = "controller-index-range": Xml (Internal before "7.3"), Read,
        "`<controller index=>`: libvirt keeps it as a signed 32-bit number",
        help "use a smaller index, or leave `index=` out";
    /// A `model` is given only for controllers of a type that has models.
    CONTROLLER_MODEL = "controller-model": Unsupported, Read,
        "`<controller model=>`: types `ide`, `scsi`, `virtio-serial`, `usb` and `pci`",
        help "remove `model=`";
    /// The numbers in the `<target>` of a PCI controller are in their ranges.
    PCI_TARGET_RANGE = "pci-target-range": Xml, Read,
        "`<target>`: `chassisNr` 1 to 255, `chassis` and `port` 0 to 255, `busNr` 1 to 254, `index` 0 to 30",
        help "use a number in range, or leave the attribute out so that one is assigned";
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
    /// `ports=`: the number of ports (xHCI).
    pub ports: Option<u32>,
}

/// Options of a PCI controller.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pci {
    /// `model=`: the kind of bus or port.
    pub model: Option<PciModel>,
    /// `<model name=>`: the QEMU device.
    pub name: Option<PciName>,
    /// `<target>`
    pub target: PciTarget,
    /// `<pcihole64>`: the size of the 64-bit memory window.
    pub pcihole64: Option<Kib>,
}

/// `<target>` of a PCI controller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PciTarget {
    /// `chassisNr=` of a bridge, 1 to 255.
    pub chassis_nr: Option<u32>,
    /// `chassis=` of a root port or downstream port, 0 to 255.
    pub chassis: Option<u32>,
    /// `port=` of a root port or downstream port, 0 to 255.
    pub port: Option<u32>,
    /// `busNr=` of an expander bus, 1 to 254.
    pub bus_nr: Option<u32>,
    /// `index=` of a pseries host bridge, 0 to 30.
    pub index: Option<u32>,
    /// `hotplug=`: whether devices can be plugged into the port.
    pub hotplug: Option<OnOff>,
    /// `memReserve=`: the size of the memory window to reserve, in KiB.
    pub mem_reserve: Option<u64>,
    /// `<node>`: the guest NUMA cell of an expander bus or pseries host bridge.
    pub node: Option<u32>,
}

/// Options of a Xen bus.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Xenbus {
    /// `maxGrantFrames=`
    pub max_grant_frames: Option<u32>,
    /// `maxEventChannels=`
    pub max_event_channels: Option<u32>,
}

/// `<driver>` of a controller.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ControllerDriver {
    /// `queues=`: the number of virtqueues (virtio-scsi).
    pub queues: Option<u32>,
    /// `cmd_per_lun=`: the most commands in the queue of a unit (virtio-scsi).
    pub cmd_per_lun: Option<u32>,
    /// `max_sectors=`: the most sectors in a request (virtio-scsi).
    pub max_sectors: Option<u32>,
    /// `ioeventfd=`
    pub ioeventfd: Option<OnOff>,
    /// `iothread=`: the id of the iothread that processes its I/O, from 1.
    pub iothread: Option<u32>,
    /// `<iothreads>`: several iothreads, and the virtqueues of each.
    pub iothreads: Vec<IothreadQueues>,
    /// The options that all virtio devices have.
    pub virtio: VirtioOptions,
}

/// `<iothread>` in `<iothreads>` of a `<driver>`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IothreadQueues {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `id=` of the iothread, from 1.
    pub id: u32,
    /// `<queue id=>`: the virtqueues of the iothread; empty where QEMU distributes them.
    pub queues: Vec<u32>,
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

    /// As [`Controller::pci`], to be changed.
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
            Some(_) => r.attr_as(ONCE_UNSUPPORTED, el, "type")?,
            None => ControllerType::Ide,
        };
        for name in ["model", "target"] {
            if let Some(second) = el.children(name).nth(1) {
                let message = format!("element 'controller' has more than one element '{name}'");
                r.refuse(&CONTROLLER_CHILD_TWICE, second.pos(), message);
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
    let index: u32 = r.attr_as(ONCE_INTERNAL, el, "index")?;
    if i32::try_from(index).is_err() {
        let message =
            format!("attribute 'index' of element 'controller' is '{index}', over the limit '{}'", i32::MAX);
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
            let message =
                format!("attribute 'model' of element 'controller' is '{word}', type '{kind}' has no models");
            r.refuse(&CONTROLLER_MODEL, el.pos().attr("model"), message);
        }
        match kind {
            ControllerType::Ide => Self::Ide(model(el, r)),
            ControllerType::Fdc => Self::Fdc,
            ControllerType::Scsi => Self::Scsi(model(el, r)),
            ControllerType::Sata => Self::Sata,
            ControllerType::VirtioSerial => Self::VirtioSerial(VirtioSerial {
                model: model(el, r),
                ports: r.attr_as(ONCE_INTERNAL, el, "ports"),
                vectors: r.attr_as(ONCE_INTERNAL, el, "vectors"),
            }),
            ControllerType::Ccid => Self::Ccid,
            ControllerType::Usb => {
                Self::Usb(Usb { model: model(el, r), ports: r.attr_as(ONCE_INTERNAL, el, "ports") })
            }
            ControllerType::Pci => Self::Pci(Pci::read(el, r)),
            ControllerType::Xenbus => Self::Xenbus(Xenbus {
                max_grant_frames: r.attr_as(ONCE_INTERNAL, el, "maxGrantFrames"),
                max_event_channels: r.attr_as(ONCE_INTERNAL, el, "maxEventChannels"),
            }),
            ControllerType::Isa => Self::Isa,
        }
    }
}

/// `model=`; a bad value is an unsupported configuration in libvirt.
fn model<T: Value>(el: El<'_>, r: &mut Reader) -> Option<T> {
    r.attr_as(Class::Unsupported, el, "model")
}

impl Pci {
    /// Whether it is a PCI host bridge of a pseries guest.
    pub fn is_pseries_host_bridge(&self) -> bool {
        self.model == Some(PciModel::PciRoot) && self.name == Some(PciName::SpaprPciHostBridge)
    }

    fn read(el: El<'_>, r: &mut Reader) -> Self {
        let model = model(el, r);
        let root = matches!(model, Some(PciModel::PciRoot | PciModel::PcieRoot));
        Self {
            model,
            name: el.child("model").and_then(|m| r.attr_as(ONCE_UNSUPPORTED, m, "name")),
            target: el.child("target").map(|t| PciTarget::read(t, r)).unwrap_or_default(),
            pcihole64: el.child("pcihole64").filter(|_| root).and_then(|h| r.kib(h)),
        }
    }

    fn write(&self, w: &mut Writer) {
        if let Some(name) = self.name {
            w.element("model").attr("name", name).empty();
        }
        if self.target != PciTarget::default() {
            self.target.write(w);
        }
    }
}

impl PciTarget {
    fn read(el: El<'_>, r: &mut Reader) -> Self {
        Self {
            chassis_nr: ranged(el, "chassisNr", 1, 255, r),
            chassis: ranged(el, "chassis", 0, 255, r),
            port: ranged(el, "port", 0, 255, r),
            bus_nr: ranged(el, "busNr", 1, 254, r),
            index: ranged(el, "index", 0, 30, r),
            hotplug: r.attr(el, "hotplug"),
            mem_reserve: r.attr_since("10.3", el, "memReserve"),
            node: r.child_text(el, "node"),
        }
    }

    fn write(&self, w: &mut Writer) {
        w.element("target")
            .opt("chassisNr", self.chassis_nr)
            .opt("chassis", self.chassis)
            .opt("port", self.port.map(|port| hex(port, 1)))
            .opt("busNr", self.bus_nr)
            .opt("index", self.index)
            .opt("hotplug", self.hotplug)
            .opt("memReserve", self.mem_reserve)
            .children(|w| w.opt_text_element("node", self.node));
    }
}

/// An attribute with a number in C notation from `min` to `max`.
fn ranged<T: TryFrom<u64>>(el: El<'_>, name: &'static str, min: u64, max: u64, r: &mut Reader) -> Option<T> {
    let AnyBase(number) = r.attr::<AnyBase<u64>>(el, name)?;
    if !(min..=max).contains(&number) {
        let message =
            format!("attribute '{name}' of element 'target' is '{number}', expected '{min}' to '{max}'");
        r.refuse(&PCI_TARGET_RANGE, el.pos().attr(name), message);
        return None;
    }
    T::try_from(number).ok()
}

impl ControllerDriver {
    fn read(controller: El<'_>, r: &mut Reader) -> Self {
        let Some(el) = controller.child("driver") else { return Self::default() };
        Self {
            queues: r.attr(el, "queues"),
            cmd_per_lun: r.attr(el, "cmd_per_lun"),
            max_sectors: r.attr(el, "max_sectors"),
            ioeventfd: r.attr(el, "ioeventfd"),
            iothread: r.attr(el, "iothread").filter(|id| *id > 0),
            iothreads: IothreadQueues::read_all(el, r),
            virtio: VirtioOptions::read(el, r),
        }
    }

    fn write(&self, w: &mut Writer) {
        if *self == Self::default() {
            return;
        }
        let tag = w
            .element("driver")
            .opt("queues", self.queues)
            .opt("cmd_per_lun", self.cmd_per_lun)
            .opt("max_sectors", self.max_sectors)
            .opt("ioeventfd", self.ioeventfd)
            .opt("iothread", self.iothread);
        self.virtio.write(tag).children(|w| IothreadQueues::write_all(&self.iothreads, w));
    }
}

impl IothreadQueues {
    /// Reads `<iothreads>` in a `<driver>`.
    pub fn read_all(driver: El<'_>, r: &mut Reader) -> Vec<Self> {
        let Some(list) = r.child_since("11.2", driver, "iothreads") else { return Vec::new() };
        let mut threads = Vec::new();
        for el in list.children("iothread") {
            if let Some(id) = r.required(el, "id") {
                let queues = el.children("queue").filter_map(|q| r.required(q, "id")).collect();
                threads.push(Self { pos: el.pos(), id, queues });
            }
        }
        threads
    }

    /// Writes `<iothreads>`, unless there are none.
    pub fn write_all(threads: &[Self], w: &mut Writer) {
        if threads.is_empty() {
            return;
        }
        w.element("iothreads").children(|w| {
            for thread in threads {
                w.element("iothread").attr("id", thread.id).children(|w| {
                    for queue in &thread.queues {
                        w.element("queue").attr("id", queue).empty();
                    }
                });
            }
        });
    }
}
