//! What is wrong with a document: values, not exceptions, so that one run can tell all of it.

use crate::Place;

/// The class of a problem, named as the reference names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The document is not what the format allows.
    Xml,
    /// The document asks for something that this QEMU, machine or release cannot do.
    Unsupported,
    /// The reference has no better class for it.
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
    /// The reference has no code for it on this architecture.
    NoDriver,
    /// A value that is right elsewhere.
    ArgumentUnsupported,
    /// A secret is not there or has no value.
    SecretMissing,
    /// The CPU asked for cannot be had on this host.
    CpuIncompatible,
    /// A number is too large for what it is used for.
    Overflow,
    /// The reference prints the message alone: text that is not XML, and some checks across elements.
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

    /// The prefix the reference prints before the message, without the colon; empty where it prints none.
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

/// Where on the line a problem was found. The order is the order in which the reference would have stopped.
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

/// One thing that is wrong, and where.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// Its class.
    pub kind: Kind,
    /// Its class in older releases of the reference, where that was another.
    pub older_kind: Option<Kind>,
    /// The stage that found it.
    pub stage: Stage,
    /// The stable id of the rule that was broken, such as `net-teaming-transient-type`.
    pub rule: &'static str,
    /// What is wrong, naming element, attribute and offending value (values in single quotes).
    pub message: String,
    /// Where it stands in the text.
    pub place: Place,
}

impl Problem {
    /// A problem of one class in every release.
    pub fn new(
        stage: Stage,
        kind: Kind,
        rule: &'static str,
        place: impl Into<Place>,
        message: impl Into<String>,
    ) -> Self {
        Self { kind, older_kind: None, stage, rule, message: message.into(), place: place.into() }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.kind {
            Kind::Plain => f.write_str(&self.message),
            kind => write!(f, "{}: {}", kind.as_str(), self.message),
        }
    }
}

impl std::error::Error for Problem {}

/// Every problem found so far, in the order in which the reference would have stopped.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    /// One list a stage, so that adding one takes the same time however many there are.
    stages: Box<[Vec<Problem>; Stage::COUNT]>,
    /// What only older releases refuse while they read, with how many problems of reading came before it.
    older: Vec<(usize, Problem)>,
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

    /// Adds a problem of reading that only older releases of the reference have.
    pub fn push_older(&mut self, problem: Problem) {
        let before = self.stages.get(Stage::Read as usize).map_or(0, Vec::len);
        self.older.push((before, problem));
    }

    /// Gives every problem the class it had in older releases of the reference, and brings in those that only they have.
    pub fn use_older_kinds(&mut self) {
        if let Some(read) = self.stages.get_mut(Stage::Read as usize) {
            for (at, problem) in std::mem::take(&mut self.older).into_iter().rev() {
                read.insert(at.min(read.len()), problem);
            }
        }
        for problem in self.stages.iter_mut().flatten() {
            problem.kind = problem.older_kind.take().unwrap_or(problem.kind);
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

    /// The problem the reference would have stopped at.
    pub fn first(&self) -> Option<&Problem> {
        self.iter().next()
    }

    /// The problems, in the reference's order.
    pub fn iter(&self) -> Problems<'_> {
        self.stages.iter().flatten()
    }
}

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
