//! PCI addresses (`<address type='pci'>`).
//!
//! There are two passes, as in libvirt: the first finds the number of buses that are needed and adds their controllers,
//! the second assigns an address to every device.

mod buses;
mod chipset;
mod connect;
mod devices;
mod groups;
mod options;
mod slots;
mod zpci;

use foldhash::{HashMap, HashSet};
use virtargv_caps::{Cap, Convention};
use virtargv_model::device::controller::{Controller, ControllerKind, ControllerType, Pci, PciModel};
use virtargv_model::device::{DeviceId, DeviceKind, Devices};
use virtargv_model::info::{Address, PciAddress};
use virtargv_model::{Class, Message, OnOff, Place, Stage};

use crate::defaults::controller::{add_missing, is_usb2_part};
use crate::{Work, rules};
use buses::{Bus, Buses, Growth, MOST_BUSES};
use connect::Connect;
use devices::{Needs, has_root};
use groups::Groups;
use zpci::Ids;

/// The error after a problem was reported, at which assigning addresses stops.
#[derive(Debug)]
pub(super) struct Refused;

/// Assigns a PCI address to every device that needs one, and adds buses where there are too few.
pub(super) fn assign(work: &mut Work<'_>) {
    let passes = both_passes(work);
    // A machine without PCI has no options to assign. After a problem with an address they are assigned all the same, so
    // that no missing option is reported which only follows from it.
    if passes.is_err() || work.guest.supports_pci(work.caps) {
        options::apply(work);
    }
}

fn both_passes(work: &mut Work<'_>) -> Result<(), Refused> {
    let highest = pci_indexes(work).max();
    let mut count = highest.map_or(0, |highest| highest as usize + 1);
    let mut added = Vec::new();
    if count > MOST_BUSES {
        let found =
            work.domain.devices.controllers.iter().find(|c| c.pci().is_some() && Some(c.number()) == highest);
        let place = found.map(|controller| controller.info.pos.attr("index")).unwrap_or_default();
        let model = found.and_then(|controller| controller.pci()?.model);
        let of_model = model.map(|model| format!(" and model `{model}`")).unwrap_or_default();
        let message = format!(
            "a controller of type `pci`{of_model} has the index `{}`, it must be below `{MOST_BUSES}`",
            count - 1
        );
        work.refuse(&rules::PCI_CONTROLLER_INDEX, place, message);
        return Err(Refused);
    }
    if count > 0 {
        let mut placer = Placer::new(work, count, true)?;
        placer.chipset_and_spare()?;
        slots::place_all(&mut placer)?;
        placer.complete_zpci(&[])?;
        if highest == Some(0) && placer.buses.list.len() > 1 && placer.has_root(PciModel::PcieRoot) {
            // Where libvirt adds buses, it leaves one port free for hotplug.
            placer.spare(Connect::PCIE.union(Connect::AUTO))?;
        }
        added = placer.add_controllers()?;
        count = placer.buses.list.len();
    }
    let mut placer = Placer::new(work, count, false)?;
    let needs_bus = placer.work.release.has(Convention::PciNeedsBus);
    if !needs_bus && !placer.work.guest.supports_pci(placer.work.caps) {
        return Ok(());
    }
    placer.by_chipset()?;
    slots::place_all(&mut placer)?;
    if !placer.work.release.has(Convention::ZpciInOrder) {
        placer.complete_zpci(&added)?;
    }
    placer.complete_zpci(&[])?;
    set_multifunction(&mut placer.work.domain.devices);
    Ok(())
}

/// Assigns the PCI address of device `id`, which is attached to the running guest: on a bus that is there and to which
/// devices can be attached. The address in the document is checked, where it has one.
pub(super) fn attach(work: &mut Work<'_>, id: DeviceId) {
    let _ = attached(work, id);
}

fn attached(work: &mut Work<'_>, id: DeviceId) -> Result<(), Refused> {
    let Some(info) = work.domain.devices.info(id) else { return Ok(()) };
    let given = slots::present(info);
    if given.is_none() && !slots::is_wanted(info) {
        return Ok(());
    }
    let needs = Needs::of(&work.domain, work.caps, work.host).device(&work.domain.devices, id);
    if needs.is_empty() {
        return Ok(());
    }
    let zpci = info.pci().and_then(|pci| pci.zpci);
    if let Some(info) = work.domain.devices.info_mut(id).filter(|_| given.is_some()) {
        info.address = None;
    }
    let count = pci_indexes(work).max().map_or(0, |highest| highest as usize + 1);
    let mut placer = Placer::new(work, count, false)?;
    placer.by_chipset()?;
    let needs = needs.union(Connect::HOTPLUG);
    let group = placer.groups.of_device(id);
    let taken = match given {
        Some(mut at) => {
            placer.set(id, at);
            if at.function != 0 {
                let message = format!(
                    "PCI address `{at}` has function `{}`, a device that is attached has function `0`",
                    at.function
                );
                return Err(placer.refused(id, Class::Internal, message));
            }
            placer.buses.reserve(&mut at, needs, group).map(|()| at)
        }
        None => placer.buses.next(needs, group, None).map(|at| PciAddress { zpci, ..at }),
    };
    let at = taken.map_err(|(class, message)| placer.refused(id, class, message))?;
    placer.set(id, at);
    placer.complete_zpci(&[])
}

fn pci_indexes(work: &Work<'_>) -> impl Iterator<Item = u32> {
    work.domain.devices.controllers.iter().filter(|c| c.pci().is_some()).map(Controller::number)
}

/// A pass of assigning PCI addresses.
pub(super) struct Placer<'w, 'a> {
    work: &'w mut Work<'a>,
    needs: Needs<'a>,
    groups: Groups,
    zpci: Option<Ids>,
    /// The address of the first part of each USB 2 controller that has one, by index.
    usb2: HashMap<u32, PciAddress>,
    /// The buses.
    buses: Buses,
}

impl<'w, 'a> Placer<'w, 'a> {
    /// Starts a pass over `count` buses with the addresses that are taken.
    fn new(work: &'w mut Work<'a>, count: usize, first: bool) -> Result<Self, Refused> {
        let needs = Needs::of(&work.domain, work.caps, work.host);
        let groups = Groups::of(work);
        let list = Self::buses(work, count)?;
        let mut growth = Growth::empty();
        growth.set(Growth::ON_DEMAND, first);
        growth.set(Growth::HOST_BRIDGES, work.guest.is_pseries());
        growth.set(Growth::PCIE_TO_PCI, work.caps.has(Cap::DevicePciePciBridge));
        let buses = Buses::new(list, growth);
        let zpci = work.caps.has(Cap::DeviceZpci).then(Ids::default);
        let usb2 = work.domain.devices.controllers.iter().rev().filter_map(usb2_place).collect();
        let mut placer = Self { work, needs, groups, zpci, usb2, buses };
        placer.collect()?;
        placer.collect_zpci()?;
        Ok(placer)
    }

    /// The bus of every controller; for indexes without a controller, the kind of bus by which the guest is extended.
    fn buses(work: &mut Work<'_>, count: usize) -> Result<Vec<Bus>, Refused> {
        let filler = if work.guest.is_pseries() {
            PciModel::PciRoot
        } else if work.domain.devices.controllers.iter().any(|c| c.pci_model() == Some(PciModel::PcieRoot)) {
            PciModel::PcieRootPort
        } else {
            PciModel::PciBridge
        };
        let mut list: Vec<Bus> =
            (0..count).map(|n| Bus::new(if n == 0 { PciModel::PciRoot } else { filler })).collect();
        for controller in work.domain.devices.controllers.iter().filter(|c| c.pci().is_some()) {
            let Some(model) = controller.pci_model() else {
                let (pos, number) = (controller.info.pos, controller.number());
                let message = format!("the `pci` controller with index `{number}` has no `model`");
                work.refuse(&rules::PCI_CONTROLLER_MODEL, pos.attr("model"), message);
                return Err(Refused);
            };
            if let Some(bus) = list.get_mut(controller.number() as usize) {
                let without = controller.pci().is_some_and(|pci| pci.target.hotplug == Some(OnOff::Off));
                *bus = if without { Bus::new(model).without_hotplug() } else { Bus::new(model) };
            }
        }
        if work.guest.is_pseries()
            && let Some(first) = list.first_mut()
        {
            // Host devices are not placed on the bus that every guest has.
            first.group_locked = true;
        }
        Ok(list)
    }

    fn devices(&self) -> &Devices {
        &self.work.domain.devices
    }

    fn has_root(&self, root: PciModel) -> bool {
        has_root(&self.work.domain, root)
    }

    fn needs(&self, id: DeviceId) -> Connect {
        self.needs.device(self.devices(), id)
    }

    /// Reports why device `id` cannot have an address.
    fn refused(&mut self, id: DeviceId, class: Class, message: String) -> Refused {
        let message = self.with_other(id, Message::new(message));
        // Without a bus, the machine type may be one that QEMU does not have.
        if self.buses.list.is_empty() && self.refuse_guest(class) {
            return Refused;
        }
        let message = if self.buses.list.is_empty() {
            let machine = &self.work.guest.machine;
            message.with_help(format!(
                "remove the device, use a model that needs no PCI bus, or a machine type other than `{machine}`"
            ))
        } else {
            message
        };
        let place = self.devices().info(id).map(|info| info.pos.path("address")).unwrap_or_default();
        self.work.refuse_as(class, &rules::PCI_ADDRESS, place, message);
        Refused
    }

    /// The message for the address of device `id`, with a label at another device that has it too.
    fn with_other(&self, id: DeviceId, message: Message) -> Message {
        let Some(at) = self.devices().info(id).and_then(|info| info.pci()) else { return message };
        let mut others = self.devices().infos().filter(|(other, info)| {
            *other != id && info.pci().is_some_and(|other| same(other, at)) && info.pos.offset().is_some()
        });
        match others.next() {
            Some((other, info)) => {
                let label = format!("this `<{}>` has the address `{at}` too", other.kind.element());
                message.with_label(info.pos.path("address"), label)
            }
            None => message,
        }
    }

    /// Reports that device `id` is assigned a PCI address and is no PCI device.
    fn not_pci(&mut self, id: DeviceId) -> Refused {
        let place: Place = self.devices().info(id).map(|info| info.pos.into()).unwrap_or_default();
        let controllers = &self.devices().controllers;
        let controller = (id.kind == DeviceKind::Controller).then(|| controllers.get(id.index));
        let of_type =
            controller.flatten().map(|controller| format!(" of type `{}`", controller.controller_type()));
        let message = format!(
            "this `<{}>`{} is no PCI device in QEMU, and no PCI bus accepts it",
            id.kind.element(),
            of_type.unwrap_or_default()
        );
        let place = if id.kind == DeviceKind::Controller { place.element.attr("type") } else { place };
        self.work.refuse(&rules::NOT_PCI, place, message);
        Refused
    }

    /// Reports that QEMU does not run this kind of guest, and returns whether that is so.
    fn refuse_guest(&mut self, class: Class) -> bool {
        let Work { guest, domain, caps, release, .. } = &*self.work;
        if self.work.report.iter().any(|problem| problem.id() == rules::MACHINE.id) {
            return true;
        }
        let arch = guest.of_another_arch(domain, caps);
        let arch = arch.map(|problem| (&rules::ARCH, problem));
        let machine = || guest.of_unknown_machine(domain, caps).map(|problem| (&rules::MACHINE, problem));
        let Some((rule, (place, message))) = arch.or_else(machine) else { return false };
        let problem = rule.problem(*release, place, message).with_class(class);
        self.work.push(problem.with_stage(Stage::Place));
        true
    }

    /// Takes all addresses that devices have, even of devices that are not PCI devices.
    fn collect(&mut self) -> Result<(), Refused> {
        let mut taken = Vec::new();
        let mut add = |id, info: &_| taken.extend(slots::present(info).map(|at| (id, at)));
        self.devices().for_each_info(&mut add);
        for (id, mut at) in taken {
            let piix3 = id.kind == DeviceKind::Controller
                && self.devices().controllers.get(id.index).is_some_and(|c| chipset::is_piix3(c, &at));
            if piix3 {
                if self.buses.list.first().is_some_and(|bus| !bus.takes_pci()) {
                    let message = format!("PCI address `{at}` belongs to the PIIX3, but bus `0` is not PCI");
                    return Err(self.refused(id, Class::Internal, message));
                }
                continue;
            }
            let mut needs = self.needs(id);
            if needs.is_empty() {
                needs = Connect::PCI;
            }
            let group = self.groups.of_device(id);
            let before = at.bus;
            self.buses
                .reserve(&mut at, needs, group)
                .map_err(|(class, message)| self.refused(id, class, message))?;
            if at.bus != before {
                self.set(id, at);
            }
        }
        Ok(())
    }

    fn by_chipset(&mut self) -> Result<(), Refused> {
        if self.work.guest.is_i440fx() {
            chipset::i440fx(self)?;
        }
        if self.work.guest.is_q35() {
            chipset::q35(self)?;
        }
        Ok(())
    }

    /// Takes the slots of the chipset, and with `pci-root` a slot for a bridge that can be needed later.
    fn chipset_and_spare(&mut self) -> Result<(), Refused> {
        self.by_chipset()?;
        if self.has_root(PciModel::PciRoot) && !self.buses.list.iter().all(Bus::is_full) {
            self.spare(devices::PCI)?;
        }
        Ok(())
    }

    /// Takes a slot without a device.
    fn spare(&mut self, needs: Connect) -> Result<(), Refused> {
        match self.buses.next(needs, 0, None) {
            Ok(_) => Ok(()),
            Err((class, message)) => {
                let root = self.devices().controllers.iter().find(|c| c.is(ControllerType::Pci, 0));
                let place: Place = root.map(|root| root.info.pos.into()).unwrap_or_default();
                self.work.refuse_as(class, &rules::PCI_ADDRESS, place, message);
                Err(Refused)
            }
        }
    }

    /// Takes an address for the chipset.
    fn chipset(&mut self, mut at: PciAddress, needs: Connect) -> Result<(), Refused> {
        if self.buses.list.is_empty() {
            return Ok(());
        }
        self.buses.reserve(&mut at, needs, 0).map_err(|(class, message)| {
            let owner = self.devices().infos().find(|(_, info)| info.pci().is_some_and(|p| same(p, &at)));
            let place = owner.map(|(_, info)| info.pos.path("address")).unwrap_or_default();
            self.work.refuse_as(class, &rules::PCI_ADDRESS, place, message);
            Refused
        })
    }

    /// Takes the address `at` for device `id`.
    fn reserve(&mut self, id: DeviceId, at: &mut PciAddress) -> Result<(), Refused> {
        let (needs, group) = (self.needs(id), self.groups.of_device(id));
        self.buses.reserve(at, needs, group).map_err(|(class, message)| self.refused(id, class, message))
    }

    /// Assigns an address to device `id`, where it is a PCI device without one.
    fn place(&mut self, id: DeviceId) -> Result<(), Refused> {
        self.place_function(id, None, None)
    }

    /// As [`Placer::place`], at a function of a free slot.
    fn place_at_function(
        &mut self,
        id: DeviceId,
        function: u8,
        multifunction: Option<OnOff>,
    ) -> Result<(), Refused> {
        self.place_function(id, Some(function), multifunction)
    }

    fn place_function(
        &mut self,
        id: DeviceId,
        function: Option<u8>,
        multifunction: Option<OnOff>,
    ) -> Result<(), Refused> {
        let needs = self.needs(id);
        let Some(info) = self.devices().info(id) else { return Ok(()) };
        if !slots::is_wanted(info) || (needs.is_empty() && !devices::is_forced(self.work, id)) {
            return Ok(());
        }
        if needs.is_empty() && !self.buses.list.is_empty() {
            return Err(self.not_pci(id));
        }
        let zpci = info.pci().and_then(|pci| pci.zpci);
        let group = self.groups.of_device(id);
        let at = self.buses.next(needs, group, function);
        let at = at.map_err(|(class, message)| self.refused(id, class, message))?;
        if !self.buses.grows() {
            self.set(id, PciAddress { multifunction, zpci, ..at });
        }
        Ok(())
    }

    fn set(&mut self, id: DeviceId, at: PciAddress) {
        if let Some(info) = self.work.domain.devices.info_mut(id) {
            info.address = Some(Address::Pci(at));
        }
        if id.kind == DeviceKind::Controller
            && let Some((number, at)) = self.devices().controllers.get(id.index).and_then(usb2_place)
        {
            self.usb2.entry(number).or_insert(at);
        }
    }

    /// Adds the missing controllers of buses and assigns their addresses, which can add further buses. Returns their
    /// indexes.
    fn add_controllers(&mut self) -> Result<Vec<u32>, Refused> {
        let mut added = Vec::new();
        let mut n = 1;
        while let Some(model) = self.buses.list.get(n).map(|bus| bus.model) {
            let index = u32::try_from(n).unwrap_or(u32::MAX);
            n += 1;
            let kind = ControllerKind::Pci(Pci { model: Some(model), ..Pci::default() });
            if !add_missing(self.work, kind, index, "the PCI devices need more slots") {
                continue;
            }
            added.push(index);
            let at = self.devices().controllers.iter().position(|c| c.is(ControllerType::Pci, index));
            if let Some(at) = at {
                self.place(DeviceId { kind: DeviceKind::Controller, index: at })?;
            }
        }
        Ok(added)
    }
}

/// The index and the address of a part of a USB 2 controller.
fn usb2_place(controller: &Controller) -> Option<(u32, PciAddress)> {
    let part = controller.usb_model().is_some_and(is_usb2_part);
    slots::present(&controller.info).filter(|_| part).map(|at| (controller.number(), at))
}

fn same(a: &PciAddress, b: &PciAddress) -> bool {
    (a.domain, a.bus, a.slot, a.function) == (b.domain, b.bus, b.slot, b.function)
}

/// Sets `multifunction=` on function 0 of every slot with further functions, unless the document has it.
fn set_multifunction(devices: &mut Devices) {
    let slot = |pci: &PciAddress| (pci.domain, pci.bus, pci.slot);
    let mut shared = HashSet::default();
    devices.for_each_info(&mut |_, info| shared.extend(info.pci().filter(|pci| pci.function != 0).map(slot)));
    if shared.is_empty() {
        return;
    }
    devices.for_each_info_mut(&mut |_, info| {
        if let Some(Address::Pci(pci)) = &mut info.address
            && pci.function == 0
            && shared.contains(&slot(pci))
        {
            pci.multifunction.get_or_insert(OnOff::On);
        }
    });
}
