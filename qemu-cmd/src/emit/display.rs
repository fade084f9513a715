//! `-display none`, `-no-user-config`, `-nodefaults`, which disable QEMU's default devices.

use virtargv_caps::Convention;
use virtargv_model::YesNo;

use super::context::Emit;
use super::device::audio;
use crate::Text;

/// Emits `-display none`, `-no-user-config` and `-nodefaults`.
pub(crate) fn emit(e: &mut Emit<'_>) {
    if e.domain().devices.graphics.is_empty() {
        e.at_implied("there is no <graphics>");
        e.option("-display", "none");
        audio::without_graphics(e);
    }
    e.at_implied("the guest has no default devices of QEMU");
    e.flag("-no-user-config");
    e.flag("-nodefaults");
    if e.domain().os.use_serial == Some(YesNo::Yes) && e.release().has(Convention::SerialBiosDevice) {
        e.at_element("os/bios");
        e.option("-device", "sga");
    }
}

/// Emits `-uuid`.
pub(crate) fn uuid(e: &mut Emit<'_>) {
    if let Some(uuid) = e.domain().hwuuid {
        e.at_element("hwuuid");
        e.option("-uuid", Text::from(uuid));
    } else if let Some(uuid) = e.domain().uuid {
        match e.domain().uuid_implied.reason() {
            Some(by) => e.at_implied(by),
            None => e.at_element("uuid"),
        }
        e.option("-uuid", Text::from(uuid));
    }
}
