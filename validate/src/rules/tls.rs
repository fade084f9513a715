//! Rules on TLS credentials of character devices and images.

use virtargv_caps::Cap;
use virtargv_model::Pos;

use crate::{Context, Findings};

virtargv_model::rules! {
    /// TLS needs a QEMU that has objects for credentials.
    TLS_OBJECTS = "tls-objects": Unsupported, Build,
        "`tls='yes'`: `-object tls-creds-x509`, new in QEMU 2.5",
        help "use `tls='no'`, or QEMU 2.5 or later";
}

/// Checks that this QEMU has credentials for the TLS connection of what is at `pos`.
pub(super) fn build(cx: &Context<'_>, pos: Pos, out: &mut Findings<'_>) {
    if !cx.has(Cap::ObjectTlsCredsX509) {
        out.refuse(&TLS_OBJECTS, pos, "TLS needs object `tls-creds-x509`, which this QEMU lacks");
    }
}
