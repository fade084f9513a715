//! From a libvirt domain document to the exact QEMU command line, without a daemon.
//!
//! This is the whole line in one call, for embedding: document in, command line or report out. Each stage is a crate of
//! its own that can be used alone. What the host answers comes through [`Host`]: [`FixedHost`] answers with given values,
//! the crate `virtargv-system` looks at this machine.
//!
//! Features, all off by default: `render` (reports as a compiler shows them, `render`), `probe` (ask a QEMU binary what it
//! can do).
//!
//! ```
//! use virtargv::{Arch, Caps, FixedHost, Release, Request};
//! let caps = Caps::builder(Release::V7_0, Arch::X86_64).build();
//! let bad = virtargv::command_line("<domain", &Request::new(&caps, &FixedHost::default())).unwrap_err();
//! assert_eq!(bad.len(), 1);
//! ```

#[cfg(feature = "render")]
pub mod render;

pub use virtargv_caps::{Arch, Cap, Caps, Release, builtin};
pub use virtargv_host::{DriverConfig, FixedHost, Host};
pub use virtargv_model::{
    ByRelease, Classes, Convention, Domain, Frame, Kind, Place, Pos, Problem, Problems, Report, Rule,
    Severity, Source, Span, Stage, UnknownRelease, Version, read::MAX_DOCUMENT,
};
pub use virtargv_qemu_cmd::{Argument, CLASSIC_WRAP, CommandLine, Format, Incoming, Layout, Need, Origin};
pub use virtargv_resolve::Resolved;

use virtargv_validate::Validated;

/// What a command line is made of besides the document.
#[derive(Clone)]
pub struct Request<'a> {
    /// What the QEMU can do, and the release whose behaviour is followed.
    pub caps: &'a Caps,
    /// The machine the guest will run on.
    pub host: &'a dyn Host,
    /// How the document is to be read.
    pub read: virtargv_resolve::Options,
    /// What is wanted of this start.
    pub start: virtargv_qemu_cmd::Options,
    /// Build even what breaks rules.
    pub skip_validate: bool,
}

impl<'a> Request<'a> {
    /// A plain start.
    pub fn new(caps: &'a Caps, host: &'a dyn Host) -> Self {
        Self {
            caps,
            host,
            read: virtargv_resolve::Options::default(),
            start: virtargv_qemu_cmd::Options::default(),
            skip_validate: false,
        }
    }
}

/// What became of a document: each stage's result as far as it got.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The completed domain, where the text could be read at all.
    pub resolved: Option<Domain>,
    /// The command line, where nothing was wrong.
    pub command_line: Option<CommandLine>,
    /// What was wrong, in the order in which libvirt would have stopped.
    pub report: Report,
}

/// Runs the whole line and keeps what each stage gave.
pub fn run(text: &str, request: &Request<'_>) -> Outcome {
    let mut completed = None;
    let mut outcome = stages(text, request, |domain| completed = Some(domain.clone()));
    outcome.resolved = completed;
    outcome
}

/// The command line for `text`, or everything that is wrong with it.
pub fn command_line(text: &str, request: &Request<'_>) -> Result<CommandLine, Report> {
    let outcome = stages(text, request, |_| {});
    outcome.command_line.ok_or(outcome.report)
}

/// The stages in a row; `completed` is shown the domain when it is complete.
fn stages(text: &str, request: &Request<'_>, completed: impl FnOnce(&Domain)) -> Outcome {
    let parsed = virtargv_model::parse(text, request.caps.release());
    let mut report = parsed.report;
    let refused = |report| Outcome { resolved: None, command_line: None, report };
    let Some(domain) = parsed.domain else { return refused(report) };
    let resolved = virtargv_resolve::resolve(domain, request.caps, request.host, request.read, &mut report);
    completed(resolved.domain());
    let validated = match virtargv_validate::validate(resolved, request.caps, request.host, &mut report) {
        // What is not validated when it is read is when it is started, unless it ran already somewhere else.
        Err(resolved) if request.skip_validate => {
            report.put_off(Stage::Validate, Stage::Build);
            if report.first().is_some_and(|problem| problem.stage == Stage::Build)
                && request.start.incoming.is_some()
            {
                report = Report::new();
                Ok(Validated::unchecked(*resolved))
            } else {
                Err(resolved)
            }
        }
        validated => validated,
    };
    let Ok(validated) = validated else { return refused(report) };
    match virtargv_qemu_cmd::build(validated, request.caps, request.host, &request.start) {
        Ok(line) => Outcome { resolved: None, command_line: Some(line), report },
        Err(report) => refused(report),
    }
}

/// The flags without which `text` is refused or its command line cannot be built, given that it is accepted as it is.
///
/// # Errors
/// What is wrong with the document even with every flag that `request` offers.
pub fn required_flags(text: &str, request: &Request<'_>) -> Result<Vec<Cap>, Report> {
    command_line(text, request)?;
    let needed = request.caps.flags().iter().filter(|&cap| {
        let without = request.caps.edit().clear(cap).build();
        !without.has(cap) && command_line(text, &Request { caps: &without, ..request.clone() }).is_err()
    });
    Ok(needed.collect())
}

/// Every rule that any stage can report as broken, stage by stage. Each crate owns its rows; this is the one list of all.
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
    read.chain(resolve).chain(validate).chain(prepare).flat_map(|table| table.iter().copied())
}

/// The architecture of the guest that `text` describes, where it names one.
pub fn arch_of(text: &str) -> Option<Arch> {
    virtargv_model::parse(text, Release::default()).domain?.os.arch?.parse().ok()
}

/// The name of the guest that `text` describes, where it has one.
pub fn name_of(text: &str) -> Option<String> {
    virtargv_model::parse(text, Release::default()).domain?.name
}

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
