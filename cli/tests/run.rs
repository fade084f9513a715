//! `virtargv run`: exit codes and messages, and that nothing is left after a signal.

#![cfg(target_os = "linux")]
#![allow(clippy::disallowed_methods, reason = "tests start programs")]
#![allow(clippy::expect_used, reason = "a test that cannot be set up has failed")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

const QEMU: &str = "/usr/bin/qemu-system-x86_64";

/// A run in directories of its own, which are removed in the end.
struct Run {
    dir: PathBuf,
    child: Child,
}

impl Run {
    /// Starts the command with this document; `None` if there is no QEMU.
    fn start(name: &str, more: &str, options: &[&str]) -> Option<Self> {
        if !Path::new(QEMU).exists() {
            eprintln!("not tried: {QEMU} is not installed");
            return None;
        }
        let dir = std::env::temp_dir().join(format!("var-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&dir).expect("a directory");
        let document = format!(
            "<domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><name>{name}</name>
             <uuid>0b6a5c2e-6a4b-4c8e-9a53-2b7a4f3e9d10</uuid><memory unit='MiB'>64</memory>
             <os><type arch='x86_64' machine='pc'>hvm</type></os>
             <devices><emulator>{QEMU}</emulator></devices>{more}</domain>"
        );
        let file = dir.join("guest.xml");
        std::fs::write(&file, document).expect("a document");
        let mut command = Command::new(env!("CARGO_BIN_EXE_virtargv"));
        command.arg("run").args(options).arg(&file);
        command.env("XDG_CACHE_HOME", dir.join("cache"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let child = command.spawn().expect("the command starts");
        Some(Self { dir, child })
    }

    /// Waits until it ends, and returns how, and its standard error.
    fn end(mut self) -> (ExitStatus, String) {
        let until = Instant::now() + Duration::from_mins(1);
        while self.child.try_wait().expect("a child").is_none() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let mut said = String::new();
        if let Some(mut errors) = self.child.stderr.take() {
            std::io::Read::read_to_string(&mut errors, &mut said).expect("UTF-8");
        }
        (self.child.wait().expect("a child"), said)
    }

    /// Whether QEMU runs for it: the guest's directory has the number of the process.
    fn has_qemu(number: u32, name: &str) -> bool {
        let mark = format!("domain-{number}-{name}/");
        let all = std::fs::read_dir("/proc").expect("/proc").flatten();
        let lines = all.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
        lines.into_iter().any(|line| String::from_utf8_lossy(&line).contains(&mark))
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

fn signalled(name: &str, signal: Signal) {
    let Some(run) = Run::start(name, "", &[]) else { return };
    let number = run.child.id();
    let until = Instant::now() + Duration::from_mins(1);
    while !Run::has_qemu(number, name) && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(Run::has_qemu(number, name), "QEMU does not run");
    kill_process(Pid::from_child(&run.child), signal).expect("a signal");
    let (status, said) = run.end();
    assert_eq!(status.code(), Some(130), "{said}");
    assert!(!Run::has_qemu(number, name), "QEMU runs on");
    for base in ["/var/lib/libvirt/qemu", "/var/run/libvirt/qemu"] {
        assert!(!Path::new(&format!("{base}/domain-{number}-{name}")).exists());
    }
}

#[test]
fn ctrl_c_ends_the_guest() {
    signalled("ctrl-c", Signal::INT);
}

#[test]
fn sigterm_ends_the_guest() {
    signalled("sigterm", Signal::TERM);
}

#[test]
fn the_message_of_qemu_is_shown() {
    let wrong = "<qemu:commandline><qemu:arg value='-no-such-option'/></qemu:commandline>";
    let Some(run) = Run::start("wrong", wrong, &[]) else { return };
    let number = run.child.id();
    let (status, said) = run.end();
    assert_eq!(status.code(), Some(3), "{said}");
    assert!(said.lines().any(|line| line.ends_with("-no-such-option: invalid option")), "{said}");
    assert!(!said.contains("\\n"), "{said}");
    assert!(!Run::has_qemu(number, "wrong"));
}

/// A paused guest is continued by another program: `run` leaves QEMU's monitor, which serves one client, to it.
#[test]
fn a_paused_guest_is_continued_on_the_monitor() {
    let Some(mut run) = Run::start("paused", "", &["--paused"]) else { return };
    let number = run.child.id();
    let mut said = String::new();
    let errors = run.child.stderr.take().expect("a pipe");
    BufReader::new(errors).read_line(&mut said).expect("UTF-8");
    let socket = said.split('`').nth(1).expect("the path of the monitor's socket");
    let until = Instant::now() + Duration::from_mins(1);
    let client =
        std::iter::repeat_with(|| greeted(socket)).take_while(|_| Instant::now() < until).flatten().next();
    let (mut monitor, mut answers) = client.expect("QEMU's monitor");
    for command in ["qmp_capabilities", "cont", "query-status", "quit"] {
        writeln!(monitor, r#"{{"execute":"{command}"}}"#).expect("QEMU listens");
        let mut answer = String::new();
        while !answer.contains("\"return\"") {
            answer.clear();
            answers.read_line(&mut answer).expect("QEMU answers");
        }
        assert!(command != "query-status" || answer.contains(r#""status": "running""#), "{answer}");
    }
    let (status, _) = run.end();
    assert_eq!(status.code(), Some(0), "{said}");
    assert!(!Run::has_qemu(number, "paused"));
}

/// The connection to a monitor that has greeted.
fn greeted(path: &str) -> Option<(UnixStream, BufReader<UnixStream>)> {
    let stream = UnixStream::connect(path).ok()?;
    stream.set_read_timeout(Some(Duration::from_millis(500))).ok()?;
    let mut answers = BufReader::new(stream.try_clone().ok()?);
    let mut greeting = String::new();
    answers.read_line(&mut greeting).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
    greeting.contains("QMP").then_some((stream, answers))
}

#[test]
fn a_paused_guest_ends_with_the_command() {
    let Some(run) = Run::start("paused-int", "", &["--paused"]) else { return };
    let number = run.child.id();
    let until = Instant::now() + Duration::from_mins(1);
    while !Run::has_qemu(number, "paused-int") && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(20));
    }
    kill_process(Pid::from_child(&run.child), Signal::INT).expect("a signal");
    let (status, said) = run.end();
    assert_eq!(status.code(), Some(130), "{said}");
    assert!(!Run::has_qemu(number, "paused-int"), "QEMU runs on");
}

#[test]
fn a_refused_document_starts_nothing() {
    let Some(run) = Run::start("refused", "<memory unit='parsec'>1</memory><vcpu>0</vcpu>", &[]) else {
        return;
    };
    let (status, said) = run.end();
    assert_eq!(status.code(), Some(1), "{said}");
}

/// Everything that a user without root lacks is said at once, and nothing is created.
#[test]
fn without_root_all_is_said_beforehand() {
    let setpriv = "/usr/bin/setpriv";
    let is_root = rustix::process::geteuid().is_root();
    if !is_root || !Path::new(setpriv).exists() || !Path::new(QEMU).exists() {
        eprintln!("not tried: it needs root, setpriv and {QEMU}");
        return;
    }
    let dir = std::env::temp_dir().join(format!("var-{}-user", std::process::id()));
    std::fs::create_dir_all(dir.join("home")).expect("a directory");
    let program = dir.join("virtargv");
    std::fs::copy(env!("CARGO_BIN_EXE_virtargv"), &program).expect("a copy");
    std::os::unix::fs::chown(dir.join("home"), Some(65534), Some(65534)).expect("another owner");
    let document = format!(
        "<domain type='qemu'><name>user</name><memory unit='MiB'>64</memory>
         <os><type arch='x86_64' machine='pc'>hvm</type></os>
         <devices><emulator>{QEMU}</emulator>
           <interface type='ethernet'><target dev='var0'/></interface>
           <interface type='bridge'><source bridge='varbr'/></interface>
           <serial type='file'><source path='/root/serial.txt'/></serial>
         </devices></domain>"
    );
    std::fs::write(dir.join("guest.xml"), document).expect("a document");
    let mut command = Command::new(setpriv);
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]);
    command.arg(&program).args(["run", "guest.xml"]).current_dir(&dir);
    command.env_clear().env("HOME", dir.join("home"));
    let output = command.stdin(Stdio::null()).output().expect("setpriv starts");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let home = dir.join("home");
    let made = [home.join(".config"), home.join(".cache/libvirt")].iter().any(|path| path.exists());
    let _ = std::fs::remove_dir_all(&dir);
    assert_eq!(output.status.code(), Some(3), "{said}");
    for part in ["`var0`", "`varbr`", "`/root/serial.txt`"] {
        assert!(said.lines().any(|line| line.contains(part) && line.contains("run this as root")), "{said}");
    }
    assert!(!made, "something was created");
}

#[test]
fn check_only_looks() {
    let Some(run) = Run::start("looks", "", &["--check"]) else { return };
    let (status, said) = run.end();
    assert_eq!((status.code(), said.as_str()), (Some(0), ""));
}
