//! `-drive` of a disk, for QEMUs without `-blockdev` and for SD cards.

use virtargv_caps::Cap;
use virtargv_model::device::disk::Iotune;
use virtargv_model::{OnOff, Spelled};

use super::DiskDevice;
use crate::Props;
use crate::emit::context::Emit;
use crate::emit::storage::{add_format, add_image};
use crate::prepare::device::disk::{Drive, DriveSlot, ErrorPolicies, Facts};
use crate::prepare::throttle::limits;

/// Emits `-drive`, after the objects that it refers to.
pub(super) fn emit(e: &mut Emit<'_>, disk: DiskDevice<'_>, facts: &Facts, drive: &Drive) {
    let access = facts.access;
    let mut props = Props::object();
    if let Some(image) = &drive.image {
        add_image(e, &mut props, image, access);
        add_format(&mut props, image);
    }
    match &drive.slot {
        DriveSlot::Sd(index) => props.set("if", "sd").set("index", *index),
        DriveSlot::Device(id) => props.set("if", "none").set("id", id.clone()),
    };
    if !e.has(Cap::StorageWerror) {
        add_error_policy(&mut props, facts.errors);
    }
    if disk.readonly {
        props.set("readonly", true);
    }
    if drive.has_medium {
        props.set_opt("cache", access.cache.map(Spelled::as_str));
        props.set_opt("copy-on-read", disk.driver.copy_on_read.map(OnOff::is_on));
        props.set_opt("discard", access.discard.map(Spelled::as_str));
        props.set_opt("detect-zeroes", access.detect_zeroes.map(Spelled::as_str));
        props.set_opt("aio", access.io.map(Spelled::as_str));
    }
    if let Some(tune) = &disk.iotune {
        add_throttling(&mut props, tune);
    }
    e.pairs("-drive", props);
}

/// Adds `werror=` and `rerror=`.
pub(super) fn add_error_policy(props: &mut Props, errors: ErrorPolicies) {
    props.set_opt("werror", errors.write).set_opt("rerror", errors.read);
}

fn add_throttling(props: &mut Props, tune: &Iotune) {
    let mut group = tune.group_name.as_ref();
    for (name, value) in limits(tune) {
        // libvirt emits the name of the group between the limits and the lengths of bursts.
        if name.ends_with("-length") {
            props.set_opt("throttling.group", group.take());
        }
        if value > 0 {
            props.set(format!("throttling.{name}"), value);
        }
    }
}
