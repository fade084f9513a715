//! Prepares some devices of a running domain without the others, whose QEMU has what they need.

use virtargv_caps::Cap;
use virtargv_host::Request;
use virtargv_model::device::controller::{Controller, ControllerType};
use virtargv_model::device::{DeviceId, DeviceKind};
use virtargv_model::info::Address;
use virtargv_model::tune::NumaTune;
use virtargv_model::{Domain, NAME_MISSING, Report};
use virtargv_resolve::Guest;

use virtargv_model::info::DeviceInfo;

use super::address::ControllerTable;
use super::alias::NextFree;
use super::context::broken;
use super::storage::{self, Counters};
use super::{Parts, Prepared, Wanted, assemble, common, qemu_ns};

/// The devices of a running domain that are prepared.
pub(crate) struct Alone<'a> {
    /// The domain with the devices.
    pub domain: &'a Domain,
    /// The kind of guest.
    pub guest: &'a Guest,
    /// The devices.
    pub devices: &'a [DeviceId],
    /// The numbers that are free in the running QEMU.
    pub next: Counters,
    /// Whether the devices run already: their images have nodes, and are not looked at.
    pub runs: bool,
}

/// The kinds of devices that stay for the sake of others, which refer to them. Controllers stay where a device is on one of them.
const KEPT: &[DeviceKind] = &[DeviceKind::Hub, DeviceKind::Graphics, DeviceKind::Audio, DeviceKind::Iommu];

/// Whether a device with the address `address` is on a controller of the type `kind`, or below one.
fn is_on(address: &Address, kind: ControllerType) -> bool {
    match address {
        Address::Pci(_) => kind == ControllerType::Pci,
        Address::Drive(_) => !matches!(kind, ControllerType::Pci | ControllerType::Usb),
        Address::VirtioSerial(_) => kind == ControllerType::VirtioSerial,
        Address::Usb(_) => kind == ControllerType::Usb,
        Address::Ccid(_) => kind == ControllerType::Ccid,
        _ => false,
    }
}

/// On a monitor every argument is JSON.
const ON_MONITOR: [Cap; 4] = [Cap::ChardevJson, Cap::DeviceJson, Cap::ObjectJson, Cap::NetdevJson];

/// Prepares the devices of `alone`: the domain has no others but those of [`KEPT`].
pub(crate) fn alone<'r>(
    alone: &Alone<'_>,
    request: &'r Request<'_>,
) -> Result<(Box<Prepared<'r>>, Vec<DeviceId>), Report> {
    let release = request.release();
    let mut caps = qemu_ns::changed_caps(alone.domain, request.caps)?.edit();
    for flag in ON_MONITOR {
        caps = caps.set(flag);
    }
    let caps = caps.build();
    let mut domain = Box::new(alone.domain.clone());
    let name = domain.name.clone().filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| broken(release, &NAME_MISSING, domain.pos, "`<domain>` lacks `<name>`"))?;
    for id in alone.devices {
        next_alias(&mut domain, *id);
    }
    name_devices(&mut domain, alone.guest, &caps)?;
    let devices = reduce(&mut domain, alone.devices);
    if alone.devices.iter().all(|id| id.kind != DeviceKind::MemoryDevice) {
        // Where the guest's own memory is was decided at its start.
        domain.tune.numa = NumaTune::default();
    }
    (domain.os.loader, domain.os.nvram, domain.os.firmware) = (None, None, None);
    domain.cpu = None;
    let mut report = Report::new();
    let nodes = if alone.runs {
        storage::name_running(&domain, &caps, request, alone.next)
    } else {
        let named = storage::name_from(&mut domain, &caps, request, alone.next, &mut report);
        named.ok_or_else(|| report.clone())?
    };
    let guest = alone.guest.clone();
    let parts = Parts { domain, name, guest, caps, nodes, cpu: Wanted::No, report };
    assemble(parts, request).map(|prepared| (prepared, devices))
}

/// The kinds of devices whose alias is one above the highest in use when they are attached, and its prefix.
const NUMBERED: &[(DeviceKind, &str)] = &[
    (DeviceKind::Serial, "serial"),
    (DeviceKind::Parallel, "parallel"),
    (DeviceKind::Channel, "channel"),
    (DeviceKind::Console, "console"),
    (DeviceKind::Input, "input"),
    (DeviceKind::Redirdev, "redir"),
    (DeviceKind::Watchdog, "watchdog"),
    (DeviceKind::Filesystem, "fs"),
];

/// Gives device `id`, which is attached, an alias that is free, where a start would number it by its place among the others.
fn next_alias(domain: &mut Domain, id: DeviceId) {
    let Some((_, prefix)) = NUMBERED.iter().find(|(kind, _)| *kind == id.kind) else { return };
    let of_kind = |(other, _): &(DeviceId, &DeviceInfo)| other.kind == id.kind;
    let infos = || domain.devices.infos().filter(of_kind).map(|(_, info)| info);
    // The first console can be another name of the first serial port.
    let others: &[&'static str] = if id.kind == DeviceKind::Console { &["serial"] } else { &[] };
    let mut free = NextFree::of_all(prefix, others, infos);
    let Some(info) = domain.devices.info(id) else { return };
    // libvirt numbers the first input device that is attached to a guest without any from -1 on.
    let alias =
        if id.kind == DeviceKind::Input && domain.devices.count_of(id.kind) == 1 && info.alias.is_none() {
            "input-1".to_owned()
        } else {
            free.alias(info).to_string()
        };
    if let Some(info) = domain.devices.info_mut(id) {
        info.alias = Some(alias);
    }
}

/// Gives every device the alias that it has in the running QEMU, or gets.
fn name_devices(domain: &mut Domain, guest: &Guest, caps: &virtargv_caps::Caps) -> Result<(), Report> {
    let common = common::of_devices(domain, guest, caps, &ControllerTable::of(domain))?;
    domain.devices.for_each_info_mut(&mut |id, info| {
        if let Some(common) = common.get(id) {
            info.alias = Some(common.alias.to_string());
        }
    });
    Ok(())
}

/// Removes all devices but `wanted` and those of [`KEPT`]. Returns the ids that `wanted` have then.
fn reduce(domain: &mut Domain, wanted: &[DeviceId]) -> Vec<DeviceId> {
    let mut gone = Vec::new();
    let devices = &domain.devices;
    let addresses: Vec<_> = wanted.iter().filter_map(|id| devices.info(*id)?.address.as_ref()).collect();
    let carries = |id: DeviceId| {
        let controller = devices.controllers.get(id.index).filter(|_| id.kind == DeviceKind::Controller);
        let kind = controller.map(Controller::controller_type);
        kind.is_some_and(|kind| addresses.iter().any(|address| is_on(address, kind)))
    };
    devices.for_each_info(&mut |id, _| {
        if !wanted.contains(&id) && !KEPT.contains(&id.kind) && !carries(id) {
            gone.push(id);
        }
    });
    for id in gone.iter().rev() {
        domain.devices.remove(*id);
    }
    let before = |of: &DeviceId| gone.iter().filter(|id| id.kind == of.kind && id.index < of.index).count();
    wanted.iter().map(|id| DeviceId { index: id.index.saturating_sub(before(id)), ..*id }).collect()
}
