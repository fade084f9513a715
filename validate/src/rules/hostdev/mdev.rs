//! Rules on mediated devices.

use virtargv_caps::Cap;
use virtargv_model::Place;
use virtargv_model::device::hostdev::{Hostdev, HostdevSource, Mdev, MdevModel};
use virtargv_model::info::{Address, AddressType, DeviceInfo};

use super::check_display;
use crate::{Context, Findings};

virtargv_model::rules! {
    /// The address of a mediated device is of its model's type.
    MDEV_ADDRESS = "hostdev-mdev-address": Xml, Complete,
        "`<hostdev type='mdev' model=><address type=>`: `vfio-pci` is attached to PCI, `vfio-ccw` to a channel subsystem",
        help "use the type of the model, or remove the `<address>`";
    /// The model of a mediated device is one that this QEMU has.
    MDEV_MODEL = "hostdev-mdev-model": Unsupported, Validate,
        "`<hostdev type='mdev' model=>`: `vfio-pci`, `vfio-ccw` and `vfio-ap`",
        help "use a QEMU that has the device";
    /// A guest boots from a mediated device of model `vfio-ccw` only.
    MDEV_BOOT = "hostdev-mdev-boot": Unsupported, Validate,
        "`<hostdev type='mdev'><boot>`: only a channel device can be a disk",
        help "remove `<boot>`";
    /// The display of a mediated device needs a QEMU that has it.
    MDEV_DISPLAY = "hostdev-mdev-display": Unsupported, Validate,
        "`<hostdev type='mdev' model='vfio-pci' display=>`: `display=` of `vfio-pci`, new in QEMU 2.12",
        help "remove `display=`, or use QEMU 2.12 or later";
    /// A guest has one host device of model `vfio-ap`.
    ONE_AP = "hostdev-one-ap": Unsupported, Validate,
        "`<hostdev type='mdev' model='vfio-ap'>`: one matrix of adapters and domains describes all of a guest's crypto adapters",
        help "remove one of the host devices, and assign its queues to the other";
}

/// Checks a mediated device against the rules above.
pub(super) fn check(cx: &Context<'_>, info: &DeviceInfo, mdev: &Mdev, out: &mut Findings<'_>) {
    let model = mdev.model;
    let cap = match model {
        MdevModel::VfioPci => Cap::DeviceVfioPci,
        MdevModel::VfioCcw => Cap::DeviceVfioCcw,
        MdevModel::VfioAp => Cap::DeviceVfioAp,
    };
    let place = |path: &'static str| -> Place { info.pos.path(path) };
    if !cx.has(cap) {
        let message = format!("mediated devices of model `{model}` are not supported by this QEMU");
        out.refuse(&MDEV_MODEL, place("@model"), message);
    }
    if let Some(boot) = info.boot.as_ref().filter(|_| model != MdevModel::VfioCcw) {
        let message = format!(
            "a guest cannot boot from a mediated device of model `{model}` (boot order `{}`)",
            boot.order
        );
        out.refuse(&MDEV_BOOT, place("boot/@order"), message);
    }
    // Other models have no display.
    if model != MdevModel::VfioPci {
        return;
    }
    if let Some(display) = mdev.display
        && !cx.has(Cap::VfioPciDisplay)
    {
        let message = format!("`display` (`{display}`) is not supported by this QEMU");
        out.refuse(&MDEV_DISPLAY, place("@display"), message);
    }
    check_display(cx, mdev.display, place, out);
}

/// Checks that the address of a mediated device is of the type of its model.
pub(super) fn check_address(info: &DeviceInfo, mdev: &Mdev, out: &mut Findings<'_>) {
    let expected = match mdev.model {
        MdevModel::VfioPci => AddressType::Pci,
        MdevModel::VfioCcw => AddressType::Ccw,
        MdevModel::VfioAp => return,
    };
    if let Some(found) = info.address.as_ref().map(Address::kind).filter(|found| *found != expected) {
        let message =
            format!("address type `{found}` is not supported for mediated device model `{}`", mdev.model);
        out.refuse(&MDEV_ADDRESS, info.pos.path("address/@type"), message);
    }
}

/// Checks that a guest has one host device of model `vfio-ap`.
pub(super) fn check_one_ap(hostdevs: &[Hostdev], out: &mut Findings<'_>) {
    let is_ap = |hostdev: &&Hostdev| match &hostdev.source {
        HostdevSource::Mdev(mdev) => mdev.model == MdevModel::VfioAp,
        _ => false,
    };
    if let Some(second) = hostdevs.iter().filter(is_ap).nth(1) {
        let message = "a guest has at most one `hostdev` of model `vfio-ap`";
        out.refuse(&ONE_AP, second.info.pos.path("@model"), message);
    }
}
