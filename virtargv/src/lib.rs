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
//! use virtargv::{FixedHost, Release, Request, builtin, host::SecretLookup};
//!
//! let caps = builtin::get("qemu-10.0-x86_64", Release::V11_3).expect("a built-in set");
//! let host = FixedHost {
//!     secret: SecretLookup::new(|_, key| (key.name() == "disks").then(|| b"open sesame".to_vec())),
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
//! let caps = builtin::get("qemu-10.0-x86_64", Release::V11_3).expect("a built-in set");
//! let host = FixedHost::default();
//! let request = Request::new(&caps, &host);
//! let text = "<domain type='kvm'><name>demo</name><memory unit='MiB'>512</memory>
//!   <os><type arch='x86_64' machine='q35'>hvm</type></os></domain>";
//! let read = model::parse(text, request.release());
//! let resolved = resolve::resolve(read, &request);
//! let validated = validate::validate(resolved, &request);
//! let line = qemu_cmd::build(validated, &request).into_result()?;
//! assert!(line.arguments.iter().any(|argument| argument.option == "-machine"));
//! # Ok::<(), virtargv::Report>(())
//! ```

pub mod explain;
#[cfg(feature = "render")]
pub mod render;

pub use virtargv_caps::{Arch, Cap, Caps, Release, builtin};
pub use virtargv_host::{
    Answer, DriverConfig, FixedHost, Host, HostError, Incoming, Override, ReadOptions, Request, StartOptions,
};
pub use virtargv_model::{
    ByRelease, Classes, Convention, Domain, Frame, Kind, Outcome, Place, Pos, Problem, Problems, Report,
    Rule, Severity, Source, Span, Stage, UnknownRelease, Version, read::MAX_DOCUMENT,
};
pub use virtargv_qemu_cmd::{Argument, CLASSIC_WRAP, CommandLine, Format, Layout, Need, Origin};
pub use virtargv_resolve::Resolved;
pub use virtargv_validate::Validated;

/// The crate of each stage and of what it asks, with every type that a signature shows.
pub use {
    virtargv_caps as caps, virtargv_host as host, virtargv_model as model, virtargv_qemu_cmd as qemu_cmd,
    virtargv_resolve as resolve, virtargv_validate as validate,
};

/// What became of a document: each stage's result as far as it got.
#[derive(Debug, Clone)]
pub struct Run {
    /// The completed domain, where the text could be read at all.
    pub resolved: Option<Domain>,
    /// The command line, where nothing was wrong.
    pub command_line: Option<CommandLine>,
    /// What was wrong, in the order in which libvirt would have stopped.
    pub report: Report,
}

/// Runs the whole line and keeps what each stage gave.
pub fn run(text: &str, request: &Request<'_>) -> Run {
    let mut completed = None;
    let Outcome { value, report } = stages(text, request, |domain| completed = Some(domain.clone()));
    Run { resolved: completed, command_line: value, report }
}

/// The command line for `text`.
///
/// # Errors
/// Everything that is wrong with the document.
pub fn command_line(text: &str, request: &Request<'_>) -> Result<CommandLine, Report> {
    stages(text, request, |_| {}).into_result()
}

/// The stages in a row; `completed` is shown the domain when it is complete.
fn stages(text: &str, request: &Request<'_>, completed: impl FnOnce(&Domain)) -> Outcome<CommandLine> {
    let read = virtargv_model::parse(text, request.release());
    let resolved = virtargv_resolve::resolve(read, request);
    if let Some(resolved) = &resolved.value {
        completed(resolved.domain());
    }
    let validated = virtargv_validate::validate(resolved, request);
    virtargv_qemu_cmd::build(validated, request)
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
    virtargv_model::parse(text, Release::default()).value?.os.arch?.parse().ok()
}

/// The name of the guest that `text` describes, where it has one.
pub fn name_of(text: &str) -> Option<String> {
    virtargv_model::parse(text, Release::default()).value?.name
}

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
