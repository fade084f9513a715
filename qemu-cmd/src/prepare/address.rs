//! Where devices sit, in QEMU's terms: the bus is named after its controller.
//!
//! PCI buses bear the controller's alias itself, the others add `.0`.

use virtargv_caps::{Caps, Convention};
use virtargv_model::device::controller::{Controller, ControllerType, ScsiModel};
use virtargv_model::device::disk::DiskBus;
use virtargv_model::info::{
    Address, CcwAddress, DeviceInfo, DimmAddress, DriveAddress, IsaAddress, PciAddress, Zpci,
};
use virtargv_model::{Domain, OnOff};
use virtargv_resolve::Guest;

use super::device::{ByDevice, Element};
use crate::ident::Alias;
use crate::text::{Hex, Text, text};

/// Where a device sits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum BusAddress {
    /// The device has no address: the machine places it, or has it already.
    None,
    /// On a PCI bus.
    Pci(PciSlot),
    /// On a disk controller.
    Drive(Drive),
    /// A port of a virtio-serial controller.
    VirtioSerial {
        /// The bus.
        bus: Text,
        /// The number of the port.
        port: u32,
        /// The address as the domain has it: controller, bus, port.
        numbers: [u32; 3],
    },
    /// In a smartcard reader.
    Ccid {
        /// The bus.
        bus: Text,
    },
    /// On a USB bus.
    Usb {
        /// The bus.
        bus: Text,
        /// The path of ports, such as `1.2`.
        port: Option<Text>,
    },
    /// A register of the pseries virtual I/O bus.
    SpaprVio(u64),
    /// The old s390 virtio bus, which has no addresses.
    VirtioS390,
    /// A channel I/O device (s390).
    Ccw(Option<CcwAddress>),
    /// A memory-mapped virtio device.
    VirtioMmio,
    /// On the ISA bus.
    Isa(IsaAddress),
    /// A memory slot.
    Dimm(DimmAddress),
    /// Kept from the guest.
    Unassigned,
}

/// A place on a PCI bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PciSlot {
    /// The bus.
    pub bus: Text,
    /// The device number, 0 to 0x1f.
    pub slot: u32,
    /// The function, 0 to 7.
    pub function: u32,
    /// Whether the device has further functions.
    pub multifunction: Option<OnOff>,
    /// The ACPI index, where one is given.
    pub acpi_index: Option<u32>,
    /// The numbers by which an s390 guest knows the device.
    pub zpci: Option<ZpciNumbers>,
}

/// The numbers by which an s390 guest knows a PCI device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ZpciNumbers {
    /// The user-defined identifier, by which the guest finds the device.
    pub uid: u32,
    /// The function identifier.
    pub fid: Option<u32>,
}

/// A place on a disk controller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Drive {
    /// A floppy drive.
    Floppy {
        /// Which, 0 or 1.
        unit: u32,
    },
    /// A SATA port, which is a bus of its own.
    Sata {
        /// The bus.
        bus: Text,
    },
    /// An IDE channel.
    Ide {
        /// The bus.
        bus: Text,
        /// Master or slave, 0 or 1.
        unit: u32,
    },
    /// A SCSI controller whose devices have one number.
    NarrowScsi {
        /// The bus.
        bus: Text,
        /// The number.
        id: u32,
    },
    /// A SCSI controller whose devices have channel, target and unit.
    Scsi {
        /// The bus.
        bus: Text,
        /// Channel, target, unit.
        numbers: [u32; 3],
    },
}

impl BusAddress {
    /// The PCI address, where it is one.
    pub fn pci(&self) -> Option<&PciSlot> {
        if let Self::Pci(slot) = self { Some(slot) } else { None }
    }
}

/// The controllers by type and index, to be looked up among as many devices.
#[derive(Debug, Clone)]
pub(crate) struct ControllerTable(Vec<((ControllerType, u32), usize)>);

impl ControllerTable {
    pub fn of(domain: &Domain) -> Self {
        let controllers = domain.devices.controllers.iter().enumerate();
        let mut table: Vec<_> = controllers.map(|(n, c)| ((c.controller_type(), c.number()), n)).collect();
        table.sort_unstable();
        Self(table)
    }

    /// The place of the first such controller in the list.
    pub fn get(&self, kind: ControllerType, index: u32) -> Option<usize> {
        let at = self.0.partition_point(|(key, _)| *key < (kind, index));
        self.0.get(at).filter(|(key, _)| *key == (kind, index)).map(|(_, n)| *n)
    }
}

/// What addresses are looked up in.
pub(crate) struct Buses<'d> {
    /// The domain.
    pub domain: &'d Domain,
    /// What kind of guest it is.
    pub guest: &'d Guest,
    /// What the QEMU can do.
    pub caps: &'d Caps,
    /// Where controllers are found.
    pub table: &'d ControllerTable,
    /// The aliases of controllers, in their order.
    pub aliases: &'d [Alias],
}

/// The address of every device. What would sit on a controller that is not there has none: a rule refuses it before,
/// unless the domain was taken unchecked.
pub(crate) fn of_devices(buses: &Buses<'_>) -> ByDevice<BusAddress> {
    let d = &buses.domain.devices;
    let address = |info, bus| buses.address(info, bus).unwrap_or(BusAddress::None);
    macro_rules! plain {
        ($field:ident) => {
            d.$field.iter().map(|device| address(device.info(), None)).collect()
        };
    }
    ByDevice {
        memories: plain!(memories),
        iommus: plain!(iommus),
        controllers: plain!(controllers),
        hubs: plain!(hubs),
        disks: d.disks.iter().map(|disk| address(&disk.info, disk.bus())).collect(),
        filesystems: plain!(filesystems),
        interfaces: plain!(interfaces),
        smartcards: plain!(smartcards),
        serials: plain!(serials),
        parallels: plain!(parallels),
        channels: plain!(channels),
        consoles: plain!(consoles),
        tpms: plain!(tpms),
        inputs: plain!(inputs),
        videos: plain!(videos),
        sounds: plain!(sounds),
        watchdogs: plain!(watchdogs),
        redirdevs: plain!(redirdevs),
        hostdevs: plain!(hostdevs),
        memballoons: plain!(memballoons),
        rngs: plain!(rngs),
        panics: plain!(panics),
        shmems: plain!(shmems),
        vsocks: plain!(vsocks),
        cryptos: plain!(cryptos),
        pstores: plain!(pstores),
    }
}

impl Buses<'_> {
    /// The address of a device; `bus` is that of a disk. None where its controller is not there.
    fn address(&self, info: &DeviceInfo, bus: Option<DiskBus>) -> Option<BusAddress> {
        Some(match info.address.as_ref()? {
            Address::Pci(pci) => BusAddress::Pci(PciSlot {
                bus: self.pci_bus(pci)?,
                slot: pci.slot,
                function: pci.function,
                multifunction: pci.multifunction,
                acpi_index: info.acpi_index.filter(|index| *index > 0),
                zpci: pci.zpci.and_then(zpci_numbers),
            }),
            Address::Drive(at) => BusAddress::Drive(self.drive(bus, at)?),
            Address::VirtioSerial(at) => {
                let controller = self.alias(ControllerType::VirtioSerial, at.controller)?;
                BusAddress::VirtioSerial {
                    bus: text!(controller, ".", at.bus).into(),
                    port: at.port,
                    numbers: [at.controller, at.bus, at.port],
                }
            }
            Address::Ccid(at) => {
                let controller = self.alias(ControllerType::Ccid, at.controller)?;
                BusAddress::Ccid { bus: text!(controller, ".", at.slot).into() }
            }
            Address::Usb(usb) => {
                let controller = self.alias(ControllerType::Usb, usb.bus)?;
                BusAddress::Usb { bus: text!(controller, ".0").into(), port: usb_port(&usb.port) }
            }
            Address::SpaprVio { reg } => reg.map_or(BusAddress::None, BusAddress::SpaprVio),
            Address::VirtioS390 => BusAddress::VirtioS390,
            Address::Ccw(ccw) => BusAddress::Ccw(*ccw),
            Address::VirtioMmio => BusAddress::VirtioMmio,
            Address::Isa(isa) => BusAddress::Isa(*isa),
            Address::Dimm(dimm) => BusAddress::Dimm(*dimm),
            Address::Unassigned => BusAddress::Unassigned,
        })
    }

    /// The name of the PCI bus that `pci` is on: its controller's alias, with two exceptions. What the machine has by
    /// itself keeps QEMU's name whatever the document calls it, and a further host bridge of a pseries guest has its
    /// bus below it.
    fn pci_bus(&self, pci: &PciAddress) -> Option<Text> {
        let (controller, alias) = self.controller(ControllerType::Pci, pci.bus)?;
        Some(if is_further_host_bridge(controller) {
            text!(alias, ".0").into()
        } else if pci.bus == 0 {
            self.guest.first_pci_bus(self.caps, controller.pci_model()).into()
        } else {
            alias.into()
        })
    }

    fn drive(&self, bus: Option<DiskBus>, at: &DriveAddress) -> Option<Drive> {
        Some(match bus {
            Some(DiskBus::Fdc) => Drive::Floppy { unit: at.unit },
            Some(DiskBus::Sata) => {
                let controller = self.alias(ControllerType::Sata, at.controller)?;
                Drive::Sata { bus: text!(controller, ".", at.unit).into() }
            }
            Some(DiskBus::Ide) => {
                let controller = self.alias(ControllerType::Ide, at.controller)?;
                Drive::Ide { bus: text!(controller, ".", at.bus).into(), unit: at.unit }
            }
            _ => {
                let controller = self.alias(ControllerType::Scsi, at.controller)?;
                if self.is_narrow(at.controller) {
                    Drive::NarrowScsi { bus: text!(controller, ".", at.bus).into(), id: at.unit }
                } else {
                    let numbers = [at.bus, at.target, at.unit];
                    Drive::Scsi { bus: text!(controller, ".0").into(), numbers }
                }
            }
        })
    }

    /// Whether a SCSI controller has one number a device, and not channel, target and unit.
    fn is_narrow(&self, index: u32) -> bool {
        let model = self.controller(ControllerType::Scsi, index).and_then(|(c, _)| c.scsi_model());
        matches!(
            model,
            Some(ScsiModel::Lsilogic | ScsiModel::Ncr53c90 | ScsiModel::Dc390 | ScsiModel::Am53c974)
        )
    }

    /// The first controller of a type with an index, and its alias.
    fn controller(&self, kind: ControllerType, index: u32) -> Option<(&Controller, &Alias)> {
        let at = self.table.get(kind, index)?;
        self.domain.devices.controllers.get(at).zip(self.aliases.get(at))
    }

    /// What the buses of controller `index` of its type are named after. IDE controllers of the board have QEMU's name,
    /// whatever the document calls them, and a disk may sit there even where the document has no element for them.
    fn alias(&self, kind: ControllerType, index: u32) -> Option<&str> {
        let on_board = match kind {
            ControllerType::Ide => self.guest.has_builtin_ide(),
            ControllerType::Sata => self.guest.is_q35(),
            _ => false,
        };
        if on_board && index == 0 {
            return Some("ide");
        }
        self.controller(kind, index).map(|(_, alias)| alias.as_str())
    }
}

fn is_further_host_bridge(controller: &Controller) -> bool {
    controller
        .pci()
        .is_some_and(|pci| pci.is_pseries_host_bridge() && pci.target.index.is_some_and(|i| i > 0))
}

fn zpci_numbers(zpci: Zpci) -> Option<ZpciNumbers> {
    zpci.uid.map(|uid| ZpciNumbers { uid, fid: zpci.fid })
}

/// `1.2`: the path of ports; none where QEMU is to choose.
fn usb_port(path: &[u32]) -> Option<Text> {
    let (first, rest) = path.split_first()?;
    let mut out = text!(*first);
    for port in rest {
        out.push('.');
        crate::text::Piece::add(port, &mut out);
    }
    Some(out.into())
}

/// `addr=` of a PCI device: `0x3`, `0x3.0x1`.
pub(crate) fn pci_addr(slot: u32, function: u32) -> Text {
    const SLOTS: [&str; 32] = [
        "0x0", "0x1", "0x2", "0x3", "0x4", "0x5", "0x6", "0x7", "0x8", "0x9", "0xa", "0xb", "0xc", "0xd",
        "0xe", "0xf", "0x10", "0x11", "0x12", "0x13", "0x14", "0x15", "0x16", "0x17", "0x18", "0x19", "0x1a",
        "0x1b", "0x1c", "0x1d", "0x1e", "0x1f",
    ];
    match (SLOTS.get(slot as usize), function) {
        (Some(text), 0) => Text::Static(text),
        (_, 0) => text!(Hex(slot.into())).into(),
        _ => text!(Hex(slot.into()), ".", Hex(function.into())).into(),
    }
}

/// Whether numbers of addresses are decimal; older releases print them in hexadecimal.
pub(crate) fn is_decimal(caps: &Caps) -> bool {
    caps.release().has(Convention::DecimalNumbers)
}
