//! Rules on the addresses of host devices in the guest.

use std::collections::{HashMap, HashSet};

use virtargv_model::device::disk::{Disk, DiskBus, DiskName};
use virtargv_model::device::hostdev::{Hostdev, HostdevSource, MdevModel, SgIo};
use virtargv_model::info::{Address, AddressType, DeviceInfo, DriveAddress};

use super::{BUS_ADDRESS, DISK_SCSI, MDEV_ADDRESS, PCI_ADDRESS, SCSI_DISK, SCSI_TWICE, SGIO};
use crate::{Context, Findings, Rule};

/// Checks that the address of `hostdev` is of the type of its bus.
pub(super) fn check(cx: &Context<'_>, hostdev: &Hostdev, out: &mut Findings<'_>) {
    use AddressType as T;
    let info = &hostdev.info;
    match &hostdev.source {
        HostdevSource::Pci(_) => pci(info, out),
        HostdevSource::Scsi(scsi) => {
            if let Some(Address::Drive(at)) = &info.address {
                super::super::disk::address::check_scsi(cx, info, at, out);
            }
            expect(&BUS_ADDRESS, info, &[T::Drive], out);
            if let Some(sgio @ SgIo::Unfiltered) = scsi.sgio
                && cx.release.has(virtargv_caps::Convention::SgioFiltered)
            {
                let message = format!("attribute 'sgio' is '{sgio}', which Linux no longer supports");
                out.refuse(&SGIO, info.pos.path("@sgio"), message);
            }
        }
        HostdevSource::ScsiHost(_) => expect(&BUS_ADDRESS, info, &[T::Pci, T::Ccw], out),
        HostdevSource::Usb(_) => usb(info, out),
        HostdevSource::Mdev(mdev) => {
            let allowed = match mdev.model {
                MdevModel::VfioPci => T::Pci,
                MdevModel::VfioCcw => T::Ccw,
                MdevModel::VfioAp => return,
            };
            if let Some(found) = kind(info).filter(|k| *k != allowed) {
                let message = format!(
                    "address type '{found}' is not supported for mediated device model '{}'",
                    mdev.model
                );
                out.refuse(&MDEV_ADDRESS, info.pos.path("address/@type"), message);
            }
        }
        HostdevSource::Capability(_) => {}
    }
}

/// Checks that a PCI device has a PCI address, or is kept from the guest (`unassigned`).
pub(super) fn pci(info: &DeviceInfo, out: &mut Findings<'_>) {
    expect(&PCI_ADDRESS, info, &[AddressType::Pci, AddressType::Unassigned], out);
}

/// Checks that a USB device has a USB address.
pub(super) fn usb(info: &DeviceInfo, out: &mut Findings<'_>) {
    expect(&BUS_ADDRESS, info, &[AddressType::Usb], out);
}

fn kind(info: &DeviceInfo) -> Option<AddressType> {
    info.address.as_ref().map(Address::kind)
}

fn expect(rule: &'static Rule, info: &DeviceInfo, allowed: &[AddressType], out: &mut Findings<'_>) {
    if let Some(found) = kind(info).filter(|k| !allowed.contains(k)) {
        let words: Vec<String> = allowed.iter().map(|a| format!("'{a}'")).collect();
        let message = format!(
            "the address of this host device is of type '{found}', it must be {}",
            words.join(" or ")
        );
        out.refuse(rule, info.pos.path("address/@type"), message);
    }
}

/// Checks that SCSI host devices have addresses of their own, apart from those of SCSI disks.
pub(super) fn check_scsi(cx: &Context<'_>, out: &mut Findings<'_>) {
    let devices = &cx.domain.devices;
    let units: Vec<_> =
        devices.hostdevs.iter().filter(|h| matches!(h.source, HostdevSource::Scsi(_))).collect();
    if units.is_empty() {
        return;
    }
    let disks: HashMap<&DriveAddress, &Disk> =
        devices.disks.iter().filter_map(|disk| Some((scsi_address(disk)?, disk))).collect();
    let mut taken = HashSet::new();
    for hostdev in units {
        let Some(Address::Drive(at)) = &hostdev.info.address else { continue };
        let place = hostdev.info.pos.path("address");
        if let Some(disk) = disks.get(at) {
            let name = disk.dst();
            if is_by_name(disk, at) {
                let message = format!(
                    "the target name '{name}' of a disk gives it the address of a SCSI host device: {}",
                    shown(at)
                );
                out.refuse(&DISK_SCSI, disk.info.pos.path("target/@dev"), message);
            } else {
                let message = format!("a SCSI host device has the address of disk '{name}': {}", shown(at));
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

/// Whether the address of a disk is the one that its target name gives.
fn is_by_name(disk: &Disk, at: &DriveAddress) -> bool {
    DiskName::index(disk.dst()).is_some_and(|n| (at.controller, at.unit) == (n / 7, n % 7))
}

/// An address as messages show it.
fn shown(at: &DriveAddress) -> String {
    format!("controller '{}', bus '{}', target '{}', unit '{}'", at.controller, at.bus, at.target, at.unit)
}
