//! Lints on graphics.

use virtargv_model::device::graphics::Display;

use super::{Context, Found};

virtargv_model::rules! {
    /// A document has no password.
    PASSWORD = "password-in-document": Plain, Validate,
        "documents are copied into tickets, backups and repositories",
        help "leave `passwd=` out, and set the password with `virsh update-device` or the driver's settings", severity Warning;
}

pub(super) fn check(cx: &Context<'_>, out: &mut Found) {
    for graphics in &cx.domain.devices.graphics {
        let auth = match &graphics.display {
            Display::Vnc(vnc) => &vnc.auth,
            Display::Spice(spice) => &spice.auth,
            Display::Rdp(rdp) => &rdp.auth,
            _ => continue,
        };
        if auth.as_ref().is_some_and(|auth| !auth.password.is_empty()) {
            let message = "the document has the password of a display in clear text (`passwd=`)";
            out.push(&PASSWORD, graphics.info.pos.attr("passwd"), message);
        }
    }
}
