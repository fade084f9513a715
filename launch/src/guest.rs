//! The running guest.

use std::os::unix::net::UnixStream;
use std::process::{ExitStatus, Stdio};
use std::time::Instant;

use command_fds::{CommandFdExt as _, FdMapping};
use serde_json::Value;
use virtargv_qemu_cmd::{Action, CommandLine, Lifecycle};

use crate::child::{PAUSE, Process};
use crate::created::Created;
use crate::error::Error;
use crate::limits;
use crate::monitor::Monitor;
use crate::open::Opened;
use crate::settings::{Output, Settings};

/// A guest that runs, or is paused. Dropping it kills QEMU and the helper processes, and removes what was created.
///
/// Its parts are dropped in their order: processes end before their sockets and directories are removed.
#[derive(Debug)]
pub struct Guest {
    monitor: Monitor,
    qemu: Process,
    helpers: Vec<Process>,
    settings: Settings,
    lifecycle: Lifecycle,
    _created: Created,
}

/// How a guest ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// How QEMU ended.
    pub status: ExitStatus,
    /// Why.
    pub reason: Reason,
    /// The end of QEMU's standard error, escaped.
    pub message: String,
}

/// Why a guest ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// It powered off, with `<on_poweroff>destroy</on_poweroff>`.
    PowerOff,
    /// It rebooted, with `<on_reboot>destroy</on_reboot>`.
    Reboot,
    /// It crashed, with an `<on_crash>` that ends it.
    Crash,
    /// [`Settings::interrupt`](crate::Settings::interrupt) was set, or [`Guest::stop`] was called.
    Interrupted,
    /// QEMU ended by itself: it was told to on its monitor, or it failed.
    Qemu,
}

impl Opened<'_> {
    /// Starts QEMU, waits for its monitor, gives it the commands that follow the start, and lets the guest run unless it
    /// is to be paused.
    ///
    /// # Errors
    /// QEMU cannot be started, ends, refuses a command, or takes too long. All is removed then.
    pub fn start(self) -> Result<Guest, Error> {
        // Variables are dropped in the opposite order: processes end before their sockets and directories are removed.
        let Self { created, helpers, descriptors, settings, line } = self;
        let mut command = line.to_command();
        let mappings = descriptors.into_iter().filter_map(|(number, parent_fd)| {
            Some(FdMapping { parent_fd, child_fd: i32::try_from(number).ok()? })
        });
        let collision = |why| Error::open("pass descriptors to QEMU")(std::io::Error::other(why));
        command.fd_mappings(mappings.collect()).map_err(collision)?;
        command.current_dir("/").stdout(match settings.output {
            Output::Null => Stdio::null(),
            Output::Inherit => Stdio::inherit(),
        });
        // The command owns this process's copies of the descriptors, and is dropped with them.
        let mut qemu = Process::start(command, &settings.message)?;
        limits::apply(line, &qemu)?;
        let begun = begin(line, &settings, &mut qemu);
        let monitor = begun.map_err(|why| because_ended(why, &mut qemu))?;
        Ok(Guest { monitor, qemu, helpers, settings, lifecycle: line.lifecycle, _created: created })
    }
}

/// An error of the monitor is a consequence where QEMU has ended: then QEMU's message is the error.
fn because_ended(why: Error, qemu: &mut Process) -> Error {
    if !matches!(why, Error::Monitor { .. }) {
        return why;
    }
    match qemu.wait(PAUSE * 100) {
        Some(status) => Error::Ended { status, message: qemu.errors() },
        None => why,
    }
}

/// Connects to the monitor and does what precedes the guest's first instruction.
fn begin(line: &CommandLine, settings: &Settings, qemu: &mut Process) -> Result<Monitor, Error> {
    let until = Instant::now() + settings.start_limit;
    let watch = |qemu: &mut Process| {
        if settings.interrupted() {
            return Err(Error::Interrupted);
        }
        if let Some(status) = qemu.ended() {
            return Err(Error::Ended { status, message: qemu.errors() });
        }
        if Instant::now() > until {
            let what = "the start of QEMU".to_owned();
            return Err(Error::TooSlow { what, limit: settings.start_limit, message: qemu.errors() });
        }
        Ok(())
    };
    let stream = loop {
        watch(qemu)?;
        // Where QEMU makes the socket itself, it is not there at once.
        if let Ok(stream) = UnixStream::connect(&line.monitor) {
            break stream;
        }
        std::thread::sleep(PAUSE);
    };
    let mut monitor = Monitor::new(stream, settings.start_limit)?;
    let greeting = loop {
        if let Some(message) = monitor.read()? {
            break message;
        }
        watch(qemu)?;
    };
    if greeting.get("QMP").is_none() {
        return Err(Error::Monitor { why: "QEMU does not begin with a greeting".to_owned() });
    }
    let mut ask = |command: &str, arguments: &Value| {
        monitor.ask_while(command, arguments, &mut || watch(qemu)).map(drop)
    };
    ask("qmp_capabilities", &Value::Null)?;
    for after in &line.after {
        let message = after.to_json();
        ask(after.command, message.get("arguments").unwrap_or(&Value::Null))?;
    }
    if !settings.paused {
        ask("cont", &Value::Null)?;
    }
    Ok(monitor)
}

impl Guest {
    /// QEMU's monitor, for commands of the caller. Events that it reads are seen by [`wait`](Self::wait).
    pub fn monitor(&mut self) -> &mut Monitor {
        &mut self.monitor
    }

    /// Waits until the guest ends, or is interrupted. It ends when it powers off, reboots or crashes with an action that
    /// says so, and when QEMU ends.
    ///
    /// # Errors
    /// QEMU refuses what an action asks for.
    pub fn wait(&mut self) -> Result<Ended, Error> {
        loop {
            if self.settings.interrupted() {
                return self.end(Reason::Interrupted);
            }
            let Ok(event) = self.monitor.event() else { return self.end(Reason::Qemu) };
            if let Some(reason) = event.and_then(|event| self.reason(&event)) {
                let action = match reason {
                    Reason::PowerOff => self.lifecycle.poweroff,
                    Reason::Reboot => self.lifecycle.reboot,
                    _ => self.lifecycle.crash,
                };
                match action {
                    Action::Destroy | Action::CoredumpDestroy => return self.end(reason),
                    Action::Restart | Action::RenameRestart | Action::CoredumpRestart => {
                        self.restart()?;
                    }
                    Action::Preserve => {}
                    // QEMU has stopped the guest.
                    Action::PreserveRunning => drop(self.monitor.ask("cont", &Value::Null)?),
                }
            }
        }
    }

    /// Leaves QEMU's monitor to another client, of which QEMU serves one at a time, and waits until QEMU ends or the guest
    /// is interrupted. What follows when the guest powers off, reboots or crashes is that client's to do.
    ///
    /// # Errors
    /// QEMU cannot even be killed.
    pub fn wait_without_monitor(&mut self) -> Result<Ended, Error> {
        self.monitor.close();
        loop {
            if self.settings.interrupted() {
                return self.end(Reason::Interrupted);
            }
            if self.qemu.wait(PAUSE).is_some() {
                return self.end(Reason::Qemu);
            }
        }
    }

    /// Ends the guest.
    ///
    /// # Errors
    /// QEMU cannot even be killed.
    pub fn stop(&mut self) -> Result<Ended, Error> {
        self.end(Reason::Interrupted)
    }

    /// What an event says has happened to the guest.
    fn reason(&self, event: &Value) -> Option<Reason> {
        let text = |path: &str| event.pointer(path).and_then(Value::as_str);
        match text("/event")? {
            "SHUTDOWN" => match text("/data/reason") {
                Some("guest-reset") => Some(Reason::Reboot),
                Some("guest-panic") => Some(Reason::Crash),
                // What ends QEMU itself is seen when it closes the monitor.
                Some("host-qmp-quit" | "host-signal" | "host-ui" | "host-error") => None,
                _ => Some(Reason::PowerOff),
            },
            "GUEST_PANICKED" => Some(Reason::Crash),
            // A QEMU without `set-action` resets the guest.
            "RESET" if self.lifecycle.reboot == Action::Destroy => {
                let by_guest = event.pointer("/data/guest").and_then(Value::as_bool);
                by_guest.unwrap_or(false).then_some(Reason::Reboot)
            }
            _ => None,
        }
    }

    /// Resets a guest that has stopped, and lets it run.
    fn restart(&mut self) -> Result<(), Error> {
        self.monitor.ask("system_reset", &Value::Null)?;
        self.monitor.ask("cont", &Value::Null).map(drop)
    }

    /// Ends QEMU: by `quit`, then by `SIGTERM`, then by `SIGKILL`.
    fn end(&mut self, reason: Reason) -> Result<Ended, Error> {
        if !self.monitor.is_closed() && self.qemu.ended().is_none() {
            // The answer is of no interest: QEMU may end before it.
            let _ = self.monitor.send("quit");
        }
        let ends = reason != Reason::Interrupted || !self.monitor.is_closed();
        let status = if ends { self.qemu.wait(self.settings.stop_limit) } else { None };
        let status = status.or_else(|| self.qemu.stop(self.settings.stop_limit));
        let Some(status) = status else {
            let what = "the end of QEMU".to_owned();
            return Err(Error::TooSlow { what, limit: self.settings.stop_limit, message: String::new() });
        };
        for helper in &mut self.helpers {
            helper.stop(self.settings.stop_limit);
        }
        Ok(Ended { status, reason, message: self.qemu.errors() })
    }
}
