//! Rules on `<disk>`.
//!
//! Some are those of the domain format ([`common`]), some those of QEMU ([`frontend`], [`image`]). Which of the two are
//! checked first depends on the release. The other modules have the rules of both on one subject.

pub mod address;
pub mod common;
pub mod encryption;
pub mod frontend;
pub mod image;
pub mod iothreads;
pub mod iotune;
pub mod lun;
pub mod name;
pub mod network;
pub mod source;
pub mod vhost_user;

use std::collections::HashMap;

use virtargv_caps::{Cap, Convention};
use virtargv_model::device::disk::{Disk, DiskBus, DiskDevice, DiskName, Tray};
use virtargv_model::device::storage::SourceType;
use virtargv_model::info::{Address, DriveAddress};
use virtargv_model::{Spelled, YesNo};

use self::common::Part;
use crate::{Context, Findings};

virtargv_model::rules! {
    /// Every disk has an address of its own on its bus.
    ADDRESS_TWICE = "disk-address-twice": Unsupported, Validate,
        "`<disk><address type='drive'>`: a controller has one device at each bus, target and unit",
        help "remove the `<address>` of one of the disks, or change its `unit=`";
    /// pseries machines have no floppy drive.
    FLOPPY_PSERIES = "disk-floppy-pseries": Unsupported, Build, "disk/@device; the machine has no floppy controller";
    /// Only drives with removable media have a tray.
    TRAY = "disk-tray-block": Unsupported, Build, "disk/target/@tray; a block device is always there";
    /// The name of a card says which slot it is in.
    SD_NAME = "disk-sd-name": Internal, Build, "disk/target/@dev; -drive if=sd,index=";
    /// A disk is on a bus that QEMU has a device for.
    BUS = "disk-bus": Internal, Build, "disk/target/@bus; QEMU's disk devices";
}

/// Checks every `<disk>` against the rules above and those of the submodules.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    let common_first = cx.release.has(Convention::CommonRulesFirst);
    let groups = iotune::groups(cx);
    for disk in &cx.domain.devices.disks {
        // The bus and the address of a disk without a target are not known.
        if disk.target.dev.is_none() {
            name::check_missing(disk, out);
            continue;
        }
        common::check(cx, disk, if common_first { Part::All } else { Part::Early }, out);
        address::check(cx, disk, out);
        frontend::check(cx, disk, out);
        iothreads::check(cx, disk, out);
        iotune::check(cx, disk, &groups, out);
        image::check(cx, disk, out);
        encryption::check_sd(disk, out);
        if !common_first {
            common::check(cx, disk, Part::Late, out);
        }
    }
    name::check_unique(cx, out);
    addresses(cx, out);
}

fn addresses(cx: &Context<'_>, out: &mut Findings<'_>) {
    let count = cx.domain.devices.disks.len();
    let mut seen: HashMap<(Option<DiskBus>, DriveAddress), &Disk> = HashMap::with_capacity(count);
    for disk in &cx.domain.devices.disks {
        let Some(Address::Drive(at)) = disk.info.address else { continue };
        let Some(first) = seen.insert((disk.bus(), at), disk) else { continue };
        // Disks with the same name have the same address by it.
        if first.dst() == disk.dst() {
            continue;
        }
        let message = format!(
            "disk '{}' and disk '{}' both have the address controller='{}' bus='{}' target='{}' unit='{}'",
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

/// Checks what libvirt finds only when it builds the command line.
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
