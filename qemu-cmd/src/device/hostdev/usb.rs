//! A USB device of the host: `usb-host`.

use virtargv_caps::Cap;
use virtargv_model::Kind;
use virtargv_model::device::hostdev::{GuestReset, UsbDevice};
use virtargv_model::info::DeviceInfo;

use crate::Props;
use crate::device::address;
use crate::emit::{Done, Emit, problem};
use crate::needs::Role;

/// Emits `usb`.
pub(super) fn emit(e: &mut Emit<'_>, info: &DeviceInfo, usb: &UsbDevice) -> Done {
    let Some((bus, device)) = usb.address.filter(|at| *at != (0, 0)) else {
        let message = "element 'source' of a USB device does not say its 'bus' and 'device' on the host";
        return Err(problem(Kind::Internal, "hostdev-usb-address", usb.pos, message));
    };
    let node = format!("/dev/bus/usb/{bus:03}/{device:03}");
    e.need_path(&node, Role::Device);
    let mut props = Props::new("driver", "usb-host");
    if e.has(Cap::UsbHostHostdevice) {
        props.set("hostdevice", node);
    } else {
        props.set("hostbus", bus).set("hostaddr", device);
    }
    props.set("id", info.alias.as_deref().unwrap_or_default());
    address::add_bootindex(&mut props, info.boot.as_ref().map(|b| b.order));
    // Before the guest has given the device an address, a reset does no harm to others.
    let (reset, resets_all) = match usb.guest_reset {
        None => (None, None),
        Some(GuestReset::Off) => (Some(false), None),
        Some(GuestReset::Uninitialized) => (Some(true), Some(false)),
        Some(GuestReset::On) => (Some(true), Some(true)),
    };
    props.set_opt("guest-reset", reset).set_opt("guest-resets-all", resets_all);
    address::add(&mut props, e, info)?;
    e.device(&props);
    Ok(())
}
