//! Which device of a running domain a description means.

use virtargv_model::Spelled;
use virtargv_model::device::chardev::ChannelTarget;
use virtargv_model::device::chardev_source::Backend;
use virtargv_model::device::disk::Disk;
use virtargv_model::device::graphics::Graphics;
use virtargv_model::device::memory_device::MemoryDevice;
use virtargv_model::device::net::Interface;
use virtargv_model::device::one::OneDevice;
use virtargv_model::device::{DeviceId, DeviceKind, Devices};
use virtargv_model::info::{Address, DeviceInfo};
use virtargv_model::{Problem, Release, Rule};

use super::rules;

/// What a device is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To be detached.
    Removal,
    /// To be changed.
    Change,
}

/// Finds the device of `running` that `device` describes, as libvirt does: a disk by its target, an interface by its MAC address
/// where one is given, a controller by its index, a file system by its tag, a display by its type, and others by everything that
/// the description says. Where the description has an alias or an address, they must be those of the device, unless it is a disk,
/// a controller or a display.
///
/// # Errors
/// There is none, or there are several interfaces.
pub fn find(
    running: &Devices,
    device: &OneDevice,
    purpose: Purpose,
    release: Release,
) -> Result<DeviceId, Problem> {
    let kind = device.kind();
    let wanted = device.devices();
    let all = (0..running.count_of(kind)).map(|index| DeviceId { kind, index });
    let found: Vec<DeviceId> = all.filter(|id| means(wanted, running, *id, purpose)).collect();
    let info = wanted.info(device.id()).cloned().unwrap_or_default();
    let refused = |rule: &'static Rule, message: String| Err(rule.problem(release, info.pos, message));
    match found.as_slice() {
        [] => refused(&rules::MISSING, format!("the guest has no {}", described(wanted, device))),
        [_, _, ..] if kind == DeviceKind::Interface => {
            refused(&rules::AMBIGUOUS, format!("the guest has more than one {}", described(wanted, device)))
        }
        [first, ..] => Ok(*first),
    }
}

/// What the description says of the device, by which it is found.
fn described(wanted: &Devices, device: &OneDevice) -> String {
    let name = device.kind().element();
    match device.kind() {
        DeviceKind::Disk => {
            let disk = wanted.disks.first();
            format!("disk with the target `{}`", disk.map_or("", Disk::dst))
        }
        DeviceKind::Interface => {
            let nic = wanted.interfaces.first();
            let mac = nic.and_then(|nic| nic.mac).map(|mac| format!("MAC address `{}`", mac.address));
            let address = match nic.and_then(|nic| nic.info.address.as_ref()) {
                Some(Address::Pci(address)) => Some(format!("PCI address `{address}`")),
                Some(_) => Some("the given `<address>`".to_owned()),
                None => None,
            };
            let alias = nic.and_then(|nic| nic.info.alias.as_ref()).map(|alias| format!("alias `{alias}`"));
            let known: Vec<String> = [mac, address, alias].into_iter().flatten().collect();
            match known.as_slice() {
                [] => "interface as described".to_owned(),
                known => format!("interface with {}", known.join(" and ")),
            }
        }
        DeviceKind::Controller => match wanted.controllers.first() {
            Some(controller) => {
                format!(
                    "controller of type `{}` with index `{}`",
                    controller.controller_type(),
                    controller.number()
                )
            }
            None => name.to_owned(),
        },
        DeviceKind::Graphics => {
            let kind = wanted.graphics.first().map(Graphics::kind);
            format!("display of type `{}`", kind.map_or("", |kind| kind.as_str()))
        }
        DeviceKind::MemoryDevice => {
            let model = wanted.memories.first().map(MemoryDevice::model);
            format!("memory device of model `{}` as described", model.map_or("", |model| model.as_str()))
        }
        _ => format!("`<{name}>` as described"),
    }
}

/// Whether the only device of `wanted` describes device `id` of `running`.
fn means(wanted: &Devices, running: &Devices, id: DeviceId, purpose: Purpose) -> bool {
    let first = DeviceId { kind: id.kind, index: 0 };
    let (Some(info), Some(there)) = (wanted.info(first), running.info(id)) else { return false };
    let by_name = || match id.kind {
        DeviceKind::Disk => {
            let there = running.disks.get(id.index);
            wanted.disks.first().zip(there).is_some_and(|(wanted, there)| wanted.dst() == there.dst())
        }
        DeviceKind::Interface => {
            let there = running.interfaces.get(id.index);
            let pair = wanted.interfaces.first().zip(there);
            let address = |nic: &Interface| nic.mac.map(|mac| mac.address);
            pair.is_some_and(|(wanted, there)| wanted.mac.is_none() || address(wanted) == address(there))
        }
        DeviceKind::Controller => {
            let there = running.controllers.get(id.index);
            let pair = wanted.controllers.first().zip(there);
            pair.is_some_and(|(wanted, there)| {
                wanted.index.is_some() && there.is(wanted.controller_type(), wanted.number())
            })
        }
        DeviceKind::Filesystem => {
            let there = running.filesystems.get(id.index);
            wanted.filesystems.first().zip(there).is_some_and(|(wanted, there)| wanted.target == there.target)
        }
        DeviceKind::Graphics => {
            let there = running.graphics.get(id.index);
            wanted.graphics.first().zip(there).is_some_and(|(wanted, there)| wanted.kind() == there.kind())
        }
        DeviceKind::MemoryDevice => {
            let there = running.memories.get(id.index);
            // What changes is found by alias or address.
            let named = purpose == Purpose::Change && (info.alias.is_some() || info.address.is_some());
            let pair = wanted.memories.first().zip(there);
            pair.is_some_and(
                |(wanted, there)| {
                    if named { wanted.model() == there.model() } else { same_memory(wanted, there) }
                },
            )
        }
        _ => bare(wanted.clone(), id.kind) == bare(running.only(id), id.kind),
    };
    // libvirt finds disks, controllers and displays by their names alone.
    let named_alone = matches!(id.kind, DeviceKind::Disk | DeviceKind::Controller | DeviceKind::Graphics);
    (named_alone || fits(info, there)) && by_name()
}

/// Whether alias and address of a description are those of the device, where it has them.
fn fits(wanted: &DeviceInfo, there: &DeviceInfo) -> bool {
    let alias = wanted.alias.is_none() || wanted.alias == there.alias;
    alias && (wanted.address.is_none() || wanted.address == there.address)
}

/// Whether two memory devices are the same, whatever the guest has plugged of them.
fn same_memory(wanted: &MemoryDevice, there: &MemoryDevice) -> bool {
    let (a, b) = (&wanted.target, &there.target);
    let target = (a.size, a.node, a.block, a.requested, a.address)
        == (b.size, b.node, b.block, b.requested, b.address);
    let (a, b) = (&wanted.source, &there.source);
    let source = (&a.nodemask, a.page_size, &a.path) == (&b.nodemask, b.page_size, &b.path);
    wanted.model() == there.model() && target && source
}

/// The only device of `devices`, which is of kind `kind`, without alias and address, which are compared apart, and without what
/// only a running device has.
fn bare(mut devices: Devices, kind: DeviceKind) -> Devices {
    let id = DeviceId { kind, index: 0 };
    if let Some(info) = devices.info_mut(id) {
        *info = DeviceInfo::default();
    }
    if let Some(source) = devices.source_mut(id) {
        source.seclabels.clear();
        if let Backend::Tcp(tcp) = &mut source.backend {
            tcp.tls = None;
        }
    }
    if let Some(ChannelTarget::Virtio { state, .. }) =
        devices.channels.first_mut().map(|channel| &mut channel.target)
    {
        *state = None;
    }
    if let Some(console) = devices.consoles.first_mut() {
        // Consoles are numbered by their order in the list.
        console.port = None;
    }
    devices
}
