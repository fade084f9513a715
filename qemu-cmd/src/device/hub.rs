//! `<hub>`, and the smartcard readers that may sit on one.

use virtargv_model::device::controller::ControllerType;

use super::{address, controller};
use crate::Props;
use crate::emit::{Done, Emit};

/// Emits `<hub>`.
pub(crate) fn emit(e: &mut Emit<'_>) -> Done {
    for hub in &e.domain().devices.hubs {
        let mut props = Props::new("driver", "usb-hub").opt("id", hub.info.alias.as_ref());
        address::add(&mut props, e, &hub.info)?;
        e.device(&props);
    }
    controller::emit_type(e, ControllerType::Ccid)
}
