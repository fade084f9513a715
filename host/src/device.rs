//! Devices of the host.

/// A USB device of the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "described", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "described", serde(deny_unknown_fields))]
pub struct UsbDevice {
    /// The number of its bus.
    pub bus: u32,
    /// Its number on the bus.
    pub device: u32,
    /// The vendor id.
    pub vendor: u16,
    /// The product id.
    pub product: u16,
}

/// A PCI device of the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PciDevice {
    /// Whether it is a PCI Express device.
    pub express: bool,
    /// The IOMMU group that it is in.
    pub iommu_group: Option<u32>,
}
