//! Detaching a device: what attaching it would have added is removed, once the guest has let the device go.

use virtargv_caps::Convention;
use virtargv_host::{Answer, Override, Request, SecretKey, SecretUse, Secrets};
use virtargv_model::device::chardev::ChannelTarget;
use virtargv_model::device::one::OneDevice;
use virtargv_model::device::{DeviceId, DeviceKind};
use virtargv_model::status::Running;
use virtargv_model::{Domain, Outcome, Release};
use virtargv_resolve::Guest;

use super::command::Command;
use super::find::Purpose;
use super::{Hotplug, TeamingPair, after, check, convert, find, rows, runs};
use crate::Props;
use crate::emit::emit_devices;
use crate::prepare::storage::{Counters, has_managed_reservations};
use crate::prepare::{Alone, alone};
use crate::text::text;

/// Secrets that are all empty: the commands that remove a device name its objects, and do not have their secrets.
#[derive(Debug)]
struct Unread;

impl Secrets for Unread {
    fn secret(&self, _: SecretUse, _: SecretKey<'_>) -> Answer<Vec<u8>> {
        Ok(Vec::new())
    }
}

/// The commands that detach the device of `running` that `device` describes.
pub fn detach(running: &Running, device: Outcome<OneDevice>, request: &Request<'_>) -> Outcome<Hotplug> {
    device.then(|device, mut report| {
        let release = request.release();
        check::detach_kind(&device, release, &mut report);
        if report.refuses() {
            return Outcome { value: None, report };
        }
        let found = find::find(&running.domain.devices, &device, Purpose::Removal, release);
        let has_alias = |id| runs::check_alias(&running.domain, id, release).map(|()| id);
        let id = match found.and_then(has_alias) {
            Ok(id) => id,
            Err(problem) => {
                report.push(problem);
                return Outcome { value: None, report };
            }
        };
        check::detach(&running.domain, id, &device, release, &mut report);
        if report.refuses() {
            return Outcome { value: None, report };
        }
        match removal(running, id, request) {
            Ok(commands) => {
                let domain = after::detached(&running.domain, id);
                let teaming = TeamingPair::of(&running.domain.devices, id);
                Outcome {
                    value: Some(Hotplug { teaming, ..Hotplug::new(commands, Vec::new(), domain) }),
                    report,
                }
            }
            Err(problems) => {
                report.extend(problems.iter().cloned());
                Outcome { value: None, report }
            }
        }
    })
}

/// The commands that remove device `id`.
fn removal(
    running: &Running,
    id: DeviceId,
    request: &Request<'_>,
) -> Result<Vec<Command>, virtargv_model::Report> {
    let mut added = added(running, id, request)?;
    let disks = running.domain.devices.disks.iter().enumerate();
    let others = disks.filter(|(index, _)| id.kind != DeviceKind::Disk || *index != id.index);
    if has_managed_reservations(others.map(|(_, disk)| disk)) {
        added.retain(|command| !rows::is_reservations_helper(command));
    }
    let mut commands = convert::removal(&added);
    guest_forwarding(&mut commands, &running.domain, id);
    ejected(&mut commands, &running.domain, id, request.release());
    Ok(commands)
}

/// The commands that attaching device `id` of the running domain would have taken.
pub(super) fn added(
    running: &Running,
    id: DeviceId,
    request: &Request<'_>,
) -> Result<Vec<Command>, virtargv_model::Report> {
    let host = Override::new(request.host).with_secrets(&Unread);
    // What is encrypted is not shown.
    let request = Request { host: &host, ..request.clone() };
    let next = Counters { node: running.last_node.saturating_add(1), set: 0 };
    let guest = Guest::of(&running.domain, request.caps, request.host.arch());
    let wanted = Alone { domain: &running.domain, guest: &guest, devices: &[id], next, runs: true };
    let (prepared, alone) = alone(&wanted, &request)?;
    let line = emit_devices(&prepared, &alone);
    Ok(convert::commands(&line.arguments, &line.needs))
}

/// libvirt leaves the backend of a `guestfwd` channel, whose device is the forwarding.
fn guest_forwarding(commands: &mut Vec<Command>, domain: &Domain, id: DeviceId) {
    let channel = domain.devices.channels.get(id.index).filter(|_| id.kind == DeviceKind::Channel);
    if channel.is_some_and(|channel| matches!(channel.target, ChannelTarget::Guestfwd { .. })) {
        commands.retain(|command| command.execute != "chardev-remove");
    }
}

/// Where an ejected drive keeps the number of a block node that is gone, libvirt removes that node with the drive all the same.
fn ejected(commands: &mut Vec<Command>, domain: &Domain, id: DeviceId, release: Release) {
    let disk = domain.devices.disks.get(id.index).filter(|_| id.kind == DeviceKind::Disk);
    let Some(disk) = disk.filter(|disk| disk.image.is_empty()) else { return };
    if let (Some(number), false) = (disk.image.index, release.has(Convention::EjectedUnnumbered)) {
        let node = text!("libvirt-", number, "-storage");
        let removal = Command::new("blockdev-del", Props::object().with("node-name", node));
        let removal = Command { may_fail: true, ..removal };
        commands.push(
            removal
                .because("libvirt removes the node of the ejected medium again; QEMU answers with an error"),
        );
    }
}
