//! From a libvirt domain document to the exact QEMU command line, without a daemon.
//!
//! [`command_line`] runs all stages: it turns a document into a command line or a report. Each stage is a crate of its
//! own that can be used alone. Questions about the host are asked of a [`Host`]: [`FixedHost`] answers with given
//! values, the crate `virtargv-system` with those of the machine that it runs on.
//!
//! Features, all off by default: `render` (reports with excerpts of the document, module `render`), `probe` (probing the
//! capabilities of a QEMU binary), `described` (hosts that a JSON file describes) and `examples` (documents that break each
//! rule, module `examples`).
//!
//! ```
//! use virtargv::{FixedHost, Release, Request, builtin, host::{SecretKey, SecretLookup}};
//!
//! let caps = builtin::get("qemu-11.1-x86_64", Release::V12_9).expect("a built-in set");
//! let host = FixedHost {
//!     secret: SecretLookup::new(|_, key| (key == SecretKey::Usage("disks")).then(|| b"open sesame".to_vec())),
//!     ..FixedHost::default()
//! };
//! let request = Request::new(&caps, &host);
//! let text = "<domain type='kvm'><name>demo</name><memory unit='MiB'>512</memory>
//!   <os><type arch='x86_64' machine='q35'>hvm</type></os></domain>";
//! let line = virtargv::command_line(text, &request)?;
//! assert_eq!(line.program, "/usr/bin/qemu-system-x86_64");
//!
//! // Everything that is wrong with a document is reported at once.
//! let report = virtargv::command_line("<domain", &request).unwrap_err();
//! assert_eq!(report.first().map(|problem| problem.id()), Some("xml"));
//! # Ok::<(), virtargv::Report>(())
//! ```
//!
//! The stages can be run one by one; each takes the [`Outcome`] of the one before and the [`Request`]:
//!
//! ```
//! use virtargv::{FixedHost, Release, Request, builtin};
//! use virtargv::{model, qemu_cmd, resolve, validate};
//!
//! let caps = builtin::get("qemu-11.1-x86_64", Release::V12_9).expect("a built-in set");
//! let host = FixedHost::default();
//! let request = Request::new(&caps, &host);
//! let text = "<domain type='kvm'><name>demo</name><memory unit='MiB'>512</memory>
//!   <os><type arch='x86_64' machine='q35'>hvm</type></os></domain>";
//! let read = model::parse_as(text, request.release());
//! let resolved = resolve::resolve(read, &request);
//! let validated = validate::validate(resolved, &request);
//! let line = qemu_cmd::build(validated, &request).into_result()?;
//! assert!(line.arguments.iter().any(|argument| argument.option == "-machine"));
//! # Ok::<(), virtargv::Report>(())
//! ```

pub mod attributes;
mod complete;
pub mod cpu;
pub mod diff;
pub mod domcaps;
#[cfg(feature = "examples")]
pub mod examples;
pub mod explain;
pub mod firmware;
mod hotplug;
mod migration;
#[cfg(feature = "render")]
pub mod render;
pub mod verify;
mod words;

use std::collections::HashSet;

use virtargv_qemu_cmd::Prepared;

pub use complete::{Completed, Secrets, complete};
pub use hotplug::{Refused, attach, detach, update};
pub use migration::{check_migration, migration, rules as migration_rules};
pub use virtargv_caps::{Arch, Cap, Caps, Release, builtin};
pub use virtargv_host::{
    Answer, DomainId, DriverConfig, FixedHost, Host, HostError, Incoming, MasterKey, Override, ReadOptions,
    Request, Runner, StartOptions,
};
pub use virtargv_model::{
    ByRelease, Change, Class, Classes, Convention, Domain, Edit, Frame, Label, Outcome, Place, Pos, Problem,
    Problems, Report, Rule, Severity, Source, Span, Stage, UnknownRelease, Version, read::MAX_DOCUMENT,
};
pub use virtargv_qemu_cmd::hotplug::{Command, FromReply, Hotplug, TeamingPair, UpdateOptions, Wait};
pub use virtargv_qemu_cmd::{ArgValue, Argument, CommandLine, Format, Layout, Need, Origin};
pub use virtargv_resolve::Resolved;
pub use virtargv_validate::Validated;
pub use virtargv_validate::lint::{self, Level, Levels};
pub use words::narrow_words;

/// The crates of the stages, of the host and of capabilities, with every type that a public signature has.
pub use {
    virtargv_caps as caps, virtargv_host as host, virtargv_model as model, virtargv_qemu_cmd as qemu_cmd,
    virtargv_resolve as resolve, virtargv_validate as validate,
};

/// The results of all stages for a document.
#[derive(Debug, Clone)]
pub struct Run {
    /// The completed domain; `None` if the text cannot be read.
    pub resolved: Option<Domain>,
    /// The command line; `None` if there is a problem, be it a note.
    pub command_line: Option<CommandLine>,
    /// The problems, in the order in which libvirt finds them.
    pub report: Report,
}

impl Run {
    /// The document of the completed domain, as `release` writes it; `None` if the text cannot be read. Completing it changes
    /// nothing.
    ///
    /// ```
    /// use virtargv::{FixedHost, Release, Request, builtin};
    ///
    /// let caps = builtin::get("qemu-11.1-x86_64", Release::V12_9).expect("a built-in set");
    /// let host = FixedHost::default();
    /// let request = Request::new(&caps, &host);
    /// let text = "<domain type='kvm'><name>demo</name><memory unit='MiB'>512</memory>
    ///   <os><type arch='x86_64' machine='q35'>hvm</type></os></domain>";
    /// let completed = virtargv::run(text, &request).document(Release::V12_9).expect("a domain");
    /// assert_eq!(virtargv::run(&completed, &request).document(Release::V12_9), Some(completed));
    /// ```
    pub fn document(&self, release: Release) -> Option<String> {
        let completed = self.resolved.as_ref()?;
        Some(virtargv_model::format(&virtargv_resolve::document(completed, release)))
    }
}

/// Runs all stages.
pub fn run(text: &str, request: &Request<'_>) -> Run {
    let mut completed = None;
    let Outcome { value, report } = stages(text, request, |domain| completed = Some(domain.clone()));
    Run { resolved: completed, command_line: value, report }
}

/// The problems of the document `text`, and what `levels` have of its warnings: elements and attributes that libvirt
/// ignores, and lints ([`validate::lint`]). [`run`] and [`command_line`] look for none of these.
///
/// ```
/// use virtargv::{FixedHost, Levels, Release, Request, builtin};
///
/// let caps = builtin::get("qemu-11.1-x86_64", Release::V12_9).expect("a built-in set");
/// let host = FixedHost::default();
/// let text = "<domain type='kvm'><name>demo</name><memory unit='MiB'>512</memory><currentmemory>1</currentmemory>
///   <os><type arch='x86_64' machine='q35'>hvm</type></os></domain>";
/// let report = virtargv::check(text, &Request::new(&caps, &host), &Levels::default());
/// let problem = report.first().expect("a warning");
/// assert_eq!((problem.id(), problem.help()), ("unknown-element", "did you mean `<currentMemory>`?"));
/// ```
pub fn check(text: &str, request: &Request<'_>, levels: &Levels) -> Report {
    check_with(text, request, levels, |_| Report::new())
}

/// As [`check`], with the problems that `more` finds in the document as it was read.
fn check_with(
    text: &str,
    request: &Request<'_>,
    levels: &Levels,
    more: impl FnOnce(&Domain) -> Report,
) -> Report {
    let release = request.release();
    let (read, mut found) = virtargv_model::parse_with_names(text, release);
    let mut arguments = Vec::new();
    let mut told = Report::new();
    if let Some(domain) = &read.value {
        told = more(domain);
        found.extend(lint::check(domain, request));
        arguments.clone_from(&domain.qemu.args);
    }
    let prepared = prepared(read, request, |_| {});
    let mut report = if arguments.is_empty() {
        // Emission refuses nothing.
        prepared.report
    } else {
        let built = virtargv_qemu_cmd::emit(prepared);
        if let Some(line) = &built.value {
            let own: Vec<_> =
                line.arguments.iter().filter(|argument| argument.value != ArgValue::Verbatim).collect();
            let options: Vec<_> = own.iter().map(|own| (own.option.as_ref(), own.value_text())).collect();
            found.extend(lint::check_line(&arguments, &options, release));
        }
        built.report
    };
    let refused = refused_at(&report);
    let told_at = refused_at(&told);
    let is_told = |lint: &Problem| virtargv_validate::migration::says(lint) && follows(lint, &told_at);
    found.retain(|lint| !follows(lint, &refused) && !is_told(lint));
    report.extend(told.iter().cloned());
    report.extend(found.into_iter().filter_map(|problem| levels.apply(problem)));
    narrow_words(text, request, &mut report);
    report
}

/// The byte offsets of the elements that have an error.
fn refused_at(report: &Report) -> HashSet<usize> {
    let errors = report.iter().filter(|problem| problem.severity == Severity::Error);
    errors.filter_map(|problem| problem.place.element.offset()).collect()
}

/// Whether `lint` says of an element what an error there says too. Names that are not read are no mistake of another kind, but
/// what is for another driver may be refused.
fn follows(lint: &Problem, refused: &HashSet<usize>) -> bool {
    let mut names =
        virtargv_model::names::ALL.iter().filter(|rule| rule.id != virtargv_model::names::OTHER_DRIVER.id);
    let is_name = names.any(|rule| rule.id == lint.id());
    !is_name && lint.place.element.offset().is_some_and(|here| refused.contains(&here))
}

/// The command line of the document `text`.
///
/// # Errors
/// All problems of the document.
pub fn command_line(text: &str, request: &Request<'_>) -> Result<CommandLine, Report> {
    stages(text, request, |_| {}).into_result()
}

/// Runs all stages; `completed` is called with the completed domain.
fn stages(text: &str, request: &Request<'_>, completed: impl FnOnce(&Domain)) -> Outcome<CommandLine> {
    virtargv_qemu_cmd::emit(prepared(virtargv_model::parse_as(text, request.release()), request, completed))
}

/// As [`stages`], of a document that was read, up to preparing.
fn prepared<'r>(
    read: Outcome<Box<Domain>>,
    request: &'r Request<'_>,
    completed: impl FnOnce(&Domain),
) -> Outcome<Box<Prepared<'r>>> {
    let resolved = virtargv_resolve::resolve(read, request);
    if let Some(resolved) = &resolved.value {
        completed(resolved.domain());
    }
    let validated = virtargv_validate::validate(resolved, request);
    virtargv_qemu_cmd::prepare(validated, request)
}

/// The capability flags that the document `text` needs: those of `request` without which it is refused. What depends on
/// something that the host does not know is not looked at.
///
/// # Errors
/// The problems of the document with all flags of `request`.
pub fn required_flags(text: &str, request: &Request<'_>) -> Result<Vec<Cap>, Report> {
    let report = run(text, request).report;
    if report.refuses() {
        return Err(report);
    }
    let needed = request.caps.flags().iter().filter(|&cap| {
        let without = request.caps.edit().clear(cap).build();
        !without.has(cap) && run(text, &Request { caps: &without, ..request.clone() }).report.refuses()
    });
    Ok(needed.collect())
}

/// All rules, stage by stage. Each crate defines the rules that it checks.
///
/// ```
/// let rule = virtargv::rules().find(|rule| rule.id == "net-teaming-transient-type").expect("a rule");
/// assert_eq!(rule.severity, virtargv::Severity::Error);
/// assert_eq!(rule.stage.now(), virtargv::Stage::Validate);
/// ```
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    let read = virtargv_model::rules::TABLES.iter();
    let resolve = std::iter::once(&virtargv_resolve::rules::ALL);
    let validate = virtargv_validate::rules::TABLES.iter();
    let prepare = std::iter::once(&virtargv_qemu_cmd::rules::ALL);
    read.chain(resolve)
        .chain(validate)
        .chain(prepare)
        .chain(lint::TABLES)
        .chain(virtargv_validate::abi::TABLES)
        .flat_map(|table| table.iter().copied())
}

/// The rules of attaching, detaching and changing a device of a running domain, and of the device's document. Those of
/// [`rules`] on its kind of device hold too.
///
/// ```
/// assert!(virtargv::hotplug_rules().any(|rule| rule.id == "hotplug-disk-bus"));
/// ```
pub fn hotplug_rules() -> impl Iterator<Item = &'static Rule> {
    let tables = [virtargv_model::device::one::ALL, virtargv_qemu_cmd::hotplug::rules::ALL];
    tables.into_iter().flat_map(|table| table.iter().copied())
}

/// Rules on something else than a document of a domain.
#[derive(Debug, Clone)]
pub struct RuleSet {
    /// Its name: `hotplug`, `migration`, `cpu` or `verify`.
    pub name: &'static str,
    /// What the rules are about, as a sentence.
    pub about: &'static str,
    /// The rules.
    pub rules: Vec<&'static Rule>,
}

/// The rules that are not in [`rules`], by what they are about.
///
/// ```
/// let sets = virtargv::rule_sets();
/// let cpu = sets.iter().find(|set| set.name == "cpu").expect("a set");
/// assert!(cpu.rules.iter().any(|rule| rule.id == "cpu-model-named"));
/// ```
pub fn rule_sets() -> Vec<RuleSet> {
    let set = |name, about, rules| RuleSet { name, about, rules };
    vec![
        set(
            "hotplug",
            "On attaching, detaching and changing a device of a running domain (`virtargv attach`, `detach`, `update`). The rules \
             on its kind of device hold too.",
            hotplug_rules().collect(),
        ),
        set("migration", "On whether a guest with teaming can migrate.", migration_rules().collect()),
        set("cpu", "On CPUs apart from any domain (`virtargv cpu`).", cpu::rules::ALL.to_vec()),
        set(
            "verify",
            "On a command line, compared with what a QEMU says of itself (`virtargv argv --verify`).",
            verify::rules::ALL.to_vec(),
        ),
    ]
}

/// The architecture in the document `text`, or in the status file of a running domain; `None` if it names none or cannot be
/// read.
pub fn arch_of(text: &str) -> Option<Arch> {
    let running = virtargv_model::status::parse_running(text, Release::default());
    running.value?.domain.os.arch?.parse().ok()
}

/// The name of the domain in the document `text`; `None` if it has none or cannot be read.
pub fn name_of(text: &str) -> Option<String> {
    virtargv_model::parse(text).value?.name
}

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
