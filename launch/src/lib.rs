//! Starts the QEMU of a command line, as libvirt does without its daemon.
//!
//! [`Launch::check`] says beforehand what the machine lacks, all of it at once. [`Launch::open`] creates what the line
//! [needs](virtargv_qemu_cmd::Need): directories, the file of the master key, listening sockets, tap devices, and the
//! processes swtpm, virtiofsd and passt. [`Opened::start`] starts QEMU with the descriptors under their numbers and the
//! environment of the line and nothing else, waits for its monitor, and gives it the commands of
//! [`CommandLine::after`](virtargv_qemu_cmd::CommandLine::after). [`Guest::wait`] waits for the guest's end.
//!
//! Whatever [`Launch::open`] created is removed, and every process that it started is ended, when the value it returned is
//! dropped: [`Opened`] or the [`Guest`] that it becomes. No shell is started.
//!
//! ```no_run
//! use virtargv_launch::{Launch, Settings};
//! # fn line() -> virtargv_qemu_cmd::CommandLine { virtargv_qemu_cmd::CommandLine::default() }
//!
//! let line = line();
//! let launch = Launch::new(&line, Settings::default());
//! for missing in launch.check() {
//!     eprintln!("{missing}");
//! }
//! let mut guest = launch.open()?.start()?;
//! let ended = guest.wait()?;
//! println!("{}", ended.status);
//! # Ok::<(), virtargv_launch::Error>(())
//! ```

#![cfg(target_os = "linux")]
#![allow(clippy::disallowed_methods, reason = "this crate opens files, starts processes and measures time")]

mod check;
mod child;
mod created;
mod error;
mod guest;
mod helper;
mod limits;
mod monitor;
mod open;
mod program;
mod settings;
mod tap;

pub use check::Missing;
pub use error::Error;
pub use guest::{Ended, Guest, Reason};
pub use monitor::Monitor;
pub use open::Opened;
pub use settings::{Message, Output, Settings};

use virtargv_qemu_cmd::CommandLine;

/// A start of a command line.
#[derive(Debug)]
pub struct Launch<'l> {
    line: &'l CommandLine,
    settings: Settings,
}

impl<'l> Launch<'l> {
    /// A start of `line`, which must be made for a launcher: not with
    /// [`Runner::Shell`](virtargv_qemu_cmd::Runner::Shell).
    pub fn new(line: &'l CommandLine, settings: Settings) -> Self {
        Self { line, settings }
    }

    /// What the machine lacks for this start, or what the user may not do. Nothing is created.
    pub fn check(&self) -> Vec<Missing> {
        check::check(self.line, &self.settings)
    }

    /// Creates and opens what the line needs.
    ///
    /// # Errors
    /// What [`check`](Self::check) finds, before anything is created; or what cannot be created, after all that was
    /// created is removed.
    pub fn open(self) -> Result<Opened<'l>, Error> {
        let missing = self.check();
        if !missing.is_empty() {
            return Err(Error::Missing(missing));
        }
        open::open(self.line, self.settings)
    }
}
