//! PCI controllers.

use virtargv_model::device::controller::{PciModel, PciName, PciTarget};
use virtargv_model::{OnOff, Spelled};

use super::ControllerDevice;
use super::address::hex;
use crate::Props;
use crate::emit::context::Emit;
use crate::text::text;

/// Emits `-global` for `<pcihole64>`, the size of the 64-bit PCI hole.
pub(super) fn emit_hole(e: &mut Emit<'_>) {
    for controller in e.prepared.controllers() {
        let Some(pci) = controller.pci() else { continue };
        let Some(size) = pci.pcihole64 else { continue };
        let host = match pci.model {
            Some(PciModel::PciRoot) => "i440FX-pcihost.pci-hole64-size",
            _ => "q35-pcihost.pci-hole64-size",
        };
        e.at(controller);
        e.global(host, text!(size.0, "K"));
    }
}

/// Emits `-global` for `<target hotplug=>` of the root bus of an i440FX machine.
pub(super) fn emit_root_hotplug(e: &mut Emit<'_>) {
    let root = e.prepared.controllers().find(|c| c.pci_model() == Some(PciModel::PciRoot));
    if let Some(root) = root
        && let Some(hotplug) = root.pci().and_then(|pci| pci.target.hotplug)
    {
        e.at(root);
        e.global("PIIX4_PM.acpi-root-pci-hotplug", hotplug.is_on());
    }
}

/// The properties of a PCI controller without its address.
pub(super) fn props(
    e: &Emit<'_>,
    controller: ControllerDevice<'_>,
    model: PciModel,
    name: PciName,
    target: PciTarget,
) -> Props {
    // `<model name=>` is the name of QEMU's device.
    let mut props = Props::new("driver", name.as_str());
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
    props.set("id", controller.alias);
    match model {
        PciModel::PciExpanderBus | PciModel::PcieExpanderBus | PciModel::PciRoot => {
            props.set_opt("numa_node", target.node);
        }
        PciModel::PcieRootPort | PciModel::PcieSwitchDownstreamPort => {
            props.set_opt("hotplug", target.hotplug.map(OnOff::is_on));
        }
        _ => {}
    }
    props
}
