//! A mediated device: `vfio-pci`, `vfio-ccw`, `vfio-ap`.

use virtargv_caps::Convention;
use virtargv_model::device::hostdev::{Mdev, MdevModel};
use virtargv_model::info::DeviceInfo;
use virtargv_model::{OnOff, Spelled};

use crate::Props;
use crate::device::{address, net};
use crate::emit::{Done, Emit};
use crate::needs::Role;

/// Emits `mdev`.
pub(super) fn emit(e: &mut Emit<'_>, info: &DeviceInfo, mdev: &Mdev) -> Done {
    let ramfb = mdev.ramfb == Some(OnOff::On);
    let nohotplug = ramfb && mdev.model == MdevModel::VfioPci;
    let mut props = Props::new("driver", if nohotplug { "vfio-pci-nohotplug" } else { mdev.model.as_str() });
    props.set("id", info.alias.as_deref().unwrap_or_default());
    let device = format!("/sys/bus/mdev/devices/{}", mdev.uuid);
    e.need_path(&device, Role::Device);
    props.set("sysfsdev", device);
    props.set_opt("display", mdev.display.map(|d| d.to_string()));
    let ramfb = ramfb.then_some(true);
    if e.release().has(Convention::AddressLast) {
        props.set_opt("ramfb", ramfb);
        net::add_boot(e, info, &mut props);
        address::add(&mut props, e, info)?;
        address::add_rom(e, &mut props, info)?;
    } else {
        address::add(&mut props, e, info)?;
        net::add_boot(e, info, &mut props);
        props.set_opt("ramfb", ramfb);
    }
    e.device(&props);
    Ok(())
}
