//! Rules on limits.

use std::collections::HashMap;

use virtargv_caps::Cap;
use virtargv_model::device::disk::{Disk, DiskBus, Iotune};

use crate::{Context, Findings};

/// The largest limit QEMU takes.
const MOST: u64 = 1_000_000_000_000_000;

virtargv_model::rules! {
    /// A group of limits has limits.
    GROUP_ALONE = "disk-iotune-group-alone": Unsupported, Validate, "iotune/group_name; throttling.group=";
    /// A card cannot be throttled.
    SD = "disk-iotune-sd": Unsupported, Validate, "disk/iotune";
    /// Disks of one group have the same limits.
    GROUP_DIFFERS = "disk-iotune-group-differs": Unsupported, Validate, "iotune/group_name; the limits are the group's";
    /// Limits need a QEMU that has them.
    QEMU_LACKS = "disk-iotune-qemu": Unsupported, Validate, "disk/iotune; throttling.*";
    /// A limit is at most 10^15.
    RANGE = "disk-iotune-range": ArgumentUnsupported, Validate, "disk/iotune; THROTTLE_VALUE_MAX";
    /// A disk has limits of its own or those of groups, not both.
    FILTERS = "disk-throttlefilters-iotune": NotSupported, Validate, "disk/throttlefilters; the two are made by different means";
    /// A disk passes groups that are there.
    FILTER_UNKNOWN = "disk-throttlefilter-unknown": Unsupported, Validate, "throttlefilter/@group; throttlegroups/throttlegroup";
}

/// For each named group the first disk of it.
pub(super) fn groups<'a>(cx: &Context<'a>) -> HashMap<&'a str, &'a Disk> {
    let mut groups = HashMap::new();
    for disk in &cx.domain.devices.disks {
        if let Some(name) = disk.iotune.as_ref().and_then(|tune| tune.group_name.as_deref()) {
            groups.entry(name).or_insert(disk);
        }
    }
    groups
}

/// Holds the limits of `disk` against them.
pub(super) fn check(cx: &Context<'_>, disk: &Disk, groups: &HashMap<&str, &Disk>, out: &mut Findings<'_>) {
    if let Some(tune) = &disk.iotune {
        check_limits(cx, disk, tune, groups, out);
    }
    for group in &disk.throttle_filters {
        let known = |g: &virtargv_model::device::disk::ThrottleGroup| g.0.group_name.as_ref() == Some(group);
        if !cx.domain.throttle_groups.iter().any(known) {
            let message =
                format!("disk '{}' passes throttle group '{group}', which is not there", disk.dst());
            out.refuse(&FILTER_UNKNOWN, disk.info.pos.path("throttlefilters"), message);
        }
    }
}

fn check_limits(
    cx: &Context<'_>,
    disk: &Disk,
    tune: &Iotune,
    groups: &HashMap<&str, &Disk>,
    out: &mut Findings<'_>,
) {
    if let Some(name) = &tune.group_name {
        if !tune.is_limited() {
            let message = format!("'group_name' '{name}' of disk '{}' goes with limits", disk.dst());
            out.refuse(&GROUP_ALONE, tune.pos.path("group_name"), message);
        }
        if let Some(first) = groups.get(name.as_str())
            && first.iotune.as_deref() != Some(tune)
        {
            let message =
                format!("disks {} and {} have different limits in group '{name}'", first.dst(), disk.dst());
            out.refuse(&GROUP_DIFFERS, tune.pos, message);
        }
    }
    if disk.bus() == Some(DiskBus::Sd) && tune.is_limited() {
        out.refuse(&SD, tune.pos, format!("'iotune' is not for disk '{}' on bus='sd'", disk.dst()));
    }
    for (name, value) in tune.limits().into_iter().take(13).filter(|(_, value)| *value > MOST) {
        let message = format!("'{name}' is '{value}', QEMU takes up to {MOST}");
        out.refuse(&RANGE, tune.pos.path(name), message);
    }
    check_caps(cx, disk, tune, out);
    if !disk.throttle_filters.is_empty() {
        let message = format!("disk '{}' has 'throttlefilters' and 'iotune'", disk.dst());
        out.refuse(&FILTERS, disk.info.pos.path("throttlefilters"), message);
    }
}

fn check_caps(cx: &Context<'_>, disk: &Disk, tune: &Iotune, out: &mut Findings<'_>) {
    let any = |from: usize, count: usize| tune.limits().iter().skip(from).take(count).any(|(_, v)| *v > 0);
    for (is_set, cap, what) in [
        (any(6, 7), Cap::DriveIotuneMax, "limits on bursts"),
        (tune.group_name.is_some(), Cap::DriveIotuneGroup, "groups of limits"),
        (any(13, 6), Cap::DriveIotuneMaxLength, "limits on the length of bursts"),
    ] {
        if is_set && !cx.has(cap) {
            let message = format!("this QEMU has no {what}, as disk '{}' asks for", disk.dst());
            out.refuse(&QEMU_LACKS, tune.pos, message);
        }
    }
}
