//! `<nvram>` of pseries: the NVRAM device `spapr-nvram`.

use virtargv_model::device::{DeviceId, DeviceKind};
use virtargv_model::info::Address;

use crate::Value;
use crate::emit::context::Emit;

/// Emits the address of `<nvram>`, which is part of the machine.
pub(crate) fn emit(e: &mut Emit<'_>) {
    if let Some(nvram) = e.domain().devices.nvrams.first()
        && let Some(Address::SpaprVio { reg: Some(reg) }) = &nvram.info.address
    {
        e.at_nameless(DeviceId { kind: DeviceKind::Nvram, index: 0 }, &nvram.info);
        e.global("spapr-nvram.reg", Value::Hex(*reg));
    }
}
