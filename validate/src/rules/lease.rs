//! Rules on `<lease>`: there are none, a lease is an entry of the lock manager, not of the command line.

use crate::{Context, Findings, Rule};

/// The rules of this module.
pub static ALL: &[&Rule] = &[];

/// Checks nothing.
pub(crate) fn check(_cx: &Context<'_>, _out: &mut Findings<'_>) {}
