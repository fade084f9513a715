//! The PCI buses of a guest, and their used slots.

use bitflags::bitflags;
use virtargv_model::Class;
use virtargv_model::device::controller::PciModel;
use virtargv_model::info::PciAddress;

use super::connect::{Connect, Mismatch};

/// The class and the message of a problem.
pub(super) type Refusal = (Class, String);

/// A PCI bus.
#[derive(Debug, Clone)]
pub(super) struct Bus {
    /// The model of its controller.
    pub model: PciModel,
    /// The group of host devices that it is reserved for; 0 for all other devices.
    pub group: u32,
    /// Whether the group is fixed.
    pub group_locked: bool,
    accepts: Connect,
    first: u32,
    last: u32,
    /// The number of slots with a used function.
    used: u32,
    slots: [Slot; 32],
}

#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    /// A bit for each function.
    functions: u8,
    /// Whether devices of the kind in the slot can share it.
    shared: bool,
}

impl Bus {
    pub fn new(model: PciModel) -> Self {
        let (accepts, first, last) = Connect::of_bus(model);
        let slots = [Slot::default(); 32];
        Self { model, group: 0, group_locked: false, accepts, first, last, used: 0, slots }
    }

    /// The bus of a port whose devices cannot be attached or detached while the guest runs.
    pub fn without_hotplug(self) -> Self {
        Self { accepts: self.accepts.difference(Connect::HOTPLUG), ..self }
    }

    /// Whether it accepts conventional PCI devices.
    pub fn takes_pci(&self) -> bool {
        self.accepts.intersects(Connect::PCI)
    }

    fn slot(&self, slot: u32) -> Slot {
        self.slots.get(slot as usize).copied().unwrap_or(Slot { functions: u8::MAX, shared: false })
    }

    /// Whether no slot is free.
    pub fn is_full(&self) -> bool {
        self.used > self.last - self.first
    }

    fn is_empty(&self) -> bool {
        self.used == 0
    }

    /// The first free slot that accepts `device`, and the function in it: `function`, or the lowest free one.
    fn find(&self, device: Connect, bus: u32, function: Option<u8>) -> Option<(u32, u8)> {
        if self.accepts.takes(device, bus, false).is_err() {
            return None;
        }
        let shares = device.intersects(Connect::SHARES_SLOT);
        if !shares && self.is_full() {
            return None;
        }
        (self.first..=self.last).find_map(|n| {
            let slot = self.slot(n);
            if slot.functions == 0 {
                return Some((n, function.unwrap_or(0)));
            }
            if !shares || !slot.shared {
                return None;
            }
            let free = |f: &u8| slot.functions & (1 << f) == 0;
            match function {
                Some(function) => Some(function).filter(free).map(|f| (n, f)),
                None => (0..8).find(free).map(|f| (n, f)),
            }
        })
    }
}

/// The PCI buses, by the index of their controller.
#[derive(Debug)]
pub(super) struct Buses {
    /// The buses.
    pub list: Vec<Bus>,
    /// For kinds of devices, the number of leading buses without a slot for them. A slot is never given back.
    without_slot: Vec<(Connect, usize)>,
    /// How buses may be added.
    growth: Growth,
}

bitflags! {
    /// How buses may be added to a guest.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(super) struct Growth: u8 {
        /// They are added as devices need them.
        const ON_DEMAND = 1;
        /// What is added are PCI host bridges (pseries), not bridges below the root.
        const HOST_BRIDGES = 1 << 1;
        /// This QEMU has `pcie-pci-bridge`, so that conventional devices do not need a `dmi-to-pci-bridge`.
        const PCIE_TO_PCI = 1 << 2;
    }
}

/// A limit above the number of buses of any guest, which bounds memory.
pub(super) const MOST_BUSES: usize = 1024;

impl Buses {
    /// The buses of a pass.
    pub fn new(list: Vec<Bus>, growth: Growth) -> Self {
        Self { list, without_slot: Vec::new(), growth }
    }

    /// Whether buses are added where devices need them.
    pub fn grows(&self) -> bool {
        self.growth.contains(Growth::ON_DEMAND)
    }

    /// Whether a function of the slot is used.
    pub fn slot_in_use(&self, at: &PciAddress) -> bool {
        self.list.get(at.bus as usize).is_some_and(|bus| bus.slot(at.slot).functions != 0)
    }

    /// Takes an address that the document or the chipset determines. Where its bus must be added, the number of the bus
    /// can increase by one.
    pub fn reserve(&mut self, at: &mut PciAddress, device: Connect, group: u32) -> Result<(), Refusal> {
        self.take(at, device, group, true)
    }

    /// Chooses an address and takes it.
    pub fn next(&mut self, device: Connect, group: u32, function: Option<u8>) -> Result<PciAddress, Refusal> {
        let mut at = self.find(device, group, function)?;
        self.take(&mut at, device, group, false)?;
        Ok(at)
    }

    fn find(&mut self, device: Connect, group: u32, function: Option<u8>) -> Result<PciAddress, Refusal> {
        if self.list.is_empty() {
            return Err((Class::Xml, "this guest has no PCI bus for the device".to_owned()));
        }
        let skip = self.skip(device);
        // Devices of a group share buses; an empty bus can change its group.
        let same = |bus: &Bus| bus.group == group;
        let empty = |bus: &Bus| !bus.group_locked && bus.is_empty();
        let first = |suits: &dyn Fn(&Bus) -> bool| self.first_free(skip, device, function, suits);
        let found = first(&same).or_else(|| first(&empty));
        if let Some(at) = found {
            return Ok(at);
        }
        if !self.grows() {
            return Err((Class::Internal, "there is no free PCI slot that accepts the device".to_owned()));
        }
        let mut at = PciAddress {
            bus: u32::try_from(self.list.len()).unwrap_or(u32::MAX),
            function: function.unwrap_or(0).into(),
            ..PciAddress::default()
        };
        self.grow(&mut at, device)?;
        at.slot = self.list.get(at.bus as usize).map_or(0, |bus| bus.first);
        Ok(at)
    }

    /// The number of leading buses without a slot for `device`. With few buses there is nothing to remember.
    fn skip(&mut self, device: Connect) -> usize {
        const FEW: usize = 16;
        if self.list.len() <= FEW {
            return 0;
        }
        let known = self.without_slot.iter().position(|(of, _)| *of == device);
        let known = known.unwrap_or_else(|| {
            self.without_slot.push((device, 0));
            self.without_slot.len() - 1
        });
        let Some((_, skip)) = self.without_slot.get_mut(known) else { return 0 };
        let rest = self.list.iter().zip(0u32..).skip(*skip);
        *skip += rest.take_while(|(bus, n)| bus.find(device, *n, None).is_none()).count();
        *skip
    }

    /// The first free slot on a bus that suits, the first `skip` buses left out.
    fn first_free(
        &self,
        skip: usize,
        device: Connect,
        function: Option<u8>,
        suits: &dyn Fn(&Bus) -> bool,
    ) -> Option<PciAddress> {
        self.list.iter().zip(0u32..).skip(skip).filter(|(bus, _)| suits(bus)).find_map(|(bus, n)| {
            let (slot, function) = bus.find(device, n, function)?;
            Some(PciAddress { bus: n, slot, function: function.into(), ..PciAddress::default() })
        })
    }

    fn take(
        &mut self,
        at: &mut PciAddress,
        device: Connect,
        group: u32,
        written: bool,
    ) -> Result<(), Refusal> {
        if self.grows() {
            self.grow(at, device)?;
        }
        self.check(at, device, written)?;
        let Some(bus) = self.list.get_mut(at.bus as usize) else { return Ok(()) };
        if !bus.group_locked && bus.is_empty() {
            bus.group = group;
        } else if bus.group != group && written {
            // The document places devices of other groups on the bus, so it is no longer reserved.
            bus.group = 0;
        }
        let Some(slot) = bus.slots.get_mut(at.slot as usize) else { return Ok(()) };
        let bit = 1u8.checked_shl(at.function).unwrap_or(0);
        if slot.functions & bit != 0 {
            return Err((class(written), format!("two devices have the PCI address `{at}`")));
        }
        if slot.functions == 0 {
            slot.shared = device.intersects(Connect::SHARES_SLOT);
            bus.used += 1;
        }
        slot.functions |= bit;
        Ok(())
    }

    /// Checks that the address exists and its bus accepts the device.
    pub fn check(&self, at: &PciAddress, device: Connect, written: bool) -> Result<(), Refusal> {
        let refused = |message: String| Err((class(written), message));
        if self.list.is_empty() {
            return refused("this guest has no PCI bus for the device".to_owned());
        }
        if at.domain != 0 {
            return refused(format!("PCI address `{at}` is in a domain other than `0`"));
        }
        let Some(bus) = self.list.get(at.bus as usize) else {
            let last = self.list.len() - 1;
            return refused(format!("PCI address `{at}` is on a bus beyond the last one, `{last}`"));
        };
        match bus.accepts.takes(device, at.bus, written) {
            Ok(()) => {}
            Err(Mismatch::NotIntegrated) => {
                return refused(format!("the device at PCI address `{at}` must be on bus `0`"));
            }
            Err(Mismatch::NoAuto) => {
                return refused(format!(
                    "PCI address `{at}` was assigned on the controller with `index='{}'`, which accepts only devices with an address in the document",
                    at.bus
                ));
            }
            Err(Mismatch::NoHotplug) => {
                return refused(format!(
                    "PCI address `{at}` is on the controller with `index='{}'`, to which no device can be attached while the guest runs",
                    at.bus
                ));
            }
            Err(Mismatch::Kind(device)) => {
                return refused(format!(
                    "PCI address `{at}` is on the controller with `index='{}'`, which does not accept a `{}`",
                    at.bus,
                    device.name()
                ));
            }
        }
        if at.slot < bus.first || at.slot > bus.last {
            return refused(format!(
                "PCI address `{at}` has a slot outside of `{:#x}` to `{:#x}`",
                bus.first, bus.last
            ));
        }
        if at.function > 7 {
            return refused(format!("PCI address `{at}` has a function above `7`"));
        }
        Ok(())
    }

    /// Adds buses until the one of `at` exists.
    fn grow(&mut self, at: &mut PciAddress, device: Connect) -> Result<(), Refusal> {
        let Some(mut missing) = (at.bus as usize + 1).checked_sub(self.list.len()).filter(|n| *n > 0) else {
            return Ok(());
        };
        if at.bus as usize >= MOST_BUSES {
            return Err((Class::Internal, format!("more than `{MOST_BUSES}` PCI buses are needed")));
        }
        let mut bridge = None;
        let model = if device.intersects(Connect::PCI) {
            if self.growth.contains(Growth::HOST_BRIDGES) {
                PciModel::PciRoot
            } else {
                // Without a bus that accepts a pci-bridge, the guest needs a bridge from PCI Express to PCI.
                if !self.list.iter().any(|bus| bus.accepts.intersects(Connect::PCI_BRIDGE)) {
                    bridge = Some(self.growth.contains(Growth::PCIE_TO_PCI));
                    if missing == 1 {
                        missing += 1;
                        at.bus += 1;
                    }
                }
                PciModel::PciBridge
            }
        } else if device.intersects(Connect::PCIE.union(Connect::UPSTREAM)) {
            PciModel::PcieRootPort
        } else {
            let what = device.controller().map_or(device.name(), virtargv_model::Spelled::as_str);
            let message = format!("there is no free slot for `{what}`, and no bus with one can be added");
            return Err((Class::Internal, message));
        };
        let end = self.list.len() + missing;
        match bridge {
            Some(true) => {
                let mut port = Bus::new(PciModel::PcieRootPort);
                // The port is reserved for the bridge.
                port.accepts = Connect::PCIE_BRIDGE;
                self.list.push(port);
                self.list.push(Bus::new(PciModel::PcieToPciBridge));
            }
            Some(false) => self.list.push(Bus::new(PciModel::DmiToPciBridge)),
            None => {}
        }
        while self.list.len() < end {
            self.list.push(Bus::new(model));
        }
        Ok(())
    }
}

fn class(written: bool) -> Class {
    if written { Class::Xml } else { Class::Internal }
}
