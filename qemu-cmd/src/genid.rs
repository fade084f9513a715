//! `<genid>`, `<features><vmcoreinfo>`: devices that only carry a word between host and guest.

use crate::Props;
use crate::emit::{Done, Emit};

/// Emits the generation id.
pub(crate) fn emit(e: &mut Emit<'_>) -> Done {
    if let Some(Some(genid)) = &e.domain().genid {
        e.device(&Props::new("driver", "vmgenid").with("guid", genid).with("id", "vmgenid0"));
    }
    Ok(())
}

/// Emits the device where the guest leaves what helps to read its dumps.
pub(crate) fn vmcoreinfo(e: &mut Emit<'_>) -> Done {
    if e.domain().features.vmcoreinfo.is_some_and(virtargv_model::OnOff::is_on) {
        e.device(&Props::new("driver", "vmcoreinfo"));
    }
    Ok(())
}
