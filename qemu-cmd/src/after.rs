//! What is done after QEMU has started.

use std::fmt;

use serde_json::{Value, json};
use virtargv_model::lifecycle::Action;

use crate::{Origin, Props};

/// A command that QEMU is given on its monitor after it has started, because no option says the same.
#[derive(Clone, PartialEq)]
pub struct After {
    /// The name of the command, as in QMP.
    pub command: &'static str,
    /// Its arguments. They can be secret: `Debug` does not show them.
    pub arguments: Props,
    /// Why it is given, as a phrase.
    pub why: &'static str,
    /// What it comes from.
    pub origin: Origin,
}

impl After {
    /// The command as QMP, `{"execute": ..., "arguments": ...}`, with the reason as its `id`.
    pub fn to_json(&self) -> Value {
        json!({ "execute": self.command, "arguments": Value::from(&self.arguments), "id": self.why })
    }
}

impl fmt::Debug for After {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "After({}, {})", self.command, self.why)
    }
}

/// What is done when the guest powers off, reboots or crashes (`<on_poweroff>`, `<on_reboot>`, `<on_crash>`). QEMU itself
/// only stops the guest (`-no-shutdown`) or resets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifecycle {
    /// When it powers off.
    pub poweroff: Action,
    /// When it reboots.
    pub reboot: Action,
    /// When it crashes.
    pub crash: Action,
}

impl Default for Lifecycle {
    /// Those of a document that names none.
    fn default() -> Self {
        Self { poweroff: Action::Destroy, reboot: Action::Restart, crash: Action::Destroy }
    }
}
