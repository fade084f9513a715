//! Rules on addresses of devices of any kind.

use virtargv_caps::Cap;
use virtargv_model::device::DeviceKind;
use virtargv_model::info::{Address, DeviceInfo};

use crate::{Context, Findings};

crate::rules! {
    /// zPCI numbers need a QEMU that has them.
    ZPCI = "address-zpci": Unsupported, Validate, "address/zpci; zpci";
    /// A register of the pseries virtual I/O bus has 32 bits.
    SPAPR_VIO = "address-spapr-vio": Unsupported, Validate, "address/@reg";
    /// Channel I/O addresses are for s390 guests.
    CCW = "address-ccw": Unsupported, Validate, "address[@type='ccw']";
}

/// Kinds of device that are looked at before and with controllers; the others come after them.
const FIRST: &[DeviceKind] = &[
    DeviceKind::Disk,
    DeviceKind::Interface,
    DeviceKind::Sound,
    DeviceKind::Hostdev,
    DeviceKind::Video,
    DeviceKind::Filesystem,
    DeviceKind::Controller,
];

/// Holds them for the devices that come first.
pub(crate) fn check_first(cx: &Context<'_>, out: &mut Findings<'_>) {
    for (id, info) in cx.domain.devices.infos().filter(|(id, _)| FIRST.contains(&id.kind)) {
        check(cx, id.kind, info, out);
    }
}

/// Holds them for all others.
pub(crate) fn check_others(cx: &Context<'_>, out: &mut Findings<'_>) {
    for (id, info) in cx.domain.devices.infos().filter(|(id, _)| !FIRST.contains(&id.kind)) {
        check(cx, id.kind, info, out);
    }
}

fn check(cx: &Context<'_>, kind: DeviceKind, info: &DeviceInfo, out: &mut Findings<'_>) {
    let name = kind.element();
    match &info.address {
        Some(Address::Pci(pci)) => {
            let given = pci.zpci.filter(|zpci| zpci.uid.is_some() || zpci.fid.is_some());
            if given.is_some() && !cx.has(Cap::DeviceZpci) {
                let message = format!("device '{name}' has a 'zpci' address, which this QEMU does not know");
                out.refuse(&ZPCI, info.pos.path("address/zpci"), message);
            }
        }
        Some(Address::SpaprVio { reg: Some(reg) }) if *reg > 0xffff_ffff => {
            let message =
                format!("the spapr-vio address of device '{name}' has reg='{reg:#x}', over 32 bits");
            out.refuse(&SPAPR_VIO, info.pos.path("address/@reg"), message);
        }
        Some(Address::Ccw(_)) if !cx.guest.is_s390_ccw() => {
            let message = format!(
                "device '{name}' has an address of type 'ccw', which machine type '{}' does not have",
                cx.guest.machine
            );
            out.refuse(&CCW, info.pos.path("address"), message);
        }
        _ => {}
    }
}
