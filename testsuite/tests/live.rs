//! Starts guests on a real QEMU, and checks that their devices are those of the command line.
//!
//! Documents of the matrix that need only files and sockets of the host are started by `qemu-system-x86_64`, paused and
//! without a display. If that binary is not installed, the trials are ignored. Files that a document has in
//! `/srv/images` are created in a temporary directory.

#![allow(clippy::disallowed_methods, reason = "tests look at files and start programs")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ExitCode, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::{Value, json};
use virtargv::{Argument, Caps, CommandLine, FixedHost, Need, Origin, Release, Request};
use virtargv_host::{Runner, SecretLookup};
use virtargv_testsuite::images::make_images;
use virtargv_testsuite::matrix::{Case, cases, live_documents};

/// The QEMU binary.
const QEMU: &str = "/usr/bin/qemu-system-x86_64";
/// The directory of images in documents of the matrix.
const IMAGES: &str = "/srv/images";
/// The shared memory of a document of the matrix.
const SHARED: &str = "/dev/shm/virtargv-matrix";
/// The time in which QEMU must open its monitor.
const TIME_LIMIT: Duration = Duration::from_secs(20);

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Guests need memory, so few run at the same time.
    arguments.test_threads.get_or_insert(2);
    let there = Path::new(QEMU).exists();
    if !there {
        eprintln!("{QEMU} is not installed, the trials are ignored");
    }
    // QEMU is probed once for each release, by the first trial that needs it.
    let mut trials = vec![Trial::test("probe", probed).with_ignored_flag(!there)];
    trials.push(Trial::test("secrets", secrets_are_readable).with_ignored_flag(!there));
    for (name, rows) in live_documents() {
        // Releases run one after the other, because a document can have a fixed port. A failed trial is repeated,
        // because another process can use that port for a moment.
        let twice = |case| accepted(case).or_else(|_| accepted(case));
        let trial = Trial::test(name, move || rows.iter().try_for_each(|case| twice(case)));
        trials.push(trial.with_ignored_flag(!there));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// The capabilities of the QEMU binary.
fn caps(release: Release) -> Result<&'static Caps, Failed> {
    static CLASSIC: OnceLock<Result<Caps, String>> = OnceLock::new();
    static MODERN: OnceLock<Result<Caps, String>> = OnceLock::new();
    let cell = if release == Release::V7_0 { &CLASSIC } else { &MODERN };
    let probe = || virtargv_caps::probe::probe(Path::new(QEMU), release).map_err(|why| why.to_string());
    cell.get_or_init(probe).as_ref().map_err(Failed::from)
}

fn probed() -> Result<(), Failed> {
    let caps = caps(Release::default())?;
    let machines = caps.machines(virtargv_caps::Accel::Tcg);
    if !machines.iter().any(|m| m.alias.as_deref() == Some("q35")) {
        return Err("QEMU for x86_64 must have the machine type 'q35'".into());
    }
    if !caps.has(virtargv::Cap::DeviceJson) {
        return Err("QEMU must read options in JSON".into());
    }
    Ok(())
}

/// Checks that QEMU can decrypt a secret with the master key.
fn secrets_are_readable() -> Result<(), Failed> {
    let case = cases().find(|case| case.name == "disk-luks").ok_or("no case with a secret")?;
    let scratch = Scratch::new("secrets")?;
    let dir = scratch.0.to_str().ok_or("a path that is not UTF-8")?;
    let full = command_line(case, &document(case, dir)?, dir)?;
    for need in &full.needs {
        if let Need::Content { path, content, .. } = need {
            std::fs::write(path, &content.0)?;
        }
    }
    let is_secret = |argument: &&Argument| {
        let props = argument.props().filter(|_| argument.option == "-object");
        props.and_then(|props| props.text("qom-type")).is_some_and(|kind| kind.as_str() == "secret")
    };
    let secrets = full.arguments.iter().filter(is_secret);
    let mut line = CommandLine { program: full.program.clone(), ..CommandLine::default() };
    let monitor = format!("unix:{dir}/monitor.sock,server=on,wait=off");
    let words = ["-machine", "none", "-nodefaults", "-display", "none", "-S", "-qmp", &monitor];
    let origin = Origin::Implied { by: "the test" };
    let word = |word: &str| Argument::word(word.to_owned(), origin);
    line.arguments = words.into_iter().map(word).chain(secrets.cloned()).collect();
    let mut qemu = start(&line, dir)?;
    let there = Monitor::connect(&format!("{dir}/monitor.sock"), &mut qemu)
        .and_then(|mut monitor| monitor.ask("qom-list", &json!({ "path": "/objects" })))
        .map_err(|why| format!("{}: {}", why.message().unwrap_or_default(), qemu.standard_error()))?;
    let secrets =
        there.as_array().into_iter().flatten().filter(|object| text(object, "type") == Some("child<secret>"));
    if secrets.count() == 2 {
        Ok(())
    } else {
        Err(format!("the master key and a secret are expected, the guest has {there}").into())
    }
}

/// A temporary directory, which is removed in the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Result<Self, Failed> {
        let path = std::env::temp_dir().join(format!("virtargv-live-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
        // Shared memory is not removed with its guest.
        let _ = std::fs::remove_file(SHARED);
    }
}

/// A running QEMU, which is killed in the end.
struct Running {
    child: Child,
    /// The file of its standard error.
    errors: String,
}

impl Running {
    fn stop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Stops it, and returns its standard error.
    fn standard_error(&mut self) -> String {
        self.stop();
        std::fs::read_to_string(&self.errors).unwrap_or_default()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop();
    }
}

fn accepted(case: &Case) -> Result<(), Failed> {
    let scratch = Scratch::new(&case.id())?;
    let dir = scratch.0.to_str().ok_or("a path that is not UTF-8")?;
    let document = document(case, dir)?;
    make_images(&document, dir)?;
    let line = command_line(case, &document, dir)?;
    let mut qemu = start(&line, dir)?;
    check_guest(&line, dir, &mut qemu).map_err(|why| {
        let release = case.release;
        let said = qemu.standard_error();
        format!("under {release}: {}\nQEMU's message: {said}", why.message().unwrap_or_default()).into()
    })
}

/// The document of `case`, with its images in `dir` and nothing that needs KVM.
fn document(case: &Case, dir: &str) -> Result<String, Failed> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("matrix/{}.xml", case.name));
    Ok(std::fs::read_to_string(path)?.replace(IMAGES, dir).replace("type='kvm'", "type='qemu'"))
}

/// The command line without a launcher, with `dir` as its directory.
fn command_line(case: &Case, document: &str, dir: &str) -> Result<CommandLine, Failed> {
    let secret = SecretLookup::new(|_, _| Some(b"open sesame".to_vec()));
    let host = FixedHost { now: 1_234_567_890, secret, ..FixedHost::default() };
    let mut request = Request::new(caps(case.release)?, &host);
    request.start.runner = Runner::Shell(dir.to_owned());
    virtargv::command_line(document, &request).map_err(|report| {
        let problems: Vec<String> = report.iter().map(ToString::to_string).collect();
        problems.join("\n").into()
    })
}

/// Checks that the guest is paused, and has the devices of the command line.
fn check_guest(line: &CommandLine, dir: &str, qemu: &mut Running) -> Result<(), Failed> {
    let mut monitor = Monitor::connect(&format!("{dir}/monitor.sock"), qemu)?;
    let status = monitor.ask("query-status", &Value::Null)?;
    if status.get("running") != Some(&Value::Bool(false)) {
        return Err(format!("the guest is not paused: {status}").into());
    }
    let devices: Vec<Value> = devices(line)?;
    check_ids(&devices, &mut monitor)?;
    check_places(&devices, &mut monitor)?;
    check_enumeration(&devices, &mut monitor)?;
    monitor.ask("quit", &Value::Null)?;
    Ok(())
}

fn start(line: &CommandLine, dir: &str) -> Result<Running, Failed> {
    let errors = format!("{dir}/qemu.errors");
    let mut command = line.to_command();
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(std::fs::File::create(&errors)?);
    Ok(Running { child: command.spawn()?, errors })
}

struct Monitor {
    stream: UnixStream,
    replies: BufReader<UnixStream>,
}

impl Monitor {
    /// Waits until QEMU listens, and connects.
    fn connect(path: &str, qemu: &mut Running) -> Result<Self, Failed> {
        let until = Instant::now() + TIME_LIMIT;
        loop {
            if let Ok(stream) = UnixStream::connect(path) {
                stream.set_read_timeout(Some(TIME_LIMIT))?;
                let replies = BufReader::new(stream.try_clone()?);
                let mut monitor = Self { stream, replies };
                monitor.read()?;
                monitor.ask("qmp_capabilities", &Value::Null)?;
                return Ok(monitor);
            }
            if let Some(status) = qemu.child.try_wait()? {
                return Err(format!("QEMU ended with {status}").into());
            }
            if Instant::now() > until {
                return Err("QEMU did not open its monitor in time".into());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn read(&mut self) -> Result<Value, Failed> {
        let mut line = String::new();
        self.replies.read_line(&mut line)?;
        Ok(serde_json::from_str(&line)?)
    }

    fn ask(&mut self, command: &str, arguments: &Value) -> Result<Value, Failed> {
        let mut request = json!({ "execute": command });
        if let (Some(request), false) = (request.as_object_mut(), arguments.is_null()) {
            request.insert("arguments".to_owned(), arguments.clone());
        }
        writeln!(self.stream, "{request}")?;
        loop {
            let mut message = self.read()?;
            if let Some(error) = message.get("error") {
                return Err(format!("{command}: {error}").into());
            }
            if let Some(value) = message.get_mut("return") {
                return Ok(value.take());
            }
        }
    }
}

/// The devices of the command line.
fn devices(line: &CommandLine) -> Result<Vec<Value>, Failed> {
    let options = line.arguments.iter().filter(|argument| argument.option == "-device");
    options.filter_map(Argument::value_text).map(|value| device(&value)).collect()
}

/// The properties of a device, from JSON or `driver,key=value,...`.
fn device(value: &str) -> Result<Value, Failed> {
    if value.starts_with('{') {
        return Ok(serde_json::from_str(value)?);
    }
    let pairs = value.split(',').filter_map(|pair| pair.split_once('='));
    Ok(Value::Object(pairs.map(|(key, value)| (key.to_owned(), value.into())).collect()))
}

fn text<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value.get(key).and_then(Value::as_str)
}

/// Checks that the guest has a device for every id of the command line.
fn check_ids(devices: &[Value], monitor: &mut Monitor) -> Result<(), Failed> {
    let there = monitor.ask("qom-list", &json!({ "path": "/machine/peripheral" }))?;
    let there: Vec<&str> = there.as_array().into_iter().flatten().filter_map(|d| text(d, "name")).collect();
    for id in devices.iter().filter_map(|d| text(d, "id")) {
        if !there.contains(&id) {
            return Err(format!("the guest has no device '{id}', but {there:?}").into());
        }
    }
    Ok(())
}

/// Checks that every device is on the bus of the command line, and every PCI device at its slot and function.
fn check_places(devices: &[Value], monitor: &mut Monitor) -> Result<(), Failed> {
    for device in devices {
        let (Some(id), Some(bus)) = (text(device, "id"), text(device, "bus")) else { continue };
        let path = format!("/machine/peripheral/{id}");
        let mut get = |property: &str| monitor.ask("qom-get", &json!({ "path": path, "property": property }));
        let found = get("parent_bus")?;
        if found.as_str().and_then(|path| path.rsplit('/').next()) != Some(bus) {
            return Err(format!("'{id}' should be on bus '{bus}', the guest has it on {found}").into());
        }
        if let Some((slot, function)) = pci_place(device)? {
            let found = get("addr")?;
            if found.as_u64() != Some(slot << 3 | function) {
                return Err(
                    format!("'{id}' should be at {slot}.{function}, the guest has it at {found}").into()
                );
            }
        }
    }
    Ok(())
}

/// Slot and function of a PCI device on the command line.
fn pci_place(device: &Value) -> Result<Option<(u64, u64)>, Failed> {
    // A memory device has `addr=` too, but no bus.
    let (Some(addr), Some(_)) = (text(device, "addr"), text(device, "bus")) else { return Ok(None) };
    let mut parts = addr.split('.').map(|p| u64::from_str_radix(p.trim_start_matches("0x"), 16));
    Ok(Some((parts.next().ok_or("no slot")??, parts.next().transpose()?.unwrap_or(0))))
}

/// Checks that the firmware finds every PCI device. `query-pci` lists devices behind bridges only after the firmware
/// has numbered the buses.
fn check_enumeration(devices: &[Value], monitor: &mut Monitor) -> Result<(), Failed> {
    let mut wanted = BTreeMap::new();
    for device in devices {
        if let (Some(id), Some(place)) = (text(device, "id"), pci_place(device)?) {
            wanted.insert(id.to_owned(), place);
        }
    }
    let until = Instant::now() + TIME_LIMIT;
    let mut running = false;
    loop {
        let mut found = BTreeMap::new();
        for bus in monitor.ask("query-pci", &Value::Null)?.as_array().into_iter().flatten() {
            collect(bus, &mut found);
        }
        let misplaced = |(id, place): &(&String, &(u64, u64))| found.get(*id).is_some_and(|at| at != *place);
        if let Some((id, place)) = wanted.iter().find(misplaced) {
            return Err(
                format!("'{id}' should be at {place:?}, the guest has it at {:?}", found.get(id)).into()
            );
        }
        let missing: Vec<&String> = wanted.keys().filter(|id| !found.contains_key(*id)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        if !running {
            monitor.ask("cont", &Value::Null)?;
            running = true;
        }
        if Instant::now() > until {
            return Err(format!("the firmware has not found {missing:?}").into());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Collects slot and function of each id, behind bridges too.
fn collect(bus: &Value, into: &mut BTreeMap<String, (u64, u64)>) {
    for device in bus.get("devices").and_then(Value::as_array).into_iter().flatten() {
        let number = |key: &str| device.get(key).and_then(Value::as_u64).unwrap_or(u64::MAX);
        if let Some(id) = text(device, "qdev_id") {
            into.insert(id.to_owned(), (number("slot"), number("function")));
        }
        if let Some(bridge) = device.get("pci_bridge") {
            collect(bridge, into);
        }
    }
}
