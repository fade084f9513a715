//! USB ports (`<address type='usb'>`), and hubs where there are too few ports.

use std::collections::BTreeMap;

use virtargv_caps::{Convention, Release};
use virtargv_model::device::controller::{Controller, UsbModel};
use virtargv_model::device::hub::{Hub, HubType};
use virtargv_model::device::{DeviceId, DeviceKind};
use virtargv_model::info::{Address, DeviceInfo, UsbAddress};
use virtargv_model::{Class, Domain, Problem, Stage};

use super::bus;
use crate::{Work, rules};

/// The ports of a hub.
const HUB_PORTS: usize = 8;
/// The longest path of ports from a controller.
const DEPTH: usize = 4;
/// A limit above the number of ports of any controller.
const MOST_PORTS: u32 = 255;

/// A controller or hub.
#[derive(Debug)]
struct Node {
    ports: Vec<Port>,
}

#[derive(Debug, Clone, Default)]
struct Port {
    used: bool,
    /// The hub that is plugged in, by its index in [`Tree::nodes`].
    hub: Option<usize>,
}

/// The USB buses: the nodes of the controllers by index, and all nodes.
#[derive(Debug, Default)]
struct Tree {
    buses: BTreeMap<u32, usize>,
    nodes: Vec<Node>,
}

type Refusal = (DeviceId, Class, String);

/// The kinds of devices, in the order in which ports are assigned; hubs come first. It is the order of all devices.
const ORDER: &[DeviceKind] = &[
    DeviceKind::Disk,
    DeviceKind::Interface,
    DeviceKind::Sound,
    DeviceKind::Hostdev,
    DeviceKind::Controller,
    DeviceKind::Serial,
    DeviceKind::Input,
    DeviceKind::Filesystem,
    DeviceKind::Redirdev,
];

/// The same for releases that have an order of their own for USB devices.
const USB_ORDER: &[DeviceKind] = &[
    DeviceKind::Hostdev,
    DeviceKind::Disk,
    DeviceKind::Interface,
    DeviceKind::Controller,
    DeviceKind::Input,
    DeviceKind::Serial,
    DeviceKind::Sound,
    DeviceKind::Redirdev,
    DeviceKind::Filesystem,
];

/// Assigns a port to every USB device, where the definition is new or all devices have ports. In other definitions
/// ports are assigned at the start ([`at_start`]), so that completing them does not change the guest.
pub(super) fn assign(work: &mut Work<'_>) {
    let devices = usb_devices(&work.domain, work.release);
    let complete = |id: &DeviceId| work.domain.devices.info(*id).is_some_and(has_port);
    if (work.options.abi_update || devices.iter().all(complete))
        && let Err(refusal) = place(&mut work.domain, &devices)
    {
        let problem = problem(&work.domain, work.release, refusal, Stage::Place);
        work.push(problem);
    }
}

/// Assigns a port to device `id`, which is attached to the running guest, where it is a USB device. No hub is added for it.
pub(super) fn attach(work: &mut Work<'_>, id: DeviceId) {
    let devices = usb_devices(&work.domain, work.release);
    if !devices.contains(&id) {
        return;
    }
    if let Err(refusal) = place_with(&mut work.domain, &devices, false) {
        let problem = problem(&work.domain, work.release, refusal, Stage::Place);
        work.push(problem);
    }
}

/// Assigns a port to every USB device without one at the start of a guest, and adds hubs where there are too few ports.
///
/// # Errors
/// The first address that is not valid or cannot be assigned.
pub fn at_start(domain: &mut Domain, release: Release) -> Result<(), Problem> {
    let devices = usb_devices(domain, release);
    if devices.iter().all(|id| domain.devices.info(*id).is_some_and(has_port)) {
        return Ok(());
    }
    place(domain, &devices).map_err(|refusal| problem(domain, release, refusal, Stage::Build))
}

fn problem(domain: &Domain, release: Release, (id, class, message): Refusal, stage: Stage) -> Problem {
    let place = domain.devices.info(id).map(|info| info.pos.path("address")).unwrap_or_default();
    let problem = rules::USB_ADDRESS.problem(release, place, message).with_class(class);
    problem.with_stage(stage)
}

/// Every USB device, hubs first.
fn usb_devices(domain: &Domain, release: Release) -> Vec<DeviceId> {
    let devices = &domain.devices;
    let order = if release.has(Convention::UsbInDeviceOrder) { ORDER } else { USB_ORDER };
    let mut list = Vec::new();
    devices.for_each_info(&mut |id, _| list.extend(Some(id).filter(|id| bus::is_usb(devices, *id, release))));
    list.sort_by_key(|id| {
        // Interfaces of type `hostdev` are placed before other host devices.
        let interface = Some(id.index).filter(|_| id.kind == DeviceKind::Interface);
        let host_device = interface.and_then(|n| devices.interfaces.get(n)).is_some_and(bus::is_host_device);
        let kind = if host_device { DeviceKind::Hostdev } else { id.kind };
        (order.iter().position(|of| *of == kind).map_or(0, |n| n + 1), !host_device, id.index)
    });
    list
}

fn has_port(info: &DeviceInfo) -> bool {
    matches!(&info.address, Some(Address::Usb(at)) if !at.port.is_empty())
}

fn place(domain: &mut Domain, devices: &[DeviceId]) -> Result<(), Refusal> {
    place_with(domain, devices, true)
}

/// As [`place`]; `grows` is whether hubs can be added.
fn place_with(domain: &mut Domain, devices: &[DeviceId], grows: bool) -> Result<(), Refusal> {
    if let Some(first) = devices.first()
        && !domain
            .devices
            .controllers
            .iter()
            .any(|c| c.usb_model() != Some(UsbModel::None) && c.usb().is_some())
    {
        let message = "the guest has a USB device, but no USB controller".to_owned();
        return Err((*first, Class::Unsupported, message));
    }
    if grows {
        add_hubs(domain, devices.len());
    }
    let mut tree = Tree::default();
    for (index, controller) in domain.devices.controllers.iter().enumerate() {
        let id = DeviceId { kind: DeviceKind::Controller, index };
        tree.add_controller(controller).map_err(|message| (id, Class::Xml, message))?;
    }
    let hubs = (0..domain.devices.hubs.len()).map(|index| DeviceId { kind: DeviceKind::Hub, index });
    let (plugged, open): (Vec<DeviceId>, Vec<DeviceId>) =
        hubs.partition(|id| domain.devices.info(*id).is_some_and(has_port));
    for id in plugged {
        tree.plug_hub(domain, id)?;
    }
    let others: Vec<DeviceId> = devices.iter().copied().filter(|id| id.kind != DeviceKind::Hub).collect();
    for id in &others {
        tree.take(domain, *id)?;
    }
    for id in open {
        tree.choose(domain, id)?;
        tree.plug_hub(domain, id)?;
    }
    for id in others {
        let info = domain.devices.info(id);
        if info.is_some_and(|info| matches!(info.address, None | Some(Address::Usb(_))) && !has_port(info)) {
            tree.choose(domain, id)?;
        }
    }
    Ok(())
}

/// Adds hubs until there is a port for every device. Each hub uses a port itself.
fn add_hubs(domain: &mut Domain, devices: usize) {
    let controllers = domain.devices.controllers.iter();
    let ports: usize =
        controllers.map(|c| ports_of(c) as usize).sum::<usize>() + domain.devices.hubs.len() * HUB_PORTS;
    if let Some(missing) = devices.checked_sub(ports).filter(|n| *n > 0) {
        for _ in 0..(missing + 1).div_ceil(HUB_PORTS - 1) {
            let info = DeviceInfo::implied("there are more USB devices than ports");
            domain.devices.hubs.push(Hub { info, kind: Some(HubType::Usb) });
        }
    }
}

/// The number of ports of a controller; 0 where it is not a USB controller, and for companion controllers, which share
/// the ports of the EHCI controller.
fn ports_of(controller: &Controller) -> u32 {
    let Some(usb) = controller.usb() else { return 0 };
    match usb.model {
        None | Some(UsbModel::Piix3Uhci | UsbModel::Piix4Uhci | UsbModel::Vt82c686bUhci) => 2,
        Some(UsbModel::Ehci | UsbModel::Ich9Ehci1) => 6,
        Some(UsbModel::PciOhci) => 3,
        Some(UsbModel::NecXhci | UsbModel::QemuXhci) => usb.ports.unwrap_or(4).min(MOST_PORTS),
        Some(UsbModel::Qusb1 | UsbModel::Qusb2) => usb.ports.unwrap_or(8).min(MOST_PORTS),
        Some(UsbModel::Ich9Uhci1 | UsbModel::Ich9Uhci2 | UsbModel::Ich9Uhci3 | UsbModel::None) => 0,
    }
}

impl Tree {
    fn add_node(&mut self, ports: usize) -> usize {
        self.nodes.push(Node { ports: vec![Port::default(); ports] });
        self.nodes.len() - 1
    }

    fn add_controller(&mut self, controller: &Controller) -> Result<(), String> {
        let ports = ports_of(controller);
        if ports == 0 {
            return Ok(());
        }
        let node = self.add_node(ports as usize);
        if self.buses.insert(controller.number(), node).is_some() {
            return Err(format!("two USB controllers have the index `{}`", controller.number()));
        }
        Ok(())
    }

    /// The port of an address, which can be a port of a hub.
    fn port(&mut self, at: &UsbAddress) -> Result<&mut Port, String> {
        let path = path(at);
        let Some(mut node) = self.buses.get(&at.bus).copied() else {
            return Err(format!("there is no USB controller with index `{}`", at.bus));
        };
        let (last, way) = at.port.split_last().unwrap_or((&0, &[]));
        for step in way {
            let Some(port) = self.nodes.get(node).and_then(|n| n.ports.get(to_index(*step))) else {
                return Err(format!("USB bus `{}` has no port `{step}` in the path `{path}`", at.bus));
            };
            let Some(hub) = port.hub else {
                return Err(format!(
                    "no hub is at port `{step}` of the path `{path}` on USB bus `{}`",
                    at.bus
                ));
            };
            node = hub;
        }
        let port = self.nodes.get_mut(node).and_then(|n| n.ports.get_mut(to_index(*last)));
        port.ok_or_else(|| format!("USB bus `{}` has no port `{path}`", at.bus))
    }

    /// Takes the port in the address of device `id`, where it has one.
    fn take(&mut self, domain: &Domain, id: DeviceId) -> Result<(), Refusal> {
        let Some(at) = address(domain, id).filter(|at| !at.port.is_empty()) else { return Ok(()) };
        self.take_port(at).map_err(|message| (id, Class::Xml, message))
    }

    fn take_port(&mut self, at: &UsbAddress) -> Result<(), String> {
        let port = self.port(at)?;
        if std::mem::replace(&mut port.used, true) {
            return Err(format!("two devices have port `{}` of USB bus `{}`", path(at), at.bus));
        }
        Ok(())
    }

    /// Plugs a hub into the port of its address.
    fn plug_hub(&mut self, domain: &Domain, id: DeviceId) -> Result<(), Refusal> {
        let refused = |message: String| (id, Class::Xml, message);
        let Some(at) = address(domain, id) else {
            return Err(refused("a USB hub has an address of another type than `usb`".to_owned()));
        };
        let node = self.add_node(HUB_PORTS);
        let port = self.port(at).map_err(refused)?;
        if port.hub.replace(node).is_some() {
            return Err(refused(format!("two hubs have port `{}` of USB bus `{}`", path(at), at.bus)));
        }
        port.used = true;
        Ok(())
    }

    /// Assigns the first free port to device `id`, on the bus in its address, or on any.
    fn choose(&mut self, domain: &mut Domain, id: DeviceId) -> Result<(), Refusal> {
        let wanted = address(domain, id).map(|at| at.bus);
        if let Some(bus) = wanted.filter(|bus| !self.buses.contains_key(bus)) {
            return Err((id, Class::Xml, format!("there is no USB controller with index `{bus}`")));
        }
        let buses = self.buses.iter().filter(|(bus, _)| wanted.is_none_or(|wanted| wanted == **bus));
        let free = buses
            .into_iter()
            .find_map(|(bus, node)| Some(UsbAddress { bus: *bus, port: self.free(*node, 1)? }));
        let Some(at) = free else {
            return Err((id, Class::Internal, "there is no free USB port".to_owned()));
        };
        self.take_port(&at).map_err(|message| (id, Class::Xml, message))?;
        if let Some(info) = domain.devices.info_mut(id) {
            info.address = Some(Address::Usb(at));
        }
        Ok(())
    }

    /// The path to the first free port of a node: a port of its own, else one of its hubs.
    fn free(&self, node: usize, level: usize) -> Option<Vec<u32>> {
        let ports = &self.nodes.get(node)?.ports;
        if let Some(n) = ports.iter().position(|port| !port.used) {
            return Some(vec![to_number(n)]);
        }
        if level >= DEPTH {
            return None;
        }
        ports.iter().enumerate().find_map(|(n, port)| {
            let mut path = self.free(port.hub?, level + 1)?;
            path.insert(0, to_number(n));
            Some(path)
        })
    }
}

fn address(domain: &Domain, id: DeviceId) -> Option<&UsbAddress> {
    match &domain.devices.info(id)?.address {
        Some(Address::Usb(at)) => Some(at),
        _ => None,
    }
}

/// The index of a port, which counts from 1.
fn to_index(port: u32) -> usize {
    port.checked_sub(1).map_or(usize::MAX, |n| n as usize)
}

fn to_number(index: usize) -> u32 {
    u32::try_from(index + 1).unwrap_or(u32::MAX)
}

/// The ports of an address as in `port=`, such as `1.2.3`.
fn path(at: &UsbAddress) -> String {
    let parts: Vec<String> = at.port.iter().map(u32::to_string).collect();
    parts.join(".")
}
