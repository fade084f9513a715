//! Addresses of devices in QEMU's terms: the id of the bus, and the numbers on it.
//!
//! The id of a PCI bus is the alias of its controller. The ids of other buses have `.0` after it.

use virtargv_caps::{Caps, Convention};
use virtargv_model::device::controller::{Controller, ControllerType, ScsiModel};
use virtargv_model::device::disk::DiskBus;
use virtargv_model::info::{
    Address, CcwAddress, DeviceInfo, DimmAddress, DriveAddress, IsaAddress, PciAddress, Zpci,
};
use virtargv_model::{Domain, OnOff};
use virtargv_resolve::Guest;

use crate::ident::Alias;
use crate::text::{Hex, Text, text};

/// The address of a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum BusAddress {
    /// The device has no address: QEMU assigns one, or the device is part of the machine.
    None,
    /// A slot and function of a PCI bus.
    Pci(PciSlot),
    /// A unit of a disk controller.
    Drive(Drive),
    /// A port of a virtio-serial controller.
    VirtioSerial {
        /// The id of the bus.
        bus: Text,
        /// The port.
        port: u32,
        /// Controller, bus and port, as in `<address>`.
        numbers: [u32; 3],
    },
    /// A slot of a smartcard reader.
    Ccid {
        /// The id of the bus.
        bus: Text,
    },
    /// A port of a USB bus.
    Usb {
        /// The id of the bus.
        bus: Text,
        /// The port below hubs, such as `1.2`; `None` where QEMU assigns one.
        port: Option<Text>,
    },
    /// A register of the virtual I/O bus of pseries.
    SpaprVio(u64),
    /// The bus of address type `virtio-s390`, which has no numbers.
    VirtioS390,
    /// A subchannel (s390); `None` where QEMU assigns one.
    Ccw(Option<CcwAddress>),
    /// A memory-mapped virtio device.
    VirtioMmio,
    /// An I/O port and interrupt of the ISA bus.
    Isa(IsaAddress),
    /// A memory slot.
    Dimm(DimmAddress),
    /// The device is not given to the guest (`<address type='unassigned'/>`).
    Unassigned,
}

/// An address on a PCI bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PciSlot {
    /// The id of the bus.
    pub bus: Text,
    /// The slot, 0 to 0x1f.
    pub slot: u32,
    /// The function, 0 to 7.
    pub function: u32,
    /// `multifunction=`.
    pub multifunction: Option<OnOff>,
    /// The ACPI index (`<acpi index=>`).
    pub acpi_index: Option<u32>,
    /// The zPCI identifiers of an s390 guest.
    pub zpci: Option<ZpciNumbers>,
}

/// The zPCI identifiers of a PCI device (s390).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ZpciNumbers {
    /// The user-defined identifier (`uid=`).
    pub uid: u32,
    /// The function identifier (`fid=`).
    pub fid: Option<u32>,
}

/// An address on a disk controller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Drive {
    /// A floppy drive.
    Floppy {
        /// The unit, 0 or 1.
        unit: u32,
    },
    /// A SATA port, which is a bus of its own.
    Sata {
        /// The id of the bus.
        bus: Text,
    },
    /// An IDE channel.
    Ide {
        /// The id of the bus.
        bus: Text,
        /// Master or slave, 0 or 1.
        unit: u32,
    },
    /// A unit of a SCSI controller without channels and logical units.
    NarrowScsi {
        /// The id of the bus.
        bus: Text,
        /// The SCSI id.
        id: u32,
    },
    /// A namespace of an NVMe controller.
    Nvme {
        /// The id of the controller.
        controller: Text,
        /// The number of the namespace, from 1.
        namespace: u32,
    },
    /// A logical unit of a SCSI controller.
    Scsi {
        /// The id of the bus.
        bus: Text,
        /// Channel, SCSI id and logical unit number.
        numbers: [u32; 3],
    },
}

impl BusAddress {
    /// The PCI address; `None` for an address of another type.
    pub fn pci(&self) -> Option<&PciSlot> {
        if let Self::Pci(slot) = self { Some(slot) } else { None }
    }
}

/// The controllers by type and index.
#[derive(Debug, Clone)]
pub(crate) struct ControllerTable(Vec<((ControllerType, u32), usize)>);

impl ControllerTable {
    pub fn of(domain: &Domain) -> Self {
        let controllers = domain.devices.controllers.iter().enumerate();
        let mut table: Vec<_> = controllers.map(|(n, c)| ((c.controller_type(), c.number()), n)).collect();
        table.sort_unstable();
        Self(table)
    }

    /// The index in the list of the first controller with this type and `index=`.
    pub fn get(&self, kind: ControllerType, index: u32) -> Option<usize> {
        let at = self.0.partition_point(|(key, _)| *key < (kind, index));
        self.0.get(at).filter(|(key, _)| *key == (kind, index)).map(|(_, n)| *n)
    }
}

/// The context in which addresses are translated.
pub(crate) struct Buses<'d> {
    /// The domain.
    pub domain: &'d Domain,
    /// Architecture, machine type and accelerator.
    pub guest: &'d Guest,
    /// The capabilities of the QEMU binary.
    pub caps: &'d Caps,
    /// The controllers by type and index.
    pub table: &'d ControllerTable,
    /// The aliases of the controllers, in the order of the list.
    pub aliases: &'d [Alias],
}

impl Buses<'_> {
    /// The address of a device; `bus` is that of a disk. A device on a controller that does not exist has none; rule
    /// `address-controller` refuses it, unless the domain was not validated.
    pub fn of(&self, info: &DeviceInfo, bus: Option<DiskBus>) -> BusAddress {
        self.address(info, bus).unwrap_or(BusAddress::None)
    }

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
                    bus: text!(controller, ".", at.bus),
                    port: at.port,
                    numbers: [at.controller, at.bus, at.port],
                }
            }
            Address::Ccid(at) => {
                let controller = self.alias(ControllerType::Ccid, at.controller)?;
                BusAddress::Ccid { bus: text!(controller, ".", at.slot) }
            }
            Address::Usb(usb) => {
                let controller = self.alias(ControllerType::Usb, usb.bus)?;
                BusAddress::Usb { bus: text!(controller, ".0"), port: usb_port(&usb.port) }
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

    /// The id of the PCI bus of `pci`: the alias of its controller, with two exceptions. The root bus has QEMU's fixed
    /// id, even with a user alias. The bus of an additional host bridge of a pseries guest is `ALIAS.0`.
    fn pci_bus(&self, pci: &PciAddress) -> Option<Text> {
        let (controller, alias) = self.controller(ControllerType::Pci, pci.bus)?;
        Some(if is_further_host_bridge(controller) {
            text!(alias, ".0")
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
                Drive::Sata { bus: text!(controller, ".", at.unit) }
            }
            Some(DiskBus::Nvme) => {
                let controller = self.alias(ControllerType::Nvme, at.controller)?;
                Drive::Nvme { controller: text!(controller), namespace: at.unit.saturating_add(1) }
            }
            Some(DiskBus::Ide) => {
                let controller = self.alias(ControllerType::Ide, at.controller)?;
                Drive::Ide { bus: text!(controller, ".", at.bus), unit: at.unit }
            }
            _ => {
                let controller = self.alias(ControllerType::Scsi, at.controller)?;
                if self.is_narrow(at.controller) {
                    Drive::NarrowScsi { bus: text!(controller, ".", at.bus), id: at.unit }
                } else {
                    let numbers = [at.bus, at.target, at.unit];
                    Drive::Scsi { bus: text!(controller, ".0"), numbers }
                }
            }
        })
    }

    /// Whether devices of a SCSI controller have a SCSI id only, without channel and logical unit.
    fn is_narrow(&self, index: u32) -> bool {
        let model = self.controller(ControllerType::Scsi, index).and_then(|(c, _)| c.scsi_model());
        matches!(
            model,
            Some(ScsiModel::Lsilogic | ScsiModel::Ncr53c90 | ScsiModel::Dc390 | ScsiModel::Am53c974)
        )
    }

    /// The first controller with this type and `index=`, and its alias.
    fn controller(&self, kind: ControllerType, index: u32) -> Option<(&Controller, &Alias)> {
        let at = self.table.get(kind, index)?;
        self.domain.devices.controllers.get(at).zip(self.aliases.get(at))
    }

    /// The prefix of the bus ids of a controller. The IDE controller that is part of the machine has QEMU's fixed
    /// prefix, even with a user alias, and exists without a `<controller>`.
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

/// `port=` of a USB device, such as `1.2`; `None` where QEMU assigns a port.
fn usb_port(path: &[u32]) -> Option<Text> {
    let (first, rest) = path.split_first()?;
    Some(rest.iter().fold(text!(*first), |path, port| text!(path, ".", *port)))
}

/// `addr=` of a PCI device: `0x3`, `0x3.0x1`.
pub(crate) fn pci_addr(slot: u32, function: u32) -> Text {
    let text = text!(Hex(slot.into()));
    if function == 0 { text } else { text!(text, ".", Hex(function.into())) }
}

/// Whether numbers of addresses are decimal, as with `-device` in JSON; earlier releases of libvirt print hexadecimal.
pub(crate) fn is_decimal(caps: &Caps) -> bool {
    caps.release().has(Convention::DecimalNumbers)
}
