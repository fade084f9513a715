//! `--verify`: whether a QEMU accepts the options of a command line.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use virtargv::verify::{Types, Verified, Why, types, verify};
use virtargv::{CommandLine, Source};
use virtargv_caps::derive::Conversation;
use virtargv_caps::probe::{Asked, describe};
use virtargv_caps::qapi::{Described, Replies};

use crate::{Unusable, check, probe_cache};

/// The time limit for asking a binary, which may have to be started several times.
pub(crate) const TIME: Duration = Duration::from_mins(1);

/// Where the replies of the QEMU are.
pub(crate) enum RepliesFrom<'a> {
    /// In this file.
    File(&'a Path),
    /// The binary at this path is asked, even if its replies are in the cache where this is set.
    Binary(&'a str, bool),
}

/// Verifies `line`, and says on standard error what is wrong and what was checked. Returns whether QEMU accepts it.
pub(crate) fn run(
    name: &str,
    text: &str,
    line: &CommandLine,
    from: &RepliesFrom<'_>,
) -> Result<bool, Unusable> {
    let wanted = types(line);
    let replies = match from {
        RepliesFrom::File(path) => {
            let shown = path.display();
            let text = std::fs::read_to_string(path)
                .map_err(|why| Unusable(format!("cannot read `{shown}`: {why}")))?;
            read(&text).map_err(|Unusable(why)| Unusable(format!("{shown}: {why}")))?
        }
        RepliesFrom::Binary(path, refresh) => ask(path.as_ref(), &wanted, *refresh)?,
    };
    let verified = verify(line, &replies);
    if !verified.report.is_empty() {
        anstream::eprint!("{}", check::render(name, &Source::new(text), &verified.report));
    }
    anstream::eprintln!("{}", summary(&verified, &replies));
    Ok(!verified.report.refuses())
}

fn read(text: &str) -> Result<Replies, Unusable> {
    Ok(Replies::of(&Conversation::parse(text)?)?)
}

/// The replies of the binary at `path`, from the cache where they have the types that are wanted.
fn ask(path: &Path, wanted: &Types, refresh: bool) -> Result<Replies, Unusable> {
    let cached = probe_cache::replies(path).filter(|_| !refresh);
    let cached = cached.and_then(|text| Conversation::parse(&text).ok());
    let known = cached.as_ref().map(asked).unwrap_or_default();
    if let Some(replies) = cached.and_then(|cached| Replies::of(&cached).ok()) {
        let is_there = |described| described != Described::NotAsked;
        if wanted.devices.iter().all(|name| is_there(replies.device(name)) || known.devices.contains(name))
            && wanted
                .objects
                .iter()
                .all(|name| is_there(replies.object(name)) || known.objects.contains(name))
        {
            return Ok(replies);
        }
    }
    // The types of earlier command lines too, so that two documents do not take turns.
    let devices = &wanted.devices | &known.devices;
    let objects = &wanted.objects | &known.objects;
    let conversation = describe(path, Asked::Types(&devices, &objects), TIME)?;
    let replies = Replies::of(&conversation)?;
    probe_cache::keep_replies(path, &conversation.to_text());
    Ok(replies)
}

/// The types that a conversation asked for.
fn asked(conversation: &Conversation) -> Types {
    let names = |command: &str| -> BTreeSet<String> {
        let requests = conversation.sessions().iter().flat_map(|session| session.arguments_of(command));
        requests.filter_map(|arguments| Some(arguments.get("typename")?.as_str()?.to_owned())).collect()
    };
    Types { devices: names("device-list-properties"), objects: names("qom-list-properties") }
}

/// How many options were checked, and which were not.
fn summary(verified: &Verified, replies: &Replies) -> String {
    let all = verified.checked + verified.unchecked.len();
    let mut out =
        format!("verified: QEMU {} describes {} of {all} options", replies.version(), verified.checked);
    let mut others: BTreeMap<&Why, BTreeSet<&str>> = BTreeMap::new();
    for unchecked in &verified.unchecked {
        others.entry(&unchecked.why).or_default().insert(&unchecked.option);
    }
    for (why, options) in others {
        let options = options.into_iter().collect::<Vec<_>>().join(", ");
        let why = match why {
            Why::NotDescribed => "no QEMU describes them".to_owned(),
            Why::NotByThisQemu => "described by other QEMUs".to_owned(),
            Why::NoProperties(name) => format!("no properties of `{name}` are known"),
        };
        let _ = write!(out, "\n  not checked, {why}: {options}");
    }
    out
}
