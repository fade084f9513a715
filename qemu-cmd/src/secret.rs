//! The master key, with which other secrets are encrypted on their way to QEMU.

use virtargv_caps::Cap;

use crate::Props;
use crate::emit::{Done, Emit};

/// Emits the object of the master key.
pub(crate) fn emit(e: &mut Emit<'_>) -> Done {
    if !e.has(Cap::ObjectSecret) {
        return Ok(());
    }
    let file = format!("{}/master-key.aes", e.plan.domain_dir);
    let object =
        Props::new("qom-type", "secret").with("id", "masterKey0").with("format", "raw").with("file", file);
    e.object(&object);
    Ok(())
}
