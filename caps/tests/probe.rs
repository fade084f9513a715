//! Probing binaries that are not QEMU, or that misbehave. Each must be reported within limits of time and memory, and
//! no process must remain.

#![allow(clippy::disallowed_methods, reason = "tests look at files and start programs")]
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use virtargv_caps::Release;
use virtargv_caps::probe::{Asked, ProbeError, describe, probe_within};
use virtargv_caps::qapi::{Described, Replies};

/// Scripts by name. `$0.pids` is for the numbers of processes that have to be gone afterwards.
const SCRIPTS: &[(&str, &str)] = &[
    ("leaves", "exit 0"),
    ("complains", "echo no such machine >&2; exit 1"),
    ("hangs", "echo $$ >> $0.pids; sleep 1000 & echo $! >> $0.pids; wait"),
    ("ignores", "echo $$ >> $0.pids; trap '' TERM INT HUP PIPE; echo '{\"QMP\": {}}'; sleep 1000"),
    ("babbles", "head -c 100000 /dev/urandom"),
    ("shouts", "yes | head -c 100000000"),
    ("drones", "tr '\\0' x < /dev/zero | head -c 100000000"),
    (
        "reports-events",
        "echo '{\"QMP\": {}}'; e=$(head -c 100000 /dev/zero | tr '\\0' x); while echo \"{\\\"event\\\": \\\"$e\\\"}\"; do :; done",
    ),
    ("hangs-up", "echo '{\"QMP\": {}}'; read request; echo $$ >> $0.pids; exec >&-; sleep 1000"),
    ("breaks-off", "echo '{\"QMP\": {}}'; read request; printf '{\"return\": {'"),
    ("greets-not", "echo '{\"hello\": 1}'; sleep 1000"),
    ("says-nothing", "echo '{\"QMP\": {}}'; read request; echo null; sleep 1000"),
    (
        "mixes-up",
        "echo '{\"QMP\": {}}'; read request; echo '{\"return\": {}, \"id\": \"virtargv-7\"}'; sleep 1000",
    ),
    (
        "answers-nothing",
        "echo '{\"QMP\": {}}'; while read -r request; do id=${request##*\\\"id\\\":\\\"}; echo \"{\\\"id\\\": \\\"${id%%\\\"*}\\\"}\"; done",
    ),
    (
        "refuses-all",
        "echo '{\"QMP\": {}}'; while read -r request; do id=${request##*\\\"id\\\":\\\"}; \
         echo \"{\\\"error\\\": {\\\"class\\\": \\\"CommandNotFound\\\"}, \\\"id\\\": \\\"${id%%\\\"*}\\\"}\"; done",
    ),
    (
        "ends-for-a-type",
        "echo '{\"QMP\": {}}'; while read -r request; do id=${request##*\\\"id\\\":\\\"}; id=${id%%\\\"*}; \
         case $request in *typename*bad*) echo missing module >&2; exit 1;; \
         *qom-list-types*) list='{\"name\": \"bad\"}, {\"name\": \"good\"}, {\"name\": \"lsi53c895a\"}';; \
         *) list=;; esac; \
         echo \"{\\\"return\\\": [$list], \\\"id\\\": \\\"$id\\\"}\"; done",
    ),
    (
        "leaves-a-daemon",
        "setsid sh -c 'echo $$ >> '$0.pids'; sleep 1000 & echo $! >> '$0.pids'; wait' > /dev/null & sleep 0.2; exit 1",
    ),
];

/// All scripts, written before the first of them runs: a file that is open for writing cannot be run.
fn directory() -> &'static Path {
    static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();
    DIRECTORY.get_or_init(|| {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("probe");
        let _ = fs::remove_dir_all(&directory);
        fs::create_dir_all(&directory).unwrap();
        for (name, script) in SCRIPTS {
            let path = directory.join(name);
            fs::write(&path, format!("#!/bin/sh\nPATH=/usr/bin:/bin\n{script}\n")).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        directory
    })
}

fn probed(name: &str, time: Duration) -> ProbeError {
    let path = directory().join(name);
    let begun = Instant::now();
    let error = probe_within(&path, Release::default(), time).unwrap_err();
    assert!(begun.elapsed() < time + Duration::from_secs(2), "{name} took {:?}: {error}", begun.elapsed());
    assert!(error.to_string().contains(name), "the error names the binary: {error}");
    for pid in fs::read_to_string(path.with_extension("pids")).unwrap_or_default().lines() {
        assert!(is_gone(pid), "{name} left process {pid} behind");
    }
    error
}

/// Whether the process has ended; it can still be a zombie.
fn is_gone(pid: &str) -> bool {
    let until = Instant::now() + Duration::from_secs(2);
    loop {
        let state = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        if state.is_empty() || state.contains(") Z") {
            return true;
        }
        if Instant::now() > until {
            return false;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

const SOON: Duration = Duration::from_millis(300);
const LATER: Duration = Duration::from_secs(20);

#[test]
fn what_cannot_be_started() {
    let error = probe_within(Path::new("/no/such/binary"), Release::default(), LATER).unwrap_err();
    assert!(matches!(error, ProbeError::Start { .. }), "{error}");
    let plain = directory().join("plain-text");
    fs::write(&plain, "not a program").unwrap();
    let error = probe_within(&plain, Release::default(), LATER).unwrap_err();
    assert!(error.to_string().contains("ermission denied"), "{error}");
}

#[test]
fn what_ends() {
    for name in ["leaves", "complains", "hangs-up", "leaves-a-daemon"] {
        let error = probed(name, LATER);
        assert!(matches!(error, ProbeError::Ended { .. }), "{name}: {error}");
    }
    assert!(probed("complains", LATER).to_string().ends_with(": no such machine"));
}

#[test]
fn what_hangs() {
    for name in ["hangs", "ignores"] {
        let error = probed(name, SOON);
        assert!(matches!(error, ProbeError::TooSlow { .. }), "{name}: {error}");
    }
}

#[test]
fn what_is_not_qmp() {
    let names = [
        "babbles",
        "shouts",
        "drones",
        "breaks-off",
        "greets-not",
        "says-nothing",
        "mixes-up",
        "answers-nothing",
    ];
    for name in names {
        let error = probed(name, LATER);
        assert!(matches!(error, ProbeError::NotQmp { .. }), "{name}: {error}");
    }
}

#[test]
fn what_does_not_stop() {
    let error = probed("reports-events", LATER);
    assert!(matches!(error, ProbeError::TooMuch { .. }), "{error}");
    if let Ok(status) = fs::read_to_string("/proc/self/status") {
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
        let peak: u64 = peak.and_then(|kib| kib.trim().parse().ok()).unwrap();
        assert!(peak < 300 << 10, "{peak} KiB of memory were used");
    }
}

#[test]
fn what_knows_nothing() {
    let error = probed("refuses-all", LATER);
    assert!(matches!(error, ProbeError::Derive { .. }), "{error}");
}

/// QEMU ends when it is asked for the properties of a type whose module is not installed.
#[test]
fn what_ends_for_one_type_tells_the_others() {
    let path = directory().join("ends-for-a-type");
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let devices = names(&["absent", "bad", "good", "lsi"]);
    let conversation = describe(&path, Asked::Types(&devices, &names(&["good"])), LATER).unwrap();
    let replies = Replies::of(&conversation).unwrap();
    assert_eq!(replies.device("good"), Described::Properties(&[]));
    // `-device` takes another name for it.
    assert_eq!(replies.device("lsi"), Described::Properties(&[]));
    assert_eq!(replies.object("good"), Described::Properties(&[]));
    assert_eq!(replies.device("bad"), Described::NotAsked);
    assert_eq!(replies.device("absent"), Described::NoType);
    let said = conversation.to_text();
    assert!(said.contains("QEMU ended: missing module"), "{said}");

    let conversation = describe(&path, Asked::All, LATER).unwrap();
    assert_eq!(Replies::of(&conversation).unwrap().device("lsi"), Described::Properties(&[]));
}
