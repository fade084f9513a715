//! Verifies a command line against what its QEMU says that it accepts.
//!
//! The options are read as QEMU reads them, out of their printed text, and each member is looked up in QEMU's QAPI schema,
//! its lists of parameters, or the properties of the device or object type ([`Replies`]). What QEMU describes nowhere is
//! listed as unchecked. `docs/verify.md` says what is checked of which option.
//!
//! ```
//! use serde_json::json;
//! use virtargv::caps::derive::Conversation;
//! use virtargv::caps::qapi::Replies;
//! use virtargv::{FixedHost, Release, Request, builtin, verify};
//!
//! let caps = builtin::get("qemu-11.1-x86_64", Release::V12_9).expect("a built-in set");
//! let host = FixedHost::default();
//! let text = "<domain type='kvm'><name>demo</name><memory unit='MiB'>512</memory>
//!   <os><type arch='x86_64' machine='q35'>hvm</type></os></domain>";
//! let line = virtargv::command_line(text, &Request::new(&caps, &host))?;
//!
//! // The replies of a QEMU that has objects of one type only.
//! let replies = json!([
//!     { "meta-type": "command", "name": "object-add", "arg-type": "1", "ret-type": "0" },
//!     { "meta-type": "object", "name": "1", "tag": "qom-type", "variants": [{ "case": "rng-random", "type": "0" }],
//!       "members": [{ "name": "qom-type", "type": "2" }, { "name": "id", "type": "str" }] },
//!     { "meta-type": "enum", "name": "2", "values": ["rng-random"] },
//!     { "meta-type": "builtin", "name": "str", "json-type": "string" },
//! ]);
//! let recorded = format!("{{\"execute\":\"query-qmp-schema\"}} {{\"return\":{replies}}}");
//! let replies = Replies::of(&Conversation::parse(&recorded).expect("a conversation")).expect("a schema");
//! let verified = verify::verify(&line, &replies);
//! let problem = verified.report.first().expect("a problem");
//! assert_eq!(problem.id(), "qemu-word-unknown");
//! # Ok::<(), virtargv::Report>(())
//! ```

mod described;
mod option;
pub mod rules;
mod words;

use std::collections::BTreeSet;

use virtargv_caps::qapi::{Mismatch, Replies, Wrong};
use virtargv_model::{Place, Problem, Release, Report, Rule, one_line};
use virtargv_qemu_cmd::{CommandLine, Origin};

use described::Checked;
use words::Word;

/// The result of verifying a command line.
#[derive(Debug, Clone, Default)]
pub struct Verified {
    /// What QEMU does not accept, and warnings of what it will not accept much longer, in the order of the options.
    pub report: Report,
    /// The number of options that were checked.
    pub checked: usize,
    /// The options that were not, in their order.
    pub unchecked: Vec<Unchecked>,
}

/// An option that was not checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unchecked {
    /// The option, such as `-cpu`.
    pub option: String,
    /// Why it was not checked.
    pub why: Why,
}

/// Why an option was not checked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// No QMP command describes the values of the option.
    NotDescribed,
    /// This QEMU does not describe them, as later ones do, or was built without the option.
    NotByThisQemu,
    /// The properties of this type were not asked for, or QEMU did not answer.
    NoProperties(String),
}

/// Verifies `line` against `replies`, which are those of the QEMU that is to run it.
pub fn verify(line: &CommandLine, replies: &Replies) -> Verified {
    let mut verified = Verified::default();
    for word in words::words(&line.arguments) {
        match described::check(&word, replies) {
            Checked::Found(found) => {
                verified.checked += 1;
                verified.report.extend(found.iter().map(|fault| problem(&word, fault, replies)));
            }
            Checked::Not(why) => {
                verified.unchecked.push(Unchecked { option: word.option.to_owned(), why });
            }
        }
    }
    verified
}

/// The types whose properties are needed to verify a command line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Types {
    /// Device types, for `device-list-properties`.
    pub devices: BTreeSet<String>,
    /// Object types, for `qom-list-properties`.
    pub objects: BTreeSet<String>,
}

/// The types of the devices and objects on `line`.
pub fn types(line: &CommandLine) -> Types {
    let mut types = Types::default();
    for word in words::words(&line.arguments) {
        match word.option {
            "-device" => types.devices.extend(described::type_of(&word, "driver")),
            "-object" => types.objects.extend(described::type_of(&word, "qom-type")),
            _ => {}
        }
    }
    types
}

/// A fault of an option as a problem at the element that the option comes from.
fn problem(word: &Word<'_>, fault: &described::Fault, replies: &Replies) -> Problem {
    let (rule, what, help) = match fault {
        described::Fault::Form(why) => (&rules::FORM, why.clone(), None),
        described::Fault::Member(mismatch) => (rule(mismatch), mismatch.to_string(), mismatch.help()),
    };
    let owner = word.argument.id().map(|id| format!(" `{id}`")).unwrap_or_default();
    let (place, why) = match word.argument.origin {
        Origin::Element(element) => (element.place(), String::new()),
        Origin::Implied { by } => (Place::default(), format!(" (it is implied: {by})")),
        Origin::Settings { key } => (Place::default(), format!(" (it comes from the setting `{key}`)")),
    };
    let message = one_line(&format!("`{}`{owner} of QEMU {}: {what}{why}", word.option, replies.version()));
    let problem = rule.problem(Release::default(), place, message);
    match help {
        Some(help) => problem.with_help(help),
        None => problem,
    }
}

fn rule(mismatch: &Mismatch) -> &'static Rule {
    match &mismatch.wrong {
        Wrong::Unknown { .. } => &rules::UNKNOWN,
        Wrong::Missing => &rules::MISSING,
        Wrong::Type { .. } => &rules::TYPE,
        Wrong::Word { .. } => &rules::WORD,
        Wrong::Deprecated => &rules::DEPRECATED,
    }
}
