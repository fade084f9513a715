//! `--hotplug DIR`: what a real libvirt did to running guests, against our commands.
//!
//! `DIR/cases.jsonl` has one action a line: the running domain before, the device, and the commands that QEMU was given, with
//! its replies. Where QEMU refused a command, ours must be the same up to it, and then take back what they had done.

mod alike;
mod evidence;
mod folder;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;
use virtargv::{
    Hotplug, MasterKey, Override, Refused, Request, Source, UpdateOptions, Wait, render::Renderer,
};

use crate::corpus::read;
use crate::live::{World, alike as lines};
use crate::ratchet::Ratchet;
use crate::{Args, glob};
use folder::Folder;

/// The actions that are compared.
const ACTIONS: [&str; 3] = ["attach", "detach", "update"];

/// One action.
struct Case {
    id: String,
    action: String,
    domain: String,
    device: Option<String>,
    /// libvirt's message, where it refused.
    error: Option<String>,
    /// The commands that change something, with the replies.
    commands: Vec<Value>,
    /// The commands that ask, with the replies.
    queries: Vec<Value>,
    /// The domain afterwards, where it is another.
    result: Option<String>,
    force: bool,
    /// The events that came.
    events: Vec<Value>,
}

impl Case {
    fn load(dir: &Path, value: &Value) -> Result<Self, String> {
        let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        let file = |name: Option<String>| name.map(|name| read(&dir.join(name))).transpose();
        let commands = value.get("commands").and_then(Value::as_array).cloned().unwrap_or_default();
        let asks = |command: &Value| name(command).starts_with("query-");
        let (queries, commands) = commands.into_iter().partition(asks);
        let refused = value.get("refused").and_then(Value::as_bool).unwrap_or_default();
        Ok(Self {
            id: text("id").ok_or("a case without an id")?,
            action: text("action").unwrap_or_default(),
            domain: file(text("domain"))?.unwrap_or_default(),
            device: file(text("device"))?,
            error: text("error").filter(|_| refused),
            commands,
            queries,
            result: file(text("result"))?,
            events: value.get("events").and_then(Value::as_array).cloned().unwrap_or_default(),
            force: value.pointer("/parameters/force").and_then(Value::as_bool).unwrap_or_default(),
        })
    }

    /// Whether QEMU refused a command.
    fn refused_by_qemu(&self) -> bool {
        self.commands.iter().any(failed)
    }

    /// The status file of the running domain: the counters are not in its document, but in the commands, and in what came of them.
    fn status(&self) -> String {
        let added = |command: &&Value| matches!(name(command), "blockdev-add" | "object-add");
        let nodes = self.commands.iter().filter(added).filter_map(alike::node_number);
        let before = node_numbers(&self.domain);
        let after = self.result.as_deref().map(node_numbers).unwrap_or_default();
        let nodes = nodes.chain(after.difference(&before).copied());
        let node = nodes.min().map_or(0, |lowest| lowest.saturating_sub(1));
        let sets =
            self.commands.iter().filter_map(|command| command.pointer("/arguments/fdset-id")?.as_u64());
        let set = sets.min().unwrap_or_default();
        format!("<domstatus><nodename index='{node}'/><fdset index='{set}'/>{}</domstatus>", self.domain)
    }
}

/// The numbers of block nodes in the document of a running domain.
fn node_numbers(domain: &str) -> BTreeSet<u32> {
    let images = folder::disks(domain)
        .into_iter()
        .flat_map(|disk| disk.images().filter_map(|image| image.index).collect::<Vec<_>>());
    images.collect()
}

/// The name of a command.
fn name(command: &Value) -> &str {
    command.get("execute").and_then(Value::as_str).unwrap_or_default()
}

/// Whether QEMU refused the command.
fn failed(command: &Value) -> bool {
    command.pointer("/reply/error").is_some()
}

/// What came of a case: the figures that it counts in, each with whether it agrees.
#[derive(Default)]
struct Verdict {
    id: String,
    action: String,
    figures: Vec<(&'static str, bool)>,
    /// Why it is no evidence.
    left_out: Option<&'static str>,
    details: String,
}

const COMMANDS: &str = "commands";
const DOMAIN: &str = "domain afterwards";
const REFUSED: &str = "refusals";
const REASON: &str = "same thing named";

/// Compares all cases. Returns whether all of the ratchet agree.
pub fn measure(args: &Args, dir: &Path) -> Result<bool, String> {
    let world = World::load(dir, args.host.as_deref())?;
    let pattern = args.diff.as_deref().or(args.only.as_deref()).unwrap_or("*");
    let mut cases = Vec::new();
    for line in read(&dir.join("cases.jsonl"))?.lines() {
        let value: Value = serde_json::from_str(line).map_err(|e| e.to_string())?;
        cases.push(Case::load(dir, &value)?);
    }
    let after = cases.iter().filter_map(|case| case.result.clone());
    let domains: Vec<String> = cases.iter().map(|case| case.domain.clone()).chain(after).collect();
    let facts = dir.join("../../host").join(world.release.name());
    let folder = Folder::load(&facts, &world.daemon, &domains)?;
    let mut verdicts = Vec::new();
    let mut others: BTreeMap<String, usize> = BTreeMap::new();
    for case in cases {
        if !ACTIONS.contains(&case.action.as_str()) {
            *others.entry(case.action).or_default() += 1;
        } else if glob(pattern, &case.id) {
            verdicts.push(judge(&world, &folder, &case)?);
        }
    }
    let keys = |verdict: &Verdict| -> Vec<(String, bool)> {
        verdict.figures.iter().map(|(figure, agrees)| (format!("{} {figure}", verdict.id), *agrees)).collect()
    };
    let all: Vec<(String, bool)> = verdicts.iter().flat_map(keys).collect();
    let mut ratchet = Ratchet::load(&format!("hotplug-{}", world.release.name()));
    if args.bless {
        if args.only.is_some() {
            return Err("--bless takes a whole set".to_owned());
        }
        ratchet.bless(all.iter().filter(|(_, agrees)| *agrees).map(|(key, _)| key.as_str()))?;
    }
    let mut fine = true;
    for verdict in &verdicts {
        let lost = keys(verdict).iter().any(|(key, agrees)| !agrees && ratchet.holds(key));
        fine &= !lost;
        let wrong: Vec<&str> =
            verdict.figures.iter().filter(|(_, agrees)| !agrees).map(|(figure, _)| *figure).collect();
        let shown = if verdict.left_out.is_some() { String::new() } else { wrong.join(", ") };
        if args.diff.is_some() || args.first_diff && !wrong.is_empty() || lost {
            println!("{}: {shown} {}\n{}", verdict.id, verdict.left_out.unwrap_or(""), verdict.details);
        } else if args.only.is_some() || args.failing && !wrong.is_empty() {
            println!("{:<50} {shown} {}", verdict.id, verdict.left_out.unwrap_or(""));
        }
    }
    print_table(&verdicts);
    let named: Vec<String> = others.iter().map(|(action, count)| format!("{action} {count}")).collect();
    println!("not compared: {}", named.join(", "));
    Ok(fine)
}

fn print_table(verdicts: &[Verdict]) {
    for action in ACTIONS {
        for figure in [COMMANDS, DOMAIN, REFUSED, REASON] {
            let of = verdicts.iter().filter(|v| v.action == action && v.left_out.is_none());
            let counted: Vec<bool> = of
                .flat_map(|v| &v.figures)
                .filter(|(of, _)| *of == figure)
                .map(|(_, agrees)| *agrees)
                .collect();
            let agree = counted.iter().filter(|agrees| **agrees).count();
            println!("{action:<8} {figure:<20} {agree:>4} / {}", counted.len());
        }
    }
    let mut left_out: BTreeMap<&str, usize> = BTreeMap::new();
    for reason in verdicts.iter().filter_map(|verdict| verdict.left_out) {
        *left_out.entry(reason).or_default() += 1;
    }
    for (reason, count) in left_out {
        println!("left out {count:>4}: {reason}");
    }
}

fn judge(world: &World, folder: &Folder<'_>, case: &Case) -> Result<Verdict, String> {
    let caps = world.caps(&case.domain)?;
    let host = Override::new(&world.daemon.host).with_cpu(&world.daemon);
    let host = host.with_files(folder).with_networks(folder);
    let mut request = Request::new(&caps, &host);
    // The values of secrets are not compared.
    request.start.master_key = Some(MasterKey([0; 32]));
    let status = case.status();
    let device = case.device.as_deref().unwrap_or_default();
    let done = match case.action.as_str() {
        "attach" => virtargv::attach(&status, device, &request),
        "detach" => virtargv::detach(&status, device, &request),
        _ => virtargv::update(&status, device, &request, UpdateOptions { force: case.force }),
    };
    let mut verdict = Verdict { id: case.id.clone(), action: case.action.clone(), ..Verdict::default() };
    verdict.left_out = evidence::left_out(&case.id, case.error.as_deref());
    let by_libvirt = case.error.as_ref().filter(|_| !case.refused_by_qemu());
    match (by_libvirt, done) {
        (None, Ok(done)) => compare(case, &done, &mut verdict),
        (None, Err(refused)) => {
            verdict.figures.push((COMMANDS, false));
            if case.error.is_none() {
                verdict.figures.push((DOMAIN, false));
            }
            let _ = writeln!(verdict.details, "refused: {}", show(&refused, &status, device));
        }
        (Some(error), Ok(done)) => {
            verdict.figures.extend([(REFUSED, false), (REASON, false)]);
            let ours: Vec<String> =
                done.commands.iter().map(|command| command.to_qmp().to_string()).collect();
            let _ = writeln!(verdict.details, "libvirt: {error}\nours:\n{}", ours.join("\n"));
        }
        (Some(error), Err(refused)) => {
            let ours = show(&refused, &status, device);
            let alike = lines::reason(error.trim(), &ours);
            verdict.figures.extend([(REFUSED, true), (REASON, alike)]);
            let _ = writeln!(verdict.details, "libvirt: {error}\nours: {ours}");
        }
    }
    Ok(verdict)
}

fn show(refused: &Refused, domain: &str, device: &str) -> String {
    let mut out = String::new();
    for (name, text, report) in [("domain", domain, &refused.domain), ("device", device, &refused.device)] {
        if !report.is_empty() {
            out += &Renderer::plain().report(name, &Source::new(text), report);
        }
    }
    out
}

fn compare(case: &Case, done: &Hotplug, verdict: &mut Verdict) {
    let stays = |wait: &Wait| !case.events.iter().any(|event| wait.is_over(event));
    let unanswered = done.commands.iter().position(|command| command.wait.as_ref().is_some_and(stays));
    let ours = alike::given(done, &case.commands, &case.queries, unanswered);
    let theirs: Vec<String> = case.commands.iter().map(alike::command).collect();
    verdict.figures.push((COMMANDS, ours == theirs));
    for line in crate::diff::lines(&theirs.join("\n"), &ours.join("\n")) {
        match line {
            crate::diff::Line::Both(_) => {}
            crate::diff::Line::Expected(text) => _ = writeln!(verdict.details, "-{text}"),
            crate::diff::Line::Got(text) => _ = writeln!(verdict.details, "+{text}"),
        }
    }
    if let (None, Some(result), false) = (&case.error, &case.result, unanswered.is_some()) {
        let same = alike::domains(result, done, &mut verdict.details);
        verdict.figures.push((DOMAIN, same));
    }
}
