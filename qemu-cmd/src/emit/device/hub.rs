//! `<hub>`, and the smartcard readers, which may be attached to one.

use virtargv_model::device::controller::ControllerType;

use super::{address, controller};
use crate::Props;
use crate::emit::context::Emit;

/// Emits every `<hub>`.
pub(crate) fn emit(e: &mut Emit<'_>) {
    for hub in e.prepared.hubs() {
        e.at(hub);
        let mut props = Props::new("driver", "usb-hub").with("id", hub.alias);
        address::add(&mut props, e, hub.address);
        e.device(props);
    }
    controller::emit_type(e, ControllerType::Ccid);
}
