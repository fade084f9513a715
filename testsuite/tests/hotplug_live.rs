//! Attaches devices of many kinds to a guest of a real QEMU, finds them there, and detaches them again.
//!
//! The guest is paused before its firmware, and a reset makes it let go of PCI devices. Without `qemu-system-x86_64` nothing is
//! tested.

#![allow(clippy::disallowed_methods, reason = "tests look at files and start programs")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test stops at the first failure")]

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use virtargv::host::Runner;
use virtargv::{Command, FixedHost, Need, Release, Request, Wait};
use virtargv_testsuite::hotplug::running;

/// The QEMU binary.
const QEMU: &str = "/usr/bin/qemu-system-x86_64";
/// The time in which QEMU must answer.
const TIME_LIMIT: Duration = Duration::from_mins(1);
/// The least number of kinds of device that are attached and detached.
const KINDS: usize = 25;

/// The kinds of device: what they are, and their elements; `DIR` is the directory of images and sockets.
const DEVICES: &[(&str, &str)] = &[
    (
        "virtio disk",
        "<disk type='file'><driver name='qemu' type='raw'/><source file='DIR/a.raw'/><target dev='vdb' bus='virtio'/></disk>",
    ),
    (
        "virtio disk with a cache mode",
        "<disk type='file'><driver name='qemu' type='raw' cache='writeback'/><source file='DIR/a.raw'/><target dev='vdb' bus='virtio'/><serial>S</serial></disk>",
    ),
    (
        "transient disk",
        "<disk type='file'><driver name='qemu' type='raw'/><source file='DIR/a.raw'/><target dev='vdb' bus='virtio'/><transient/></disk>",
    ),
    (
        "SCSI disk",
        "<disk type='file'><driver name='qemu' type='raw'/><source file='DIR/a.raw'/><target dev='sdb' bus='scsi'/></disk>",
    ),
    (
        "USB disk",
        "<disk type='file'><driver name='qemu' type='raw'/><source file='DIR/a.raw'/><target dev='sdc' bus='usb'/></disk>",
    ),
    (
        "SCSI CD-ROM",
        "<disk type='file' device='cdrom'><driver name='qemu' type='raw'/><source file='DIR/a.raw'/><target dev='sdb' bus='scsi'/><readonly/></disk>",
    ),
    (
        "empty SCSI CD-ROM",
        "<disk type='file' device='cdrom'><target dev='sdb' bus='scsi'/><readonly/></disk>",
    ),
    (
        "USB CD-ROM",
        "<disk type='file' device='cdrom'><driver name='qemu' type='raw'/><source file='DIR/a.raw'/><target dev='sdc' bus='usb'/><readonly/></disk>",
    ),
    (
        "directory as a disk",
        "<disk type='dir'><driver name='qemu' type='fat'/><source dir='DIR/share'/><target dev='vdb' bus='virtio'/><readonly/></disk>",
    ),
    (
        "virtio NIC",
        "<interface type='user'><mac address='52:54:00:0b:00:01'/><model type='virtio'/></interface>",
    ),
    (
        "e1000e NIC",
        "<interface type='user'><mac address='52:54:00:0b:00:02'/><model type='e1000e'/></interface>",
    ),
    (
        "e1000 NIC",
        "<interface type='user'><mac address='52:54:00:0b:00:03'/><model type='e1000'/></interface>",
    ),
    (
        "rtl8139 NIC",
        "<interface type='user'><mac address='52:54:00:0b:00:04'/><model type='rtl8139'/></interface>",
    ),
    (
        "USB NIC",
        "<interface type='user'><mac address='52:54:00:0b:00:05'/><model type='usb-net'/></interface>",
    ),
    (
        "RNG of the host",
        "<rng model='virtio'><rate bytes='1000' period='2000'/><backend model='random'>/dev/urandom</backend></rng>",
    ),
    ("RNG of QEMU", "<rng model='virtio'><backend model='builtin'/></rng>"),
    ("USB keyboard", "<input type='keyboard' bus='usb'/>"),
    ("USB mouse", "<input type='mouse' bus='usb'/>"),
    ("USB tablet", "<input type='tablet' bus='usb'/>"),
    ("virtio keyboard", "<input type='keyboard' bus='virtio'/>"),
    ("virtio mouse", "<input type='mouse' bus='virtio'/>"),
    ("virtio tablet", "<input type='tablet' bus='virtio'/>"),
    ("watchdog", "<watchdog model='i6300esb' action='reset'/>"),
    (
        "shared memory",
        "<shmem name='virtargv-hotplug'><model type='ivshmem-plain'/><size unit='M'>1</size></shmem>",
    ),
    ("virtio SCSI controller", "<controller type='scsi' index='1' model='virtio-scsi'/>"),
    ("LSI SCSI controller", "<controller type='scsi' index='1' model='lsilogic'/>"),
    ("SAS controller", "<controller type='scsi' index='1' model='lsisas1078'/>"),
    ("channel to nothing", "<channel type='null'><target type='virtio' name='org.a'/></channel>"),
    ("channel to a pseudo terminal", "<channel type='pty'><target type='virtio' name='org.b'/></channel>"),
    (
        "channel that connects",
        "<channel type='udp'><source mode='connect' host='127.0.0.1' service='5599'/><target type='virtio' name='org.c'/></channel>",
    ),
    ("virtio console", "<console type='pty'><target type='virtio'/></console>"),
    ("PCI serial port", "<serial type='null'><target type='pci-serial'/></serial>"),
    ("USB serial port", "<serial type='null'><target type='usb-serial'/></serial>"),
    (
        "virtio-mem",
        "<memory model='virtio-mem'><target><size unit='MiB'>128</size><node>0</node><block unit='MiB'>2</block><requested unit='MiB'>0</requested></target></memory>",
    ),
    ("USB redirection", "<redirdev bus='usb' type='null'/>"),
];

/// A running QEMU and its directory, which end with it.
struct Guest {
    child: Child,
    dir: PathBuf,
}

impl Drop for Guest {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

struct Monitor {
    stream: UnixStream,
    replies: BufReader<UnixStream>,
    /// The events that have come.
    events: Vec<Value>,
    /// The last reply to each command.
    last: BTreeMap<String, Value>,
}

impl Monitor {
    fn connect(path: &Path) -> Self {
        let until = Instant::now() + TIME_LIMIT;
        let stream = loop {
            match UnixStream::connect(path) {
                Ok(stream) => break stream,
                Err(why) => assert!(Instant::now() < until, "QEMU does not listen: {why}"),
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        stream.set_read_timeout(Some(TIME_LIMIT)).expect("a time limit");
        let replies = BufReader::new(stream.try_clone().expect("a second handle"));
        let mut monitor = Self { stream, replies, events: Vec::new(), last: BTreeMap::new() };
        monitor.read();
        monitor.ask(&json!({ "execute": "qmp_capabilities" })).expect("capabilities");
        monitor
    }

    fn read(&mut self) -> Value {
        let mut line = String::new();
        self.replies.read_line(&mut line).expect("an answer");
        let message: Value = serde_json::from_str(&line).expect("JSON");
        if message.get("event").is_some() {
            self.events.push(message.clone());
        }
        message
    }

    fn ask(&mut self, command: &Value) -> Result<Value, String> {
        writeln!(self.stream, "{command}").map_err(|why| why.to_string())?;
        loop {
            let mut message = self.read();
            if let Some(error) = message.get("error") {
                return Err(format!("{command}: {error}"));
            }
            if let Some(value) = message.get_mut("return") {
                return Ok(value.take());
            }
        }
    }

    /// The ids of the devices that are there.
    fn devices(&mut self) -> BTreeSet<String> {
        let list = json!({ "execute": "qom-list", "arguments": { "path": "/machine/peripheral" } });
        let there = self.ask(&list).expect("a list");
        let name = |device: &Value| device.get("name").and_then(Value::as_str).map(str::to_owned);
        there.as_array().into_iter().flatten().filter_map(name).filter(|name| name != "type").collect()
    }

    /// Waits for an event. A reset makes the guest let a device go.
    fn wait_for(&mut self, wait: &Wait) {
        let until = Instant::now() + TIME_LIMIT;
        while !self.events.iter().any(|event| wait.is_over(event)) {
            assert!(Instant::now() < until, "{wait} does not come");
            if wait.event == "DEVICE_DELETED" {
                self.ask(&json!({ "execute": "system_reset" })).expect("a reset");
            }
            std::thread::sleep(Duration::from_millis(50));
            self.devices();
        }
    }

    /// Gives QEMU the commands, in order. Where one fails, those before it are taken back.
    fn run(&mut self, commands: &[Command]) -> Result<(), String> {
        for (n, command) in commands.iter().enumerate() {
            assert_eq!(command.fd, None, "this test passes no descriptors");
            let qmp = command.to_qmp_after(|query| self.last.get(query)).expect("what the replies tell");
            let answer = self.ask(&qmp).map(|reply| self.last.insert(command.execute.to_owned(), reply));
            if let Err(why) = answer {
                if command.may_fail && why.contains("not found") {
                    // What the device took with it.
                    continue;
                }
                let done = commands.get(..n).unwrap_or_default();
                for undo in done.iter().rev().filter_map(|command| command.undo.as_ref()) {
                    self.ask(&undo.to_qmp())?;
                }
                return Err(why);
            }
            if let Some(wait) = &command.wait {
                self.wait_for(wait);
            }
        }
        Ok(())
    }
}

#[test]
fn devices_come_and_go() {
    if !Path::new(QEMU).exists() {
        eprintln!("{QEMU} is not installed, nothing is tested");
        return;
    }
    let dir = std::env::temp_dir().join(format!("virtargv-hotplug-{}", std::process::id()));
    std::fs::create_dir_all(dir.join("share")).expect("a directory");
    std::fs::write(dir.join("a.raw"), vec![0; 1 << 20]).expect("an image");
    let caps = virtargv_caps::probe::probe(Path::new(QEMU), Release::default()).expect("a QEMU");
    let host = FixedHost::default();
    let mut request = Request::new(&caps, &host);
    let text = dir.to_str().expect("UTF-8").to_owned();
    request.start.runner = Runner::Shell(text.clone());
    let mut domain = running(&request).expect("a guest");
    let line = virtargv::command_line(&domain, &request).unwrap_or_else(|why| panic!("{why}"));
    let errors = std::fs::File::create(dir.join("errors")).expect("a file");
    let mut start = line.to_command();
    start.stdin(Stdio::null()).stdout(Stdio::null()).stderr(errors);
    let guest = Guest { child: start.spawn().expect("QEMU"), dir: dir.clone() };
    let mut monitor = Monitor::connect(&dir.join("monitor.sock"));
    let mut before = monitor.devices();
    let mut kinds = Vec::new();
    for (kind, device) in DEVICES {
        let device = device.replace("DIR", &text);
        let done = match virtargv::attach(&domain, &device, &request) {
            Ok(done) => done,
            Err(why) => panic!("{kind}: {why}"),
        };
        for need in &done.needs {
            if let Need::Content { path, content, .. } = need {
                std::fs::write(path, &content.0).expect("a file");
            }
        }
        if let Err(why) = monitor.run(&done.commands) {
            // A device that this QEMU was built without.
            assert!(why.contains("is not a valid device model name"), "{kind}: {why}");
            eprintln!("{kind}: {why}");
            continue;
        }
        let id = done.commands.iter().find(|command| command.execute == "device_add");
        let id = id.and_then(|command| command.arguments.text("id")).expect("a device").to_string();
        assert!(monitor.devices().contains(&id), "{kind}: `{id}` is not there");
        domain = virtargv::model::format(&done.domain);
        let added = done.domain.devices.infos().find(|(_, info)| info.alias.as_deref() == Some(&id));
        let added = added.and_then(|(id, _)| done.domain.devices.to_xml(id)).expect("the device");
        let gone = virtargv::detach(&domain, &added, &request).unwrap_or_else(|why| panic!("{kind}: {why}"));
        monitor.events.clear();
        if let Err(why) = monitor.run(&gone.commands) {
            // Older QEMUs keep memory devices.
            assert!(why.contains("cannot be unplugged"), "{kind}: {why}");
            eprintln!("{kind}: {why}");
            before.insert(id);
            continue;
        }
        assert_eq!(monitor.devices(), before, "{kind}");
        domain = virtargv::model::format(&gone.domain);
        kinds.push(*kind);
    }
    drop(guest);
    eprintln!("{} kinds of device came and went: {}", kinds.len(), kinds.join(", "));
    assert!(kinds.len() >= KINDS, "{} kinds only", kinds.len());
}
