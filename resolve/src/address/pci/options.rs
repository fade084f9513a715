//! Options of PCI controllers that are derived from their index and address.

use foldhash::HashSet;
use virtargv_caps::{Cap, Caps};
use virtargv_model::device::controller::{Controller, Pci, PciModel, PciName, PciTarget};
use virtargv_model::info::PciAddress;

use crate::rules;
use crate::{Guest, Work};

/// Fills in the options of every PCI controller, and reports each controller whose options cannot be.
pub(super) fn apply(work: &mut Work<'_>) {
    let mut free = Free::of(&work.domain.devices.controllers);
    let mut problems = Vec::new();
    for controller in &mut work.domain.devices.controllers {
        let (number, pos) = (controller.number(), controller.info.pos);
        let at = controller.info.pci().copied().unwrap_or_default();
        let Some(pci) = controller.pci_mut() else { continue };
        let Some(model) = pci.model else { continue };
        pci.name = pci.name.or_else(|| name(model, &work.guest, work.caps));
        let refused = fill(pci, model, number, &at, &mut free, &work.guest).err();
        let refused = refused.or_else(|| {
            (model == PciModel::PciBridge && number <= at.bus).then(|| {
                format!(
                    "the `pci-bridge` controller with `index='{number}'` is on bus `{:#04x}`, its index must be larger \
                     than that",
                    at.bus
                )
            })
        });
        problems.extend(refused.map(|message| (pos, message)));
    }
    for (pos, message) in problems {
        work.refuse(&rules::PCI_CONTROLLER_OPTIONS, pos, message);
    }
}

/// The free numbers for options.
struct Free {
    /// The lowest bus number of an expander bus; 256 without one.
    lowest_bus_nr: u32,
    /// The used target indexes of host bridges.
    targets: HashSet<u32>,
    /// Whether a controller without a free number was reported. The others that get none follow from it.
    reported: bool,
}

impl Free {
    fn of(controllers: &[Controller]) -> Self {
        let targets = || controllers.iter().filter_map(Controller::pci);
        let bridges = targets().filter(|pci| pci.is_pseries_host_bridge());
        Self {
            lowest_bus_nr: targets().filter_map(|pci| pci.target.bus_nr).min().unwrap_or(256),
            targets: bridges.filter_map(|pci| pci.target.index).collect(),
            reported: false,
        }
    }

    /// The bus number of a new expander bus: two below the lowest, for the expander bus and the bridge on it. Numbers
    /// are assigned downwards, so that most remain for the root bus.
    fn bus_nr(&mut self) -> Option<u32> {
        self.lowest_bus_nr = self.lowest_bus_nr.checked_sub(2).filter(|n| *n > 0)?;
        Some(self.lowest_bus_nr)
    }

    /// The lowest free target index of a host bridge. QEMU has 32, of which 0 is the first host bridge.
    fn target(&mut self) -> Option<u32> {
        (1..=31).find(|index| self.targets.insert(*index))
    }
}

fn fill(
    pci: &mut Pci,
    model: PciModel,
    number: u32,
    at: &PciAddress,
    free: &mut Free,
    guest: &Guest,
) -> Result<(), String> {
    let PciTarget { chassis_nr, chassis, port, bus_nr, index, .. } = &mut pci.target;
    match model {
        PciModel::PciBridge => {
            chassis_nr.get_or_insert(number);
        }
        PciModel::PcieRootPort => {
            chassis.get_or_insert(number);
            port.get_or_insert(at.slot.saturating_mul(8).saturating_add(at.function));
        }
        PciModel::PcieSwitchDownstreamPort => {
            chassis.get_or_insert(number);
            port.get_or_insert(at.slot);
        }
        PciModel::PciExpanderBus | PciModel::PcieExpanderBus => {
            *bus_nr = bus_nr.or_else(|| free.bus_nr());
            if bus_nr.is_none() && !std::mem::replace(&mut free.reported, true) {
                return Err(format!(
                    "there is no free `busNr` below the others for the expander bus with `index='{number}'`"
                ));
            }
        }
        PciModel::PciRoot if guest.is_pseries() => {
            // Host bridge 0 is the one that every pseries guest has.
            *index = index.or_else(|| if number == 0 { Some(0) } else { free.target() });
            if index.is_none() && !std::mem::replace(&mut free.reported, true) {
                return Err(format!(
                    "there is no free target `index` for the host bridge with `index='{number}'`"
                ));
            }
            free.targets.extend(*index);
        }
        _ => {}
    }
    Ok(())
}

/// The default QEMU device of a controller.
fn name(model: PciModel, guest: &Guest, caps: &Caps) -> Option<PciName> {
    Some(match model {
        PciModel::PciBridge => PciName::PciBridge,
        PciModel::DmiToPciBridge => PciName::I82801b11Bridge,
        PciModel::PcieToPciBridge => PciName::PciePciBridge,
        PciModel::PcieRootPort if caps.has(Cap::DevicePcieRootPort) => PciName::PcieRootPort,
        PciModel::PcieRootPort => PciName::Ioh3420,
        PciModel::PcieSwitchUpstreamPort => PciName::X3130Upstream,
        PciModel::PcieSwitchDownstreamPort => PciName::Xio3130Downstream,
        PciModel::PciExpanderBus => PciName::Pxb,
        PciModel::PcieExpanderBus => PciName::PxbPcie,
        PciModel::PciRoot if guest.is_pseries() => PciName::SpaprPciHostBridge,
        PciModel::PciRoot | PciModel::PcieRoot => return None,
    })
}
