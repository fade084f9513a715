//! `<nvram>`: the variables of POWER's firmware.

use virtargv_model::info::Address;

use crate::emit::{Done, Emit};
use crate::{Props, Style, Value};

/// Emits where `<nvram>` is; the machine has it anyway.
pub(crate) fn emit(e: &mut Emit<'_>) -> Done {
    let found = e.domain().devices.nvrams.first();
    if let Some(Address::SpaprVio { reg: Some(reg) }) = found.and_then(|n| n.info.address.as_ref()) {
        let global = Props::object().with("spapr-nvram.reg", Value::Hex(*reg));
        e.line.option("-global", global.to_pairs(Style::OnOff));
    }
    Ok(())
}
