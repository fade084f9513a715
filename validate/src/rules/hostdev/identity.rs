//! Which device of the host a host device or interface is.

use std::fmt;

use virtargv_model::Uuid;
use virtargv_model::device::hostdev::{
    Capability, HostdevSource, InterfaceDevice, PciDevice, ScsiSource, UsbDevice, UsbHostPlace,
};
use virtargv_model::device::net::{Interface, Source};
use virtargv_model::info::PciAddress;

/// What tells one device of the host from another.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) enum Identity<'a> {
    /// The PCI address on the host.
    Pci(PciAddress),
    /// The bus of a USB device, and its number or port there.
    UsbAddress(u32, &'a UsbHostPlace),
    /// The vendor and product of a USB device.
    UsbProduct(u32, u32),
    /// A SCSI device: adapter, bus, target, unit.
    Unit(&'a str, u32, u32, u64),
    /// An iSCSI device: its name, and name and port of the host that serves it.
    Iscsi(&'a str, Option<(&'a str, Option<u32>)>),
    /// The WWPN of a SCSI host adapter.
    Adapter(&'a str),
    /// The UUID of a mediated device.
    Uuid(Uuid),
    /// The path of a device node, or the name of a network interface.
    Node(&'a str),
}

/// Kind and name of the device, for a message.
impl fmt::Display for Identity<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pci(at) => write!(f, "PCI device `{at}`"),
            Self::UsbAddress(bus, UsbHostPlace::Device(device)) => {
                write!(f, "USB device `{device}` of bus `{bus}`")
            }
            Self::UsbAddress(bus, UsbHostPlace::Port(port)) => {
                write!(f, "the USB device at port `{port}` of bus `{bus}`")
            }
            Self::UsbProduct(vendor, product) => write!(f, "USB device `{vendor:04x}:{product:04x}`"),
            Self::Unit(adapter, bus, target, unit) => {
                write!(f, "SCSI device `{bus}:{target}:{unit}` of adapter `{adapter}`")
            }
            Self::Iscsi(name, _) => write!(f, "iSCSI device `{name}`"),
            Self::Adapter(wwpn) => write!(f, "SCSI host adapter `{wwpn}`"),
            Self::Uuid(uuid) => write!(f, "mediated device `{uuid}`"),
            Self::Node(name) => write!(f, "device `{name}`"),
        }
    }
}

impl<'a> Identity<'a> {
    /// The device of a host device; `None` where the element does not tell.
    pub(super) fn of(source: &'a HostdevSource) -> Option<Self> {
        Some(match source {
            HostdevSource::Usb(usb) => return Self::usb(usb),
            HostdevSource::Pci(pci) => Self::pci(pci),
            HostdevSource::Scsi(scsi) => match &scsi.source {
                ScsiSource::Adapter(at) => Self::Unit(&at.name, at.bus, at.target, at.unit),
                ScsiSource::Iscsi(iscsi) => {
                    let host = iscsi.hosts.first();
                    Self::Iscsi(&iscsi.name, host.map(|h| (h.name.as_deref().unwrap_or_default(), h.port)))
                }
            },
            HostdevSource::ScsiHost(host) => Self::Adapter(&host.wwpn),
            HostdevSource::Mdev(mdev) => Self::Uuid(mdev.uuid),
            HostdevSource::Capability(
                Capability::Storage { block: name }
                | Capability::Misc { char: name }
                | Capability::Net { interface: name, .. },
            ) => Self::Node(name),
        })
    }

    fn pci(pci: &PciDevice) -> Self {
        let PciAddress { domain, bus, slot, function, .. } = pci.address;
        Self::Pci(PciAddress { domain, bus, slot, function, ..PciAddress::default() })
    }

    fn usb(usb: &'a UsbDevice) -> Option<Self> {
        let by_address = usb.address.as_ref().map(|address| Self::UsbAddress(address.bus, &address.at));
        by_address.or(usb.product.map(|(vendor, product)| Self::UsbProduct(vendor, product)))
    }

    /// The device of an interface that is a host device.
    pub(super) fn of_interface(nic: &'a Interface) -> Option<Self> {
        match &nic.source {
            Source::Hostdev(device) => match &device.device {
                InterfaceDevice::Pci(pci) => Some(Self::pci(pci)),
                InterfaceDevice::Usb(usb) => Self::usb(usb),
            },
            _ => None,
        }
    }
}
