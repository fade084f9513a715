//! `<serial>`, `<parallel>`, `<console>`, `<channel>`.

use crate::emit::{Done, Emit};

/// Emits the serials.
pub(crate) fn serials(_e: &mut Emit<'_>) -> Done {
    Ok(())
}

/// Emits the parallels.
pub(crate) fn parallels(_e: &mut Emit<'_>) -> Done {
    Ok(())
}

/// Emits the channels.
pub(crate) fn channels(_e: &mut Emit<'_>) -> Done {
    Ok(())
}

/// Emits the consoles.
pub(crate) fn consoles(_e: &mut Emit<'_>) -> Done {
    Ok(())
}
