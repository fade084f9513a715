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
pub mod vhost_user;

use std::collections::HashMap;

use virtargv_caps::Convention;
use virtargv_model::device::disk::{Disk, DiskBus};
use virtargv_model::info::{Address, DriveAddress};

use self::common::Part;
use crate::{Context, Findings};

virtargv_model::rules! {
    /// Every disk has an address of its own on its bus.
    ADDRESS_TWICE = "disk-address-twice": Unsupported, Validate,
        "`<disk><address type='drive'>`: a controller has one device at each bus, target and unit",
        help "remove the `<address>` of one of the disks, or change its `unit=`";
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
