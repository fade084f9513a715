//! The settings of a start.

use std::fmt;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The settings of a start.
#[derive(Debug)]
pub struct Settings {
    /// Whether the guest stays paused until something gives QEMU `cont`.
    pub paused: bool,
    /// The time in which QEMU must open its monitor, and answer each command on it.
    pub start_limit: Duration,
    /// The time in which QEMU must end after `quit`, and again after `SIGTERM`; then it is killed.
    pub stop_limit: Duration,
    /// Descriptors that the caller opened itself, with their numbers in QEMU: those of `<source fdgroup=>`, of an incoming
    /// guest, and of processes that this crate does not start.
    pub passed: Vec<(u32, OwnedFd)>,
    /// Where QEMU's standard output goes. A character device of type `stdio` writes to it.
    pub output: Output,
    /// Gets each line that QEMU or a helper process prints on its standard error.
    pub message: Message,
    /// Set to true, for example by a signal handler, it ends the start or the guest.
    pub interrupt: Arc<AtomicBool>,
}

/// What gets the lines that a program prints on its standard error, with control characters escaped. By default they go
/// nowhere.
#[derive(Clone, Default)]
pub struct Message(Option<Arc<Show>>);

type Show = dyn Fn(&str) + Send + Sync;

impl Message {
    /// Calls `show` with each line, from a thread of its own.
    pub fn new(show: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(show)))
    }

    pub(crate) fn call(&self, line: &str) {
        if let Some(show) = &self.0 {
            show(line);
        }
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Message")
    }
}

/// Where QEMU's standard output goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Output {
    /// Nowhere.
    #[default]
    Null,
    /// To that of this process.
    Inherit,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            paused: false,
            start_limit: Duration::from_mins(1),
            stop_limit: Duration::from_secs(10),
            passed: Vec::new(),
            output: Output::default(),
            message: Message::default(),
            interrupt: Arc::default(),
        }
    }
}

impl Settings {
    /// Whether the start or the guest is to be ended.
    pub(crate) fn interrupted(&self) -> bool {
        self.interrupt.load(Ordering::Relaxed)
    }
}
