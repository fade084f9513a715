//! Attaching a device.

use virtargv_host::Request;
use virtargv_model::device::DeviceId;
use virtargv_model::status::Running;
use virtargv_model::{Outcome, Report};
use virtargv_validate::ValidDevice;

use super::{Hotplug, TeamingPair, after, check, convert, rows, transient};
use crate::emit::emit_devices;
use crate::prepare::storage::Counters;
use crate::prepare::{Alone, alone};

/// The commands that attach the device of `valid`, which has the running domain with it, to the running domain `running`.
pub fn attach(running: &Running, valid: Outcome<ValidDevice>, request: &Request<'_>) -> Outcome<Hotplug> {
    valid.then(|valid, mut report| {
        let devices = &valid.domain.domain().devices;
        report
            .extend(check::attach(&running.domain, devices, valid.device, request.release()).iter().cloned());
        if !report.is_empty() {
            return Outcome { value: None, report };
        }
        match commands(running, &valid, request) {
            Ok(done) => Outcome { value: Some(done), report },
            Err(problems) => {
                report.extend(problems.iter().cloned());
                Outcome { value: None, report }
            }
        }
    })
}

/// The commands that attach the device of `valid`, after its controller where that is attached too.
fn commands(running: &Running, valid: &ValidDevice, request: &Request<'_>) -> Result<Hotplug, Report> {
    let (domain, guest) = (valid.domain.domain(), valid.domain.guest());
    let devices: Vec<DeviceId> = valid.controller.into_iter().chain([valid.device]).collect();
    let next = Counters { node: running.last_node.saturating_add(1), set: running.next_set };
    let mut base = transient::Base::of(domain, guest, valid.device, next, request)?;
    let overlaid = base.as_ref().map(|base| base.overlaid(domain, valid.device));
    let wanted = Alone {
        domain: overlaid.as_deref().unwrap_or(domain),
        guest,
        devices: &devices,
        next: base.as_ref().map_or(next, |base| base.next),
        runs: base.is_some(),
    };
    let (prepared, alone) = alone(&wanted, request)?;
    let place = domain.devices.info(valid.device).map(|info| info.pos).unwrap_or_default();
    check::key(&prepared, request, place)?;
    let line = emit_devices(&prepared, &alone);
    let mut commands = convert::commands(&line.arguments, &line.needs);
    if let Some(base) = &mut base {
        commands = base.under(commands);
    }
    rows::attach(&mut commands, &line, running, domain, valid.device);
    let mut after = after::attached(&running.domain, domain, &prepared, &alone, &line.needs);
    let mut needs = line.needs;
    if let Some(base) = base {
        needs = base.needs(needs);
        base.put_below(&mut after.devices, domain.devices.disks.get(valid.device.index));
    }
    let last = after.devices.count_of(valid.device.kind).saturating_sub(1);
    let teaming = TeamingPair::of(&after.devices, DeviceId { kind: valid.device.kind, index: last });
    Ok(Hotplug { teaming, ..Hotplug::new(commands, needs, after) })
}
