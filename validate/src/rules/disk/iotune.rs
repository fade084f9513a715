//! Rules on `<iotune>` and `<throttlefilters>`.

use foldhash::HashMap;
use virtargv_caps::Cap;
use virtargv_model::device::disk::{Disk, DiskBus, DiskDevice, Iotune};

use crate::{Context, Findings};

/// The largest limit that QEMU takes (`THROTTLE_VALUE_MAX`), in bytes or operations a second.
const MOST: u64 = 1_000_000_000_000_000;

virtargv_model::rules! {
    /// A throttling group has limits.
    GROUP_ALONE = "disk-iotune-group-alone": Unsupported, Validate,
        "`<disk><iotune><group_name>`: `throttling.group=` names limits that disks share",
        help "add limits such as `<total_bytes_sec>`, or remove `<group_name>`";
    /// A disk on bus `sd` has no limits.
    SD = "disk-iotune-sd": Unsupported, Validate,
        "`<disk><iotune>`: libvirt sets limits by the id of the disk's QEMU device; a disk on bus `sd` is a `-drive` without one",
        help "remove `<iotune>`, or use another bus";
    /// Disks of one throttling group have the same limits.
    GROUP_DIFFERS = "disk-iotune-group-differs": Unsupported, Validate,
        "`<disk><iotune><group_name>`: the limits belong to QEMU's throttle group",
        help "use the same limits on all disks of the group, or another `<group_name>`";
    /// A kind of limit needs a QEMU that has it.
    QEMU_LACKS = "disk-iotune-qemu": Unsupported, Validate,
        "`<disk><iotune>`: `throttling.*-max` (QEMU 1.7), `throttling.group` (QEMU 2.4) and `throttling.*-max-length` (QEMU 2.6)",
        help "remove the element from `<iotune>`, or use a QEMU that has it";
    /// A limit is at most 1000000000000000.
    RANGE = "disk-iotune-range": ArgumentUnsupported, Validate,
        "`<disk><iotune>`: THROTTLE_VALUE_MAX of QEMU",
        help "lower the limit, or remove it";
    /// A disk has either limits of its own or throttle filters.
    FILTERS = "disk-throttlefilters-iotune": NotSupported, Validate,
        "`<disk><iotune>` and `<throttlefilters>`: the one is the `throttling.*` options, the other the block driver `throttle`",
        help "remove `<iotune>` or `<throttlefilters>`";
    /// A CD-ROM has no throttle filters.
    FILTERS_CDROM = "disk-throttlefilters-cdrom": NotSupported, Validate,
        "`<disk device='cdrom'><throttlefilters>`: the filters would have to follow each medium",
        help "remove `<throttlefilters>`, or use `<iotune>`", since "11.2";
    /// The group of a throttle filter is one of the domain's.
    FILTER_UNKNOWN = "disk-throttlefilter-unknown": Xml, Validate,
        "`<throttlefilters><throttlefilter group=>`: the name of a `<throttlegroup>`",
        help "add a `<throttlegroup>` of that name to `<throttlegroups>`";
    /// A total limit excludes separate limits on reads and writes.
    TOTAL_AND_PARTS = "disk-iotune-total": Xml, Validate (Read before "7.1"),
        "`<disk><iotune>`: QEMU's throttling refuses `*-total` together with `*-read` or `*-write`",
        help "keep either the `total_*` element or the `read_*` and `write_*` elements";
}

/// The first disk of each throttling group, whose limits the others must have.
pub(super) fn groups<'a>(cx: &Context<'a>) -> HashMap<&'a str, &'a Disk> {
    let mut groups = HashMap::default();
    for disk in &cx.domain.devices.disks {
        if let Some(name) = disk.iotune.as_ref().and_then(|tune| tune.group_name.as_deref()) {
            groups.entry(name).or_insert(disk);
        }
    }
    groups
}

/// Checks the limits and throttle filters of `disk` against the rules above.
pub(super) fn check(cx: &Context<'_>, disk: &Disk, groups: &HashMap<&str, &Disk>, out: &mut Findings<'_>) {
    if let Some(tune) = &disk.iotune {
        check_limits(cx, disk, tune, groups, out);
    }
    if !disk.throttle_filters.is_empty() && disk.device() == DiskDevice::Cdrom {
        let message = format!("disk `{}` is a CD-ROM, which cannot have `throttlefilters`", disk.dst());
        out.refuse(&FILTERS_CDROM, disk.info.pos.path("throttlefilters"), message);
    }
    for group in &disk.throttle_filters {
        if !cx.known.has_throttle_group(group) {
            let message = format!(
                "disk `{}` names throttle group `{group}`, which the domain does not have",
                disk.dst()
            );
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
            let message = format!("`group_name` `{name}` of disk `{}` needs limits", disk.dst());
            out.refuse(&GROUP_ALONE, tune.pos.path("group_name"), message);
        }
        if let Some(first) = groups.get(name.as_str())
            && first.iotune.as_deref() != Some(tune)
        {
            let message = format!(
                "disks `{}` and `{}` have different limits in group `{name}`",
                first.dst(),
                disk.dst()
            );
            out.refuse(&GROUP_DIFFERS, tune.pos, message);
        }
    }
    if disk.bus() == Some(DiskBus::Sd) && tune.is_limited() {
        out.refuse(
            &SD,
            tune.pos,
            format!("`iotune` is not supported for disk `{}` on `bus='sd'`", disk.dst()),
        );
    }
    for (name, value) in tune.limits().into_iter().take(13).filter(|(_, value)| *value > MOST) {
        let message = format!("`{name}` is `{value}`, it must be at most {MOST}");
        out.refuse(&RANGE, tune.pos.path(name), message);
    }
    check_caps(cx, disk, tune, out);
    if !disk.throttle_filters.is_empty() {
        let message = format!("disk `{}` has both `throttlefilters` and `iotune`", disk.dst());
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
            let message = format!("this QEMU has no {what}, which disk `{}` needs", disk.dst());
            out.refuse(&QEMU_LACKS, tune.pos, message);
        }
    }
}

/// Checks that a disk has no total limit besides limits on reads and writes.
pub(super) fn check_totals(disk: &Disk, out: &mut Findings<'_>) {
    let Some(tune) = &disk.iotune else { return };
    let sets = [
        ("bytes_sec", tune.total_bytes_sec, tune.read_bytes_sec | tune.write_bytes_sec),
        ("iops_sec", tune.total_iops_sec, tune.read_iops_sec | tune.write_iops_sec),
        ("bytes_sec_max", tune.total_bytes_sec_max, tune.read_bytes_sec_max | tune.write_bytes_sec_max),
        ("iops_sec_max", tune.total_iops_sec_max, tune.read_iops_sec_max | tune.write_iops_sec_max),
    ];
    for (name, total, parts) in sets {
        if total > 0 && parts > 0 {
            let message =
                format!("`<iotune>` has `total_{name}` together with `read_{name}` or `write_{name}`");
            out.refuse(&TOTAL_AND_PARTS, tune.pos, message);
        }
    }
}
