//! Which PCI buses accept which devices.

use virtargv_model::device::controller::PciModel;

/// What a device requires of its bus, or what a bus accepts: a set of kinds of devices and traits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Connect(u16);

impl Connect {
    /// The empty set, for a device that is not a PCI device.
    pub const NONE: Self = Self(0);
    /// A conventional PCI device.
    pub const PCI: Self = Self(1);
    /// A PCI Express device.
    pub const PCIE: Self = Self(1 << 1);
    /// `pcie-root-port`
    pub const ROOT_PORT: Self = Self(1 << 2);
    /// `pcie-switch-upstream-port`
    pub const UPSTREAM: Self = Self(1 << 3);
    /// `pcie-switch-downstream-port`
    pub const DOWNSTREAM: Self = Self(1 << 4);
    /// `dmi-to-pci-bridge`
    pub const DMI_BRIDGE: Self = Self(1 << 5);
    /// `pcie-to-pci-bridge`
    pub const PCIE_BRIDGE: Self = Self(1 << 6);
    /// `pci-expander-bus`
    pub const PCI_EXPANDER: Self = Self(1 << 7);
    /// `pcie-expander-bus`
    pub const PCIE_EXPANDER: Self = Self(1 << 8);
    /// `pci-bridge`
    pub const PCI_BRIDGE: Self = Self(1 << 9);
    /// Of a device: an assigned address must be on a bus with this trait.
    pub const AUTO: Self = Self(1 << 10);
    /// Of a device: it is integrated into the chipset, so its address is on bus 0.
    pub const INTEGRATED: Self = Self(1 << 11);
    /// Of a device: several of its kind share a slot, one for each function.
    pub const SHARES_SLOT: Self = Self(1 << 12);

    const KINDS: Self = Self((1 << 10) - 1);
    const ENDPOINTS: Self = Self(Self::PCI.0 | Self::PCIE.0);

    /// The union of the sets.
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether the sets have a common member.
    pub const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether the set is empty.
    pub const fn is_none(self) -> bool {
        self.0 == 0
    }

    /// The name of the first kind of device in the set.
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(kind, _)| self.meets(*kind)).map_or("device", |(_, name)| name)
    }

    /// The controller model of the first kind of device in the set, where it is a controller.
    pub fn controller(self) -> Option<PciModel> {
        CONTROLLERS.iter().find(|(kind, _)| self.meets(*kind)).map(|(_, model)| *model)
    }

    /// What a controller of `model` requires of its bus; empty for a root bus.
    pub fn of_controller(model: PciModel) -> Self {
        match model {
            PciModel::PciRoot | PciModel::PcieRoot => Self::NONE,
            PciModel::PciBridge => Self::PCI_BRIDGE,
            PciModel::DmiToPciBridge => Self::DMI_BRIDGE,
            PciModel::PcieToPciBridge => Self::PCIE_BRIDGE,
            PciModel::PcieRootPort => Self::ROOT_PORT.and(Self::SHARES_SLOT),
            PciModel::PcieSwitchUpstreamPort => Self::UPSTREAM,
            PciModel::PcieSwitchDownstreamPort => Self::DOWNSTREAM,
            PciModel::PciExpanderBus => Self::PCI_EXPANDER,
            PciModel::PcieExpanderBus => Self::PCIE_EXPANDER,
        }
    }

    /// What the bus of a controller of `model` accepts, and its first and last slot.
    pub fn of_bus(model: PciModel) -> (Self, u32, u32) {
        let pci = Self::PCI.and(Self::PCI_BRIDGE);
        let auto = pci.and(Self::AUTO);
        let port = Self::PCIE.and(Self::UPSTREAM).and(Self::PCIE_BRIDGE).and(Self::AUTO);
        let root = Self::PCIE.and(Self::ROOT_PORT).and(Self::DMI_BRIDGE).and(Self::PCIE_EXPANDER);
        match model {
            PciModel::PciRoot => (auto.and(Self::PCI_EXPANDER), 1, LAST_SLOT),
            // Slot 0 is the hotplug controller.
            PciModel::PciBridge | PciModel::PcieToPciBridge => (auto, 1, LAST_SLOT),
            PciModel::PciExpanderBus => (auto, 0, LAST_SLOT),
            PciModel::PcieRoot => (root, 1, LAST_SLOT),
            PciModel::DmiToPciBridge => (pci, 0, LAST_SLOT),
            PciModel::PcieRootPort | PciModel::PcieSwitchDownstreamPort => (port, 0, 0),
            PciModel::PcieSwitchUpstreamPort => (Self::DOWNSTREAM, 0, LAST_SLOT),
            PciModel::PcieExpanderBus => (Self::ROOT_PORT.and(Self::DMI_BRIDGE), 0, LAST_SLOT),
        }
    }

    /// Checks that a bus that accepts `self` accepts `device`. `written` is whether the document has the address: then
    /// PCI and PCI Express devices can be exchanged, and buses without [`Connect::AUTO`] are allowed.
    pub fn takes(self, device: Self, bus: u32, written: bool) -> Result<(), Mismatch> {
        let (mut accepts, mut device) = (self, device);
        if device.meets(Self::INTEGRATED) {
            if bus != 0 {
                return Err(Mismatch::NotIntegrated);
            }
            // An integrated device has no slot, so every kind of root bus accepts it.
            accepts = accepts.and(Self::AUTO).and(Self::ENDPOINTS);
        }
        if written {
            if accepts.meets(Self::ENDPOINTS) {
                accepts = accepts.and(Self::ENDPOINTS);
            }
            if device.meets(Self::PCI_BRIDGE) {
                device = device.and(Self::PCI);
            }
        } else if device.meets(Self::AUTO) && !accepts.meets(Self::AUTO) {
            return Err(Mismatch::NoAuto);
        }
        if Self(device.0 & accepts.0).meets(Self::KINDS) { Ok(()) } else { Err(Mismatch::Kind(device)) }
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
