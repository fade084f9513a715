//! Asking a QEMU binary what it accepts in the values of its options.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{ProbeError, Qemu, names};
use crate::derive::{Conversation, Exchange};
use crate::qapi::device_type;

/// The types whose properties are asked for.
#[derive(Debug, Clone, Copy)]
pub enum Asked<'t> {
    /// These device types, and these object types.
    Types(&'t BTreeSet<String>, &'t BTreeSet<String>),
    /// All that the binary has.
    All,
}

/// How often a binary is started again that ended instead of telling properties. Some end for types whose module is not
/// installed.
const STARTS: usize = 16;

/// Asks the binary at `path` for its QAPI schema, the parameters of its options, its types, and the properties of the
/// types `asked`, for [`Replies`](crate::qapi::Replies). A type for which it ends has an error for a reply.
///
/// # Errors
/// The binary cannot be asked within `time`.
pub fn describe(path: &Path, asked: Asked<'_>, time: Duration) -> Result<Conversation, ProbeError> {
    let path = &std::path::absolute(path)
        .map_err(|why| ProbeError::Start { path: path.display().to_string(), why })?;
    let deadline = Instant::now() + time;
    let mut conversation = Conversation::new();
    // Neither schema nor properties depend on the accelerator.
    let mut qemu = Qemu::start(path, "tcg", deadline)?;
    for command in ["qmp_capabilities", "query-version", "query-qmp-schema", "query-command-line-options"] {
        qemu.ask(&mut conversation, command, Value::Null)?;
    }
    let types = names(qemu.ask(&mut conversation, "qom-list-types", Value::Null)?.as_ref(), "name");
    let (devices, objects): (BTreeSet<String>, BTreeSet<String>) = match asked {
        Asked::Types(devices, objects) => {
            let of = |name: &String| device_type(name, |of| types.contains(of));
            (devices.iter().filter_map(of).collect(), objects.clone())
        }
        Asked::All => (all(&mut qemu, "device")?, all(&mut qemu, "user-creatable")?),
    };
    let mut starts = 0;
    let devices = devices.iter().map(|name| ("device-list-properties", name));
    for (command, name) in devices.chain(objects.iter().map(|name| ("qom-list-properties", name))) {
        if !types.contains(name) {
            continue;
        }
        let arguments = json!({ "typename": name });
        match qemu.ask(&mut conversation, command, arguments.clone()) {
            Ok(_) => {}
            Err(ProbeError::Ended { stderr, .. }) if starts < STARTS => {
                starts += 1;
                let reply = Err(json!({ "class": "GenericError", "desc": format!("QEMU ended{stderr}") }));
                conversation.push(Exchange { command: command.to_owned(), arguments, reply });
                qemu = Qemu::start(path, "tcg", deadline)?;
                qemu.ask(&mut Conversation::new(), "qmp_capabilities", Value::Null)?;
            }
            Err(why) => return Err(why),
        }
    }
    Ok(conversation)
}

/// The names of all types that implement `interface` and can be created.
fn all(qemu: &mut Qemu, interface: &str) -> Result<BTreeSet<String>, ProbeError> {
    let arguments = json!({ "implements": interface, "abstract": false });
    let list = qemu.ask(&mut Conversation::new(), "qom-list-types", arguments)?;
    Ok(names(list.as_ref(), "name").into_iter().collect())
}
