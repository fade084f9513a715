//! Devices of the host.

/// A USB device of the host.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "described", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "described", serde(deny_unknown_fields))]
pub struct UsbDevice {
    /// The number of its bus.
    pub bus: u32,
    /// Its number on the bus.
    pub device: u32,
    /// The ports of the root hub and further hubs that it is plugged into, such as `1.2`; `None` where that is not known.
    #[cfg_attr(feature = "described", serde(default, skip_serializing_if = "Option::is_none"))]
    pub port: Option<String>,
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
