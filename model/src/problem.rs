//! Problems of a document. They are values that are collected, so that one run reports all of them.

use std::fmt;

use crate::advice::{Advice, Choices};
use crate::read::ReadPlace;
use crate::{Edit, Label, Place, Rule, Severity, Unread};

/// The class of a problem, named as libvirt names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// The document is not what the format allows.
    Xml,
    /// The document asks for something that the QEMU binary, the machine type or the release does not support.
    Unsupported,
    /// libvirt has no more specific class.
    Internal,
    /// A value is not valid anywhere.
    InvalidArgument,
    /// The request is valid, but not in the present state of the domain or the host.
    InvalidOperation,
    /// libvirt forbids the operation.
    Forbidden,
    /// An operation on the host failed.
    OperationFailed,
    /// A named storage pool does not exist.
    NotFound,
    /// A named storage volume does not exist.
    NoVolume,
    /// A named network does not exist.
    NoNetwork,
    /// The operation is not supported.
    NotSupported,
    /// The QEMU driver of libvirt does not implement it for this architecture.
    NoDriver,
    /// A value of the format is not supported for this device.
    ArgumentUnsupported,
    /// A secret does not exist or has no value.
    SecretMissing,
    /// The host's CPU lacks features of the guest's CPU.
    CpuIncompatible,
    /// The domain has no such device.
    DeviceMissing,
    /// A number is too large for the type that libvirt or the kernel keeps it in.
    Overflow,
    /// libvirt prints the message without a class: text that is not XML, and some checks across elements.
    Plain,
}

impl Class {
    /// Every class.
    pub const ALL: &'static [Self] = &[
        Self::Xml,
        Self::Unsupported,
        Self::Internal,
        Self::InvalidArgument,
        Self::InvalidOperation,
        Self::Forbidden,
        Self::OperationFailed,
        Self::NotFound,
        Self::NoVolume,
        Self::NoNetwork,
        Self::NotSupported,
        Self::NoDriver,
        Self::ArgumentUnsupported,
        Self::SecretMissing,
        Self::CpuIncompatible,
        Self::DeviceMissing,
        Self::Overflow,
        Self::Plain,
    ];

    /// The prefix that libvirt prints before the message, without the colon; empty where it prints none.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Xml => "XML error",
            Self::Unsupported => "unsupported configuration",
            Self::Internal => "internal error",
            Self::InvalidArgument => "invalid argument",
            Self::InvalidOperation => "Requested operation is not valid",
            Self::Forbidden => "operation forbidden",
            Self::OperationFailed => "operation failed",
            Self::NotFound => "Storage pool not found",
            Self::NoVolume => "Storage volume not found",
            Self::NoNetwork => "Network not found",
            Self::NotSupported => "Operation not supported",
            Self::NoDriver => "this function is not supported by the connection driver",
            Self::ArgumentUnsupported => "argument unsupported",
            Self::SecretMissing => "Secret not found",
            Self::CpuIncompatible => "the CPU is incompatible with host CPU",
            Self::DeviceMissing => "device not found",
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
            Self::Forbidden => "forbidden",
            Self::OperationFailed => "operation-failed",
            Self::NotFound => "not-found",
            Self::NoVolume => "no-volume",
            Self::NoNetwork => "no-network",
            Self::NotSupported => "not-supported",
            Self::NoDriver => "no-driver",
            Self::ArgumentUnsupported => "argument-unsupported",
            Self::SecretMissing => "secret-missing",
            Self::CpuIncompatible => "cpu-incompatible",
            Self::DeviceMissing => "device-missing",
            Self::Overflow => "overflow",
            Self::Plain => "plain",
        }
    }
}

/// The stage that finds a problem, in the order in which libvirt runs them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stage {
    /// Reading the text into the model.
    Read,
    /// Filling in defaults, for each device, then for the domain.
    Complete,
    /// Assigning addresses to devices.
    Place,
    /// Checking the completed domain against the rules.
    Validate,
    /// Building the command line.
    Build,
}

impl Stage {
    /// The number of stages.
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

/// A broken rule, and its place in the text. [`Rule::problem`] makes one.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// The rule that was broken.
    pub rule: &'static Rule,
    /// Its class under the release followed.
    pub class: Class,
    /// The stage that found it.
    pub stage: Stage,
    /// How severe it is: as severe as its rule says, or a note where only the host could tell whether the rule is broken.
    pub severity: Severity,
    /// What is wrong, with the names of element and attribute and the offending value, in backticks.
    pub message: String,
    /// The place in the text.
    pub place: Place,
    /// For a problem of reading: where libvirt reads the part of the document that has it.
    pub read_at: Option<ReadPlace>,
    /// Further places, help and edits, where it has some of its own.
    pub(crate) advice: Option<Box<Advice>>,
}

impl Problem {
    /// The stable id of the rule that was broken, such as `net-teaming-transient-type`.
    pub fn id(&self) -> &'static str {
        self.rule.id
    }

    /// Further places of the problem, each with a text.
    pub fn labels(&self) -> &[Label] {
        self.advice.as_ref().map_or(&[], |advice| &advice.labels)
    }

    /// What to do about it: what was found out for this document, else what its rule says.
    pub fn help(&self) -> &str {
        self.advice.as_ref().and_then(|advice| advice.help.as_deref()).unwrap_or(self.rule.help)
    }

    /// The edits of the text that mend it, all of them together; none where it is not sure how.
    pub fn edits(&self) -> &[Edit] {
        self.advice.as_ref().map_or(&[], |advice| &advice.edits)
    }

    /// For a value that is none of the words of its list: the words, of which its help speaks.
    pub fn choices(&self) -> Option<&Choices> {
        self.advice.as_ref()?.choices.as_ref()
    }

    /// The problem with a further place, and what is there.
    #[must_use]
    pub fn with_label(mut self, place: impl Into<Place>, text: impl Into<String>) -> Self {
        let label = Label { place: place.into(), text: text.into() };
        self.advice.get_or_insert_default().labels.push(label);
        self
    }

    /// The problem with help of its own, in place of its rule's.
    #[must_use]
    pub fn with_help(mut self, text: impl Into<String>) -> Self {
        self.advice.get_or_insert_default().help = Some(text.into());
        self
    }

    /// The problem with an edit that is sure to mend it, together with the others that it has.
    #[must_use]
    pub fn with_edit(mut self, edit: Edit) -> Self {
        self.advice.get_or_insert_default().edits.push(edit);
        self
    }

    /// The problem with another class, where the class depends on the element that was read and not on the rule alone.
    #[must_use]
    pub fn with_class(self, class: Class) -> Self {
        Self { class, ..self }
    }

    /// The problem at another stage, where what finds it runs at several.
    #[must_use]
    pub fn with_stage(self, stage: Stage) -> Self {
        Self { stage, ..self }
    }

    /// The problem as a note with another message: `message` says what has to be known before the rule can be judged. A
    /// note refuses no document, but there is no command line where there is one.
    #[must_use]
    pub fn into_note(self, message: String) -> Self {
        Self { severity: Severity::Note, message, ..self }
    }
}

impl Problem {
    /// The problem with the places that it has in a text that stands `base` bytes behind the start of another; `None` where its
    /// place is in the other. Of labels and edits those in the text are left.
    #[must_use]
    pub fn within(mut self, base: usize) -> Option<Self> {
        self.place.element = self.place.element.within(base)?;
        if let Some(advice) = &mut self.advice {
            advice.labels.retain_mut(|label| move_place(&mut label.place, base));
            let edits = advice.edits.len();
            advice.edits.retain_mut(|edit| move_place(&mut edit.place, base));
            if advice.edits.len() < edits {
                advice.edits.clear();
            }
            if advice.choices.as_mut().is_some_and(|choices| !move_place(&mut choices.place, base)) {
                advice.choices = None;
            }
        }
        Some(self)
    }
}

/// Moves `place` into the text behind `base`. Returns whether it is there.
fn move_place(place: &mut Place, base: usize) -> bool {
    let moved = place.element.within(base);
    place.element = moved.unwrap_or_default();
    moved.is_some()
}

/// Class and message; the message alone for a problem that is no error, because libvirt has no message for it.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.class {
            _ if self.severity < Severity::Error => f.write_str(&self.message),
            Class::Plain => f.write_str(&self.message),
            class => write!(f, "{}: {}", class.as_str(), self.message),
        }
    }
}

impl std::error::Error for Problem {}

/// The problems of a document, in the order in which libvirt finds them.
#[derive(Debug, Clone, Default)]
pub struct Report(
    /// `None` in an empty report, because most documents have no problem.
    Option<Box<Content>>,
);

/// What is in a report.
#[derive(Debug, Clone, Default)]
struct Content {
    /// A list for each stage, so that adding a problem takes constant time.
    stages: [Vec<Problem>; Stage::COUNT],
    /// What could not be read.
    unread: Unread,
}

/// Iterates over the problems of a [`Report`], in libvirt's order.
pub type Problems<'a> = std::iter::Flatten<std::slice::Iter<'a, Vec<Problem>>>;

impl Report {
    /// An empty report.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a problem after those of the same and earlier stages. One of reading whose [`ReadPlace`] is known is put before
    /// those of later places.
    pub fn push(&mut self, problem: Problem) {
        let content = self.0.get_or_insert_default();
        let Some(stage) = content.stages.get_mut(problem.stage as usize) else { return };
        let is_later = |other: &Problem| other.read_at.is_some_and(|at| Some(at) > problem.read_at);
        let before = problem.read_at.and_then(|_| stage.iter().position(is_later));
        stage.insert(before.unwrap_or(stage.len()), problem);
    }

    /// Records where in the order of reading each problem is, as `place` tells.
    pub(crate) fn set_read_places(&mut self, place: impl Fn(&Problem) -> Option<ReadPlace>) {
        for problem in self.stages_mut().iter_mut().flatten() {
            problem.read_at = place(problem);
        }
    }

    fn stages(&self) -> &[Vec<Problem>] {
        self.0.as_ref().map_or(&[], |content| &content.stages)
    }

    fn stages_mut(&mut self) -> &mut [Vec<Problem>] {
        self.0.as_mut().map_or(&mut [], |content| &mut content.stages)
    }

    /// Leaves those words in the help of bad values for which `keep` is true; where that is none, all of them.
    pub fn narrow(&mut self, mut keep: impl FnMut(&Choices, &str) -> bool) {
        let advice = self.stages_mut().iter_mut().flatten().filter_map(|problem| problem.advice.as_mut());
        for advice in advice {
            let Some(choices) = &mut advice.choices else { continue };
            let left: Vec<_> = choices.allowed.iter().copied().filter(|word| keep(choices, word)).collect();
            if !left.is_empty() && left.len() < choices.allowed.len() {
                choices.allowed = left;
                advice.choose();
            }
        }
    }

    /// Records which parts of the document could not be read.
    pub(crate) fn set_unread(&mut self, unread: Unread) {
        self.0.get_or_insert_default().unread = unread;
    }

    /// The parts of the document that could not be read.
    pub fn unread(&self) -> &Unread {
        const NOTHING: &Unread = &Unread::NOTHING;
        self.0.as_ref().map_or(NOTHING, |content| &content.unread)
    }

    /// Keeps the problems for which `keep` is true; its second argument is what could not be read.
    pub fn retain(&mut self, keep: impl Fn(&Problem, &Unread) -> bool) {
        if let Some(content) = &mut self.0 {
            for stage in &mut content.stages {
                stage.retain(|problem| keep(problem, &content.unread));
            }
        }
    }

    /// Moves every problem of stage `from` to the later stage `to`.
    pub fn put_off(&mut self, from: Stage, to: Stage) {
        let moved = self.stages_mut().get_mut(from as usize).map(std::mem::take).unwrap_or_default();
        for problem in moved {
            self.push(Problem { stage: to, ..problem });
        }
    }

    /// Whether there are no problems.
    pub fn is_empty(&self) -> bool {
        self.stages().iter().all(Vec::is_empty)
    }

    /// Whether a problem is an error, so that the document is refused.
    pub fn refuses(&self) -> bool {
        self.iter().any(|problem| problem.severity == Severity::Error)
    }

    /// Makes every problem an error, for whoever cannot do without the command line that the notes leave open. What was no
    /// error has no class, because libvirt has no message for it.
    pub fn insist(&mut self) {
        let lesser =
            self.stages_mut().iter_mut().flatten().filter(|problem| problem.severity < Severity::Error);
        for problem in lesser {
            (problem.severity, problem.class) = (Severity::Error, Class::Plain);
        }
    }

    /// The number of problems.
    pub fn len(&self) -> usize {
        self.stages().iter().map(Vec::len).sum()
    }

    /// The problem that libvirt would report: it stops at the first.
    pub fn first(&self) -> Option<&Problem> {
        self.iter().next()
    }

    /// The problems, in libvirt's order.
    pub fn iter(&self) -> Problems<'_> {
        self.stages().iter().flatten()
    }
}

/// Whether both have the same problems and could not read the same parts.
impl PartialEq for Report {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter()) && self.unread() == other.unread()
    }
}

impl Extend<Problem> for Report {
    fn extend<I: IntoIterator<Item = Problem>>(&mut self, problems: I) {
        problems.into_iter().for_each(|problem| self.push(problem));
    }
}

/// One line for each problem.
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
