//! `<nvram>` of pseries: the NVRAM device `spapr-nvram`.

use virtargv_model::info::Address;

use crate::Value;
use crate::emit::context::Emit;

/// Emits the address of `<nvram>`, which is part of the machine.
pub(crate) fn emit(e: &mut Emit<'_>) {
    let found = e.domain().devices.nvrams.first();
    if let Some(Address::SpaprVio { reg: Some(reg) }) = found.and_then(|n| n.info.address.as_ref()) {
        e.global("spapr-nvram.reg", Value::Hex(*reg));
    }
}
