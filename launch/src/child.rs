//! A process that ends with its owner.

use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use virtargv_model::one_line;

use crate::error::Error;
use crate::settings::Message;

/// The most of a standard error that is kept, in bytes: its end.
const KEPT: usize = 16 << 10;
/// The longest line of a standard error, in bytes; a longer one is broken.
const LINE: u64 = 4096;
/// How often a process is looked at.
pub(crate) const PAUSE: Duration = Duration::from_millis(10);
/// How long the last lines of a process that has ended are waited for.
const LAST_LINES: Duration = Duration::from_millis(500);

/// A process in a group of its own, so that a terminal's Ctrl-C does not reach it. Dropping it kills the group.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    program: String,
    errors: Arc<Mutex<String>>,
    /// Gets a message when the standard error is closed.
    closed: Receiver<()>,
}

impl Process {
    /// Starts the command with no standard input, and its standard error read line by line.
    pub fn start(mut command: Command, message: &Message) -> Result<Self, Error> {
        let program = command.get_program().to_string_lossy().into_owned();
        command.stdin(Stdio::null()).stderr(Stdio::piped()).process_group(0);
        let mut child = command.spawn().map_err(|why| Error::Start { program: program.clone(), why })?;
        let errors = Arc::<Mutex<String>>::default();
        let (sender, closed) = channel();
        if let Some(pipe) = child.stderr.take() {
            let (errors, message) = (Arc::clone(&errors), message.clone());
            thread::spawn(move || {
                read(pipe, &errors, &message);
                let _ = sender.send(());
            });
        }
        Ok(Self { child, program, errors, closed })
    }

    /// The path of its program.
    pub fn program(&self) -> &str {
        &self.program
    }

    /// The number of the process.
    pub fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// How it ended; `None` while it runs.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        if matches!(waitid(WaitId::Pid(Pid::from_child(&self.child)), options), Ok(Some(_))) {
            // Until it is waited for, no other process can have its number. What it started ends with it.
            self.signal(Signal::KILL);
        }
        self.child.try_wait().ok().flatten()
    }

    /// Waits until it ends, for at most `limit`.
    pub fn wait(&mut self, limit: Duration) -> Option<ExitStatus> {
        let until = Instant::now() + limit;
        loop {
            if let Some(status) = self.ended() {
                return Some(status);
            }
            if Instant::now() >= until {
                return None;
            }
            thread::sleep(PAUSE);
        }
    }

    /// Tells it to end by `SIGTERM`, and kills it after `limit`.
    pub fn stop(&mut self, limit: Duration) -> Option<ExitStatus> {
        if self.ended().is_none() {
            self.signal(Signal::TERM);
        }
        if let Some(status) = self.wait(limit) {
            return Some(status);
        }
        self.signal(Signal::KILL);
        self.child.wait().ok()
    }

    /// The end of its standard error, escaped. For a process that has ended.
    pub fn errors(&self) -> String {
        let _ = self.closed.recv_timeout(LAST_LINES);
        self.errors.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn signal(&self, signal: Signal) {
        // The child is not waited for yet, so its number is not that of another process.
        let _ = kill_process_group(Pid::from_child(&self.child), signal);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.ended().is_none() {
            self.signal(Signal::KILL);
            let _ = self.child.wait();
        }
    }
}

fn read(pipe: ChildStderr, errors: &Mutex<String>, message: &Message) {
    let mut pipe = BufReader::new(pipe);
    let mut line = Vec::new();
    while let Ok(1..) = pipe.by_ref().take(LINE).read_until(b'\n', &mut line) {
        let text = one_line(String::from_utf8_lossy(&line).trim_end());
        message.call(&text);
        let mut kept = errors.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_str(&text);
        kept.push('\n');
        if kept.len() > KEPT {
            let from = kept.char_indices().map(|(at, _)| at).find(|at| kept.len() - at <= KEPT);
            kept.drain(..from.unwrap_or(0));
        }
        drop(kept);
        line.clear();
    }
}
