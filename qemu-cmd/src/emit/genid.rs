//! `<genid>` and `<features><vmcoreinfo>`.

use super::context::Emit;
use crate::Props;

/// Emits the `vmgenid` device of `<genid>`.
pub(crate) fn emit(e: &mut Emit<'_>) {
    if let Some(Some(genid)) = e.domain().genid {
        e.at_element("genid");
        e.device(Props::new("driver", "vmgenid").with("guid", genid).with("id", "vmgenid0"));
    }
}

/// Emits the `vmcoreinfo` device.
pub(crate) fn vmcoreinfo(e: &mut Emit<'_>) {
    if e.domain().features.vmcoreinfo.is_some_and(virtargv_model::OnOff::is_on) {
        e.at_element("features/vmcoreinfo");
        e.device(Props::new("driver", "vmcoreinfo"));
    }
}
