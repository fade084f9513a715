//! `<sound>`: nothing is left open; the backend of a sound card that names none is looked up when it is needed.

use crate::Work;

/// Fills in every `<sound>`.
pub(crate) fn apply(_work: &mut Work<'_>) {}
