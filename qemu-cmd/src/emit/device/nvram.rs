//! `<nvram>`: the variables of POWER's firmware.

use virtargv_model::info::Address;

use crate::Value;
use crate::emit::context::Emit;

/// Emits where `<nvram>` is; the machine has it anyway.
pub(crate) fn emit(e: &mut Emit<'_>) {
    let found = e.domain().devices.nvrams.first();
    if let Some(Address::SpaprVio { reg: Some(reg) }) = found.and_then(|n| n.info.address.as_ref()) {
        e.global("spapr-nvram.reg", Value::Hex(*reg));
    }
}
