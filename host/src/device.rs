//! Devices of the host.

/// A PCI device of the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PciDevice {
    /// Whether it is a PCI Express device.
    pub express: bool,
    /// The IOMMU group that it is in.
    pub iommu_group: Option<u32>,
}
