//! Defaults of the actions on lifecycle events.

use virtargv_model::lifecycle::Action;

use crate::Work;

/// Fills in the actions.
pub(crate) fn apply(work: &mut Work<'_>) {
    let lifecycle = &mut work.domain.lifecycle;
    lifecycle.on_poweroff.get_or_insert(Action::Destroy);
    lifecycle.on_reboot.get_or_insert(Action::Restart);
    lifecycle.on_crash.get_or_insert(Action::Destroy);
}
