//! Rules on names that a document gives to be used by QEMU: aliases.

use std::collections::BTreeSet;

use virtargv_model::device::{DeviceId, DeviceKind};

use crate::{Context, Findings};

virtargv_model::rules! {
    /// No two devices have the same alias.
    ALIAS_TWICE = "alias-twice": Unsupported, Validate, "an id is unique in QEMU";
}

/// Holds them.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    let mut seen = BTreeSet::new();
    let serial = cx.domain.devices.serials.first().and_then(|serial| serial.info.alias.as_deref());
    for (id, info) in cx.domain.devices.infos() {
        let Some(alias) = info.alias.as_deref() else { continue };
        // The first console may be the first serial port once more.
        if id == (DeviceId { kind: DeviceKind::Console, index: 0 }) && serial == Some(alias) {
            continue;
        }
        if !seen.insert(alias) {
            let message = format!("alias '{alias}' is given to more than one device");
            out.refuse(&ALIAS_TWICE, info.pos.path("alias/@name"), message);
        }
    }
}
