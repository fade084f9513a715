//! Attaching a device.

use virtargv_host::Request;
use virtargv_model::Outcome;
use virtargv_model::device::DeviceId;
use virtargv_model::status::Running;
use virtargv_validate::ValidDevice;

use super::{Hotplug, TeamingPair, after, check, convert, rows};
use crate::emit::emit_devices;
use crate::prepare::storage::Counters;
use crate::prepare::{Alone, alone};

/// The commands that attach the device of `valid` to the running domain `running`, which is in it with the device.
pub fn attach(running: &Running, valid: Outcome<ValidDevice>, request: &Request<'_>) -> Outcome<Hotplug> {
    valid.then(|valid, mut report| {
        let devices = &valid.domain.domain().devices;
        report
            .extend(check::attach(&running.domain, devices, valid.device, request.release()).iter().cloned());
        if !report.is_empty() {
            return Outcome { value: None, report };
        }
        let devices: Vec<DeviceId> = valid.controller.into_iter().chain([valid.device]).collect();
        let next = Counters { node: running.last_node.saturating_add(1), set: running.next_set };
        let domain = valid.domain.domain();
        let wanted = Alone { domain, guest: valid.domain.guest(), devices: &devices, next, runs: false };
        let (prepared, alone) = match alone(&wanted, request) {
            Ok(prepared) => prepared,
            Err(problems) => {
                report.extend(problems.iter().cloned());
                return Outcome { value: None, report };
            }
        };
        let place = domain.devices.info(valid.device).map(|info| info.pos).unwrap_or_default();
        if let Err(problem) = check::key(&prepared, request, place) {
            report.push(problem);
            return Outcome { value: None, report };
        }
        let line = emit_devices(&prepared, &alone);
        let mut commands = convert::commands(&line.arguments, &line.needs);
        rows::attach(&mut commands, &line, running, domain, valid.device);
        let after = after::attached(&running.domain, domain, &prepared, &alone, &line.needs);
        let last = after.devices.count_of(valid.device.kind).saturating_sub(1);
        let teaming = TeamingPair::of(&after.devices, DeviceId { kind: valid.device.kind, index: last });
        Outcome { value: Some(Hotplug { commands, needs: line.needs, domain: after, teaming }), report }
    })
}
