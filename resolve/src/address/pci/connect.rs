//! Which PCI buses accept which devices.

use bitflags::bitflags;
use virtargv_model::device::controller::PciModel;

bitflags! {
    /// What a device requires of its bus, or what a bus accepts: a set of kinds and traits. The set of a device that is
    /// not a PCI device is empty.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub(super) struct Connect: u16 {
        /// A conventional PCI device.
        const PCI = 1;
        /// A PCI Express device.
        const PCIE = 1 << 1;
        /// `pcie-root-port`
        const ROOT_PORT = 1 << 2;
        /// `pcie-switch-upstream-port`
        const UPSTREAM = 1 << 3;
        /// `pcie-switch-downstream-port`
        const DOWNSTREAM = 1 << 4;
        /// `dmi-to-pci-bridge`
        const DMI_BRIDGE = 1 << 5;
        /// `pcie-to-pci-bridge`
        const PCIE_BRIDGE = 1 << 6;
        /// `pci-expander-bus`
        const PCI_EXPANDER = 1 << 7;
        /// `pcie-expander-bus`
        const PCIE_EXPANDER = 1 << 8;
        /// `pci-bridge`
        const PCI_BRIDGE = 1 << 9;
        /// Of a device: an assigned address must be on a bus with this trait.
        const AUTO = 1 << 10;
        /// Of a device: it is integrated into the chipset, so its address is on bus 0.
        const INTEGRATED = 1 << 11;
        /// Of a device: several of its kind share a slot, one for each function.
        const SHARES_SLOT = 1 << 12;
        /// Of a device: it is attached to a running guest. Of a bus: devices can be.
        const HOTPLUG = 1 << 13;
        /// Either kind of device that is no bridge.
        const ENDPOINTS = Self::PCI.bits() | Self::PCIE.bits();
        /// Every kind of device.
        const KINDS = (1 << 10) - 1;
    }
}

impl Connect {
    /// The name of the first kind of device in the set.
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(kind, _)| self.intersects(*kind)).map_or("device", |(_, name)| name)
    }

    /// The controller model of the first kind of device in the set, where it is a controller.
    pub fn controller(self) -> Option<PciModel> {
        CONTROLLERS.iter().find(|(kind, _)| self.intersects(*kind)).map(|(_, model)| *model)
    }

    /// What a controller of `model` requires of its bus; empty for a root bus.
    pub fn of_controller(model: PciModel) -> Self {
        match model {
            PciModel::PciRoot | PciModel::PcieRoot => Self::empty(),
            PciModel::PciBridge => Self::PCI_BRIDGE,
            PciModel::DmiToPciBridge => Self::DMI_BRIDGE,
            PciModel::PcieToPciBridge => Self::PCIE_BRIDGE,
            PciModel::PcieRootPort => Self::ROOT_PORT.union(Self::SHARES_SLOT),
            PciModel::PcieSwitchUpstreamPort => Self::UPSTREAM,
            PciModel::PcieSwitchDownstreamPort => Self::DOWNSTREAM,
            PciModel::PciExpanderBus => Self::PCI_EXPANDER,
            PciModel::PcieExpanderBus => Self::PCIE_EXPANDER,
        }
    }

    /// What the bus of a controller of `model` accepts, and its first and last slot.
    pub fn of_bus(model: PciModel) -> (Self, u32, u32) {
        let pci = Self::PCI.union(Self::PCI_BRIDGE);
        let auto = pci.union(Self::AUTO).union(Self::HOTPLUG);
        let port = Self::PCIE.union(Self::UPSTREAM).union(Self::PCIE_BRIDGE).union(Self::AUTO);
        let port = port.union(Self::HOTPLUG);
        let root = Self::PCIE.union(Self::ROOT_PORT).union(Self::DMI_BRIDGE).union(Self::PCIE_EXPANDER);
        match model {
            PciModel::PciRoot => (auto.union(Self::PCI_EXPANDER), 1, LAST_SLOT),
            // Slot 0 is the hotplug controller.
            PciModel::PciBridge | PciModel::PcieToPciBridge => (auto, 1, LAST_SLOT),
            PciModel::PciExpanderBus => (auto, 0, LAST_SLOT),
            PciModel::PcieRoot => (root, 1, LAST_SLOT),
            PciModel::DmiToPciBridge => (pci, 0, LAST_SLOT),
            PciModel::PcieRootPort | PciModel::PcieSwitchDownstreamPort => (port, 0, 0),
            PciModel::PcieSwitchUpstreamPort => (Self::DOWNSTREAM, 0, LAST_SLOT),
            PciModel::PcieExpanderBus => (Self::ROOT_PORT.union(Self::DMI_BRIDGE), 0, LAST_SLOT),
        }
    }

    /// Checks that a bus that accepts `self` accepts `device`. `written` is whether the document has the address: then
    /// a PCI device can be on a bus for PCI Express and the other way round, and buses without [`Connect::AUTO`] are
    /// allowed.
    pub fn takes(self, device: Self, bus: u32, written: bool) -> Result<(), Mismatch> {
        let (mut accepts, mut device) = (self, device);
        if device.intersects(Self::INTEGRATED) {
            if bus != 0 {
                return Err(Mismatch::NotIntegrated);
            }
            // An integrated device has no slot, so every kind of root bus accepts it.
            accepts = accepts.union(Self::AUTO).union(Self::ENDPOINTS);
        }
        if written {
            if accepts.intersects(Self::ENDPOINTS) {
                accepts = accepts.union(Self::ENDPOINTS);
            }
            if device.intersects(Self::PCI_BRIDGE) {
                device = device.union(Self::PCI);
            }
        } else if device.intersects(Self::AUTO) && !accepts.intersects(Self::AUTO) {
            return Err(Mismatch::NoAuto);
        }
        if !(device & accepts).intersects(Self::KINDS) {
            return Err(Mismatch::Kind(device));
        }
        if device.intersects(Self::HOTPLUG) && !accepts.intersects(Self::HOTPLUG) {
            return Err(Mismatch::NoHotplug);
        }
        Ok(())
    }
}

/// Why a bus does not accept a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mismatch {
    /// The device must be on bus 0.
    NotIntegrated,
    /// Addresses are not assigned on the bus.
    NoAuto,
    /// The bus is for other kinds of devices.
    Kind(Connect),
    /// No device can be attached to the bus while the guest runs.
    NoHotplug,
}

/// The last slot of a bus with all slots.
pub(super) const LAST_SLOT: u32 = 0x1f;

const NAMES: &[(Connect, &str)] = &[
    (Connect::PCI, "standard PCI device"),
    (Connect::PCIE, "PCI Express device"),
    (Connect::ROOT_PORT, "pcie-root-port"),
    (Connect::UPSTREAM, "pcie-switch-upstream-port"),
    (Connect::DOWNSTREAM, "pcie-switch-downstream-port"),
    (Connect::DMI_BRIDGE, "dmi-to-pci-bridge"),
    (Connect::PCIE_BRIDGE, "pcie-to-pci-bridge"),
    (Connect::PCI_EXPANDER, "pci-expander-bus"),
    (Connect::PCIE_EXPANDER, "pcie-expander-bus"),
    (Connect::PCI_BRIDGE, "pci-bridge"),
];

const CONTROLLERS: &[(Connect, PciModel)] = &[
    (Connect::ROOT_PORT, PciModel::PcieRootPort),
    (Connect::UPSTREAM, PciModel::PcieSwitchUpstreamPort),
    (Connect::DOWNSTREAM, PciModel::PcieSwitchDownstreamPort),
    (Connect::DMI_BRIDGE, PciModel::DmiToPciBridge),
    (Connect::PCI_EXPANDER, PciModel::PciExpanderBus),
    (Connect::PCIE_EXPANDER, PciModel::PcieExpanderBus),
    (Connect::PCI_BRIDGE, PciModel::PciBridge),
];
