//! The result of a stage.

use crate::Report;

/// The value that a stage made, and the problems of this stage and of all before it.
///
/// A stage takes the outcome of the one before, so that it knows the earlier problems, and returns one report with all
/// of them.
///
/// ```
/// use virtargv_model::{Outcome, Release, parse};
///
/// let text = "<domain type='kvm'><name>demo</name><memory unit='MiB'>512</memory>
///   <os><type arch='x86_64' machine='q35'>hvm</type></os></domain>";
/// let read = parse(text);
/// let name = read.then(|domain, report| Outcome { value: domain.name, report });
/// assert_eq!(name.into_result(), Ok("demo".to_owned()));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome<T> {
    /// The value; `None` if this stage or one before it could not be completed.
    pub value: Option<T>,
    /// Every problem so far, in the order in which libvirt would have stopped.
    pub report: Report,
}

impl<T> Outcome<T> {
    /// Runs a stage on the value, if there is one.
    pub fn then<U>(self, stage: impl FnOnce(T, Report) -> Outcome<U>) -> Outcome<U> {
        match self.value {
            Some(value) => stage(value, self.report),
            None => Outcome { value: None, report: self.report },
        }
    }

    /// The value, where nothing is wrong.
    ///
    /// # Errors
    /// The report, where there is a problem or no value.
    pub fn into_result(self) -> Result<T, Report> {
        match self.value {
            Some(value) if self.report.is_empty() => Ok(value),
            _ => Err(self.report),
        }
    }
}

/// A value without a problem.
impl<T> From<T> for Outcome<T> {
    fn from(value: T) -> Self {
        Self { value: Some(value), report: Report::new() }
    }
}

/// No value, and the problems because of which there is none.
impl<T> From<Result<T, Report>> for Outcome<T> {
    fn from(result: Result<T, Report>) -> Self {
        match result {
            Ok(value) => value.into(),
            Err(report) => Self { value: None, report },
        }
    }
}
