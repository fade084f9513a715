//! What changes for a guest and for its command line: between two documents, two releases, two QEMUs, two machine types.
//!
//! [`diff`] goes from one side to the other in steps that each change one thing (the document, the machine type, one convention, the
//! words and rules of one version, one capability flag, and so on), and so knows of every difference which steps make it.
//!
//! ```
//! use virtargv::diff::{Reason, Side, diff};
//! use virtargv::{FixedHost, Release, Request, builtin};
//!
//! let text = "<domain type='kvm'><name>demo</name><memory unit='MiB'>512</memory>
//!   <os><type arch='x86_64' machine='q35'>hvm</type></os></domain>";
//! let host = FixedHost::default();
//! let [old, new] = [Release::V7_0, Release::V11_3]
//!     .map(|release| builtin::get("qemu-7.2-x86_64", release).expect("a built-in set"));
//! let side = |caps| Side { text, request: Request::new(caps, &host), machine: None };
//! let diff = diff(&side(&old), &side(&new));
//! let memory = diff.changes.iter().find(|change| change.argument == "-m").expect("a difference");
//! assert_eq!(memory.reasons.len(), 1);
//! assert!(matches!(memory.reasons[0], Reason::Convention(convention) if convention.name() == "MemorySizeKib"));
//! ```

mod facts;
mod fleet;
mod steps;
mod visible;
mod walk;

use std::fmt;

use virtargv_caps::Cap;
use virtargv_host::Request;
use virtargv_model::{Convention, Report, Version};
use virtargv_validate::abi;

pub use fleet::{Fleet, Kind};
pub use visible::Seen;

/// One side of a comparison.
#[derive(Clone)]
pub struct Side<'a> {
    /// The document.
    pub text: &'a str,
    /// Capabilities, host, release, options. What is random is the same on both sides, whatever the host gives.
    pub request: Request<'a>,
    /// A machine type that the guest has instead of the one in the document.
    pub machine: Option<&'a str>,
}

/// What differs between two sides.
#[derive(Debug, Clone, Default)]
pub struct Diff {
    /// The differences of the command lines, of what is around them, and of the problems; in the order of the arguments.
    pub changes: Vec<Change>,
    /// The differences between the completed domains for which libvirt refuses to migrate or restore the guest from one to the other.
    pub abi: Vec<Incompatible>,
    /// The problems of each side.
    pub reports: [Report; 2],
    /// Whether each side has a command line.
    pub lines: [bool; 2],
    /// How much is compared.
    pub extent: Extent,
}

/// How much of two sides is compared, which depends on how far the documents get.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Extent {
    /// The problems alone: a document is refused, for what it says or because it cannot be completed.
    #[default]
    Problems,
    /// The problems and the completed domains: both are valid, but one has no command line on this host.
    Domains,
    /// Everything.
    Lines,
}

impl Extent {
    /// The stable word used in machine-readable output.
    pub fn id(self) -> &'static str {
        match self {
            Self::Problems => "problems",
            Self::Domains => "domains",
            Self::Lines => "lines",
        }
    }
}

impl Diff {
    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.abi.is_empty()
    }

    /// Whether the guest would see a change, or could not be started on one side.
    pub fn is_seen(&self) -> bool {
        self.changes.iter().any(|change| change.seen == Seen::Guest)
            || self.abi.iter().any(|incompatible| incompatible.seen == Seen::Guest)
    }
}

/// A difference between the completed domains for which libvirt refuses to migrate or restore the guest.
#[derive(Debug, Clone, PartialEq)]
pub struct Incompatible {
    /// What differs, with the rule.
    pub difference: abi::Difference,
    /// Who sees it.
    pub seen: Seen,
    /// What makes the difference, in the order of the steps.
    pub reasons: Vec<Reason>,
}

/// A difference.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// What it is a difference of.
    pub part: Part,
    /// The argument: its option with what tells it from others of the option, as in `-device net0`; the name of an environment
    /// variable, of a QMP command, or the id of a rule.
    pub argument: String,
    /// The property, with dots between an object and its member; empty where it is no property.
    pub property: String,
    /// The value on the first side.
    pub before: Option<String>,
    /// The value on the second side.
    pub after: Option<String>,
    /// What the argument makes: the driver of a device, the type of an object, the property of `-global`; empty for others.
    pub makes: String,
    /// The element of the document or the reason that it comes from.
    pub origin: String,
    /// Who sees it.
    pub seen: Seen,
    /// What makes the difference, in the order of the steps.
    pub reasons: Vec<Reason>,
}

impl Change {
    /// Which side has what differs.
    pub fn on(&self) -> On {
        match (&self.before, &self.after) {
            (None, Some(_)) => On::After,
            (Some(_), None) => On::Before,
            _ => On::Both,
        }
    }
}

/// Which side has what differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum On {
    /// The second side only.
    After,
    /// The first side only.
    Before,
    /// Both sides, with different values.
    Both,
}

impl On {
    /// The stable word used in machine-readable output.
    pub fn id(self) -> &'static str {
        match self {
            Self::After => "after",
            Self::Before => "before",
            Self::Both => "both",
        }
    }
}

/// What a difference is a difference of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// A problem that one side has and the other has not.
    Problem,
    /// An argument that one side has and the other has not.
    Argument,
    /// The value of a property, or of an option without properties.
    Property,
    /// The same properties are written in another form.
    Form,
    /// Arguments that both have are in another order.
    Order,
    /// An environment variable.
    Environment,
    /// A command that QEMU is given after its start.
    Monitor,
}

impl Part {
    /// The stable word used in machine-readable output.
    pub fn id(self) -> &'static str {
        match self {
            Self::Problem => "problem",
            Self::Argument => "argument",
            Self::Property => "property",
            Self::Form => "form",
            Self::Order => "order",
            Self::Environment => "environment",
            Self::Monitor => "monitor",
        }
    }
}

/// A step from one side to the other: the reason for a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// The document is another one.
    Document,
    /// The machine type is another one.
    Machine,
    /// A convention differs between the releases.
    Convention(Convention),
    /// Words, attributes or rules came or went with this version of libvirt.
    Version(Version),
    /// QEMU has the flag, or the release takes it to have it, on one side only.
    Flag {
        /// The flag.
        cap: Cap,
        /// Whether it is there on the second side.
        is_set: bool,
    },
    /// The QEMU differs in what is no flag: its machine types, CPU models, their defaults, its version.
    Binary,
    /// The host or the options differ.
    Settings,
}

impl Reason {
    /// The stable word used in machine-readable output.
    pub fn id(&self) -> &'static str {
        match self {
            Self::Document => "document",
            Self::Machine => "machine",
            Self::Convention(_) => "convention",
            Self::Version(_) => "version",
            Self::Flag { .. } => "flag",
            Self::Binary => "binary",
            Self::Settings => "settings",
        }
    }
}

/// For people, on one line.
impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Document => f.write_str("the document is another one"),
            Self::Machine => f.write_str("the machine type is another one"),
            Self::Convention(convention) => {
                let (name, releases) = (convention.name(), convention.releases());
                write!(f, "convention {name}, {releases} of libvirt: {}", convention.summary())
            }
            Self::Version(version) => {
                write!(f, "words, attributes or rules that libvirt {version} added or removed")
            }
            Self::Flag { cap, is_set } => {
                let side = if *is_set { "second" } else { "first" };
                write!(f, "capability flag {} on the {side} side only: {}", cap.name(), cap.summary())
            }
            Self::Binary => f.write_str("another QEMU: its machine types, CPU models, defaults or version"),
            Self::Settings => f.write_str("another host or other options"),
        }
    }
}

/// What differs between two sides, and why.
///
/// Each side is run as often as it takes to find the steps that change something: some dozen times for two releases.
pub fn diff(before: &Side<'_>, after: &Side<'_>) -> Diff {
    walk::diff(before, after)
}
