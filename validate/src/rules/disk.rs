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

use foldhash::HashMap;
use virtargv_caps::Convention;
use virtargv_model::device::disk::{Disk, DiskBus, DiskDevice};
use virtargv_model::info::{Address, DriveAddress};
use virtargv_model::{Message, Spelled, YesNo};

use crate::{Context, Findings};

virtargv_model::rules! {
    /// Every disk has an address of its own on its bus.
    ADDRESS_TWICE = "disk-address-twice": Unsupported, Validate,
        "`<disk><address type='drive'>`: a controller has one device at each bus, target and unit",
        help "give one of the disks another `unit=`";
    /// A pseries guest has no floppy drive.
    FLOPPY_PSERIES = "disk-floppy-pseries": Unsupported, Build,
        "`<disk device='floppy'>`: the machine type has no floppy disk controller",
        help "remove the disk, or use `device='cdrom'` or `device='disk'`";
    /// The bus of a disk is one that QEMU has.
    BUS = "disk-bus": Internal, Build,
        "`<disk><target bus=>`: `ide`, `sata`, `scsi`, `usb`, `fdc`, `virtio`, `nvme` and `sd`; the others are for other hypervisors",
        help "use `bus='virtio'`, or another of these";
}

/// Checks every `<disk>` against the rules above and those of the submodules.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    let while_reading = cx.release.has(Convention::DiskRulesWhileReading);
    let groups = iotune::groups(cx);
    for disk in &cx.domain.devices.disks {
        // The bus and the address of a disk without a target are not known.
        if disk.target.dev.is_none() {
            if while_reading {
                common::check_there(disk, out);
            }
            name::check_missing(disk, out);
            continue;
        }
        if while_reading {
            common::check_reading(cx, disk, out);
        } else {
            common::check(cx, disk, out);
        }
        address::check(cx, disk, out);
        frontend::check(cx, disk, out);
        iothreads::check(cx, disk, out);
        iotune::check(cx, disk, &groups, out);
        image::check(cx, disk, out);
        encryption::check_sd(disk, out);
        if while_reading {
            common::check_late(cx, disk, out);
        }
    }
}

/// Checks what holds for all disks together. libvirt does so after the rules on each device.
pub(crate) fn together(cx: &Context<'_>, out: &mut Findings<'_>) {
    name::check_unique(cx, out);
    addresses(cx, out);
}

fn addresses(cx: &Context<'_>, out: &mut Findings<'_>) {
    let count = cx.domain.devices.disks.len();
    let mut seen: HashMap<(Option<DiskBus>, DriveAddress), &Disk> =
        HashMap::with_capacity_and_hasher(count, foldhash::fast::RandomState::default());
    for disk in &cx.domain.devices.disks {
        let Some(Address::Drive(at)) = disk.info.address else { continue };
        let Some(first) = seen.get(&(disk.bus(), at)) else {
            seen.insert((disk.bus(), at), disk);
            continue;
        };
        // Disks with the same name have the same address by it.
        if first.dst() == disk.dst() {
            continue;
        }
        let message = format!(
            "disk `{}` and disk `{}` both have the address `controller='{}'` `bus='{}'` `target='{}'` `unit='{}'`",
            first.dst(),
            disk.dst(),
            at.controller,
            at.bus,
            at.target,
            at.unit
        );
        let (first, second) = (first.info.pos.path("address"), disk.dst());
        let help = format!("remove the `<address>` of disk `{second}`, or give it another `unit=`");
        let message = Message::new(message).with_first(first).with_help(help);
        out.refuse(&ADDRESS_TWICE, disk.info.pos.path("address"), message);
    }
}

/// Checks what libvirt finds only when it builds the command line.
pub(crate) fn build(cx: &Context<'_>, out: &mut Findings<'_>) {
    for disk in &cx.domain.devices.disks {
        // A disk that is hotplugged after the start is not on the command line.
        if disk.transient.is_some_and(|t| t.share_backing == Some(YesNo::Yes)) {
            continue;
        }
        if disk.device() == DiskDevice::Floppy && cx.guest.is_pseries() {
            let message = format!(
                "disk `{}` is a floppy drive, which machine type `pseries` does not have",
                disk.dst()
            );
            out.refuse(&FLOPPY_PSERIES, disk.info.pos, message);
            continue;
        }
        source::build(cx, disk, out);
        match disk.bus() {
            Some(
                DiskBus::Ide
                | DiskBus::Sata
                | DiskBus::Scsi
                | DiskBus::Usb
                | DiskBus::Fdc
                | DiskBus::Virtio
                | DiskBus::Sd
                | DiskBus::Nvme,
            ) => {}
            other => {
                let bus = other.map_or("", Spelled::as_str);
                let message = format!("bus `{bus}` of disk `{}` is not supported by QEMU", disk.dst());
                out.refuse(&BUS, disk.target_pos.attr("bus"), message);
            }
        }
    }
}
