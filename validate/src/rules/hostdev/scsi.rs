//! Rules on SCSI host devices and SCSI host adapters.

use foldhash::{HashMap, HashSet};
use virtargv_caps::Cap;
use virtargv_model::device::disk::{Disk, DiskBus, DiskName};
use virtargv_model::device::hostdev::{HostdevSource, ScsiDevice, ScsiHost, SgIo};
use virtargv_model::info::{Address, DeviceInfo, DriveAddress};

use crate::{Context, Findings};

virtargv_model::rules! {
    /// A guest does not boot from a SCSI host adapter.
    SCSI_HOST_BOOT = "hostdev-scsi-host-boot": Unsupported, Validate,
        "`<hostdev type='scsi_host'><boot>`: `vhost-scsi` has no boot order in libvirt",
        help "remove `<boot>`";
    /// A SCSI host adapter needs a QEMU that has vhost-scsi.
    SCSI_HOST = "hostdev-scsi-host": Unsupported, Validate,
        "`<hostdev type='scsi_host'>`: `-device vhost-scsi-pci` and `vhost-scsi-ccw`",
        help "use a QEMU that has it";
    /// SCSI commands of a SCSI host device are filtered.
    SGIO = "hostdev-sgio": Unsupported, Validate,
        "`<hostdev type='scsi' sgio='unfiltered'>`: Linux has no `unpriv_sgio` any more",
        help "remove `sgio=`, or set it to `filtered`",
        since "9.0";
    /// A SCSI host device has another address than every disk.
    SCSI_DISK = "hostdev-scsi-disk": Xml, Complete,
        "`<hostdev type='scsi'><address type='drive'>`: a SCSI controller has one device at each bus, target and unit",
        help "change `unit=`, or remove the `<address>` of one of them";
    /// The address that the target name of a disk determines is not that of a SCSI host device.
    DISK_SCSI = "disk-hostdev-scsi": Unsupported, Complete,
        "`<disk><target dev='sda' bus='scsi'/>`: the name tells controller and unit",
        help "use another `dev=`, or another `unit=` for the host device";
    /// Every SCSI host device has an address of its own.
    SCSI_TWICE = "hostdev-scsi-twice": Unsupported, Validate,
        "`<hostdev type='scsi'><address type='drive'>`: a SCSI controller has one device at each bus, target and unit",
        help "change `unit=`, or remove the `<address>` of one of them";
}

/// Checks that SCSI host devices have addresses of their own, apart from those of SCSI disks.
pub(super) fn check_addresses(cx: &Context<'_>, out: &mut Findings<'_>) {
    let devices = &cx.domain.devices;
    let units: Vec<_> =
        devices.hostdevs.iter().filter(|h| matches!(h.source, HostdevSource::Scsi(_))).collect();
    if units.is_empty() {
        return;
    }
    let disks: HashMap<&DriveAddress, &Disk> =
        devices.disks.iter().filter_map(|disk| Some((scsi_address(disk)?, disk))).collect();
    let mut taken = HashSet::default();
    for hostdev in units {
        let Some(Address::Drive(at)) = &hostdev.info.address else { continue };
        let place = hostdev.info.pos.path("address");
        if let Some(disk) = disks.get(at) {
            let name = disk.dst();
            if is_by_name(disk, at) {
                let message = format!(
                    "the target name `{name}` of a disk determines an address that a SCSI host device has: {}",
                    shown(at)
                );
                out.refuse(&DISK_SCSI, disk.target_pos.attr("dev"), message);
            } else {
                let message = format!("a SCSI host device has the address of disk `{name}`: {}", shown(at));
                out.refuse(&SCSI_DISK, place.clone(), message);
            }
        }
        if !taken.insert(at) {
            let message = format!("two SCSI host devices have the same address: {}", shown(at));
            out.refuse(&SCSI_TWICE, place, message);
        }
    }
}

fn scsi_address(disk: &Disk) -> Option<&DriveAddress> {
    match &disk.info.address {
        Some(Address::Drive(at)) if disk.bus() == Some(DiskBus::Scsi) => Some(at),
        _ => None,
    }
}

/// Whether the address of a disk is the one that its target name determines.
fn is_by_name(disk: &Disk, at: &DriveAddress) -> bool {
    DiskName::index(disk.dst()).is_some_and(|n| (at.controller, at.unit) == (n / 7, n % 7))
}

/// An address as messages show it.
fn shown(at: &DriveAddress) -> String {
    format!("controller `{}`, bus `{}`, target `{}`, unit `{}`", at.controller, at.bus, at.target, at.unit)
}

/// Checks a SCSI host adapter.
pub(super) fn check_adapter(cx: &Context<'_>, info: &DeviceInfo, host: &ScsiHost, out: &mut Findings<'_>) {
    if let Some(boot) = &info.boot {
        let message = format!("a guest cannot boot from a SCSI host adapter (boot order `{}`)", boot.order);
        out.refuse(&SCSI_HOST_BOOT, info.pos.path("boot/@order"), message);
    }
    if !cx.has(Cap::DeviceVhostScsi) {
        let message = format!("adapter `{}` needs `vhost-scsi`, which this QEMU lacks", host.wwpn);
        out.refuse(&SCSI_HOST, host.pos, message);
    }
}

/// Checks that SCSI commands are filtered.
pub(super) fn check_sgio(info: &DeviceInfo, scsi: &ScsiDevice, out: &mut Findings<'_>) {
    if let Some(sgio @ SgIo::Unfiltered) = scsi.sgio {
        let message = format!("`sgio` is `{sgio}`, which Linux no longer supports");
        out.refuse(&SGIO, info.pos.path("@sgio"), message);
    }
}
