//! `<disk>`: the medium of a drive, and what is done where it is missing.

use virtargv_caps::Convention;
use virtargv_model::device::disk::{Disk, DiskBus, DiskDevice, DiskModel};
use virtargv_model::device::storage::Image;
use virtargv_model::{Place, Problem, Release};
use virtargv_validate::ValidDevice;

use super::{Change, Fixed};
use crate::emit::emit_devices;
use crate::hotplug::command::Command;
use crate::hotplug::{Hotplug, after, check, convert, detach, rules};
use crate::prepare::storage::Counters;
use crate::prepare::{Alone, alone};
use crate::{Props, Text};

/// Whether `new` is given and another than `old`.
fn other<T: PartialEq>(old: Option<&T>, new: Option<&T>) -> bool {
    new.is_some() && old != new
}

/// Checks that the description `new` is of the same kind of drive as the disk `old` that it means: on another bus it has another
/// address too, of which nothing is to be told.
pub(in crate::hotplug) fn check_kind(old: &Disk, new: &Disk, release: Release) -> Result<(), Problem> {
    let pos = new.info.pos;
    let refused = |name: &str, place: Place, attribute: String| {
        let message = format!("`{name}` of disk `{}` cannot be changed while the guest runs", old.dst());
        Err(rules::FIXED.problem(release, place, message).with_help(format!("the guest has `{attribute}`")))
    };
    if old.device() != new.device() {
        return refused("device", pos.attr("device"), format!("device='{}'", old.device()));
    }
    match old.bus() {
        Some(bus) if new.bus() != Some(bus) => {
            refused("bus", pos.path("target/@bus"), format!("bus='{bus}'"))
        }
        _ => Ok(()),
    }
}

/// What cannot be changed, in libvirt's order. What is not given in the new description stays.
const FIXED: &[Fixed<Disk>] = &[
    Fixed {
        name: "removable",
        differs: |a, b| other(a.target.removable.as_ref(), b.target.removable.as_ref()),
    },
    Fixed {
        name: "rotation_rate",
        differs: |a, b| other(a.target.rotation_rate.as_ref(), b.target.rotation_rate.as_ref()),
    },
    Fixed { name: "geometry", differs: |a, b| other(a.geometry.as_deref(), b.geometry.as_deref()) },
    Fixed { name: "blockio", differs: |a, b| other(a.blockio.as_deref(), b.blockio.as_deref()) },
    Fixed { name: "serial", differs: |a, b| other(a.serial.as_ref(), b.serial.as_ref()) },
    Fixed { name: "wwn", differs: |a, b| other(a.wwn.as_ref(), b.wwn.as_ref()) },
    Fixed { name: "vendor", differs: |a, b| other(a.vendor.as_ref(), b.vendor.as_ref()) },
    Fixed { name: "product", differs: |a, b| other(a.product.as_ref(), b.product.as_ref()) },
    Fixed { name: "cache", differs: |a, b| other(a.driver.cache.as_ref(), b.driver.cache.as_ref()) },
    Fixed {
        name: "error_policy",
        differs: |a, b| other(a.driver.error_policy.as_ref(), b.driver.error_policy.as_ref()),
    },
    Fixed {
        name: "rerror_policy",
        differs: |a, b| other(a.driver.rerror_policy.as_ref(), b.driver.rerror_policy.as_ref()),
    },
    Fixed { name: "io", differs: |a, b| other(a.driver.io.as_ref(), b.driver.io.as_ref()) },
    Fixed {
        name: "ioeventfd",
        differs: |a, b| other(a.driver.ioeventfd.as_ref(), b.driver.ioeventfd.as_ref()),
    },
    Fixed {
        name: "event_idx",
        differs: |a, b| other(a.driver.event_idx.as_ref(), b.driver.event_idx.as_ref()),
    },
    Fixed {
        name: "copy_on_read",
        differs: |a, b| other(a.driver.copy_on_read.as_ref(), b.driver.copy_on_read.as_ref()),
    },
    Fixed { name: "snapshot", differs: |a, b| other(a.snapshot.as_ref(), b.snapshot.as_ref()) },
    Fixed { name: "transient", differs: |a, b| other(a.transient.as_ref(), b.transient.as_ref()) },
    Fixed { name: "boot order", differs: |a, b| other(a.info.boot.as_ref(), b.info.boot.as_ref()) },
    Fixed { name: "rawio", differs: |a, b| other(a.rawio.as_ref(), b.rawio.as_ref()) },
    Fixed { name: "sgio", differs: |a, b| other(a.sgio.as_ref(), b.sgio.as_ref()) },
    Fixed { name: "discard", differs: |a, b| other(a.driver.discard.as_ref(), b.driver.discard.as_ref()) },
    Fixed { name: "iothread", differs: |a, b| other(a.driver.iothread.as_ref(), b.driver.iothread.as_ref()) },
    Fixed {
        name: "backenddomain",
        differs: |a, b| other(a.backend_domain.as_ref(), b.backend_domain.as_ref()),
    },
    Fixed { name: "address", differs: |a, b| other(a.info.address.as_ref(), b.info.address.as_ref()) },
    Fixed { name: "readonly", differs: |old, new| old.readonly != new.readonly },
    Fixed { name: "shareable", differs: |old, new| old.shareable != new.shareable },
];

pub(super) fn update(change: &mut Change<'_>, valid: &ValidDevice) -> Option<Hotplug> {
    let old = change.running.domain.devices.disks.get(change.id.index)?;
    let new = change.new.disks.get(change.id.index)?;
    let of = format!("disk `{}`", old.dst());
    if let (Some(alias), Some(wanted)) = (&old.info.alias, &new.info.alias)
        && alias != wanted
    {
        change.refuse(
            &rules::UPDATE_ALIAS,
            format!("the alias of {of} is `{alias}`, and cannot become `{wanted}`"),
        );
        return None;
    }
    if limits(change, old, new) || change.fixed(FIXED, old, new, &of) {
        return None;
    }
    if same(&old.image, &new.image) {
        let mut domain = change.running.domain.clone();
        let disk = domain.devices.disks.get_mut(change.id.index)?;
        disk.image.startup_policy = new.image.startup_policy;
        return Some(Hotplug::new(Vec::new(), Vec::new(), domain));
    }
    if !matches!(old.device(), DiskDevice::Cdrom | DiskDevice::Floppy) {
        change.refuse(
            &rules::MEDIUM,
            format!("the source of {of} cannot be changed, it is no removable drive"),
        );
        return None;
    }
    insert(change, valid, old, new)
}

/// Refuses other limits of `<iotune>`, where the new description has any.
fn limits(change: &mut Change<'_>, old: &Disk, new: &Disk) -> bool {
    let Some(tune) = &new.iotune else { return false };
    let none = Box::default();
    let old_limits = old.iotune.as_ref().unwrap_or(&none).limits();
    let pairs = old_limits.iter().zip(tune.limits());
    let Some((name, _)) =
        pairs.into_iter().map(|((name, old), (_, new))| (*name, *old != new)).find(|(_, d)| *d)
    else {
        return false;
    };
    let message = format!("limit `{name}` of disk `{}` cannot be changed with the device", old.dst());
    change.refuse(&rules::FIXED, message);
    true
}

/// Whether two images are at the same place.
fn same(a: &Image, b: &Image) -> bool {
    (a.is_empty() && b.is_empty())
        || (a.kind() == b.kind() && a.path() == b.path() && a.network() == b.network())
}

/// The commands that put another medium into a drive, or none.
fn insert(change: &mut Change<'_>, valid: &ValidDevice, old: &Disk, new: &Disk) -> Option<Hotplug> {
    let policy = new.image.startup_policy;
    let mut domain = valid.domain.domain().clone();
    // An optional image that is missing leaves no medium at a start, but is refused here.
    domain.devices.disks.get_mut(change.id.index)?.image.startup_policy = None;
    let next = Counters { node: change.running.last_node.saturating_add(1), set: change.running.next_set };
    let wanted =
        Alone { domain: &domain, guest: valid.domain.guest(), devices: &[change.id], next, runs: false };
    let removed = detach::added(change.running, change.id, change.request);
    let (removed, prepared) = match (removed, alone(&wanted, change.request)) {
        (Ok(removed), Ok(prepared)) => (removed, prepared),
        (Err(problems), _) | (_, Err(problems)) => {
            change.report.extend(problems.iter().cloned());
            return None;
        }
    };
    let (prepared, alone) = prepared;
    if let Err(problem) = check::key(&prepared, change.request, change.place.clone()) {
        change.report.push(problem);
        return None;
    }
    let line = emit_devices(&prepared, &alone);
    let added = convert::commands(&line.arguments, &line.needs);
    let nodes = |command: &&Command| command.execute != "device_add";
    let id = drive(old);
    let mut commands = Vec::new();
    let tray = old.device() == DiskDevice::Cdrom;
    let of = || Props::object().with("id", id.clone());
    if tray {
        let arguments = of().with("force", change.options.force);
        commands.push(
            Command::new("blockdev-open-tray", arguments).because("the medium is taken out of an open tray"),
        );
    }
    commands.push(Command::new("blockdev-remove-medium", of()));
    commands.extend(convert::removal(&removed).into_iter().filter(|command| command.execute != "device_del"));
    commands.extend(added.iter().filter(nodes).cloned());
    let top = added.iter().rfind(|command| command.execute == "blockdev-add");
    if let Some(node) = top.and_then(|command| command.arguments.text("node-name")).cloned() {
        commands.push(Command::new("blockdev-insert-medium", of().with("node-name", node)));
    }
    let closes = tray || !change.request.release().has(Convention::FloppyWithoutTray);
    if closes {
        commands.push(Command::new("blockdev-close-tray", of()));
    }
    let mut domain = change.running.domain.clone();
    let disk = domain.devices.disks.get_mut(change.id.index)?;
    let mut found = prepared.domain.devices.disks.get(alone.first()?.index)?.clone();
    after::number(&mut found, &prepared, alone.first()?.index);
    after::end_chain(&mut found);
    after::name_volume(&mut found, Some(new));
    (disk.image, disk.backing) = (found.image, found.backing);
    disk.image.startup_policy = policy;
    if disk.image.is_empty() {
        let numbered = !change.request.release().has(Convention::EjectedUnnumbered);
        disk.image.index = numbered.then_some(next.node);
    }
    Some(Hotplug::new(commands, line.needs, domain))
}

/// The id of the device that has the medium.
fn drive(disk: &Disk) -> Text {
    let alias = disk.info.alias.clone().unwrap_or_default();
    let on_adapter = disk.bus() == Some(DiskBus::Usb) && disk.model == Some(DiskModel::UsbBot);
    if on_adapter { format!("{alias}-device").into() } else { alias.into() }
}
