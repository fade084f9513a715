//! A command to the monitor of a running QEMU.

use std::fmt;

use serde_json::{Map, Value};

use crate::Props;

/// The event after which a device is gone.
pub const DEVICE_DELETED: &str = "DEVICE_DELETED";

/// A command to the monitor of a running QEMU (QMP).
#[derive(Clone, PartialEq)]
pub struct Command {
    /// Its name.
    pub execute: &'static str,
    /// Its arguments. They can be secret: `Debug` does not show them.
    pub arguments: Props,
    /// The number, among the needs, of the descriptor that is sent with the command (`SCM_RIGHTS`).
    pub fd: Option<u32>,
    /// The event that must have come before the next command.
    pub wait: Option<&'static str>,
    /// Whether the rest goes on where QEMU refuses it: what it removes can be gone already.
    pub may_fail: bool,
    /// The command that takes this one back where a later one fails. The commands are taken back in reverse order.
    pub undo: Option<Box<Command>>,
    /// Why it is given, where no argument of a command line is the reason.
    pub why: &'static str,
}

impl Command {
    /// The command `execute`, which nothing takes back.
    pub fn new(execute: &'static str, arguments: Props) -> Self {
        Self { execute, arguments, fd: None, wait: None, may_fail: false, undo: None, why: "" }
    }

    /// The command with the reason for it.
    #[must_use]
    pub(crate) fn because(self, why: &'static str) -> Self {
        Self { why, ..self }
    }

    /// The command with the one that takes it back.
    #[must_use]
    pub(crate) fn undone_by(self, execute: &'static str, arguments: Props) -> Self {
        Self { undo: Some(Box::new(Self::new(execute, arguments))), ..self }
    }

    /// The command as QMP, `{"execute": ..., "arguments": ...}`.
    pub fn to_qmp(&self) -> Value {
        let mut out = Map::new();
        out.insert("execute".into(), self.execute.into());
        if !self.arguments.is_empty() {
            out.insert("arguments".into(), Value::from(&self.arguments));
        }
        Value::Object(out)
    }

    /// The command as QMP with what has to be known about it: `fd`, `wait`, `may_fail`, `undo` and `why`, where it has them.
    pub fn to_json(&self) -> Value {
        let Value::Object(mut out) = self.to_qmp() else { return Value::Null };
        if let Some(fd) = self.fd {
            out.insert("fd".into(), fd.into());
        }
        if let Some(wait) = self.wait {
            out.insert("wait".into(), wait.into());
        }
        if self.may_fail {
            out.insert("may_fail".into(), true.into());
        }
        if let Some(undo) = &self.undo {
            out.insert("undo".into(), undo.to_json());
        }
        if !self.why.is_empty() {
            out.insert("why".into(), self.why.into());
        }
        Value::Object(out)
    }
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Command({})", self.execute)
    }
}
