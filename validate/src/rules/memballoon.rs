//! Rules on `<memballoon>`.

use crate::{Context, Findings, Rule};

/// The rules of this module, in the order in which they are held.
pub static ALL: &[&Rule] = &[];

/// Holds them.
pub(crate) fn check(_cx: &Context<'_>, _out: &mut Findings<'_>) {}
