//! USB host devices: `usb-host`.

use virtargv_caps::Cap;
use virtargv_model::device::hostdev::{GuestReset, UsbDevice};

use super::Common;
use crate::Props;
use crate::emit::context::Emit;
use crate::emit::device::address;
use crate::needs::Role;
use crate::prepare::device::hostdev::UsbNode;

/// Emits `usb`, whose bus and device number on the host are `node`. A device that the
/// host does not have is there without them, so that it keeps its alias and port in the guest.
pub(super) fn emit(e: &mut Emit<'_>, device: Common<'_>, usb: &UsbDevice, node: Option<UsbNode>) {
    let mut props = Props::new("driver", "usb-host");
    if let Some(node) = node {
        let path = format!("/dev/bus/usb/{:03}/{:03}", node.bus, node.device);
        e.need_path(&path, Role::Device);
        if e.has(Cap::UsbHostHostdevice) {
            props.set("hostdevice", path);
        } else {
            props.set("hostbus", node.bus).set("hostaddr", node.device);
        }
    }
    props.set("id", device.alias);
    address::add_bootindex(&mut props, device.info);
    // `guestReset='uninitialized'` allows a reset only until the guest has given the device an address.
    let (reset, resets_all) = match usb.guest_reset {
        None => (None, None),
        Some(GuestReset::Off) => (Some(false), None),
        Some(GuestReset::Uninitialized) => (Some(true), Some(false)),
        Some(GuestReset::On) => (Some(true), Some(true)),
    };
    props.set_opt("guest-reset", reset).set_opt("guest-resets-all", resets_all);
    address::add(&mut props, e, device.address);
    e.device(props);
}
