//! Rules on `<disk>`.
//!
//! Some hold for every hypervisor the reference knows ([`common`]), some for QEMU ([`frontend`], [`tuning`], [`image`]).
//! Which of the two come first is a matter of the release.

pub mod address;
pub mod common;
pub mod frontend;
pub mod image;
pub mod iothreads;
pub mod source;
pub mod tuning;
pub mod vhost_user;

use std::collections::HashMap;

use virtargv_caps::{Cap, Convention};
use virtargv_model::device::disk::{Disk, DiskBus, DiskDevice, DiskName, Tray};
use virtargv_model::device::storage::SourceType;
use virtargv_model::info::{Address, DriveAddress};
use virtargv_model::{Spelled, YesNo};

use self::common::Part;
use crate::{Context, Findings};

crate::rules! {
    /// Every disk has a name of its own.
    NAME_TWICE = "disk-name-twice": Xml, Validate, "disk/target/@dev; the name is what everything else calls the disk by";
    /// Every disk has a place of its own on its bus.
    ADDRESS_TWICE = "disk-address-twice": Unsupported, Validate, "disk/address; a controller has one device at a place";
    /// pseries machines have no floppy drive.
    FLOPPY_PSERIES = "disk-floppy-pseries": Unsupported, Build, "disk/@device; the machine has no floppy controller";
    /// Only drives with removable media have a tray.
    TRAY = "disk-tray-block": Unsupported, Build, "disk/target/@tray; a block device is always there";
    /// The name of a card says which slot it is in.
    SD_NAME = "disk-sd-name": Internal, Build, "disk/target/@dev; -drive if=sd,index=";
    /// A disk is on a bus that QEMU has a device for.
    BUS = "disk-bus": Internal, Build, "disk/target/@bus; QEMU's disk devices";
}

/// Holds every `<disk>` against its rules.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    let common_first = cx.caps.release().has(Convention::CommonRulesFirst);
    let groups = tuning::groups(cx);
    for disk in &cx.domain.devices.disks {
        // Nothing else can be said of a disk without a name.
        if disk.target.dev.is_none() {
            common::no_name(disk, out);
            continue;
        }
        common::check(cx, disk, if common_first { Part::All } else { Part::Early }, out);
        address::check(cx, disk, out);
        frontend::check(cx, disk, out);
        iothreads::check(cx, disk, out);
        tuning::check(cx, disk, &groups, out);
        image::check(cx, disk, out);
        if !common_first {
            common::check(cx, disk, Part::Late, out);
        }
    }
    names(cx, out);
    addresses(cx, out);
}

/// What the image of a disk is called in messages.
fn shown_source(disk: &Disk) -> &str {
    disk.image.path().unwrap_or("(null)")
}

fn names(cx: &Context<'_>, out: &mut Findings<'_>) {
    let mut seen: HashMap<&str, &Disk> = HashMap::with_capacity(cx.domain.devices.disks.len());
    for disk in cx.domain.devices.disks.iter().filter(|d| d.target.dev.is_some()) {
        let Some(first) = seen.insert(disk.dst(), disk) else { continue };
        let message = format!(
            "the disks of '{}' and '{}' both have the target '{}'",
            shown_source(first),
            shown_source(disk),
            disk.dst()
        );
        out.refuse(&NAME_TWICE, disk.target_pos.attr("dev"), message);
    }
}

fn addresses(cx: &Context<'_>, out: &mut Findings<'_>) {
    let count = cx.domain.devices.disks.len();
    let mut seen: HashMap<(Option<DiskBus>, DriveAddress), &Disk> = HashMap::with_capacity(count);
    for disk in &cx.domain.devices.disks {
        let Some(Address::Drive(at)) = disk.info.address else { continue };
        let Some(first) = seen.insert((disk.bus(), at), disk) else { continue };
        let message = format!(
            "disk '{}' and disk '{}' are both at controller='{}' bus='{}' target='{}' unit='{}'",
            first.dst(),
            disk.dst(),
            at.controller,
            at.bus,
            at.target,
            at.unit
        );
        out.refuse(&ADDRESS_TWICE, disk.info.pos.path("address"), message);
    }
}

/// Holds what is only found while the line is built.
pub(crate) fn build(cx: &Context<'_>, out: &mut Findings<'_>) {
    for disk in &cx.domain.devices.disks {
        // What is only plugged in once the guest runs is not part of the line.
        if disk.transient.is_some_and(|t| t.share_backing == Some(YesNo::Yes)) {
            continue;
        }
        if disk.device() == DiskDevice::Floppy && cx.guest.is_pseries() {
            let message =
                format!("'pseries' machines have no floppy drive, as disk '{}' would be", disk.dst());
            out.refuse(&FLOPPY_PSERIES, disk.info.pos, message);
            continue;
        }
        source::build(cx, disk, out);
        let by_drive = !cx.has(Cap::Blockdev) || disk.bus() == Some(DiskBus::Sd);
        if by_drive
            && disk.target.tray == Some(Tray::Open)
            && disk.image.kind() == SourceType::Block
            && !matches!(disk.device(), DiskDevice::Floppy | DiskDevice::Cdrom)
        {
            let message = format!("disk '{}' is a block device, whose tray is not 'open'", disk.dst());
            out.refuse(&TRAY, disk.target_pos.attr("tray"), message);
        }
        match disk.bus() {
            Some(DiskBus::Sd) if DiskName::index(disk.dst()).is_none() => {
                let message = format!("the name of disk '{}' does not say which slot it is in", disk.dst());
                out.refuse(&SD_NAME, disk.target_pos.attr("dev"), message);
            }
            Some(
                DiskBus::Ide
                | DiskBus::Sata
                | DiskBus::Scsi
                | DiskBus::Usb
                | DiskBus::Fdc
                | DiskBus::Virtio
                | DiskBus::Sd,
            ) => {}
            other => {
                let bus = other.map_or("", Spelled::as_str);
                let message = format!("bus '{bus}' of disk '{}' has no device in QEMU", disk.dst());
                out.refuse(&BUS, disk.target_pos.attr("bus"), message);
            }
        }
    }
}
