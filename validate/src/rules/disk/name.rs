//! Rules on the name of a disk: `<target dev=>`.

use foldhash::HashMap;
use virtargv_caps::Convention;
use virtargv_model::Message;
use virtargv_model::device::disk::{Disk, DiskDevice, DiskName, NvmeName};
use virtargv_model::device::storage::Location;

use crate::{Context, Findings};

virtargv_model::rules! {
    /// A disk has a `<target>`.
    NO_TARGET = "disk-target-missing": Plain, Validate (Read before "7.1"),
        "`<disk><target dev=>`: the name of the disk; without `bus=` it also tells the bus",
        help "add `<target dev='vda' bus='virtio'/>`, with a `dev=` that no other disk has";
    /// The target name of a disk begins with a prefix of its device.
    NAME_PREFIX = "disk-name-prefix": Internal, Validate (Read before "7.1"),
        "`<disk><target dev=>`: floppy drives are `fd*`, hard disks and LUNs `hd*`, `sd*`, `vd*`, `xvd*`, `ubd*` or `nvme*`",
        help "use a name such as `vda`, `sda`, `hda` or `fda`";
    /// The target name of a disk names a whole disk.
    TARGET = "disk-target-name": Unsupported, Validate,
        "`<disk><target dev=>`: a prefix and letters, such as `vda`; a number behind them would be a partition. An NVMe disk is a namespace of a controller, such as `nvme0n1`",
        help "use a name such as `vda` or `nvme0n1`";
    /// Every disk has a target name of its own.
    NAME_TWICE = "disk-name-twice": Xml, Validate,
        "`<disk><target dev=>`: the name by which backing chains, aliases and management operations tell disks apart",
        help "give one of the disks another `dev=`";
}

/// Reports a disk without a target.
pub(super) fn check_missing(disk: &Disk, out: &mut Findings<'_>) {
    let shown = match &disk.image.location {
        Location::Volume(volume) => volume.volume.as_deref().unwrap_or(""),
        _ => disk.image.path().unwrap_or(""),
    };
    out.refuse(&NO_TARGET, disk.info.pos, format!("the disk with source `{shown}` has no `<target>`"));
}

/// Checks that the name has a prefix of the device.
pub(super) fn check_prefix(cx: &Context<'_>, disk: &Disk, out: &mut Findings<'_>) {
    let nvme = matches!(disk.device(), DiskDevice::Disk | DiskDevice::Lun)
        && cx.release.has(Convention::NvmeNames)
        && disk.dst().starts_with("nvme");
    let known: &[&str] = match disk.device() {
        DiskDevice::Floppy => &["fd"],
        DiskDevice::Disk | DiskDevice::Lun => &["hd", "sd", "vd", "xvd", "ubd"],
        DiskDevice::Cdrom => return,
    };
    if !nvme && !known.iter().any(|p| disk.dst().starts_with(p)) {
        let message = format!("target name `{}` is not valid for device `{}`", disk.dst(), disk.device());
        out.refuse(&NAME_PREFIX, disk.target_pos.attr("dev"), message);
    }
}

/// Checks that the name is that of a whole disk.
pub(super) fn check_whole(disk: &Disk, out: &mut Findings<'_>) {
    if NvmeName::parse(disk.dst()).is_some() {
        return;
    }
    let message = match DiskName::parse(disk.dst()) {
        None => format!("target name `{}` is not a prefix such as `vd` and letters", disk.dst()),
        // libvirt takes partition 0 for the whole disk.
        Some(name) if name.partition.is_some_and(|p| p > 0) => {
            format!("target name `{}` names a partition", disk.dst())
        }
        Some(_) => return,
    };
    out.refuse(&TARGET, disk.target_pos.attr("dev"), message);
}

/// A disk by its source, as messages name it.
fn shown(disk: &Disk) -> String {
    match disk.image.path() {
        Some(path) => format!("the disk with source `{path}`"),
        None => "a drive without a medium".to_owned(),
    }
}

/// Checks that every disk has a name of its own.
pub(super) fn check_unique(cx: &Context<'_>, out: &mut Findings<'_>) {
    let mut seen: HashMap<&str, &Disk> = HashMap::with_capacity_and_hasher(
        cx.domain.devices.disks.len(),
        foldhash::fast::RandomState::default(),
    );
    for disk in cx.domain.devices.disks.iter().filter(|d| d.target.dev.is_some()) {
        let Some(first) = seen.get(disk.dst()) else {
            seen.insert(disk.dst(), disk);
            continue;
        };
        let message = format!("{} and {} both have the target `{}`", shown(first), shown(disk), disk.dst());
        let message = Message::new(message).with_first(first.target_pos.attr("dev"));
        out.refuse(&NAME_TWICE, disk.target_pos.attr("dev"), message);
    }
}
