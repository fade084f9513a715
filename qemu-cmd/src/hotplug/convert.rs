//! From arguments of a command line to commands on a monitor.
//!
//! The properties are those of the line. What differs is here, one row each: the name of the command, what takes it back, and
//! how descriptors are passed.

use std::collections::BTreeMap;

use virtargv_host::Descriptor;

use super::command::{Command, Wait};
use super::reply::FromReply;
use crate::text::{Text, text};
use crate::{Argument, Need, Props, Value};

/// An option of the command line, and the command that does the same on a monitor.
struct Row {
    /// The option.
    option: &'static str,
    /// The command with the same properties.
    command: &'static str,
    /// The command that takes it back, with this property alone.
    undo: &'static str,
    /// The property that names what was added, and the argument of `undo` for it.
    id: &'static str,
}

const ROWS: &[Row] = &[
    Row { option: "-object", command: "object-add", undo: "object-del", id: "id" },
    Row { option: "-blockdev", command: "blockdev-add", undo: "blockdev-del", id: "node-name" },
    Row { option: "-netdev", command: "netdev_add", undo: "netdev_del", id: "id" },
    Row { option: "-chardev", command: "chardev-add", undo: "chardev-remove", id: "id" },
    Row { option: "-device", command: "device_add", undo: "device_del", id: "id" },
];

/// The keys whose values are numbers of descriptors on the command line, and names of them on the monitor.
const DESCRIPTORS: &[&str] = &["fd", "fds", "vhostfd", "vhostfds"];

/// The commands that add what `arguments` add to a command line, in their order; descriptors come before the first command
/// that names them, in the order of `needs`.
pub(super) fn commands(arguments: &[Argument], needs: &[Need]) -> Vec<Command> {
    let mut names = Names::of(needs);
    let mut out = Vec::with_capacity(arguments.len());
    for argument in arguments {
        let Some(props) = argument.props() else { continue };
        if argument.option == "-add-fd" {
            out.push(add_fd(props));
            continue;
        }
        let Some(row) = ROWS.iter().find(|row| row.option == argument.option) else { continue };
        let arguments = names.named(props, &mut out);
        let id = arguments.get(row.id).cloned();
        let command = Command::new(row.command, arguments);
        out.push(match id {
            Some(id) => command.undone_by(row.undo, Props::object().with(row.id, id)),
            None => command,
        });
    }
    out
}

/// `-add-fd` as a command.
fn add_fd(props: &Props) -> Command {
    let number = |key| match props.get(key) {
        Some(Value::Uint(number)) => Some(*number),
        _ => None,
    };
    let set = number("set").unwrap_or_default();
    let arguments = Props::object().opt("opaque", props.get("opaque").cloned()).with("fdset-id", set);
    let fd = number("fd").and_then(|fd| u32::try_from(fd).ok());
    let command = Command { fd, ..Command::new("add-fd", arguments) };
    command.undone_by("remove-fd", Props::object().with("fdset-id", set))
}

/// The names of descriptors, by their number among the needs.
struct Names {
    names: BTreeMap<u32, Text>,
    /// Those that were passed.
    passed: Vec<u32>,
}

impl Names {
    fn of(needs: &[Need]) -> Self {
        let named = needs.iter().filter_map(|need| match need {
            Need::Descriptor { number, what, owner } => Some((*number, name(what, owner))),
            _ => None,
        });
        Self { names: named.collect(), passed: Vec::new() }
    }

    /// The properties with the names of descriptors in place of their numbers; `out` gets the commands that pass those that
    /// QEMU does not have yet.
    fn named(&mut self, props: &Props, out: &mut Vec<Command>) -> Props {
        let mut named = Props::object();
        for (key, value) in props.iter() {
            let value = match value {
                Value::Object(members) => {
                    // The address of a socket by its descriptor: `{"type":"fd","data":{"str":"7"}}`.
                    let is_address = key == "data" && members.get("str").is_some();
                    if is_address {
                        let text = members.text("str").map(|text| self.list(text, out));
                        Value::Object(Props::object().opt("str", text))
                    } else {
                        Value::Object(self.named(members, out))
                    }
                }
                Value::Str(text) if DESCRIPTORS.contains(&key) => Value::Str(self.list(text, out)),
                other => other.clone(),
            };
            named.set(key.to_owned(), value);
        }
        named
    }

    /// Numbers with colons between them, as names.
    fn list(&mut self, numbers: &str, out: &mut Vec<Command>) -> Text {
        let names = numbers.split(':').map(|text| {
            let found =
                text.parse().ok().and_then(|number: u32| Some((number, self.names.get(&number)?.clone())));
            let Some((number, name)) = found else { return text.to_owned() };
            if !self.passed.contains(&number) {
                self.passed.push(number);
                let arguments = Props::object().with("fdname", name.clone());
                // The command that names the descriptor takes it: there is none to be closed then.
                let close = Command::new("closefd", arguments.clone());
                let undo = Some(Box::new(Command { may_fail: true, ..close }));
                out.push(Command { fd: Some(number), undo, ..Command::new("getfd", arguments) });
            }
            name.as_str().to_owned()
        });
        let names: Vec<String> = names.collect();
        names.join(":").into()
    }
}

/// The name under which the monitor is given a descriptor.
fn name(what: &Descriptor<String>, owner: &str) -> Text {
    match what {
        Descriptor::Tap { queue, .. } => text!("tapfd-", owner, *queue),
        Descriptor::VhostNet { queue } => text!("vhostfd-", owner, *queue),
        Descriptor::UnixListen { .. } => text!(owner, "-source"),
        Descriptor::VhostVsock => text!(owner, "-vhostfd"),
        Descriptor::VhostScsi => text!("vhostfd-", owner),
        Descriptor::SlirpHelper => text!("slirpfd-", owner),
        Descriptor::VfioDevice { .. } => text!("hostdev-", owner, "-fd"),
        _ => text!(owner, "-fd"),
    }
}

/// The commands that remove what `added` has added, once the guest has let the device go: the device first, then what was
/// behind it, in reverse order. A descriptor under a name is gone with what uses it.
pub(super) fn removal(added: &[Command]) -> Vec<Command> {
    let mut out = Vec::new();
    let device = added.iter().find(|command| command.execute == "device_add");
    if let Some(removal) = device.and_then(|command| command.undo.as_deref()) {
        let wait = removal.arguments.get("id").cloned().map(Wait::device_deleted);
        out.push(Command { wait, ..removal.clone() });
    }
    for command in added.iter().rev() {
        match command.undo.as_deref() {
            Some(Command { execute: "device_del" | "closefd", .. }) | None => {}
            Some(Command { execute: "remove-fd", .. }) => remove_fd(command, &mut out),
            Some(undo) => out.push(Command { may_fail: true, ..undo.clone() }),
        }
    }
    out
}

/// Adds to `out` the commands that remove the descriptor set that `added` has made. Its number is not known from the domain.
fn remove_fd(added: &Command, out: &mut Vec<Command>) {
    let query = "query-fdsets";
    if !out.iter().any(|command| command.execute == query) {
        let ask = Command::new(query, Props::object());
        out.push(ask.because("the numbers of descriptor sets are not in the document of a domain"));
    }
    let is = added.arguments.text("opaque").map(ToString::to_string).unwrap_or_default();
    let argument = "/fdset-id";
    let set = FromReply { argument, query, key: "/fds/*/opaque", is, value: "/fdset-id" };
    let removal = Command::new("remove-fd", Props::object());
    out.push(Command { from_reply: vec![set], may_fail: true, ..removal });
}
