//! `-display none`, `-no-user-config`, `-nodefaults`: what QEMU would add by itself is switched off.

use virtargv_caps::Convention;
use virtargv_model::YesNo;

use crate::emit::{Done, Emit};

/// Emits them.
pub(crate) fn emit(e: &mut Emit<'_>) -> Done {
    if e.domain().devices.graphics.is_empty() {
        e.line.option("-display", "none");
        crate::device::audio::without_screen(e);
    }
    e.line.arg("-no-user-config");
    e.line.arg("-nodefaults");
    if e.domain().os.use_serial == Some(YesNo::Yes) && e.release().has(Convention::SerialBiosDevice) {
        e.line.option("-device", "sga");
    }
    Ok(())
}

/// Emits `-uuid`.
pub(crate) fn uuid(e: &mut Emit<'_>) -> Done {
    e.line.option("-uuid", e.domain().uuid.clone().unwrap_or_default());
    Ok(())
}
