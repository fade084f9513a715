//! `-drive` of a disk, for QEMUs without nodes and for cards in a slot of the board; the socket of a vhost-user disk.

use virtargv_caps::Cap;
use virtargv_model::device::disk::{Disk, DiskBus, DiskDevice, DiskName, ErrorPolicy, Iotune, Tray};
use virtargv_model::device::storage::{SourceType, VhostUserSource};
use virtargv_model::{Kind, OnOff, Spelled, YesNo};

use super::drive_id;
use crate::emit::{Done, Emit, problem};
use crate::needs::Process;
use crate::storage::{Access, Ids, Objects, add_file, add_format};
use crate::{Props, Style};

/// Emits the drive, after the objects it needs.
pub(super) fn emit(e: &mut Emit<'_>, disk: &Disk, alias: &str) -> Done {
    let access = Access::of(disk);
    let image = &disk.image;
    let mut props = Props::object();
    // Nothing is in a drive whose tray is open.
    let is_open = disk.target.tray == Some(Tray::Open);
    if is_open
        && image.kind() == SourceType::Block
        && !matches!(disk.device(), DiskDevice::Floppy | DiskDevice::Cdrom)
    {
        let message = format!("disk '{}' is a block device, whose tray is not 'open'", disk.dst());
        return Err(problem(Kind::Unsupported, "disk-tray-block", disk.target_pos.attr("tray"), message));
    }
    if !image.is_empty() && !is_open {
        let objects = Objects::of(e, image, || Ids::of_drive(alias))?;
        objects.emit(e);
        add_file(e, &mut props, image, access, &objects)?;
        add_format(&mut props, image, &objects);
    }
    if disk.bus() == Some(DiskBus::Sd) {
        let Some(index) = DiskName::index(disk.dst()) else {
            let message = format!("the name of disk '{}' does not say which slot it is in", disk.dst());
            return Err(problem(Kind::Internal, "disk-sd-name", disk.target_pos.attr("dev"), message));
        };
        props.set("if", "sd").set("index", index);
    } else {
        props.set("if", "none").set("id", drive_id(disk));
    }
    if !e.has(Cap::StorageWerror) {
        add_error_policy(&mut props, disk);
    }
    if disk.readonly {
        props.set("readonly", true);
    }
    if !image.is_empty() {
        props.set_opt("cache", access.cache.map(Spelled::as_str));
        props.set_opt("copy-on-read", disk.driver.copy_on_read.map(OnOff::is_on));
        props.set_opt("discard", access.discard.map(Spelled::as_str));
        props.set_opt("detect-zeroes", access.detect_zeroes.map(Spelled::as_str));
        props.set_opt("aio", access.io.map(Spelled::as_str));
    }
    if let Some(tune) = &disk.iotune {
        add_throttling(&mut props, tune);
    }
    e.line.option("-drive", props.to_pairs(Style::OnOff));
    Ok(())
}

/// `werror=`, `rerror=`.
pub(super) fn add_error_policy(props: &mut Props, disk: &Disk) {
    let write = disk.driver.error_policy;
    let word = |policy: ErrorPolicy| match policy {
        ErrorPolicy::Enospace => "enospc",
        other => other.as_str(),
    };
    // One policy is for both, except that reads do not run out of space.
    let both = write.filter(|w| *w != ErrorPolicy::Enospace);
    let read = match write {
        Some(ErrorPolicy::Enospace) => disk.driver.rerror_policy,
        _ => disk.driver.rerror_policy.or(both),
    };
    props.set_opt("werror", write.map(word)).set_opt("rerror", read.map(word));
}

/// The limits by QEMU's names, in its order.
pub(super) fn limits(tune: &Iotune) -> impl Iterator<Item = (String, u64)> {
    tune.limits().into_iter().map(|(name, value)| (qemu_name(name), value))
}

/// `total_bytes_sec_max` is `bps-total-max`.
fn qemu_name(name: &str) -> String {
    if name == "size_iops_sec" {
        return "iops-size".to_owned();
    }
    let (which, rest) = name.split_once('_').unwrap_or(("", name));
    let (unit, rest) = match rest.strip_prefix("bytes_sec") {
        Some(rest) => ("bps", rest),
        None => ("iops", rest.strip_prefix("iops_sec").unwrap_or(rest)),
    };
    format!("{unit}-{which}{}", rest.replace('_', "-"))
}

fn add_throttling(props: &mut Props, tune: &Iotune) {
    let mut group = tune.group_name.as_deref();
    for (name, value) in limits(tune) {
        // The name of the group stands between the limits and the lengths of bursts.
        if name.ends_with("-length") {
            props.set_opt("throttling.group", group.take());
        }
        if value > 0 {
            props.set(format!("throttling.{name}"), value);
        }
    }
}

/// The id of the socket of a vhost-user disk.
pub(super) fn vhost_user_id(alias: &str) -> String {
    format!("chr-vu-{alias}")
}

/// Emits the socket of a process that serves a disk.
pub(super) fn vhost_user(e: &mut Emit<'_>, socket: &VhostUserSource, alias: &str) {
    let mut props = Props::new("backend", "socket").with("id", vhost_user_id(alias));
    let path = socket.path.as_deref().unwrap_or("");
    e.need_listener(path, Process::VhostUser);
    props.set("path", path);
    if let Some(reconnect) = &socket.reconnect
        && let Some(enabled) = reconnect.enabled
    {
        let seconds = reconnect.timeout.filter(|_| enabled == YesNo::Yes).unwrap_or_default();
        if e.has(Cap::ChardevReconnectMiliseconds) {
            props.set("reconnect-ms", u64::from(seconds).saturating_mul(1000));
        } else {
            props.set("reconnect", seconds);
        }
    }
    e.chardev(&props);
}

#[cfg(test)]
mod tests {
    use super::qemu_name;

    fn check(name: &str, expected: &str) {
        assert_eq!(qemu_name(name), expected);
    }

    #[test]
    fn limits_have_other_names_in_qemu() {
        check("total_bytes_sec", "bps-total");
        check("read_iops_sec_max", "iops-read-max");
        check("write_bytes_sec_max_length", "bps-write-max-length");
        check("size_iops_sec", "iops-size");
    }
}
