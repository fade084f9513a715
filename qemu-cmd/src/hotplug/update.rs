//! Changing a device: what can change while a guest runs, and how.

mod disk;
mod graphics;
mod memory;
mod net;

use virtargv_host::Request;
use virtargv_model::device::{DeviceId, DeviceKind, Devices};
use virtargv_model::status::Running;
use virtargv_model::{Message, Outcome, Place, Report, Rule};
use virtargv_validate::ValidDevice;

use super::{Hotplug, rules};
pub(super) use disk::check_kind as check_drive;

/// How a device is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct UpdateOptions {
    /// Whether the tray of a drive is opened although the guest has locked it.
    pub force: bool,
}

/// What the change of a device is given.
struct Change<'a> {
    running: &'a Running,
    /// The device that is changed.
    id: DeviceId,
    /// The devices as they are to be.
    new: &'a Devices,
    place: Place,
    request: &'a Request<'a>,
    options: UpdateOptions,
    report: &'a mut Report,
}

impl Change<'_> {
    fn refuse(&mut self, rule: &'static Rule, message: impl Into<Message>) {
        let problem = rule.problem(self.request.release(), self.place.clone(), message);
        self.report.push(problem);
    }

    /// Refuses the first of `rows` that differs, as libvirt does. Returns whether one does.
    fn fixed<T>(&mut self, rows: &[Fixed<T>], old: &T, new: &T, of: &str) -> bool {
        let Some(row) = rows.iter().find(|row| (row.differs)(old, new)) else { return false };
        let message = format!("`{}` of {of} cannot be changed while the guest runs", row.name);
        self.refuse(&rules::FIXED, message);
        true
    }
}

/// Something of a device that cannot be changed.
struct Fixed<T> {
    /// Its name in messages.
    name: &'static str,
    /// Whether it is other in the second device.
    differs: fn(&T, &T) -> bool,
}

/// The commands that change a device of `running` to what it is in `valid`.
pub fn update(
    running: &Running,
    valid: Outcome<ValidDevice>,
    request: &Request<'_>,
    options: UpdateOptions,
) -> Outcome<Hotplug> {
    valid.then(|valid, mut report| {
        let id = valid.device;
        let new = &valid.domain.domain().devices;
        let place = new.info(id).map(|info| info.pos.into()).unwrap_or_default();
        let mut change = Change { running, id, new, place, request, options, report: &mut report };
        let done = match id.kind {
            DeviceKind::Disk => disk::update(&mut change, &valid),
            DeviceKind::Graphics => graphics::update(&mut change),
            DeviceKind::Interface => net::update(&mut change),
            DeviceKind::MemoryDevice => memory::update(&mut change),
            _ => None,
        };
        Outcome { value: done.filter(|_| report.is_empty()), report }
    })
}
