//! Asks a QEMU binary what it can do, over QMP on its standard input and output.
//!
//! The binary is started paused with no machine, no devices and no configuration of its own, is asked a fixed list of
//! questions, and is killed at the end whatever happened. Nothing is written anywhere. Types are only looked into where
//! a flag needs it: there are types that QEMU does not survive being asked about.
//!
//! There is no QMP client crate in use here on purpose: those that are kept are generated from one QEMU's schema, and
//! this has to talk to all of them.

#![allow(clippy::disallowed_methods, reason = "a QEMU binary is started here")]

use std::collections::HashSet;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::derive::{self, Conversation, DeriveError, Exchange};
use crate::{Arch, Caps, Release};

/// The longest line that is taken from QEMU, in bytes; the schema of a recent one has some 300 000.
const MAX_LINE: u64 = 16 << 20;
/// The most that is taken from QEMU in all, in bytes.
const MAX_OUTPUT: u64 = 64 << 20;
/// How much of what QEMU says on standard error is kept, in bytes.
const MAX_COMPLAINT: u64 = 4096;
/// How long QEMU may take for everything, unless the caller says otherwise.
pub const TIME: Duration = Duration::from_secs(10);
/// How long is waited for the last words of a binary that has ended.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// Why a binary could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// It could not be started.
    #[error("'{path}' cannot be started: {why}")]
    Start {
        /// The binary.
        path: String,
        /// What the system says.
        why: std::io::Error,
    },
    /// It ended, or closed the connection, before it had answered.
    #[error("'{path}' ended before it answered '{command}'{complaint}")]
    Ended {
        /// The binary.
        path: String,
        /// What it was asked.
        command: String,
        /// What it said on standard error, after a colon.
        complaint: String,
    },
    /// It took too long.
    #[error("'{path}' did not answer '{command}' in time")]
    TooSlow {
        /// The binary.
        path: String,
        /// What it was asked.
        command: String,
    },
    /// It said more than any QEMU does.
    #[error("'{path}' does not stop talking: more than {limit} MiB in reply to '{command}'")]
    TooMuch {
        /// The binary.
        path: String,
        /// What it was asked.
        command: String,
        /// How much is taken from it, in MiB.
        limit: u64,
    },
    /// What it says is not QMP.
    #[error("'{path}' does not speak QMP: {what}")]
    NotQmp {
        /// The binary.
        path: String,
        /// What is wrong.
        what: String,
    },
    /// What it said is not enough.
    #[error("'{path}': {why}")]
    Derive {
        /// The binary.
        path: String,
        /// What is missing.
        why: DeriveError,
    },
}

/// What the binary at `path` can do, as `release` sees it.
pub fn probe(path: &Path, release: Release) -> Result<Caps, ProbeError> {
    probe_within(path, release, TIME)
}

/// [`probe`] with another limit of time for all of it.
pub fn probe_within(path: &Path, release: Release, time: Duration) -> Result<Caps, ProbeError> {
    let conversation = converse(path, time)?;
    let caps = derive::derive(&conversation, release)
        .map_err(|why| ProbeError::Derive { path: path.display().to_string(), why })?;
    Ok(caps.edit().emulator(path.display().to_string()).build())
}

/// Asks the binary everything and gives the conversation: one session with the best accelerator there is, and where
/// that is not TCG, a second one with TCG. All of it may take as long as `time`.
pub fn converse(path: &Path, time: Duration) -> Result<Conversation, ProbeError> {
    let path = &std::path::absolute(path)
        .map_err(|why| ProbeError::Start { path: path.display().to_string(), why })?;
    let deadline = Instant::now() + time;
    let mut conversation = Conversation::new();
    let mut qemu = Qemu::start(path, "kvm:hvf:tcg", deadline)?;
    let first = first_session(&mut qemu, &mut conversation)?;
    drop(qemu);
    if first.accelerated {
        let mut qemu = Qemu::start(path, "tcg", deadline)?;
        let ask = &mut |command: &str, arguments| qemu.ask(&mut conversation, command, arguments);
        ask("qmp_capabilities", Value::Null)?;
        ask("query-cpu-definitions", Value::Null)?;
        expand_cpu(&first, "max", ask)?;
        ask("query-machines", Value::Null)?;
    }
    Ok(conversation)
}

/// What later questions depend on.
struct First {
    commands: HashSet<String>,
    arch: Option<Arch>,
    accelerated: bool,
}

/// Puts one question and gives the good reply, if it was one.
type Ask<'a> = &'a mut dyn FnMut(&str, Value) -> Result<Option<Value>, ProbeError>;

fn first_session(qemu: &mut Qemu, conversation: &mut Conversation) -> Result<First, ProbeError> {
    let ask: Ask<'_> = &mut |command, arguments| qemu.ask(conversation, command, arguments);
    ask("qmp_capabilities", Value::Null)?;
    ask("query-version", Value::Null)?;
    let target = ask("query-target", Value::Null)?;
    let arch = target.as_ref().and_then(|t| t.get("arch")?.as_str()).and_then(Arch::from_qemu_name);
    let commands = match ask("query-qmp-schema", Value::Null)? {
        Some(schema) => schema
            .as_array()
            .into_iter()
            .flatten()
            .filter(|e| e.get("meta-type").and_then(Value::as_str) == Some("command"))
            .filter_map(|e| e.get("name")?.as_str().map(str::to_owned))
            .collect(),
        None => names(ask("query-commands", Value::Null)?.as_ref(), "name"),
    };
    let kvm = ask("query-kvm", Value::Null)?;
    let accelerated = kvm.as_ref().and_then(|k| k.get("enabled")?.as_bool()).unwrap_or(false);
    let first = First { commands, arch, accelerated };
    let types = names(ask("qom-list-types", Value::Null)?.as_ref(), "name");
    for (command, typename) in derive::questions() {
        // The list has no abstract types, whose properties QEMU tells all the same.
        let there = types.contains(typename) || command == "qom-list-properties";
        if there && first.commands.contains(command) {
            ask(command, json!({ "typename": typename }))?;
        }
    }
    let machines = ask("query-machines", Value::Null)?;
    machine_types(&first, machines.as_ref(), &types, ask)?;
    for command in REST {
        if first.commands.contains(*command) {
            ask(command, Value::Null)?;
        }
    }
    expand_cpu(&first, if accelerated { "host" } else { "max" }, ask)?;
    Ok(first)
}

/// What is asked without arguments after the machines are known.
const REST: &[&str] = &[
    "query-cpu-definitions",
    "query-tpm-models",
    "query-tpm-types",
    "query-command-line-options",
    "query-migrate-capabilities",
    "query-gic-capabilities",
    "query-sev-capabilities",
    "query-sgx-capabilities",
];

/// Asks for the properties of the newest machine type of each family that a flag depends on.
fn machine_types(
    first: &First,
    machines: Option<&Value>,
    types: &HashSet<String>,
    ask: Ask<'_>,
) -> Result<(), ProbeError> {
    if !first.commands.contains("qom-list-properties") {
        return Ok(());
    }
    for family in derive::machine_families() {
        let newest = machines
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .find(|m| m.get("alias").and_then(Value::as_str) == Some(family))
            .and_then(|m| m.get("name")?.as_str())
            .unwrap_or(family);
        let typename = format!("{newest}-machine");
        if types.contains(&typename) {
            ask("qom-list-properties", json!({ "typename": typename }))?;
        }
    }
    Ok(())
}

/// Asks what the CPU model `name` comes to, with and without what cannot migrate.
fn expand_cpu(first: &First, name: &str, ask: Ask<'_>) -> Result<(), ProbeError> {
    let Some(arch) = first.arch.filter(|_| first.commands.contains("query-cpu-model-expansion")) else {
        return Ok(());
    };
    // Only some targets know static expansion; the others take the full one.
    let kind = if arch.is_x86() || arch.is_s390() { "static" } else { "full" };
    let command = "query-cpu-model-expansion";
    ask(command, json!({ "type": kind, "model": { "name": name } }))?;
    if arch.is_x86() {
        ask(command, json!({ "type": kind, "model": { "name": name, "props": { "migratable": false } } }))?;
        if name == "host" {
            let props = json!({ "migratable": false, "hv-passthrough": true });
            ask(command, json!({ "type": "full", "model": { "name": name, "props": props } }))?;
        }
    }
    Ok(())
}

fn names(list: Option<&Value>, key: &str) -> HashSet<String> {
    let list = list.and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|e| e.get(key)?.as_str().map(str::to_owned)).collect()
}

/// What comes from a binary.
enum Said {
    /// A line, or what there was of one.
    Line(Vec<u8>),
    /// More than is taken from any.
    TooMuch,
}

/// A running QEMU. Dropping it kills it.
struct Qemu {
    path: String,
    child: Child,
    input: ChildStdin,
    lines: Receiver<Said>,
    complaint: Receiver<String>,
    deadline: Instant,
    asked: u32,
    /// It is gone, and its number may be another's.
    stopped: bool,
}

impl Qemu {
    fn start(path: &Path, accel: &str, deadline: Instant) -> Result<Self, ProbeError> {
        let shown = path.display().to_string();
        let failed = |why| ProbeError::Start { path: shown.clone(), why };
        std::fs::metadata(path).map_err(failed)?;
        let mut child = command(path, accel).spawn().map_err(failed)?;
        let (Some(input), Some(output), Some(errors)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            let _ = child.kill();
            return Err(failed(std::io::Error::other("no pipes")));
        };
        // A bounded channel, so that a babbling binary is held back instead of filling memory.
        let (send, lines) = sync_channel(1);
        std::thread::spawn(move || read_lines(output, &send));
        let (send, complaint) = sync_channel(1);
        std::thread::spawn(move || {
            let mut kept = Vec::new();
            let mut errors = errors;
            let _ = (&mut errors).take(MAX_COMPLAINT).read_to_end(&mut kept);
            let _ = std::io::copy(&mut errors, &mut std::io::sink());
            let _ = send.send(String::from_utf8_lossy(&kept).trim().to_owned());
        });
        let mut qemu =
            Self { path: shown, child, input, lines, complaint, deadline, asked: 0, stopped: false };
        let greeting = qemu.next("QMP")?;
        if greeting.get("QMP").is_none() {
            return Err(qemu.not_qmp("it does not greet"));
        }
        Ok(qemu)
    }

    /// Puts a question, keeps it with its reply, and gives the reply where it is a good one.
    fn ask(
        &mut self,
        conversation: &mut Conversation,
        command: &str,
        arguments: Value,
    ) -> Result<Option<Value>, ProbeError> {
        self.asked += 1;
        let id = format!("virtargv-{}", self.asked);
        let mut request = json!({ "execute": command, "id": id });
        if let (Some(request), false) = (request.as_object_mut(), arguments.is_null()) {
            request.insert("arguments".to_owned(), arguments.clone());
        }
        if writeln!(self.input, "{request}").and_then(|()| self.input.flush()).is_err() {
            return Err(self.ended(command));
        }
        let reply = loop {
            let mut message = self.next(command)?;
            if message.get("event").is_some() {
                continue;
            }
            if message.get("id").and_then(Value::as_str) != Some(id.as_str()) {
                return Err(self.not_qmp("a reply has the wrong id"));
            }
            if let Some(value) = message.get_mut("return") {
                break Ok(value.take());
            }
            match message.get_mut("error") {
                Some(error) => break Err(error.take()),
                None => return Err(self.not_qmp("a reply has neither 'return' nor 'error'")),
            }
        };
        let good = reply.as_ref().ok().cloned();
        conversation.push(Exchange { command: command.to_owned(), arguments, reply });
        Ok(good)
    }

    /// The next message.
    fn next(&mut self, command: &str) -> Result<Value, ProbeError> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        match self.lines.recv_timeout(left) {
            Ok(Said::Line(line)) => serde_json::from_slice(&line).map_err(|e| self.not_qmp(&e.to_string())),
            Ok(Said::TooMuch) => {
                let (path, command) = (self.path.clone(), command.to_owned());
                Err(ProbeError::TooMuch { path, command, limit: MAX_OUTPUT >> 20 })
            }
            Err(RecvTimeoutError::Disconnected) => Err(self.ended(command)),
            Err(RecvTimeoutError::Timeout) => {
                Err(ProbeError::TooSlow { path: self.path.clone(), command: command.to_owned() })
            }
        }
    }

    fn not_qmp(&self, what: &str) -> ProbeError {
        ProbeError::NotQmp { path: self.path.clone(), what: what.to_owned() }
    }

    fn ended(&mut self, command: &str) -> ProbeError {
        self.stop();
        let said = self.complaint.recv_timeout(LAST_WORDS).ok().filter(|c| !c.is_empty());
        ProbeError::Ended {
            path: self.path.clone(),
            command: command.to_owned(),
            complaint: said.map(|c| format!(": {c}")).unwrap_or_default(),
        }
    }

    fn stop(&mut self) {
        if std::mem::replace(&mut self.stopped, true) {
            return;
        }
        // All of these fail only where it is gone already. A binary that is a script may have started others.
        #[cfg(unix)]
        let _ = rustix::process::kill_process_group(
            rustix::process::Pid::from_child(&self.child),
            rustix::process::Signal::KILL,
        );
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Hands on lines until there are no more, too many, or nobody wants them.
fn read_lines(output: impl Read, send: &SyncSender<Said>) {
    let mut output = BufReader::new(output.take(MAX_OUTPUT));
    loop {
        let mut line = Vec::new();
        let read = (&mut output).take(MAX_LINE).read_until(b'\n', &mut line);
        let said = match read {
            // What was cut off is no line.
            _ if output.get_ref().limit() == 0 => Said::TooMuch,
            Ok(n) if n > 0 => Said::Line(line),
            _ => return,
        };
        if send.send(said).is_err() {
            return;
        }
    }
}

impl Drop for Qemu {
    fn drop(&mut self) {
        self.stop();
    }
}

/// What QEMU's libraries and modules are found by, where they are not where they were built for.
const KEPT: &[&str] = &["LD_LIBRARY_PATH", "QEMU_MODULE_DIR"];

/// The binary with the arguments of a probe. Where there is `setpriv`, the kernel kills QEMU should this process die
/// without having had the time to.
fn command(path: &Path, accel: &str) -> Command {
    let setpriv = Path::new("/usr/bin/setpriv");
    let mut command = if cfg!(target_os = "linux") && setpriv.exists() {
        let mut command = Command::new(setpriv);
        command.args([OsStr::new("--pdeathsig"), OsStr::new("KILL"), OsStr::new("--")]).arg(path);
        command
    } else {
        Command::new(path)
    };
    command
        .args(["-S", "-no-user-config", "-nodefaults", "-nographic", "-machine"])
        .arg(format!("none,accel={accel}"))
        .args(["-chardev", "stdio,id=monitor,signal=off", "-mon", "chardev=monitor,mode=control"])
        .env_clear()
        .env("LC_ALL", "C")
        .envs(KEPT.iter().filter_map(|name| Some((name, std::env::var_os(name)?))))
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command
}
