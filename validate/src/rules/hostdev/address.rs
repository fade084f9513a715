//! Rules on the addresses of host devices in the guest.

use virtargv_model::device::hostdev::{Hostdev, HostdevSource};
use virtargv_model::info::{Address, AddressType, DeviceInfo};

use super::super::disk;
use super::{BUS_ADDRESS, PCI_ADDRESS, mdev, scsi};
use crate::{Context, Findings, Rule};

/// Checks that the address of `hostdev` is of the type of its bus.
pub(super) fn check(cx: &Context<'_>, hostdev: &Hostdev, out: &mut Findings<'_>) {
    use AddressType as T;
    let info = &hostdev.info;
    match &hostdev.source {
        HostdevSource::Pci(_) => pci(info, out),
        HostdevSource::Scsi(device) => {
            if let Some(Address::Drive(at)) = &info.address {
                disk::address::check_scsi(cx, info, at, out);
            }
            expect(&BUS_ADDRESS, info, &[T::Drive], out);
            scsi::check_sgio(info, device, out);
        }
        HostdevSource::ScsiHost(_) => expect(&BUS_ADDRESS, info, &[T::Pci, T::Ccw], out),
        HostdevSource::Usb(_) => usb(info, out),
        HostdevSource::Mdev(mdev) => mdev::check_address(info, mdev, out),
        HostdevSource::Capability(_) => {}
    }
}

/// Checks that a PCI device has a PCI address, or is not given to the guest (`unassigned`).
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
        let words: Vec<String> = allowed.iter().map(|a| format!("`{a}`")).collect();
        let message = format!(
            "the address of this host device is of type `{found}`, it must be {}",
            words.join(" or ")
        );
        out.refuse(rule, info.pos.path("address/@type"), message);
    }
}
