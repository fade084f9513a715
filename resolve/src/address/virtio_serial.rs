//! Ports of virtio-serial controllers (`<address type='virtio-serial'>`).

use foldhash::HashSet;
use std::collections::BTreeMap;

use virtargv_model::device::chardev::{ChannelTargetType, ConsoleTarget};
use virtargv_model::device::controller::{Controller, ControllerKind, VirtioSerial};
use virtargv_model::device::{DeviceId, DeviceKind};
use virtargv_model::info::{Address, VirtioSerialAddress};
use virtargv_model::{Class, Message};

use crate::defaults::controller::add_missing;
use crate::{Work, rules};

/// The ports of a controller without `ports=`.
const PORTS: u32 = 31;

/// The used ports of each controller.
#[derive(Default)]
struct Ports {
    used: BTreeMap<u32, Used>,
    /// The lowest controller that can have a free port from 0 on, and from 1 on: those before it have none.
    open: [u32; 2],
    /// All indexes below this one have a controller.
    taken: u32,
}

#[derive(Default)]
struct Used {
    count: u32,
    ports: HashSet<u32>,
    /// All ports below this one, except 0, are used.
    low: u32,
}

impl Used {
    fn of(controller: &Controller) -> Option<Self> {
        match &controller.kind {
            ControllerKind::VirtioSerial(serial) => {
                Some(Self { count: serial.ports.unwrap_or(PORTS), ..Self::default() })
            }
            _ => None,
        }
    }

    /// The lowest free port from `first` on, where `first` is 0 or 1.
    fn free(&mut self, first: u32) -> Option<u32> {
        if first == 0 && self.count > 0 && !self.ports.contains(&0) {
            return Some(0);
        }
        let low = (self.low.max(1)..self.count).find(|port| !self.ports.contains(port));
        self.low = low.unwrap_or(self.count);
        low
    }
}

/// Assigns a port to every virtio channel. A virtio console uses a port without an address, which QEMU chooses alike.
pub(super) fn assign(work: &mut Work<'_>) {
    let controllers = &work.domain.devices.controllers;
    let used = controllers.iter().filter_map(|c| Some((c.number(), Used::of(c)?))).collect();
    let mut ports = Ports { used, ..Ports::default() };
    if let Err(problem) = place(work, &mut ports) {
        let (id, class, message) = problem;
        let pos = work.domain.devices.info(id).map(|info| info.pos.path("address")).unwrap_or_default();
        work.refuse_as(class, &rules::VIRTIO_SERIAL_PORT, pos, message);
    }
}

type Refusal = (DeviceId, Class, Message);

fn place(work: &mut Work<'_>, ports: &mut Ports) -> Result<(), Refusal> {
    let mut given = Vec::new();
    work.domain.devices.for_each_info(&mut |id, info| match info.address {
        Some(Address::VirtioSerial(at)) if at.port != 0 => given.push((id, at)),
        _ => {}
    });
    for (id, at) in given {
        ports.take(&at).map_err(|message| (id, Class::Xml, message.into()))?;
    }
    for index in 0..work.domain.devices.consoles.len() {
        let id = DeviceId { kind: DeviceKind::Console, index };
        let virtio = |c: &virtargv_model::device::chardev::Console| c.target == Some(ConsoleTarget::Virtio);
        if work.domain.devices.consoles.get(index).is_some_and(virtio) {
            choose(work, ports, id, 0)?;
        }
    }
    for index in 0..work.domain.devices.channels.len() {
        let id = DeviceId { kind: DeviceKind::Channel, index };
        let channel = work.domain.devices.channels.get(index);
        if channel.is_some_and(|c| c.target.kind() == Some(ChannelTargetType::Virtio)) {
            // Port 0 is the console's.
            if let Some(at) = choose(work, ports, id, 1)?
                && let Some(info) = work.domain.devices.info_mut(id)
            {
                info.address = Some(Address::VirtioSerial(at));
            }
        }
    }
    Ok(())
}

/// Takes a free port for device `id`, unless it has one: on the controller in its address, else on any, else on a new
/// one.
fn choose(
    work: &mut Work<'_>,
    ports: &mut Ports,
    id: DeviceId,
    first: u32,
) -> Result<Option<VirtioSerialAddress>, Refusal> {
    let at = match work.domain.devices.info(id).and_then(|info| info.address.as_ref()) {
        Some(Address::VirtioSerial(at)) if at.port != 0 => return Ok(None),
        // libvirt ignores the controller in the address of a console.
        Some(Address::VirtioSerial(at)) => {
            let controller = if first == 0 { 0 } else { at.controller };
            let Some(used) = ports.used.get_mut(&controller) else {
                let message =
                    format!("there is no controller of type `virtio-serial` with index `{controller}`");
                return Err((id, Class::Internal, message.into()));
            };
            let Some(port) = used.free(1) else {
                let message =
                    format!("the `virtio-serial` controller with index `{controller}` has no free port");
                return Err((id, Class::Xml, message.into()));
            };
            VirtioSerialAddress { controller, bus: 0, port }
        }
        _ => {
            if ports.used.is_empty() {
                let message = Message::new("there is no controller of type `virtio-serial`").with_help(
                    "add `<controller type='virtio-serial'/>`; a running guest is attached one first",
                );
                return Err((id, Class::Internal, message));
            }
            let (controller, port) =
                ports.free(first).unwrap_or_else(|| (add_controller(work, ports), first));
            VirtioSerialAddress { controller, bus: 0, port }
        }
    };
    ports.take(&at).map_err(|message| (id, Class::Xml, message.into()))?;
    Ok(Some(at))
}

/// Adds a controller with the lowest free index.
fn add_controller(work: &mut Work<'_>, ports: &mut Ports) -> u32 {
    let index = (ports.taken..=u32::MAX).find(|n| !ports.used.contains_key(n)).unwrap_or(u32::MAX);
    ports.taken = index;
    ports.open = ports.open.map(|open| open.min(index));
    let kind = ControllerKind::VirtioSerial(VirtioSerial::default());
    add_missing(work, kind, index, "the other virtio-serial controllers have no free port");
    ports.used.insert(index, Used { count: PORTS, ..Used::default() });
    index
}

impl Ports {
    /// The first free port from `first` on, with its controller; `first` is 0 or 1.
    fn free(&mut self, first: u32) -> Option<(u32, u32)> {
        let open = self.open.get_mut(usize::from(first > 0))?;
        let found = self.used.range_mut(*open..).find_map(|(n, used)| Some((*n, used.free(first)?)));
        *open = found.map_or(u32::MAX, |(controller, _)| controller);
        found
    }

    fn take(&mut self, at: &VirtioSerialAddress) -> Result<(), String> {
        let VirtioSerialAddress { controller, port, .. } = at;
        let Some(used) = self.used.get_mut(controller) else {
            return Err(format!("there is no controller of type `virtio-serial` with index `{controller}`"));
        };
        if *port >= used.count {
            return Err(format!(
                "the `virtio-serial` controller with index `{controller}` has no port `{port}`, it has `{}`",
                used.count
            ));
        }
        if !used.ports.insert(*port) {
            return Err(format!(
                "two devices have port `{port}` of the `virtio-serial` controller with index `{controller}`"
            ));
        }
        Ok(())
    }
}
