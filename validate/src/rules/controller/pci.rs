//! Rules on PCI controllers.

use bitflags::bitflags;
use virtargv_caps::{Cap, Convention};
use virtargv_model::Spelled;
use virtargv_model::device::controller::{Controller, Pci, PciModel, PciName};

use super::root_mismatch;
use crate::{Context, Findings};

virtargv_model::rules! {
    /// The numbers in the `<target>` of a PCI controller are in their ranges.
    TARGET_RANGE = "pci-target-range": Unsupported, Validate,
        "`<target>`: `chassisNr` 1 to 255, `chassis` and `port` 0 to 255, `busNr` 1 to 254, `index` 0 to 30",
        help "use a number in range, or leave the attribute out so that one is assigned";
    /// The PCI controller with index 0 is the root bus of the machine type.
    ROOT_KIND = "pci-root-kind": Xml, Complete,
        "`<controller type='pci' index='0' model=>`: `pci-root` or `pcie-root` is part of the machine",
        help "set `model=` to the root that the machine type has, or remove the controller";
    /// A machine type with a PCI controller has PCI.
    MACHINE = "pci-machine": Unsupported, Validate,
        "`<controller type='pci'>`: boards such as `isapc`, `microvm` and most of Arm have no PCI bus",
        help "remove the controller, or use another machine type", since "11.9";
    /// A PCI root bus has index 0, except host bridges of pseries.
    ROOT_INDEX = "pci-root-index": Xml, Complete,
        "`<controller type='pci' model='pcie-root' index=>`: only pseries machines have several host bridges",
        help "set `index='0'`, or use another model such as `pcie-root-port`";
    /// An expander bus is of a machine type that has it.
    EXPANDER_MACHINE = "pci-expander-machine": Unsupported, Complete,
        "`<controller type='pci' model=>`: `pci-expander-bus` (`pxb`) is of i440FX, `pcie-expander-bus` (`pxb-pcie`) of Q35 and Arm `virt`",
        help "use the expander bus of the machine type, or another model";
    /// The NUMA node of a PCI controller is a guest NUMA cell.
    NODE = "pci-node": Xml, Complete,
        "`<controller type='pci'><target><node>`: an id of `<numa><cell>`",
        help "add the cell to `<numa>`, or change `<node>`";
    /// A PCI root bus has no address.
    ROOT_ADDRESS = "pci-root-address": Unsupported, Validate,
        "`<controller type='pci' model='pcie-root'><address>`: the root is on no other bus",
        help "remove the `<address>`";
    /// The PCI controller with index 0 has no NUMA node.
    FIRST_NODE = "pci-first-node": Unsupported, Validate,
        "`<controller type='pci' index='0'><target><node>`: QEMU has no property for the node of the root bus",
        help "remove `<node>`, or use an expander bus with `<node>`",
        since "9.0";
    /// Target index 0 is that of the PCI controller with index 0.
    TARGET_INDEX = "pci-target-index": Unsupported, Validate,
        "`<controller type='pci'><target index=>`: `index=` of `spapr-pci-host-bridge`; the first host bridge is part of the machine",
        help "set `index='0'` of `<target>` for the first host bridge only, or remove it";
    /// A PCI controller has the options that its model needs.
    MISSING = "pci-option-missing": Internal, Validate,
        "`<controller type='pci'><model name=>` and `<target>`: `chassis=`, `port=`, `chassis_nr=`, `bus_nr=` and `index=` of QEMU's devices",
        help "remove the controller, or use a machine type with PCI, where libvirt assigns the options";
    /// A PCI controller has only the options of its model.
    OPTION = "pci-option": Unsupported, Validate,
        "`<controller type='pci'><model name=>`, `<target>` and `<pcihole64>`: QEMU's device for the model has no other properties",
        help "remove the option";
    /// The index of a PCI controller other than the root is at least 1.
    INDEX = "pci-index": Unsupported, Validate,
        "`<controller type='pci' index=>`: index 0 is the root bus",
        help "use another `index=`";
    /// The size of the 64-bit PCI hole needs a PC, and a QEMU that has it.
    HOLE = "pci-hole64": Unsupported, Validate,
        "`<controller type='pci'><pcihole64>`: `pci-hole64-size=` of `i440FX-pcihost` and `q35-pcihost`",
        help "remove `<pcihole64>`, or use a PC machine type";
    /// Switching hotplug of a PCI controller needs a QEMU that has it.
    HOTPLUG = "pci-hotplug": Unsupported, Validate,
        "`<controller type='pci'><target hotplug=>`: `hotplug=` of `pcie-root-port`, `acpi-root-pci-hotplug=` of `PIIX4_PM`",
        help "remove `hotplug=` from `<target>`, or use a QEMU that has it";
    /// A PCI controller needs a QEMU that has its device.
    DEVICE = "pci-device": Unsupported, Validate,
        "`<controller type='pci'><model name=>`: the name of QEMU's device",
        help "use another `name=`, or a QEMU that has the device";
    /// The NUMA node of a pseries host bridge needs a QEMU that has it.
    BRIDGE_NODE = "pci-host-bridge-node": Unsupported, Validate,
        "`<controller type='pci' model='pci-root'><target><node>`: `numa_node=` of `spapr-pci-host-bridge`",
        help "remove `<node>`, or use a QEMU that has it";
}

/// Checks that the first PCI controller is the root bus of the machine type.
pub(super) fn check_root(cx: &Context<'_>, out: &mut Findings<'_>) {
    if let Some((first, root)) = root_mismatch(cx) {
        let found =
            first.pci_model().map_or_else(|| "has no model".to_owned(), |model| format!("is `{model}`"));
        let message = format!(
            "the `pci` controller with `index='0'` {found}, machine type `{}` needs `{root}`",
            cx.guest.machine
        );
        out.refuse_bus(&ROOT_KIND, first.info.pos.attr("model"), message);
    }
}

/// The rules that libvirt checks while it completes the domain.
pub(super) fn complete(cx: &Context<'_>, controller: &Controller, pci: &Pci, out: &mut Findings<'_>) {
    let Some(model) = pci.model else { return };
    let (pos, number) = (controller.info.pos, controller.number());
    if is_root(model) && number != 0 && !cx.guest.is_pseries() {
        let message = format!("a controller of model `{model}` has index `{number}`, it must be `0`");
        out.refuse(&ROOT_INDEX, pos.attr("index"), message);
    }
    let arm = cx.release.has(Convention::ArmExpanderBus) && cx.guest.is_arm_virt();
    let fits = match model {
        PciModel::PciExpanderBus => cx.guest.is_i440fx(),
        PciModel::PcieExpanderBus => cx.guest.is_q35() || arm,
        _ => true,
    };
    if !fits {
        let message = format!("machine type `{}` does not support `{model}`", cx.guest.machine);
        out.refuse(&EXPANDER_MACHINE, pos.attr("model"), message);
    }
    let cells = cx.domain.numa.cells.len();
    if let Some(node) = pci.target.node.filter(|node| *node as usize >= cells) {
        let message = format!(
            "the `{model}` with index `{number}` is on NUMA node `{node}`, the guest has `{cells}` cells"
        );
        out.refuse(&NODE, pos.path("target/node"), message);
    }
}

fn is_root(model: PciModel) -> bool {
    matches!(model, PciModel::PciRoot | PciModel::PcieRoot)
}

/// Checks that the machine type has PCI.
pub(super) fn of_machine(cx: &Context<'_>, controller: &Controller, out: &mut Findings<'_>) {
    if cx.guest.pci_root(cx.caps).is_none() {
        let message = format!("machine type `{}` has no PCI bus", cx.guest.machine);
        out.refuse(&MACHINE, controller.info.pos, message);
    }
}

/// The rules of the domain format, which do not depend on QEMU.
pub(super) fn format_rules(controller: &Controller, pci: &Pci, out: &mut Findings<'_>) {
    let (pos, number) = (controller.info.pos, controller.number());
    if pci.model.is_some_and(is_root) && controller.info.address.is_some() {
        let message = "an `address` is not supported for `pci-root` and `pcie-root`";
        out.refuse(&ROOT_ADDRESS, pos.path("address"), message);
    }
    let target = &pci.target;
    let ranges = [
        ("chassisNr", target.chassis_nr, 1..=255),
        ("chassis", target.chassis, 0..=255),
        ("port", target.port, 0..=255),
        ("busNr", target.bus_nr, 1..=254),
        ("index", target.index, 0..=30),
    ];
    for (name, value, range) in ranges {
        if let Some(value) = value.filter(|value| !range.contains(value)) {
            let (first, last) = (range.start(), range.end());
            let message = format!("`{name}` of `<target>` is `{value}`, expected `{first}` to `{last}`");
            out.refuse(&TARGET_RANGE, pos.path("target"), message);
        }
    }
    if let Some(node) = pci.target.node.filter(|_| number == 0) {
        let message = format!("NUMA node `{node}` is not supported for the PCI controller with index `0`");
        out.refuse(&FIRST_NODE, pos.path("target/node"), message);
    }
    if let Some(index) = pci.target.index
        && (index == 0) != (number == 0)
    {
        let message = format!(
            "the PCI controller with index `{number}` has target index `{index}`, `0` is that of the first one"
        );
        out.refuse(&TARGET_INDEX, pos.path("target/@index"), message);
    }
}

bitflags! {
    /// The options that QEMU's device for a model of PCI controller has.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    struct Takes: u8 {
        /// `bus_nr=`, the number of the bus in the guest.
        const BUS_NR = 1;
        /// `numa_node=`
        const NODE = 1 << 1;
        /// `chassis_nr=`
        const CHASSIS_NR = 1 << 2;
        /// `chassis=` and `port=`
        const PORT = 1 << 3;
    }
}

impl Takes {
    /// The options of `model`.
    fn of(model: PciModel) -> Self {
        match model {
            PciModel::PciBridge => Self::CHASSIS_NR,
            PciModel::PcieRootPort | PciModel::PcieSwitchDownstreamPort => Self::PORT,
            PciModel::PciExpanderBus | PciModel::PcieExpanderBus => Self::BUS_NR.union(Self::NODE),
            PciModel::PciRoot
            | PciModel::PcieRoot
            | PciModel::DmiToPciBridge
            | PciModel::PcieToPciBridge
            | PciModel::PcieSwitchUpstreamPort => Self::empty(),
        }
    }
}

/// The names of QEMU's devices for `model`.
fn names(model: PciModel) -> &'static [PciName] {
    match model {
        PciModel::PciRoot => &[PciName::SpaprPciHostBridge],
        PciModel::PcieRoot => &[],
        PciModel::PciBridge => &[PciName::PciBridge],
        PciModel::DmiToPciBridge => &[PciName::I82801b11Bridge],
        PciModel::PcieToPciBridge => &[PciName::PciePciBridge],
        PciModel::PcieRootPort => &[PciName::Ioh3420, PciName::PcieRootPort],
        PciModel::PcieSwitchUpstreamPort => &[PciName::X3130Upstream],
        PciModel::PcieSwitchDownstreamPort => &[PciName::Xio3130Downstream],
        PciModel::PciExpanderBus => &[PciName::Pxb],
        PciModel::PcieExpanderBus => &[PciName::PxbPcie],
    }
}

/// The rules of QEMU: the device exists, and has the options of its model only.
pub(super) fn qemu_rules(cx: &Context<'_>, controller: &Controller, pci: &Pci, out: &mut Findings<'_>) {
    let Some(model) = pci.model else { return };
    let takes = Takes::of(model);
    let one = One { controller, pci, model };
    let has_name = !is_root(model) || (model == PciModel::PciRoot && cx.guest.is_pseries());
    let name_fits = pci.name.is_none_or(|name| has_name && names(model).contains(&name));
    missing(cx, &one, takes, has_name, out);
    if !name_fits {
        one.refuse("modelName", "model/@name", out);
    }
    if !is_root(model) && controller.number() == 0 {
        let message = format!("a controller of model `{model}` has index `0`, which is that of the root bus");
        out.refuse(&INDEX, controller.info.pos.attr("index"), message);
    }
    options(cx, &one, takes, out);
    hotplug(cx, &one, takes, out);
    if name_fits {
        device(cx, &one, out);
    }
}

/// The controller that is checked.
struct One<'a> {
    controller: &'a Controller,
    pci: &'a Pci,
    model: PciModel,
}

impl One<'_> {
    fn name(&self) -> &'static str {
        self.pci.name.map_or("none", Spelled::as_str)
    }

    fn refuse(&self, what: &str, path: &'static str, out: &mut Findings<'_>) {
        let message = format!(
            "option `{what}` is not supported for a PCI controller with index `{}`, model `{}` and model name `{}`",
            self.controller.number(),
            self.model,
            self.name()
        );
        out.refuse(&OPTION, self.controller.info.pos.path(path), message);
    }
}

/// Reports the options that the model needs and the controller lacks. libvirt assigns them together with PCI addresses, so
/// they are missing where the machine has no PCI.
fn missing(cx: &Context<'_>, one: &One<'_>, takes: Takes, has_name: bool, out: &mut Findings<'_>) {
    let target = &one.pci.target;
    let options = [
        ("modelName", has_name && one.pci.name.is_none()),
        ("targetIndex", has_name && one.pci.is_pseries_host_bridge() && target.index.is_none()),
        ("busNr", takes.contains(Takes::BUS_NR) && target.bus_nr.is_none()),
        ("chassisNr", takes.contains(Takes::CHASSIS_NR) && target.chassis_nr.is_none()),
        ("chassis", takes.contains(Takes::PORT) && target.chassis.is_none()),
        ("port", takes.contains(Takes::PORT) && target.port.is_none()),
    ];
    let names: Vec<_> =
        options.iter().filter(|(_, lacks)| *lacks).map(|(name, _)| format!("`{name}`")).collect();
    if !names.is_empty() {
        let message = format!(
            "the PCI controller with index `{}` and model `{}` lacks {}, and libvirt assigns none: machine type \
             `{}` has no PCI",
            one.controller.number(),
            one.model,
            names.join(", "),
            cx.guest.machine
        );
        out.refuse(&MISSING, one.controller.info.pos, message);
    }
}

/// `<pcihole64>`.
fn hole(cx: &Context<'_>, one: &One<'_>, out: &mut Findings<'_>) {
    let Some(size) = one.pci.pcihole64 else { return };
    let place = one.controller.info.pos.path("pcihole64");
    let (fits, cap) = match one.model {
        PciModel::PciRoot => (cx.guest.is_i440fx(), Cap::I440fxPciHole64Size),
        PciModel::PcieRoot => (cx.guest.is_q35(), Cap::Q35PciHole64Size),
        _ => return one.refuse("pcihole64", "pcihole64", out),
    };
    if !fits {
        let message = format!("machine type `{}` does not support `pcihole64`", cx.guest.machine);
        out.refuse(&HOLE, place, message);
    } else if !cx.has(cap) {
        out.refuse(&HOLE, place, format!("this QEMU does not support `pcihole64` (`{}` KiB)", size.0));
    }
}

fn options(cx: &Context<'_>, one: &One<'_>, takes: Takes, out: &mut Findings<'_>) {
    let target = &one.pci.target;
    let bridge = one.pci.is_pseries_host_bridge();
    if !bridge && target.index.is_some() {
        one.refuse("targetIndex", "target/@index", out);
    }
    hole(cx, one, out);
    let mut option = |what: &str, path, takes: bool, given: bool| {
        if !takes && given {
            one.refuse(what, path, out);
        }
    };
    option("busNr", "target/@busNr", takes.contains(Takes::BUS_NR), target.bus_nr.is_some());
    // A node is optional, and the first host bridge has none.
    let node = takes.contains(Takes::NODE) || (bridge && target.index != Some(0));
    option("numaNode", "target/node", node, target.node.is_some());
    option("chassisNr", "target/@chassisNr", takes.contains(Takes::CHASSIS_NR), target.chassis_nr.is_some());
    option("chassis", "target/@chassis", takes.contains(Takes::PORT), target.chassis.is_some());
    option("port", "target/@port", takes.contains(Takes::PORT), target.port.is_some());
}

fn hotplug(cx: &Context<'_>, one: &One<'_>, takes: Takes, out: &mut Findings<'_>) {
    let Some(hotplug) = one.pci.target.hotplug else { return };
    let cap = match one.model {
        PciModel::PciRoot if cx.release.has(Convention::PciRootHotplug) => Cap::Piix4AcpiRootPciHotplug,
        _ if takes.contains(Takes::PORT) => Cap::PcieRootPortHotplug,
        _ => return one.refuse("hotplug", "target/@hotplug", out),
    };
    if !cx.has(cap) {
        let device = if one.model == PciModel::PciRoot { one.model.as_str() } else { one.name() };
        let message = format!("this QEMU does not support `hotplug` (`{hotplug}`) for `{device}`");
        out.refuse(&HOTPLUG, one.controller.info.pos.path("target/@hotplug"), message);
    }
}

fn device(cx: &Context<'_>, one: &One<'_>, out: &mut Findings<'_>) {
    let Some(name) = one.pci.name else { return };
    let cap = match name {
        PciName::PciBridge => Cap::DevicePciBridge,
        PciName::I82801b11Bridge => Cap::DeviceDmiToPciBridge,
        PciName::Ioh3420 => Cap::DeviceIoh3420,
        PciName::X3130Upstream => Cap::DeviceX3130Upstream,
        PciName::Xio3130Downstream => Cap::DeviceXio3130Downstream,
        PciName::Pxb => Cap::DevicePxb,
        PciName::PxbPcie => Cap::DevicePxbPcie,
        PciName::PcieRootPort => Cap::DevicePcieRootPort,
        PciName::SpaprPciHostBridge => Cap::DeviceSpaprPciHostBridge,
        PciName::PciePciBridge => Cap::DevicePciePciBridge,
    };
    let place = one.controller.info.pos.path("model/@name");
    if !cx.has(cap) {
        out.refuse(&DEVICE, place, format!("this QEMU has no device `{name}`"));
        return;
    }
    if let Some(node) = one.pci.target.node
        && name == PciName::SpaprPciHostBridge
        && !cx.has(Cap::SpaprPciHostBridgeNumaNode)
    {
        let message = format!("this QEMU does not support `numaNode` (`{node}`) for `{name}`");
        out.refuse(&BRIDGE_NODE, place, message);
    }
}
