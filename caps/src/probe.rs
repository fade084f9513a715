//! Probing a QEMU binary over QMP on its standard input and output.
//!
//! [`probe`] finds out its capabilities, [`describe`] what it accepts in the values of its options.
//!
//! The binary is started paused, without machine, devices and configuration files, gets a fixed list of queries, and is
//! killed at the end in any case. Nothing is written to the file system. Properties are queried only of the types that
//! a flag needs, as QEMU crashes on queries of some types.
//!
//! No QMP client crate is used: maintained ones are generated from the schema of one QEMU, and a probe talks to all
//! versions.

#![allow(clippy::disallowed_methods, reason = "a QEMU binary is started here")]

mod describe;
mod stray;

use std::collections::HashSet;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

pub use describe::{Asked, describe};

use crate::derive::{self, Conversation, DeriveError, Exchange};
use crate::{Arch, Cap, Caps, Convention, Release, is_native};

/// The longest line that is read from QEMU, in bytes. The schema of a recent version has some 300 000.
const MAX_LINE: u64 = 16 << 20;
/// The most output that is read from QEMU, in bytes.
const MAX_OUTPUT: u64 = 64 << 20;
/// The most output on standard error that is kept, in bytes.
const MAX_STDERR: u64 = 4096;
/// The default time limit of a probe.
pub const TIME: Duration = Duration::from_secs(10);
/// How long a probe waits for the standard error of a binary that has ended.
const STDERR_WAIT: Duration = Duration::from_millis(500);

/// The error for a binary that cannot be probed.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// The binary cannot be started.
    #[error("`{path}` cannot be started: {why}")]
    Start {
        /// The path of the binary.
        path: String,
        /// The error of the operating system.
        why: std::io::Error,
    },
    /// The binary ended or closed the connection before it replied.
    #[error("`{path}` ended before it replied to `{command}`{stderr}")]
    Ended {
        /// The path of the binary.
        path: String,
        /// The command.
        command: String,
        /// Its standard error, after a colon.
        stderr: String,
    },
    /// The binary did not reply within the time limit.
    #[error("`{path}` did not reply to `{command}` within the time limit")]
    TooSlow {
        /// The path of the binary.
        path: String,
        /// The command.
        command: String,
    },
    /// The output of the binary exceeds the limit.
    #[error("the output of `{path}` exceeds the limit of {limit} MiB, in reply to `{command}`")]
    TooMuch {
        /// The path of the binary.
        path: String,
        /// The command.
        command: String,
        /// The limit in MiB.
        limit: u64,
    },
    /// The output of the binary is not QMP.
    #[error("`{path}` does not speak QMP: {what}")]
    NotQmp {
        /// The path of the binary.
        path: String,
        /// The problem.
        what: String,
    },
    /// The replies are not sufficient.
    #[error("`{path}`: {why}")]
    Derive {
        /// The path of the binary.
        path: String,
        /// The problem of the conversation.
        why: DeriveError,
    },
}

/// The capabilities of the binary at `path` under `release`.
///
/// # Errors
/// The binary cannot be probed within [`TIME`].
pub fn probe(path: &Path, release: Release) -> Result<Caps, ProbeError> {
    probe_within(path, release, TIME)
}

/// As [`probe`], with the time limit `time`.
///
/// # Errors
/// The binary cannot be probed within `time`.
pub fn probe_within(path: &Path, release: Release, time: Duration) -> Result<Caps, ProbeError> {
    let conversation = converse(path, time)?;
    let caps = derive::derive(&conversation, release)
        .map_err(|why| ProbeError::Derive { path: path.display().to_string(), why })?;
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut edit = caps.edit().emulator(absolute.display().to_string());
    if !host_has_tdx() {
        edit = edit.clear(Cap::TdxGuest);
    }
    let native = std::env::consts::ARCH.parse().is_ok_and(|host| is_native(host, caps.arch()));
    if !native && !release.has(Convention::MaxCpuOfEveryTarget) {
        edit = edit.forget_host_cpu();
    }
    Ok(edit.build())
}

/// Whether KVM of this host starts guests of Intel TDX. QEMU has the object type on every host, and no query tells.
pub fn host_has_tdx() -> bool {
    std::fs::read_to_string("/sys/module/kvm_intel/parameters/tdx").is_ok_and(|value| value.trim() == "Y")
}

/// Sends all queries and returns the conversation: a session with the best accelerator, and where that is not TCG, a
/// second one with TCG. `time` limits both together.
///
/// # Errors
/// The binary cannot be probed within `time`.
pub fn converse(path: &Path, time: Duration) -> Result<Conversation, ProbeError> {
    let path = &std::path::absolute(path)
        .map_err(|why| ProbeError::Start { path: path.display().to_string(), why })?;
    let deadline = Instant::now() + time;
    let mut conversation = Conversation::new();
    let mut qemu = Qemu::start(path, "kvm:mshv:hvf:tcg", deadline)?;
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

/// The replies that later queries depend on.
struct First {
    commands: HashSet<String>,
    arch: Option<Arch>,
    accelerated: bool,
    /// Whether the features of CPUs have one canonical name each.
    canonical_features: bool,
}

/// Sends a command and returns the reply, unless it is an error.
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
    let mut accelerated = kvm.as_ref().and_then(|k| k.get("enabled")?.as_bool()).unwrap_or(false);
    if commands.contains("query-accelerators") {
        let reply = ask("query-accelerators", Value::Null)?;
        accelerated |= reply.as_ref().and_then(|r| r.get("enabled")?.as_str()).is_some_and(|a| a != "tcg");
    }
    let mut first = First { commands, arch, accelerated, canonical_features: false };
    let types = names(ask("qom-list-types", Value::Null)?.as_ref(), "name");
    for (command, typename) in derive::questions() {
        // The list has no abstract types, whose properties can be queried too.
        let there = types.contains(typename) || command == "qom-list-properties";
        if there && first.commands.contains(command) {
            let properties = ask(command, json!({ "typename": typename }))?;
            if typename == "max-x86_64-cpu" {
                first.canonical_features =
                    names(properties.as_ref(), "name").contains("unavailable-features");
            }
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

/// The queries without arguments after the machine types.
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

/// Queries the properties of the newest machine type of each family that a flag depends on.
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

/// Queries the expansion of the CPU model `name`, with and without the features that block migration.
fn expand_cpu(first: &First, name: &str, ask: Ask<'_>) -> Result<(), ProbeError> {
    let Some(arch) = first.arch.filter(|_| first.commands.contains("query-cpu-model-expansion")) else {
        return Ok(());
    };
    // Arm has the full expansion alone. libvirt asks the others for the static one, which not all of them have.
    let kind = if arch.is_arm() { "full" } else { "static" };
    let command = "query-cpu-model-expansion";
    let mut expand = |kind: &str, model: Value| -> Result<(), ProbeError> {
        let reply = ask(command, json!({ "type": kind, "model": model }))?;
        // A QEMU without canonical names has every spelling of a feature in the full expansion only.
        if let Some(model) = reply.and_then(|reply| reply.get("model").cloned())
            && arch.is_x86()
            && !first.canonical_features
        {
            ask(command, json!({ "type": "full", "model": model }))?;
        }
        Ok(())
    };
    expand(kind, json!({ "name": name }))?;
    if arch.is_s390() {
        // The one that names all deprecated features.
        expand("full", json!({ "name": name }))?;
    }
    if arch.is_x86() {
        expand(kind, json!({ "name": name, "props": { "migratable": false } }))?;
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

/// Output of the binary.
enum Output {
    /// A line, the last one possibly incomplete.
    Line(Vec<u8>),
    /// The output exceeds [`MAX_OUTPUT`].
    TooMuch,
}

/// A running QEMU. Dropping it kills it.
struct Qemu {
    path: String,
    child: Child,
    mark: stray::Mark,
    input: ChildStdin,
    lines: Receiver<Output>,
    stderr: Receiver<String>,
    deadline: Instant,
    asked: u32,
    /// Whether it was waited for, so that its process id may be another process's.
    stopped: bool,
}

impl Qemu {
    fn start(path: &Path, accel: &str, deadline: Instant) -> Result<Self, ProbeError> {
        let shown = path.display().to_string();
        let failed = |why| ProbeError::Start { path: shown.clone(), why };
        std::fs::metadata(path).map_err(failed)?;
        let mark = stray::Mark::new();
        let mut child = command(path, accel).env(stray::VARIABLE, mark.value()).spawn().map_err(failed)?;
        let (Some(input), Some(output), Some(errors)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            let _ = child.kill();
            return Err(failed(std::io::Error::other("no pipes")));
        };
        // A bounded channel blocks a binary that writes too much, instead of filling memory.
        let (send, lines) = sync_channel(1);
        std::thread::spawn(move || read_lines(output, &send));
        let (send, stderr) = sync_channel(1);
        std::thread::spawn(move || {
            let mut kept = Vec::new();
            let mut errors = errors;
            let _ = (&mut errors).take(MAX_STDERR).read_to_end(&mut kept);
            let _ = std::io::copy(&mut errors, &mut std::io::sink());
            let _ = send.send(String::from_utf8_lossy(&kept).trim().to_owned());
        });
        let mut qemu =
            Self { path: shown, child, mark, input, lines, stderr, deadline, asked: 0, stopped: false };
        let greeting = qemu.next("QMP")?;
        if greeting.get("QMP").is_none() {
            return Err(qemu.not_qmp("it sends no greeting"));
        }
        Ok(qemu)
    }

    /// Sends a command, records it with its reply, and returns the reply unless it is an error.
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
                None => return Err(self.not_qmp("a reply has neither `return` nor `error`")),
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
            Ok(Output::Line(line)) => serde_json::from_slice(&line).map_err(|e| self.not_qmp(&e.to_string())),
            Ok(Output::TooMuch) => {
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
        let said = self.stderr.recv_timeout(STDERR_WAIT).ok().filter(|c| !c.is_empty());
        ProbeError::Ended {
            path: self.path.clone(),
            command: command.to_owned(),
            stderr: said.map(|c| format!(": {c}")).unwrap_or_default(),
        }
    }

    fn stop(&mut self) {
        if std::mem::replace(&mut self.stopped, true) {
            return;
        }
        // These fail only where the process has ended already. A binary that is a script can have started other
        // processes.
        #[cfg(unix)]
        let _ = rustix::process::kill_process_group(
            rustix::process::Pid::from_child(&self.child),
            rustix::process::Signal::KILL,
        );
        let _ = self.child.kill();
        let _ = self.child.wait();
        // Others are in a group of their own.
        self.mark.kill_all();
    }
}

/// Sends lines to the receiver until the output ends, exceeds the limit, or the receiver is dropped.
fn read_lines(output: impl Read, send: &SyncSender<Output>) {
    let mut output = BufReader::new(output.take(MAX_OUTPUT));
    loop {
        let mut line = Vec::new();
        let read = (&mut output).take(MAX_LINE).read_until(b'\n', &mut line);
        let said = match read {
            // A line that the limit cuts off is not sent.
            _ if output.get_ref().limit() == 0 => Output::TooMuch,
            Ok(n) if n > 0 => Output::Line(line),
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

/// The environment variables by which QEMU finds relocated libraries and modules.
const KEPT: &[&str] = &["LD_LIBRARY_PATH", "QEMU_MODULE_DIR"];

/// The command line of a probe. Where there is `setpriv`, the kernel kills QEMU if this process ends first.
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
