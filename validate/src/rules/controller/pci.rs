//! Rules on PCI controllers.

use virtargv_caps::{Cap, Convention};
use virtargv_model::Spelled;
use virtargv_model::device::controller::{Controller, Pci, PciModel, PciName};

use super::root_mismatch;
use crate::{Context, Findings};

crate::rules! {
    /// The first PCI controller is the root that the machine has.
    ROOT_KIND = "pci-root-kind": Xml, Complete, "controller[@type='pci' and @index='0']/@model";
    /// A root has index 0, further host bridges of pseries aside.
    ROOT_INDEX = "pci-root-index": Xml, Complete, "controller[@type='pci']/@index";
    /// Expander buses are for the machines that have them.
    EXPANDER_MACHINE = "pci-expander-machine": Unsupported, Complete, "controller/@model; pxb, pxb-pcie";
    /// The NUMA node of a PCI controller is one of the guest's.
    NODE = "pci-node": Xml, Complete, "controller/target/node";
    /// A root has no address.
    ROOT_ADDRESS = "pci-root-address": Unsupported, Validate, "controller/address";
    /// The first PCI controller is on no NUMA node.
    FIRST_NODE = "pci-first-node": Unsupported, Validate, "controller/target/node";
    /// The first host bridge, and no other, has target index 0.
    TARGET_INDEX = "pci-target-index": Unsupported, Validate, "controller/target/@index";
    /// A PCI controller has the options that it needs.
    MISSING = "pci-option-missing": Internal, Validate, "controller/target";
    /// A PCI controller has no options of others.
    OPTION = "pci-option": Unsupported, Validate, "controller/target, controller/model";
    /// The index of a PCI controller that is no root is above 0.
    INDEX = "pci-index": Unsupported, Validate, "controller/@index";
    /// The 64-bit memory window can be set on PCs, with a QEMU that has it.
    HOLE = "pci-hole64": Unsupported, Validate, "controller/pcihole64; pci-hole64-size=";
    /// Whether a port can be hotplugged needs a QEMU that can be told.
    HOTPLUG = "pci-hotplug": Unsupported, Validate, "controller/target/@hotplug; hotplug=";
    /// A PCI controller needs a QEMU that has it.
    DEVICE = "pci-device": Unsupported, Validate, "controller/model/@name";
    /// The NUMA node of a host bridge needs a QEMU that has it.
    BRIDGE_NODE = "pci-host-bridge-node": Unsupported, Validate, "spapr-pci-host-bridge numa_node=";
    /// A PCI controller has a model.
    MODEL = "controller-pci-model": Internal, Build, "controller/@model, controller/model/@name";
}

/// The root of the machine.
pub(super) fn check_root(cx: &Context<'_>, out: &mut Findings<'_>) {
    if let Some((first, root)) = root_mismatch(cx) {
        let found = first.pci_model().map_or("", Spelled::as_str);
        let message = format!(
            "the 'pci' controller with index='0' is '{found}', machine type '{}' has '{root}' there",
            cx.guest.machine
        );
        out.refuse(&ROOT_KIND, first.info.pos.attr("model"), message);
    }
}

/// Held while the domain is completed.
pub(super) fn complete(cx: &Context<'_>, controller: &Controller, pci: &Pci, out: &mut Findings<'_>) {
    let Some(model) = pci.model else { return };
    let (pos, number) = (controller.info.pos, controller.number());
    if is_root(model) && number != 0 && !cx.guest.is_pseries() {
        let message = format!("a controller of model '{model}' has index '{number}', a root has '0'");
        out.refuse(&ROOT_INDEX, pos.attr("index"), message);
    }
    let arm = cx.caps.release().has(Convention::FormatRulesFirst) && cx.guest.is_arm_virt();
    let fits = match model {
        PciModel::PciExpanderBus => cx.guest.is_i440fx(),
        PciModel::PcieExpanderBus => cx.guest.is_q35() || arm,
        _ => true,
    };
    if !fits {
        let message = format!("machine type '{}' takes no '{model}'", cx.guest.machine);
        out.refuse(&EXPANDER_MACHINE, pos.attr("model"), message);
    }
    let cells = cx.domain.numa.cells.len();
    if let Some(node) = pci.target.node.filter(|node| *node as usize >= cells) {
        let message = format!(
            "the '{model}' with index '{number}' is on NUMA node '{node}', the guest has '{cells}' nodes"
        );
        out.refuse(&NODE, pos.path("target/node"), message);
    }
}

fn is_root(model: PciModel) -> bool {
    matches!(model, PciModel::PciRoot | PciModel::PcieRoot)
}

/// Rules that hang on no QEMU.
pub(super) fn format_rules(cx: &Context<'_>, controller: &Controller, pci: &Pci, out: &mut Findings<'_>) {
    let (pos, number) = (controller.info.pos, controller.number());
    if pci.model.is_some_and(is_root) && controller.info.address.is_some() {
        let message = "a 'pci-root' or 'pcie-root' has an 'address', but it is on no other bus";
        out.refuse(&ROOT_ADDRESS, pos.path("address"), message);
    }
    if let Some(node) = pci.target.node.filter(|_| number == 0)
        && cx.caps.release().has(Convention::FormatRulesFirst)
    {
        let message =
            format!("the PCI controller with index '0' is on NUMA node '{node}', it can be on none");
        out.refuse(&FIRST_NODE, pos.path("target/node"), message);
    }
    if let Some(index) = pci.target.index
        && (index == 0) != (number == 0)
    {
        let message = format!(
            "the PCI controller with index '{number}' has target index '{index}': the first one alone has '0'"
        );
        out.refuse(&TARGET_INDEX, pos.path("target/@index"), message);
    }
}

/// What a model of controller may have.
struct Takes {
    names: &'static [PciName],
    bus_nr: bool,
    node: bool,
    chassis_nr: bool,
    port: bool,
}

impl Takes {
    fn of(model: PciModel) -> Self {
        let plain = Self { names: &[], bus_nr: false, node: false, chassis_nr: false, port: false };
        let port = Self { port: true, ..plain };
        let expander = Self { bus_nr: true, node: true, ..plain };
        match model {
            PciModel::PciRoot => Self { names: &[PciName::SpaprPciHostBridge], ..plain },
            PciModel::PcieRoot => plain,
            PciModel::PciBridge => Self { names: &[PciName::PciBridge], chassis_nr: true, ..plain },
            PciModel::DmiToPciBridge => Self { names: &[PciName::I82801b11Bridge], ..plain },
            PciModel::PcieToPciBridge => Self { names: &[PciName::PciePciBridge], ..plain },
            PciModel::PcieRootPort => Self { names: &[PciName::Ioh3420, PciName::PcieRootPort], ..port },
            PciModel::PcieSwitchUpstreamPort => Self { names: &[PciName::X3130Upstream], ..plain },
            PciModel::PcieSwitchDownstreamPort => Self { names: &[PciName::Xio3130Downstream], ..port },
            PciModel::PciExpanderBus => Self { names: &[PciName::Pxb], ..expander },
            PciModel::PcieExpanderBus => Self { names: &[PciName::PxbPcie], ..expander },
        }
    }
}

/// The QEMU has it, and it has the options of its model alone.
pub(super) fn qemu_rules(cx: &Context<'_>, controller: &Controller, pci: &Pci, out: &mut Findings<'_>) {
    let Some(model) = pci.model else { return };
    let takes = Takes::of(model);
    let one = One { controller, pci, model };
    let needs_name = !is_root(model) || (model == PciModel::PciRoot && cx.guest.is_pseries());
    match pci.name {
        None if needs_name => one.missing("modelName", out),
        Some(_) if !needs_name => one.refuse("modelName", "model/@name", out),
        Some(name) if !takes.names.contains(&name) => one.refuse("modelName", "model/@name", out),
        _ => {}
    }
    if !is_root(model) && controller.number() == 0 {
        let message = format!("a controller of model '{model}' has index '0', which is the root's");
        out.refuse(&INDEX, controller.info.pos.attr("index"), message);
    }
    options(cx, &one, &takes, out);
    hotplug(cx, &one, &takes, out);
    device(cx, &one, out);
}

/// The controller that is looked at.
struct One<'a> {
    controller: &'a Controller,
    pci: &'a Pci,
    model: PciModel,
}

impl One<'_> {
    fn name(&self) -> &'static str {
        self.pci.name.map_or("none", Spelled::as_str)
    }

    fn say(&self, what: &str, verdict: &str) -> String {
        format!(
            "option '{what}' {verdict} a PCI controller with index '{}', model '{}' and model name '{}'",
            self.controller.number(),
            self.model,
            self.name()
        )
    }

    fn missing(&self, what: &str, out: &mut Findings<'_>) {
        // Options that the document leaves open are filled in when all devices have their places.
        if out.is_misplaced() {
            return;
        }
        out.refuse(&MISSING, self.controller.info.pos, self.say(what, "is missing from"));
    }

    fn refuse(&self, what: &str, path: &'static str, out: &mut Findings<'_>) {
        out.refuse(&OPTION, self.controller.info.pos.path(path), self.say(what, "is not for"));
    }
}

fn hole(cx: &Context<'_>, one: &One<'_>, out: &mut Findings<'_>) {
    let Some(size) = one.pci.pcihole64 else { return };
    let place = one.controller.info.pos.path("pcihole64");
    let (fits, cap) = match one.model {
        PciModel::PciRoot => (cx.guest.is_i440fx(), Cap::I440fxPciHole64Size),
        PciModel::PcieRoot => (cx.guest.is_q35(), Cap::Q35PciHole64Size),
        _ => return one.refuse("pcihole64", "pcihole64", out),
    };
    if !fits {
        let message = format!("machine type '{}' takes no 'pcihole64'", cx.guest.machine);
        out.refuse(&HOLE, place, message);
    } else if !cx.has(cap) {
        out.refuse(&HOLE, place, format!("this QEMU takes no 'pcihole64' ('{}' KiB)", size.0));
    }
}

fn options(cx: &Context<'_>, one: &One<'_>, takes: &Takes, out: &mut Findings<'_>) {
    let target = &one.pci.target;
    let bridge = one.pci.is_pseries_host_bridge();
    if one.model == PciModel::PciRoot && bridge && target.index.is_none() {
        one.missing("targetIndex", out);
    } else if !bridge && target.index.is_some() {
        one.refuse("targetIndex", "target/@index", out);
    }
    hole(cx, one, out);
    let mut hold = |what: &str, path, takes: bool, given: bool| {
        if takes && !given {
            one.missing(what, out);
        } else if !takes && given {
            one.refuse(what, path, out);
        }
    };
    hold("busNr", "target/@busNr", takes.bus_nr, target.bus_nr.is_some());
    // A node may be left open. The first host bridge is on none.
    let node = takes.node || (bridge && target.index != Some(0));
    hold("numaNode", "target/node", false, target.node.is_some() && !node);
    hold("chassisNr", "target/@chassisNr", takes.chassis_nr, target.chassis_nr.is_some());
    hold("chassis", "target/@chassis", takes.port, target.chassis.is_some());
    hold("port", "target/@port", takes.port, target.port.is_some());
}

fn hotplug(cx: &Context<'_>, one: &One<'_>, takes: &Takes, out: &mut Findings<'_>) {
    let Some(hotplug) = one.pci.target.hotplug else { return };
    let cap = match one.model {
        PciModel::PciRoot if cx.caps.release().has(Convention::FormatRulesFirst) => {
            Cap::Piix4AcpiRootPciHotplug
        }
        _ if takes.port => Cap::PcieRootPortHotplug,
        _ => return one.refuse("hotplug", "target/@hotplug", out),
    };
    if !cx.has(cap) {
        let device = if one.model == PciModel::PciRoot { one.model.as_str() } else { one.name() };
        let message = format!("this QEMU takes no 'hotplug' ('{hotplug}') for '{device}'");
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
        out.refuse(&DEVICE, place, format!("this QEMU has no device '{name}'"));
        return;
    }
    if let Some(node) = one.pci.target.node
        && name == PciName::SpaprPciHostBridge
        && !cx.has(Cap::SpaprPciHostBridgeNumaNode)
    {
        let message = format!("this QEMU takes no 'numaNode' ('{node}') for '{name}'");
        out.refuse(&BRIDGE_NODE, place, message);
    }
}

/// Held while the line is built.
pub(super) fn build(controller: &Controller, pci: &Pci, out: &mut Findings<'_>) {
    let root = matches!(pci.model, Some(PciModel::PciRoot | PciModel::PcieRoot));
    if !root && (pci.model.is_none() || pci.name.is_none()) {
        out.refuse(&MODEL, controller.info.pos, "a controller of type 'pci' has no 'model'");
    }
}
