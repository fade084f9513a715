//! Rules on the aliases that a document gives its devices, which become QEMU ids.

use std::collections::BTreeMap;

use virtargv_model::device::{DeviceId, DeviceKind};
use virtargv_model::{Message, Pos};

use crate::{Context, Findings};

virtargv_model::rules! {
    /// Every device has an alias of its own.
    ALIAS_TWICE = "alias-twice": Unsupported, Validate,
        "`<alias name=>`: the id of a QEMU device, which is unique",
        help "give one of the devices another `name=`";
}

/// Checks the aliases of all devices against the rules above.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    let mut seen = BTreeMap::new();
    let serial = cx.domain.devices.serials.first().and_then(|serial| serial.info.alias.as_deref());
    for (id, info) in cx.domain.devices.infos() {
        let Some(alias) = info.alias.as_deref() else { continue };
        // The first console may be another name for the first serial port.
        if id == (DeviceId { kind: DeviceKind::Console, index: 0 }) && serial == Some(alias) {
            continue;
        }
        if let Some(first) = seen.get(alias) {
            let message = format!("alias `{alias}` is given to more than one device");
            let message = Message::new(message).with_first(Pos::path(*first, "alias/@name"));
            out.refuse(&ALIAS_TWICE, info.pos.path("alias/@name"), message);
        } else {
            seen.insert(alias, info.pos);
        }
    }
}
