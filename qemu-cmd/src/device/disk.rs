//! `<disk>`: the images, then the device that shows them to the guest.

mod drive;
mod floppy;
pub(crate) mod frontend;

use virtargv_caps::Cap;
use virtargv_model::device::disk::{Disk, DiskBus, DiskDevice};
use virtargv_model::device::storage::{Location, SourceType};
use virtargv_model::{Kind, YesNo};

use super::address;
use crate::Props;
use crate::emit::{Done, Emit, problem};
use crate::storage::{self, DiskPlan};
use crate::text::text;

/// Emits the disks.
pub(crate) fn emit(e: &mut Emit<'_>) -> Done {
    // Drives that are devices need their controller first, those that are its options need to be there before it.
    let floppies_are_devices = e.has(Cap::Blockdev);
    if floppies_are_devices {
        floppy::controller(e);
    }
    for (n, disk) in e.domain().devices.disks.iter().enumerate() {
        let plan = e.plan.storage.disks.get(n);
        emit_one(e, disk, plan.unwrap_or(&DiskPlan::default()))?;
    }
    if !floppies_are_devices {
        floppy::controller(e);
    }
    Ok(())
}

fn emit_one(e: &mut Emit<'_>, disk: &Disk, plan: &DiskPlan) -> Done {
    let alias = alias(disk);
    if is_added_later(disk) {
        return Ok(());
    }
    if disk.device() == DiskDevice::Floppy && e.guest().is_pseries() {
        let message = format!("'pseries' machines have no floppy drive, as disk '{}' would be", disk.dst());
        return Err(problem(Kind::Unsupported, "disk-floppy-pseries", disk.info.pos, message));
    }
    let blockdev = e.has(Cap::Blockdev);
    if let Location::VhostUser(socket) = &disk.image.location {
        drive::vhost_user(e, socket, alias);
    } else if blockdev && disk.bus() != Some(DiskBus::Sd) {
        storage::emit_chain(e, disk, plan, alias)?;
    } else {
        drive::emit(e, disk, alias)?;
    }
    match disk.bus() {
        Some(DiskBus::Sd) => return Ok(()),
        Some(DiskBus::Fdc) if !blockdev => return Ok(()),
        _ => {}
    }
    let props = frontend::props(e, disk, plan)?;
    e.device(&props);
    Ok(())
}

/// Whether the disk is only plugged in once its throw-away layer was made: others may hold the image below it.
fn is_added_later(disk: &Disk) -> bool {
    disk.transient.is_some_and(|t| t.share_backing == Some(YesNo::Yes))
}

/// The alias of a disk.
pub(crate) fn alias(disk: &Disk) -> &str {
    disk.info.alias.as_deref().unwrap_or_default()
}

/// The id of the drive behind a disk, where it is not made of nodes.
fn drive_id(disk: &Disk) -> String {
    text!("drive-", alias(disk))
}

/// What is put into `drive=`, if anything.
fn backend(e: &Emit<'_>, disk: &Disk, plan: &DiskPlan) -> Option<String> {
    if disk.image.kind() == SourceType::VhostUser {
        None
    } else if e.has(Cap::Blockdev) {
        plan.top().map(str::to_owned)
    } else {
        Some(drive_id(disk))
    }
}

/// Emits the groups that disks pass their requests through.
pub(crate) fn throttle_groups(e: &mut Emit<'_>) -> Done {
    for group in &e.domain().throttle_groups {
        let name = group.0.group_name.as_deref().unwrap_or_default();
        let mut limits = Props::object();
        for (limit, value) in drive::limits(&group.0) {
            // The length of a burst is only said where there is one.
            if value > 0 || !limit.ends_with("-length") {
                limits.set(limit, value);
            }
        }
        let props = Props::new("qom-type", "throttle-group")
            .with("id", format!("throttle-{name}"))
            .with("limits", limits);
        e.object(&props);
    }
    Ok(())
}
