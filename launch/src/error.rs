//! The errors of a start.

use std::io;
use std::process::ExitStatus;
use std::time::Duration;

use crate::check::Missing;

/// Why a guest was not started, or ended otherwise than by itself. Texts of other programs are escaped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The machine lacks something, or the user may not use it. Nothing was created.
    #[error("{}", lines(.0))]
    Missing(Vec<Missing>),
    /// Something cannot be created or opened.
    #[error("cannot {what}: {why}")]
    Open {
        /// What was to be done, as a phrase.
        what: String,
        /// The error of the operating system.
        why: io::Error,
    },
    /// A program cannot be started.
    #[error("`{program}` cannot be started: {why}")]
    Start {
        /// Its path.
        program: String,
        /// The error of the operating system.
        why: io::Error,
    },
    /// A helper process failed.
    #[error("`{program}` failed ({status}){}", after_colon(.message))]
    Helper {
        /// The path of the program.
        program: String,
        /// How it ended.
        status: ExitStatus,
        /// The end of its standard error.
        message: String,
    },
    /// QEMU ended before the guest could run.
    #[error("QEMU ended ({status}) before the guest could run{}", after_colon(.message))]
    Ended {
        /// How it ended.
        status: ExitStatus,
        /// The end of its standard error.
        message: String,
    },
    /// Something took too long.
    #[error("{what} took longer than {} seconds{}", .limit.as_secs(), after_colon(.message))]
    TooSlow {
        /// What took too long, as a phrase.
        what: String,
        /// The limit.
        limit: Duration,
        /// The end of the standard error of the program.
        message: String,
    },
    /// QEMU refused a command on its monitor.
    #[error("QEMU refused `{command}`: {why}")]
    Refused {
        /// The command.
        command: String,
        /// QEMU's message.
        why: String,
    },
    /// The monitor's connection broke, or what came is not QMP.
    #[error("the connection to QEMU's monitor: {why}")]
    Monitor {
        /// What is wrong.
        why: String,
    },
    /// [`Settings::interrupt`](crate::Settings::interrupt) was set before the guest could run.
    #[error("interrupted before the guest could run")]
    Interrupted,
}

impl Error {
    /// The error of an action: `open("open the file 'x'")` takes the error of the operating system.
    pub(crate) fn open(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        |why| Self::Open { what, why }
    }
}

fn lines(missing: &[Missing]) -> String {
    let mut out = "the guest cannot be started here:".to_owned();
    for one in missing {
        out.push_str("\n- ");
        out.push_str(&one.to_string());
    }
    out
}

fn after_colon(message: &str) -> String {
    if message.is_empty() { String::new() } else { format!(":\n{}", message.trim_end()) }
}
