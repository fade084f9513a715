//! What is wrong with a document: values, not exceptions, so that one run can tell all of it.

use std::fmt;

use crate::{Place, Rule};

/// The class of a problem, named as libvirt names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The document is not what the format allows.
    Xml,
    /// The document asks for something that this QEMU, machine or release cannot do.
    Unsupported,
    /// libvirt has no better class for it.
    Internal,
    /// A value that can never be right.
    InvalidArgument,
    /// Right in itself, but not in the present state of something else.
    InvalidOperation,
    /// Something the host was asked for did not work.
    OperationFailed,
    /// A named storage pool is not there.
    NotFound,
    /// A named storage volume is not there.
    NoVolume,
    /// A named network is not there.
    NoNetwork,
    /// The operation is not offered at all.
    NotSupported,
    /// libvirt has no code for it on this architecture.
    NoDriver,
    /// A value that is right elsewhere.
    ArgumentUnsupported,
    /// A secret is not there or has no value.
    SecretMissing,
    /// The CPU asked for cannot be had on this host.
    CpuIncompatible,
    /// A number is too large for what it is used for.
    Overflow,
    /// libvirt prints the message alone: text that is not XML, and some checks across elements.
    Plain,
}

impl Kind {
    /// Every class.
    pub const ALL: &'static [Self] = &[
        Self::Xml,
        Self::Unsupported,
        Self::Internal,
        Self::InvalidArgument,
        Self::InvalidOperation,
        Self::OperationFailed,
        Self::NotFound,
        Self::NoVolume,
        Self::NoNetwork,
        Self::NotSupported,
        Self::NoDriver,
        Self::ArgumentUnsupported,
        Self::SecretMissing,
        Self::CpuIncompatible,
        Self::Overflow,
        Self::Plain,
    ];

    /// The prefix libvirt prints before the message, without the colon; empty where it prints none.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Xml => "XML error",
            Self::Unsupported => "unsupported configuration",
            Self::Internal => "internal error",
            Self::InvalidArgument => "invalid argument",
            Self::InvalidOperation => "Requested operation is not valid",
            Self::OperationFailed => "operation failed",
            Self::NotFound => "Storage pool not found",
            Self::NoVolume => "Storage volume not found",
            Self::NoNetwork => "Network not found",
            Self::NotSupported => "Operation not supported",
            Self::NoDriver => "this function is not supported by the connection driver",
            Self::ArgumentUnsupported => "argument unsupported",
            Self::SecretMissing => "Secret not found",
            Self::CpuIncompatible => "the CPU is incompatible with host CPU",
            Self::Overflow => "numerical overflow",
            Self::Plain => "",
        }
    }

    /// The stable word used in machine-readable output.
    pub fn id(self) -> &'static str {
        match self {
            Self::Xml => "xml",
            Self::Unsupported => "unsupported",
            Self::Internal => "internal",
            Self::InvalidArgument => "invalid-argument",
            Self::InvalidOperation => "invalid-operation",
            Self::OperationFailed => "operation-failed",
            Self::NotFound => "not-found",
            Self::NoVolume => "no-volume",
            Self::NoNetwork => "no-network",
            Self::NotSupported => "not-supported",
            Self::NoDriver => "no-driver",
            Self::ArgumentUnsupported => "argument-unsupported",
            Self::SecretMissing => "secret-missing",
            Self::CpuIncompatible => "cpu-incompatible",
            Self::Overflow => "overflow",
            Self::Plain => "plain",
        }
    }
}

/// Where on the line a problem was found. The order is the order in which libvirt would have stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stage {
    /// The text was read into the model.
    Read,
    /// Defaults were filled in, device by device, then for the domain.
    Complete,
    /// Devices were given their addresses.
    Place,
    /// The completed domain was held against the rules.
    Validate,
    /// The command line was built.
    Build,
}

impl Stage {
    /// How many there are.
    pub(crate) const COUNT: usize = Self::Build as usize + 1;

    /// The stable word used in machine-readable output.
    pub fn id(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Complete => "complete",
            Self::Place => "place",
            Self::Validate => "validate",
            Self::Build => "build",
        }
    }
}

/// One thing that is wrong, and where. [`Rule::problem`] makes one.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// The rule that was broken.
    pub rule: &'static Rule,
    /// Its class under the release followed.
    pub kind: Kind,
    /// The stage that found it.
    pub stage: Stage,
    /// What is wrong, naming element, attribute and offending value (values in single quotes).
    pub message: String,
    /// Where it stands in the text.
    pub place: Place,
}

impl Problem {
    /// The stable id of the rule that was broken, such as `net-teaming-transient-type`.
    pub fn id(&self) -> &'static str {
        self.rule.id
    }

    /// The same with another class, where that depends on what was read rather than on the rule alone.
    #[must_use]
    pub fn with_kind(self, kind: Kind) -> Self {
        Self { kind, ..self }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::Plain => f.write_str(&self.message),
            kind => write!(f, "{}: {}", kind.as_str(), self.message),
        }
    }
}

impl std::error::Error for Problem {}

/// Every problem found so far, in the order in which libvirt would have stopped.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    /// One list a stage, so that adding one takes the same time however many there are.
    stages: Box<[Vec<Problem>; Stage::COUNT]>,
}

/// The problems of a report in order.
pub type Problems<'a> = std::iter::Flatten<std::slice::Iter<'a, Vec<Problem>>>;

impl Report {
    /// An empty report.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a problem after those of its own and earlier stages.
    pub fn push(&mut self, problem: Problem) {
        if let Some(stage) = self.stages.get_mut(problem.stage as usize) {
            stage.push(problem);
        }
    }

    /// Moves every problem of stage `from` to the later stage `to`.
    pub fn put_off(&mut self, from: Stage, to: Stage) {
        let moved = self.stages.get_mut(from as usize).map(std::mem::take).unwrap_or_default();
        for problem in moved {
            self.push(Problem { stage: to, ..problem });
        }
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.stages.iter().all(Vec::is_empty)
    }

    /// How many problems there are.
    pub fn len(&self) -> usize {
        self.stages.iter().map(Vec::len).sum()
    }

    /// The problem that libvirt would have stopped at.
    pub fn first(&self) -> Option<&Problem> {
        self.iter().next()
    }

    /// The problems, in libvirt's order.
    pub fn iter(&self) -> Problems<'_> {
        self.stages.iter().flatten()
    }
}

/// One problem a line.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, problem) in self.iter().enumerate() {
            if n > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Report {}

impl<'a> IntoIterator for &'a Report {
    type Item = &'a Problem;
    type IntoIter = Problems<'a>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl From<Problem> for Report {
    fn from(problem: Problem) -> Self {
        let mut report = Self::new();
        report.push(problem);
        report
    }
}
