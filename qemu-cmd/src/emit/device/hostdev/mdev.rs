//! Mediated devices: `vfio-pci`, `vfio-ccw`, `vfio-ap`.

use virtargv_caps::Convention;
use virtargv_model::device::hostdev::{Mdev, MdevModel};
use virtargv_model::{OnOff, Spelled};

use super::Common;
use crate::Props;
use crate::emit::context::Emit;
use crate::emit::device::address;
use crate::needs::Role;

/// Emits the mediated device `mdev`.
pub(super) fn emit(e: &mut Emit<'_>, device: Common<'_>, mdev: &Mdev) {
    let ramfb = mdev.ramfb == Some(OnOff::On);
    let nohotplug = ramfb && mdev.model == MdevModel::VfioPci;
    let mut props = Props::new("driver", if nohotplug { "vfio-pci-nohotplug" } else { mdev.model.as_str() });
    props.set("id", device.alias);
    let path = format!("/sys/bus/mdev/devices/{}", mdev.uuid);
    e.need_path(&path, Role::Device);
    props.set("sysfsdev", path);
    props.set_opt("display", mdev.display.map(Spelled::as_str));
    let ramfb = ramfb.then_some(true);
    if e.release().has(Convention::AddressLast) {
        props.set_opt("ramfb", ramfb);
        address::add_boot(e, &mut props, device.info);
        address::add(&mut props, e, device.address);
        address::add_rom(e, &mut props, device.info);
    } else {
        address::add(&mut props, e, device.address);
        address::add_boot(e, &mut props, device.info);
        props.set_opt("ramfb", ramfb);
    }
    e.device(props);
}
