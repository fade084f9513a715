//! `<disk>`: the images, then the device.

mod drive;
mod floppy;
mod frontend;

use virtargv_caps::Cap;
use virtargv_model::device::disk::Disk;

use crate::emit::context::Emit;
use crate::emit::storage;
use crate::needs::Process;
use crate::prepare::device::Device;
use crate::prepare::device::disk::{Backend, Facts, Frontend};
use crate::text::{Text, text};
use crate::{Props, prepare};

/// A disk that is emitted.
type DiskDevice<'p> = Device<'p, Disk, Option<prepare::device::disk::Facts>>;

/// Emits every `<disk>`.
pub(crate) fn emit(e: &mut Emit<'_>) {
    // A floppy drive that is a device needs its controller before it. One that is a property of the controller must be
    // before the controller.
    let floppies_are_devices = e.has(Cap::Blockdev);
    if floppies_are_devices {
        floppy::controller(e);
    }
    for disk in e.prepared.disks() {
        // A disk that is not prepared is hotplugged after the start.
        if let Some(facts) = disk.facts {
            e.at(disk);
            one(e, disk, facts);
        }
    }
    if !floppies_are_devices {
        floppy::controller(e);
    }
}

fn one(e: &mut Emit<'_>, disk: DiskDevice<'_>, facts: &Facts) {
    match &facts.backend {
        Backend::VhostUser { path, reconnect } => {
            e.need_listener(path, Process::VhostUser);
            let mut props = Props::new("backend", "socket").with("id", vhost_user_id(disk.alias));
            props.set("path", path.clone());
            super::chardev_source::add_reconnect(e, &mut props, *reconnect);
            e.chardev(props);
        }
        Backend::Nodes(chain) => storage::emit_chain(e, chain, facts.access, disk.readonly),
        Backend::Drive(drive) => self::drive::emit(e, disk, facts, drive),
    }
    if let Some(frontend) = facts.frontend {
        if matches!(frontend, Frontend::UsbBot(_)) {
            let props = frontend::usb_adapter(e, disk);
            e.device(props);
        }
        let props = frontend::props(e, disk, facts, frontend);
        e.device(props);
    }
}

/// The id of the drive of a disk without block nodes.
fn drive_id(disk: DiskDevice<'_>) -> Text {
    text!("drive-", disk.alias)
}

/// The id of the backend of a vhost-user disk.
fn vhost_user_id(alias: &str) -> Text {
    text!("chr-vu-", alias)
}

/// Emits the throttle groups.
pub(crate) fn throttle_groups(e: &mut Emit<'_>) {
    for (index, group) in e.prepared.facts.throttle_groups.iter().enumerate() {
        let mut limits = Props::object();
        for (limit, value) in &group.limits {
            limits.set(limit.clone(), *value);
        }
        e.at_numbered("throttlegroups/throttlegroup", index, group.pos);
        let props = Props::new("qom-type", "throttle-group").with("id", group.id.clone());
        e.object(props.with("limits", limits));
    }
}
