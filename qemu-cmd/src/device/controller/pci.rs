//! PCI controllers.

use virtargv_model::device::controller::{Controller, Pci, PciModel, PciName};
use virtargv_model::{Kind, OnOff, Problem};

use super::address::hex;
use crate::Props;
use crate::emit::{Emit, problem};

/// `-global` for the size of the 64-bit memory window.
pub(super) fn emit_hole(e: &mut Emit<'_>) {
    for controller in &e.domain().devices.controllers {
        let Some(pci) = controller.pci() else { continue };
        let Some(size) = pci.pcihole64 else { continue };
        let host = match pci.model {
            Some(PciModel::PciRoot) => "i440FX-pcihost",
            _ => "q35-pcihost",
        };
        e.line.option("-global", format!("{host}.pci-hole64-size={}K", size.0));
    }
}

/// `-global` for whether devices can be plugged into the root of a PC while it runs.
pub(super) fn emit_root_hotplug(e: &mut Emit<'_>) {
    let root = e.domain().devices.controllers.iter().find(|c| c.pci_model() == Some(PciModel::PciRoot));
    if let Some(hotplug) = root.and_then(|c| c.pci()?.target.hotplug) {
        e.line.option("-global", format!("PIIX4_PM.acpi-root-pci-hotplug={hotplug}"));
    }
}

/// Its properties without address.
pub(super) fn props(e: &Emit<'_>, controller: &Controller, pci: &Pci) -> Result<Props, Problem> {
    let (Some(model), Some(name)) = (pci.model, pci.name) else {
        let message = "a controller of type 'pci' has no 'model'";
        return Err(problem(Kind::Internal, "controller-pci-model", controller.info.pos, message));
    };
    let target = &pci.target;
    let mut props = Props::new("driver", driver(name));
    match model {
        PciModel::PciBridge => {
            props.set_opt("chassis_nr", target.chassis_nr);
            props.set_opt("mem-reserve", target.mem_reserve.map(|kib| kib.saturating_mul(1024)));
        }
        PciModel::PciExpanderBus | PciModel::PcieExpanderBus => {
            props.set_opt("bus_nr", target.bus_nr);
        }
        PciModel::PcieRootPort | PciModel::PcieSwitchDownstreamPort => {
            props.set_opt("port", target.port.map(|port| hex(e, port)));
            props.set_opt("chassis", target.chassis);
            props.set_opt("mem-reserve", target.mem_reserve.map(|kib| kib.saturating_mul(1024)));
        }
        PciModel::PciRoot => {
            props.set_opt("index", target.index);
        }
        PciModel::PcieRoot
        | PciModel::DmiToPciBridge
        | PciModel::PcieToPciBridge
        | PciModel::PcieSwitchUpstreamPort => {}
    }
    props.set_opt("id", controller.info.alias.as_ref());
    match model {
        PciModel::PciExpanderBus | PciModel::PcieExpanderBus | PciModel::PciRoot => {
            props.set_opt("numa_node", target.node);
        }
        PciModel::PcieRootPort | PciModel::PcieSwitchDownstreamPort => {
            props.set_opt("hotplug", target.hotplug.map(OnOff::is_on));
        }
        _ => {}
    }
    Ok(props)
}

/// QEMU's name, which is also the one of the domain format.
fn driver(name: PciName) -> &'static str {
    virtargv_model::Spelled::as_str(name)
}
