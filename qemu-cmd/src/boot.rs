//! `-boot`, kernel, initrd.

use virtargv_caps::Cap;

use crate::emit::{Done, Emit};

/// Emits `-boot`, kernel, initrd.
pub(crate) fn emit(e: &mut Emit<'_>) -> Done {
    if e.has(Cap::BootStrict) {
        e.line.option("-boot", "strict=on");
    }
    Ok(())
}
