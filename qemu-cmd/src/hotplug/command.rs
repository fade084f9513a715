//! A command to the monitor of a running QEMU.

use std::fmt;

use serde_json::{Map, Value, json};

use super::reply::FromReply;
use crate::Props;

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
    pub wait: Option<Wait>,
    /// The arguments that only QEMU knows, which `arguments` do not have: they are taken from the reply to a command before.
    pub from_reply: Vec<FromReply>,
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
        let from_reply = Vec::new();
        Self { execute, arguments, fd: None, wait: None, from_reply, may_fail: false, undo: None, why: "" }
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

    /// The command as QMP, `{"execute": ..., "arguments": ...}`, without the arguments of [`Command::from_reply`].
    pub fn to_qmp(&self) -> Value {
        let mut out = Map::new();
        out.insert("execute".into(), self.execute.into());
        if !self.arguments.is_empty() {
            out.insert("arguments".into(), Value::from(&self.arguments));
        }
        Value::Object(out)
    }

    /// The command as QMP with all its arguments; `reply` tells the last reply to a command, the value of `return`. `None` where a
    /// reply does not have an argument: a command that may fail is left out then, and any other cannot be given.
    pub fn to_qmp_after<'v>(&self, reply: impl Fn(&str) -> Option<&'v Value>) -> Option<Value> {
        let mut out = self.to_qmp();
        for argument in &self.from_reply {
            let value = argument.find(reply(argument.query)?)?;
            argument.set(&mut out, value.clone())?;
        }
        Some(out)
    }

    /// The command as QMP with what has to be known about it: `fd`, `wait`, `from_reply`, `may_fail`, `undo` and `why`, where it
    /// has them.
    pub fn to_json(&self) -> Value {
        let Value::Object(mut out) = self.to_qmp() else { return Value::Null };
        if let Some(fd) = self.fd {
            out.insert("fd".into(), fd.into());
        }
        if let Some(wait) = &self.wait {
            out.insert("wait".into(), wait.to_json());
        }
        if !self.from_reply.is_empty() {
            out.insert("from_reply".into(), self.from_reply.iter().map(FromReply::to_json).collect());
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

/// An event of QEMU's monitor that is waited for. It shows itself as a phrase.
#[derive(Debug, Clone, PartialEq)]
pub struct Wait {
    /// Its name.
    pub event: &'static str,
    /// What its `data` has among others. Events of the same name come for other devices, and for parts of a device.
    pub data: Props,
}

impl Wait {
    /// The event after which device `id` is gone.
    pub(crate) fn device_deleted(id: impl Into<crate::Value>) -> Self {
        Self { event: "DEVICE_DELETED", data: Props::object().with("device", id) }
    }

    /// Whether `message`, which came from the monitor, is the event.
    pub fn is_over(&self, message: &Value) -> bool {
        let Value::Object(wanted) = Value::from(&self.data) else { return false };
        message.get("event").is_some_and(|event| event == self.event)
            && wanted
                .iter()
                .all(|(key, value)| message.get("data").and_then(|data| data.get(key)) == Some(value))
    }

    fn to_json(&self) -> Value {
        json!({ "event": self.event, "data": Value::from(&self.data) })
    }
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} with `data` {}", self.event, Value::from(&self.data))
    }
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Command({})", self.execute)
    }
}
