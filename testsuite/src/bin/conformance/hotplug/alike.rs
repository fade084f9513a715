//! Making alike what differs from one run to another: what is random, and names that the host gives.

use std::fmt::Write as _;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;
use virtargv::{Command, Hotplug, model};

use super::{failed, name};
use crate::diff::{self, Line};

/// The number in the name of the block node that a command adds, or of the secret of one.
pub fn node_number(command: &Value) -> Option<u32> {
    let name = command.pointer("/arguments/node-name").or(command.pointer("/arguments/id"))?.as_str()?;
    let number = name.strip_prefix("libvirt-")?;
    number.split('-').next()?.parse().ok()
}

/// A command with sorted arguments; the values of secrets are random.
pub fn command(command: &Value) -> String {
    let mut arguments = command.get("arguments").cloned().unwrap_or_default();
    if arguments.get("qom-type").is_some_and(|of| of == "secret") {
        for key in ["data", "iv"] {
            if let Some(value) = arguments.get_mut(key) {
                *value = "X".into();
            }
        }
    }
    format!("{} {}", name(command), sorted(&arguments))
}

fn sorted(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let mut members: Vec<String> =
                members.iter().map(|(key, value)| format!("{key:?}: {}", sorted(value))).collect();
            members.sort();
            format!("{{{}}}", members.join(", "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(sorted).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

/// The commands of `done` as QEMU is given them, with what its replies to `queries` tell: to the one that it refuses in `theirs`,
/// and then those that take back what was done; to the one with index `unanswered`, which waits for what has not come.
pub fn given(done: &Hotplug, theirs: &[Value], queries: &[Value], unanswered: Option<usize>) -> Vec<String> {
    let reply = |of: &str| queries.iter().rfind(|query| name(query) == of)?.pointer("/reply/return");
    let given = unanswered.map_or(done.commands.len(), |at| at + 1);
    let ours = || done.commands.iter().take(given).filter(|command| !command.execute.starts_with("query-"));
    let one = |ours: &Command| command(&ours.to_qmp_after(reply).unwrap_or_default());
    let refused = theirs.iter().position(failed).filter(|_| unanswered.is_none());
    let Some(at) = refused else { return ours().map(one).collect() };
    // What is removed although it is gone already is refused, and nothing follows from it.
    if theirs.iter().rposition(failed) == Some(theirs.len() - 1)
        && done.commands.len() == theirs.len()
        && at > 0
    {
        return ours().map(one).collect();
    }
    let mut out: Vec<String> = ours().take(at + 1).map(one).collect();
    let undo = ours().take(at).filter_map(|command| command.undo.as_deref());
    out.extend(undo.map(one).collect::<Vec<_>>().into_iter().rev());
    out
}

/// Names that the host or QEMU gives.
static GIVEN: LazyLock<Vec<(Regex, &'static str)>> = LazyLock::new(|| {
    let rows = [
        (r"\n *<target dev='vnet[0-9]+'/>", ""),
        (r" tty='/dev/pts/[0-9]+'", ""),
        (r"\n *<source path='/dev/pts/[0-9]+'/>", ""),
        (r" portid='[^']*'", ""),
        (r" state='(dis)?connected'", ""),
        // QEMU chooses where memory devices are, and the host which virtiofsd there is.
        (r" base='0x[0-9a-f]+'", ""),
        (r"\n *<address */>", ""),
        (r"\n *<binary path='[^']*'/>", ""),
    ];
    rows.into_iter().filter_map(|(pattern, with)| Some((Regex::new(pattern).ok()?, with))).collect()
});

/// Whether the domain afterwards is `result`; the differences are added to `details`.
pub fn domains(result: &str, done: &Hotplug, details: &mut String) -> bool {
    let theirs = model::status::parse_running(result, model::Release::default());
    let theirs = theirs.value.map(|running| model::format(&running.domain)).unwrap_or_default();
    let ours = model::format(&done.domain);
    let alike = |mut text: String| {
        for (pattern, with) in GIVEN.iter() {
            text = pattern.replace_all(&text, *with).into_owned();
        }
        text
    };
    let (theirs, ours) = (alike(theirs), alike(ours));
    let mut same = true;
    for line in diff::lines(&theirs, &ours) {
        match line {
            Line::Both(_) => continue,
            Line::Expected(text) => _ = writeln!(details, "  -{text}"),
            Line::Got(text) => _ = writeln!(details, "  +{text}"),
        }
        same = false;
    }
    same
}
