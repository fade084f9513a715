//! A progress bar on standard error, where many documents are checked at a terminal.

use std::io::IsTerminal as _;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// The number of documents from which on there is a bar. Fewer are checked before anyone could read it.
const MANY: usize = 300;

/// The bar, hidden where there is none.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// A bar for as many documents as `count` says; they are only counted where there can be a bar.
    pub(crate) fn new(quiet: bool, count: impl FnOnce() -> usize) -> Self {
        if quiet || !std::io::stderr().is_terminal() {
            return Self(ProgressBar::hidden());
        }
        let count = count();
        if count < MANY {
            return Self(ProgressBar::hidden());
        }
        let bar = ProgressBar::with_draw_target(Some(count as u64), ProgressDrawTarget::stderr());
        let template = "{wide_bar} {human_pos} of {human_len} documents, {eta} left";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Self(bar)
    }

    /// One more document is done; `write` writes what is said of it, in place of the bar.
    pub(crate) fn step<T>(&self, writes: bool, write: impl FnOnce() -> T) -> T {
        self.0.inc(1);
        if writes { self.0.suspend(write) } else { write() }
    }

    /// Removes the bar.
    pub(crate) fn finish(&self) {
        self.0.finish_and_clear();
    }
}
