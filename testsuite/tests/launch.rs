//! Starts guests by the launcher: with descriptors, helper processes and what follows the start, and checks that nothing is
//! left behind.
//!
//! A trial that needs a program, a device or root that is not there says so and passes.

#![cfg(target_os = "linux")]
#![allow(clippy::disallowed_methods, reason = "tests look at files and start programs")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::{Value, json};
use virtargv::{Caps, CommandLine, DomainId, DriverConfig, FixedHost, Need, Release, Request};
use virtargv_host::SecretLookup;
use virtargv_launch::{Error, Guest, Launch, Missing, Reason, Settings};
use virtargv_testsuite::images::make_images;
use virtargv_testsuite::matrix::{Case, cases, live_documents};

/// The QEMU binary.
const QEMU: &str = "/usr/bin/qemu-system-x86_64";
/// The directory of images in documents of the matrix.
const IMAGES: &str = "/srv/images";
/// The shared memory of a document of the matrix.
const SHARED: &str = "/dev/shm/virtargv-matrix";
/// The time in which a guest must have done what is waited for; without KVM, kernels are slow.
const TIME_LIMIT: Duration = Duration::from_mins(2);

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Guests need memory, so few run at the same time.
    arguments.test_threads.get_or_insert(2);
    let there = Path::new(QEMU).exists();
    if !there {
        eprintln!("{QEMU} is not installed, the trials are ignored");
    }
    let mut trials: Vec<Trial> = TRIALS.iter().map(|(name, run)| Trial::test(*name, run)).collect();
    for (name, rows) in live_documents() {
        // As in `live`: releases run one after the other, and a port can be in use for a moment.
        let twice = |case| starts(case).or_else(|_| starts(case));
        trials
            .push(Trial::test(format!("live::{name}"), move || rows.iter().try_for_each(|case| twice(case))));
    }
    let trials = trials.into_iter().map(|trial| trial.with_ignored_flag(!there)).collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

type Done = Result<(), Failed>;
/// What a trial does.
type Try = fn() -> Done;

/// The trials that are no documents of the matrix.
const TRIALS: &[(&str, Try)] = &[
    ("firmware", firmware),
    ("uefi", uefi),
    ("kernel", kernel),
    ("reboot", reboot),
    ("master_key", master_key),
    ("after_the_start", after_the_start),
    ("limits", limits),
    ("plugged", plugged),
    ("qemu_fails", qemu_fails),
    ("interrupted_before", interrupted_before),
    ("interrupted", interrupted),
    ("helper_fails", helper_fails),
    ("all_is_said_beforehand", all_is_said_beforehand),
    ("no_other_environment", no_other_environment),
    ("swtpm", swtpm),
    ("virtiofsd", virtiofsd),
    ("passt", passt),
    ("taps", taps),
];

/// The capabilities of the QEMU binary.
fn caps(release: Release) -> Result<&'static Caps, Failed> {
    static CLASSIC: OnceLock<Result<Caps, String>> = OnceLock::new();
    static MODERN: OnceLock<Result<Caps, String>> = OnceLock::new();
    let cell = if release == Release::V7_0 { &CLASSIC } else { &MODERN };
    let probe = || virtargv_caps::probe::probe(Path::new(QEMU), release).map_err(|why| why.to_string());
    cell.get_or_init(probe).as_ref().map_err(Failed::from)
}

/// A directory of a trial, in which everything is that the trial creates.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Result<Self, Failed> {
        let path = std::env::temp_dir().join(format!("va-{}-{name}", std::process::id()));
        fs::create_dir_all(&path)?;
        Ok(Self(path))
    }

    fn path(&self) -> Result<&str, Failed> {
        self.0.to_str().ok_or_else(|| "a path that is not UTF-8".into())
    }

    /// The driver's settings with all directories in this one.
    fn config(&self) -> Result<DriverConfig, Failed> {
        let state = format!("{}/s", self.path()?);
        let mut config = DriverConfig::session(&state, &state);
        config.lib_dir = format!("{state}/lib");
        config.state_dir = format!("{state}/run");
        config.channel_target_dir = format!("{state}/channel");
        config.privileged = true;
        Ok(config)
    }

    /// The command line of a document, as a launcher needs it.
    fn line(&self, document: &str, release: Release) -> Result<CommandLine, Failed> {
        let host = FixedHost {
            now: 1_234_567_890,
            config: self.config()?,
            secret: SecretLookup::new(|_, _| Some(b"open sesame".to_vec())),
            ..FixedHost::default()
        };
        let mut request = Request::new(caps(release)?, &host);
        request.start.domain_id = DomainId::Assigned(7);
        virtargv::command_line(document, &request).map_err(|report| {
            let problems: Vec<String> = report.iter().map(ToString::to_string).collect();
            problems.join("\n").into()
        })
    }

    /// Checks that no process and no directory of the run is left.
    fn check_clean(&self) -> Done {
        let until = Instant::now() + Duration::from_secs(5);
        let state = format!("{}/s", self.path()?);
        loop {
            let left = processes(self.path()?);
            let files = fs::read_dir(&state).map_or_else(|_| Vec::new(), |all| all.flatten().collect());
            if left.is_empty() && files.is_empty() {
                return Ok(());
            }
            if Instant::now() > until {
                let files: Vec<_> = files.iter().map(fs::DirEntry::path).collect();
                return Err(format!("left behind: {left:?}, {files:?}").into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
        // Shared memory is not removed with its guest.
        let _ = fs::remove_file(SHARED);
    }
}

/// The command lines of other processes that name the directory.
fn processes(dir: &str) -> Vec<String> {
    let own = std::process::id().to_string();
    let all = fs::read_dir("/proc").into_iter().flatten().flatten();
    let others = all.filter(|entry| entry.file_name() != *own);
    let lines = others.filter_map(|entry| fs::read(entry.path().join("cmdline")).ok());
    lines
        .map(|line| String::from_utf8_lossy(&line).replace('\0', " "))
        .filter(|line| line.contains(dir))
        .collect()
}

/// A guest with these devices, and this in `<os>`.
fn document(os: &str, devices: &str) -> String {
    format!(
        "<domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
           <name>demo</name><uuid>0b6a5c2e-6a4b-4c8e-9a53-2b7a4f3e9d10</uuid>
           <memory unit='MiB'>256</memory><currentMemory unit='MiB'>200</currentMemory>
           <memoryBacking><source type='memfd'/><access mode='shared'/></memoryBacking>
           <os><type arch='x86_64' machine='q35'>hvm</type>{os}</os>
           <features><acpi/></features>
           <on_reboot>destroy</on_reboot>
           <devices><emulator>{QEMU}</emulator>{devices}</devices>
         </domain>"
    )
}

/// A serial port whose output is in a file of the directory.
fn serial(dir: &str) -> String {
    format!("<serial type='file'><source path='{dir}/serial.txt'/></serial>")
}

fn paused() -> Settings {
    Settings { paused: true, ..Settings::default() }
}

fn begin(line: &CommandLine, settings: Settings) -> Result<Guest, Failed> {
    let launch = Launch::new(line, settings);
    Ok(launch.open().and_then(virtargv_launch::Opened::start).map_err(|why| why.to_string())?)
}

fn skip(why: &str) -> Done {
    eprintln!("not tried: {why}");
    Ok(())
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|meta| std::os::unix::fs::MetadataExt::uid(&meta) == 0)
}

/// Starts a document of the matrix, and looks at its devices.
fn starts(case: &Case) -> Done {
    let scratch = Scratch::new(&case.id())?;
    let dir = scratch.path()?;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("matrix/{}.xml", case.name));
    let document = fs::read_to_string(path)?.replace(IMAGES, dir).replace("type='kvm'", "type='qemu'");
    make_images(&document, dir)?;
    let line = scratch.line(&document, case.release)?;
    let launch = Launch::new(&line, paused());
    let missing = launch.check();
    if !missing.is_empty() {
        // A real machine lacks what standalone lines do without; those are tried by `live`.
        return skip(&format!(
            "{}: {}",
            case.id(),
            missing.iter().map(Missing::to_string).collect::<String>()
        ));
    }
    let mut guest = begin(&line, paused()).map_err(|why| format!("under {}: {why:?}", case.release))?;
    let status = guest.monitor().ask("query-status", &Value::Null)?;
    if status.get("running") != Some(&Value::Bool(false)) {
        return Err(format!("the guest is not paused: {status}").into());
    }
    guest.stop()?;
    drop(guest);
    scratch.check_clean()
}

/// Starts a guest and waits until its serial output has one of the words.
fn says(name: &str, os: &str, devices: &str, words: &[&str]) -> Done {
    let scratch = Scratch::new(name)?;
    let dir = scratch.path()?;
    let line = scratch.line(&document(os, &format!("{}{devices}", serial(dir))), Release::default())?;
    let mut guest = begin(&line, Settings::default())?;
    let until = Instant::now() + TIME_LIMIT;
    loop {
        let output = fs::read(format!("{dir}/serial.txt")).unwrap_or_default();
        let output = String::from_utf8_lossy(&output);
        if words.iter().any(|word| output.contains(word)) {
            break;
        }
        if Instant::now() > until {
            return Err(format!("the serial port says:\n{output}").into());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    guest.stop()?;
    drop(guest);
    scratch.check_clean()
}

fn firmware() -> Done {
    says("firmware", "<bios useserial='yes'/>", "", &["No bootable device", "Boot failed"])
}

fn uefi() -> Done {
    let (code, vars) = ("/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd");
    if !Path::new(code).exists() {
        return skip("OVMF is not installed");
    }
    let dir = Scratch::new("uefi-vars")?;
    let store = format!("{}/new/vars.fd", dir.path()?);
    let os = format!(
        "<loader readonly='yes' type='pflash'>{code}</loader><nvram template='{vars}'>{store}</nvram>"
    );
    says("uefi", &os, "", &["BdsDxe", "UEFI"])?;
    // The variable store is the guest's, and stays.
    if fs::metadata(&store)?.len() != fs::metadata(vars)?.len() {
        return Err("the variable store is not a copy of its template".into());
    }
    Ok(())
}

/// The path of a kernel of the distribution.
fn kernel_image() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("VIRTARGV_KERNEL") {
        return Some(PathBuf::from(path));
    }
    let found = fs::read_dir("/boot").ok()?.flatten().map(|entry| entry.path());
    let is_kernel = |path: &PathBuf| {
        let name = path.file_name().and_then(std::ffi::OsStr::to_str).unwrap_or_default();
        name.starts_with("vmlinuz") && fs::File::open(path).is_ok()
    };
    found.filter(is_kernel).max()
}

fn kernel() -> Done {
    let Some(kernel) = kernel_image() else {
        return skip("there is no kernel in /boot, and VIRTARGV_KERNEL is not set");
    };
    // Without a root file system it panics, and reboots.
    let os = format!("<kernel>{}</kernel><cmdline>console=ttyS0 panic=-1</cmdline>", kernel.display());
    says("kernel", &os, "", &["Linux version"])
}

/// A guest whose reboot ends it: `on_reboot` is `destroy`.
fn reboot() -> Done {
    let scratch = Scratch::new("reboot")?;
    let line = scratch.line(&document("", ""), Release::default())?;
    let mut guest = begin(&line, Settings::default())?;
    guest.monitor().ask("system_reset", &Value::Null)?;
    let ended = guest.wait()?;
    drop(guest);
    if !ended.status.success() {
        return Err(format!("QEMU ended with {}", ended.status).into());
    }
    scratch.check_clean()
}

fn master_key() -> Done {
    let scratch = Scratch::new("key")?;
    let case = cases().find(|case| case.name == "disk-luks").ok_or("no case with a secret")?;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("matrix/{}.xml", case.name));
    let document = fs::read_to_string(path)?.replace("type='kvm'", "type='qemu'");
    let line = scratch.line(&document, case.release)?;
    let key = line.needs.iter().find_map(|need| match need {
        Need::Content { path, .. } if path.ends_with("master-key.aes") => Some(path.clone()),
        _ => None,
    });
    let key = key.ok_or("no master key")?;
    // The guest's disks are not there: only the objects are of interest.
    let line = CommandLine {
        arguments: line
            .arguments
            .into_iter()
            .filter(|argument| {
                ["-S", "-object", "-chardev", "-mon", "-machine", "-display", "-nodefaults"]
                    .contains(&&*argument.option)
            })
            .collect(),
        needs: line.needs.into_iter().filter(|need| !matches!(need, Need::Path { .. })).collect(),
        after: Vec::new(),
        ..line
    };
    let mut guest = begin(&line, paused())?;
    let mode = fs::metadata(&key)?.permissions().mode() & 0o777;
    if mode != 0o600 {
        return Err(format!("the file of the master key has mode {mode:o}").into());
    }
    let there = guest.monitor().ask("qom-list", &json!({ "path": "/objects" }))?.to_string();
    if there.matches("child<secret>").count() < 2 {
        return Err(format!("the guest lacks secrets: {there}").into());
    }
    drop(guest);
    scratch.check_clean()
}

/// What libvirt does on the monitor between the start of QEMU and that of the guest.
/// QEMU has the limits of the document and of the settings; these are below those of any machine.
fn limits() -> Done {
    let scratch = Scratch::new("limits")?;
    let document = document("", "")
        .replace("<features>", "<memtune><hard_limit unit='KiB'>48</hard_limit></memtune><features>");
    let line = scratch.line(&document, Release::default())?;
    let guest = begin(&line, paused())?;
    let dir = scratch.path()?;
    let all = fs::read_dir("/proc").into_iter().flatten().flatten().map(|entry| entry.path());
    let is_of_guest = |process: &PathBuf| {
        fs::read(process.join("cmdline")).is_ok_and(|line| String::from_utf8_lossy(&line).contains(dir))
    };
    let mut found = Vec::new();
    for process in all.filter(is_of_guest) {
        let text = fs::read_to_string(process.join("limits")).unwrap_or_default();
        let of = |name: &str| text.lines().find(|line| line.starts_with(name)).map(str::to_owned);
        found.push((of("Max locked memory"), of("Max core file size")));
    }
    drop(guest);
    let is_as_wanted = |(locked, core): &(Option<String>, Option<String>)| {
        let words = |line: &Option<String>| line.clone().unwrap_or_default();
        words(locked).contains(" 49152 ") && words(core).contains(" 0 ")
    };
    if !found.iter().any(is_as_wanted) {
        return Err(format!("other limits: {found:?}").into());
    }
    scratch.check_clean()
}

/// QEMU takes the vCPUs that are plugged after the start.
fn plugged() -> Done {
    let scratch = Scratch::new("plugged")?;
    let vcpus = "<vcpu>4</vcpu><vcpus><vcpu id='0' enabled='yes' hotpluggable='no' order='1'/>
        <vcpu id='1' enabled='yes' hotpluggable='yes' order='2'/><vcpu id='2' enabled='yes' hotpluggable='yes' order='3'/>
        <vcpu id='3' enabled='no' hotpluggable='yes'/></vcpus><cpu><topology sockets='1' cores='2' threads='2'/></cpu><features>";
    let line = scratch.line(&document("", "").replace("<features>", vcpus), Release::default())?;
    let mut guest = begin(&line, paused())?;
    let cpus = guest.monitor().ask("query-cpus-fast", &Value::Null).map_err(|why| why.to_string())?;
    drop(guest);
    if cpus.as_array().map(Vec::len) != Some(3) {
        return Err(format!("other vCPUs: {cpus}").into());
    }
    scratch.check_clean()
}

fn after_the_start() -> Done {
    let scratch = Scratch::new("after")?;
    let dir = scratch.path()?;
    let disk = |name: &str, bus: &str, limit: &str| {
        let image = format!("{dir}/{name}.raw");
        fs::File::create(&image).and_then(|file| file.set_len(1 << 20)).map(|()| {
            format!(
                "<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='{image}'/>
                 <target dev='{name}' bus='{bus}'/><iotune>{limit}</iotune></disk>"
            )
        })
    };
    let devices = [
        disk("vda", "virtio", "<total_bytes_sec>1000000</total_bytes_sec>")?,
        disk("sda", "sata", "<read_iops_sec>300</read_iops_sec><group_name>slow</group_name>")?,
        disk("sdb", "usb", "<write_iops_sec>200</write_iops_sec>")?,
        "<interface type='user'><model type='virtio'/><link state='down'/></interface>
         <graphics type='vnc' passwd='secret'/>
         <memballoon model='virtio'><stats period='7'/></memballoon>"
            .to_owned(),
    ];
    let line = scratch.line(&document("", &devices.concat()), Release::default())?;
    let names: Vec<&str> = line.after.iter().map(|after| after.command).collect();
    let expected = [
        "set_password",
        "expire_password",
        "set_link",
        "set-action",
        "qom-set",
        "balloon",
        "block_set_io_throttle",
        "block_set_io_throttle",
        "block_set_io_throttle",
    ];
    if names != expected {
        return Err(format!("the commands are {names:?}").into());
    }
    if format!("{:?}", line.after).contains("secret") || line.args().concat().contains("'secret'") {
        return Err("a password can be read".into());
    }
    let mut guest = begin(&line, paused())?;
    let monitor = guest.monitor();
    let period =
        json!({ "path": "/machine/peripheral/balloon0", "property": "guest-stats-polling-interval" });
    if monitor.ask("qom-get", &period)? != json!(7) {
        return Err("the balloon has another interval".into());
    }
    let blocks = monitor.ask("query-block", &Value::Null)?.to_string();
    for limit in ["\"bps\":1000000", "\"iops_rd\":300", "\"iops_wr\":200", "\"group\":\"slow\""] {
        if !blocks.contains(limit) {
            return Err(format!("no disk has the limit {limit}: {blocks}").into());
        }
    }
    let vnc = monitor.ask("query-vnc", &Value::Null)?;
    if vnc.get("auth") != Some(&json!("vnc")) {
        return Err(format!("VNC has no password: {vnc}").into());
    }
    drop(guest);
    scratch.check_clean()
}

/// The error of a start that must fail.
fn fails(line: &CommandLine, settings: Settings) -> Result<Error, Failed> {
    let launch = Launch::new(line, settings);
    match launch.open().and_then(virtargv_launch::Opened::start) {
        Ok(_) => Err("the guest was started".into()),
        Err(why) => Ok(why),
    }
}

fn qemu_fails() -> Done {
    let scratch = Scratch::new("fails")?;
    let wrong = "<qemu:commandline><qemu:arg value='-no-such&#xd7ff;'/></qemu:commandline></domain>";
    let document = document("", "").replace("</domain>", wrong);
    let line = scratch.line(&document, Release::default())?;
    let why = fails(&line, Settings::default())?;
    let Error::Ended { status, message } = why else { return Err(why.to_string().into()) };
    if status.success() || !message.contains("-no-such") {
        return Err(format!("{status}: {message}").into());
    }
    scratch.check_clean()
}

fn interrupted_before() -> Done {
    let scratch = Scratch::new("before")?;
    let line = scratch.line(&document("", ""), Release::default())?;
    let interrupt = Arc::new(AtomicBool::new(true));
    let why = fails(&line, Settings { interrupt, ..Settings::default() })?;
    if !matches!(why, Error::Interrupted) {
        return Err(why.to_string().into());
    }
    scratch.check_clean()
}

fn interrupted() -> Done {
    let scratch = Scratch::new("interrupt")?;
    let line = scratch.line(&document("", ""), Release::default())?;
    let interrupt = Arc::<AtomicBool>::default();
    let mut guest = begin(&line, Settings { interrupt: Arc::clone(&interrupt), ..Settings::default() })?;
    if processes(scratch.path()?).is_empty() {
        return Err("no process runs".into());
    }
    let waiting = std::thread::spawn(move || guest.wait());
    std::thread::sleep(Duration::from_millis(200));
    interrupt.store(true, Ordering::Relaxed);
    let ended = waiting.join().map_err(|_| "the thread has panicked")??;
    if ended.reason != Reason::Interrupted {
        return Err(format!("{ended:?}").into());
    }
    scratch.check_clean()
}

/// Where a helper fails, those before it end too.
fn helper_fails() -> Done {
    let scratch = Scratch::new("helper")?;
    let binary = "<binary path='/bin/false'/>";
    let devices = format!(
        "<filesystem type='mount'><driver type='virtiofs'/>{binary}<source dir='/srv'/><target dir='t'/></filesystem>"
    );
    let mut line = scratch.line(&document("", &devices), Release::default())?;
    // The socket of virtiofsd is there before it runs, so a helper with a socket of its own is taken.
    for need in &mut line.needs {
        if let Need::Listener { helper: Some(helper), .. } = need {
            **helper = virtargv::qemu_cmd::Helper::Passt(virtargv::qemu_cmd::Passt {
                vhost_user: false,
                words: vec!["--no-such-option".to_owned()],
            });
        }
    }
    if !Path::new("/usr/bin/passt").exists() {
        return skip("passt is not installed");
    }
    let why = fails(&line, Settings::default())?;
    if !matches!(why, Error::Helper { .. }) {
        return Err(why.to_string().into());
    }
    scratch.check_clean()
}

fn all_is_said_beforehand() -> Done {
    let scratch = Scratch::new("beforehand")?;
    let devices =
        "<disk type='file' device='disk'><source file='/no/such.raw'/><target dev='vda' bus='virtio'/></disk>
      <interface type='bridge'><source bridge='nosuchbr'/><model type='virtio'/></interface>
      <serial type='unix'><source mode='connect' path='/no/such.sock'/></serial>
      <hostdev mode='subsystem' type='pci' managed='no'><driver name='vfio'/><source>
        <address domain='0xffff' bus='0' slot='1' function='0'/></source></hostdev>";
    let Ok(line) = scratch.line(&document("", devices), Release::default()) else {
        return Err("the document is refused".into());
    };
    let missing = Launch::new(&line, Settings::default()).check();
    for part in ["/no/such.raw", "nosuchbr", "/no/such.sock", "ffff:00:01.0"] {
        if !missing.iter().any(|one| one.to_string().contains(part)) {
            return Err(format!("nothing is said of {part}: {missing:?}").into());
        }
    }
    let why = fails(&line, Settings::default())?;
    if !matches!(&why, Error::Missing(all) if all.len() == missing.len()) {
        return Err(why.to_string().into());
    }
    scratch.check_clean()
}

/// The directory in `/proc` of the QEMU of the command line.
fn qemu_of(line: &CommandLine) -> Result<PathBuf, Failed> {
    let own = std::process::id().to_string();
    let all = fs::read_dir("/proc")?.flatten().filter(|entry| entry.file_name() != *own);
    let dir = line.monitor.strip_suffix("/monitor.sock").unwrap_or(&line.monitor);
    let is_qemu = |path: &PathBuf| {
        let words = fs::read(path.join("cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&words).contains(dir)
    };
    Ok(all.map(|entry| entry.path()).find(is_qemu).ok_or("QEMU does not run")?)
}

fn no_other_environment() -> Done {
    let scratch = Scratch::new("environment")?;
    let line = scratch.line(&document("", ""), Release::default())?;
    let guest = begin(&line, paused())?;
    let found = String::from_utf8_lossy(&fs::read(qemu_of(&line)?.join("environ"))?).into_owned();
    let mut found: Vec<String> = found.split_terminator('\0').map(str::to_owned).collect();
    let mut expected: Vec<String> = line.env.iter().map(|(name, value)| format!("{name}={value}")).collect();
    found.sort();
    expected.sort();
    drop(guest);
    if found != expected {
        return Err(format!("QEMU has {found:?}, the line {expected:?}").into());
    }
    scratch.check_clean()
}

/// Starts a guest with a device, and checks that there are this many processes.
fn with_helper(name: &str, devices: &str, program: &str) -> Done {
    let scratch = Scratch::new(name)?;
    let line = scratch.line(&document("", devices), Release::default())?;
    let missing = Launch::new(&line, paused()).check();
    if !missing.is_empty() {
        return Err(missing.iter().map(Missing::to_string).collect::<String>().into());
    }
    let mut guest = begin(&line, Settings::default())?;
    let running = processes("");
    let found = running.iter().any(|line| line.split(' ').next().is_some_and(|path| path.contains(program)));
    guest.monitor().ask("query-status", &Value::Null)?;
    guest.stop()?;
    drop(guest);
    if !found {
        return Err(format!("{program} does not run").into());
    }
    scratch.check_clean()
}

fn swtpm() -> Done {
    if !Path::new("/usr/bin/swtpm_setup").exists() || !Path::new("/usr/bin/swtpm").exists() {
        return skip("swtpm is not installed");
    }
    let tpm = "<tpm model='tpm-crb'><backend type='emulator' version='2.0'>
        <active_pcr_banks><sha256/></active_pcr_banks></backend></tpm>";
    with_helper("swtpm", tpm, "swtpm")?;
    let secret = "<encryption secret='0b6a5c2e-6a4b-4c8e-9a53-2b7a4f3e9d11'/>";
    let tpm = format!("<tpm model='tpm-tis'><backend type='emulator' version='2.0'>{secret}</backend></tpm>");
    with_helper("swtpm-secret", &tpm, "swtpm")
}

fn virtiofsd() -> Done {
    let known = ["/usr/libexec/virtiofsd", "/usr/lib/qemu/virtiofsd"];
    if !known.iter().any(|path| Path::new(path).exists()) {
        return skip("virtiofsd is not installed");
    }
    if !is_root() {
        return skip("virtiofsd needs root here");
    }
    let fs = "<filesystem type='mount'><driver type='virtiofs'/><source dir='/usr/share'/><target dir='t'/></filesystem>";
    with_helper("virtiofsd", fs, "virtiofsd")
}

fn passt() -> Done {
    if !Path::new("/usr/bin/passt").exists() {
        return skip("passt is not installed");
    }
    let nic = "<interface type='user'><backend type='passt'/><model type='virtio'/></interface>";
    with_helper("passt", nic, "passt")
}

fn taps() -> Done {
    if !is_root() || !Path::new("/dev/net/tun").exists() || !Path::new("/usr/sbin/ip").exists() {
        return skip("tap devices need root, /dev/net/tun and iproute2");
    }
    let scratch = Scratch::new("taps")?;
    let bridge = format!("vab{}", std::process::id() % 100_000);
    let ip = |words: &[&str]| Command::new("/usr/sbin/ip").args(words).status();
    if !ip(&["link", "add", &bridge, "type", "bridge"])?.success() {
        return skip("no bridge can be made");
    }
    let devices = format!(
        "<interface type='bridge'><source bridge='{bridge}'/><target dev='{bridge}t'/><model type='virtio'/>
           <driver queues='3'/><mtu size='1400'/></interface>
         <interface type='ethernet'><target dev='{bridge}e'/><model type='e1000'/></interface>"
    );
    let tried = (|| {
        let line = scratch.line(&document("", &devices), Release::default())?;
        let guest = begin(&line, paused())?;
        let mtu = fs::read_to_string(format!("/sys/class/net/{bridge}t/mtu"))?;
        let inside = Path::new(&format!("/sys/class/net/{bridge}/brif/{bridge}t")).exists();
        // The kernel's queues are not counted: those that the guest has not enabled are detached.
        let open = fs::read_dir(qemu_of(&line)?.join("fd"))?.flatten();
        let is_tun = |entry: &fs::DirEntry| {
            fs::read_link(entry.path()).is_ok_and(|target| target == Path::new("/dev/net/tun"))
        };
        let queues = open.filter(is_tun).count();
        let other = Path::new(&format!("/sys/class/net/{bridge}e")).exists();
        drop(guest);
        let left = Path::new(&format!("/sys/class/net/{bridge}t")).exists();
        match (mtu.trim(), inside, queues, other, left) {
            ("1400", true, 4, true, false) => scratch.check_clean(),
            found => Err(format!("MTU, in bridge, queues, other device, left: {found:?}").into()),
        }
    })();
    let _ = ip(&["link", "delete", &bridge]);
    tried
}
