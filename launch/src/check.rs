//! What the machine lacks for a start, found out before anything is created.

use std::fmt;
use std::fs;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::Path;

use rustix::fs::{Access, access};
use rustix::process::geteuid;
use virtargv_model::one_line;
use virtargv_qemu_cmd::{CommandLine, Descriptor, Helper, Joins, Need, Process, Role, TapDevice};

use crate::settings::Settings;
use crate::{helper, limits, open, program, tap};

/// The longest path of a UNIX socket, in bytes.
const SOCKET_PATH: usize = 107;

/// Something that a start lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// What is needed, as a phrase.
    pub need: String,
    /// What is wrong with it.
    pub why: String,
    /// What to do.
    pub help: String,
    /// Whether root can start the guest without more.
    pub root: bool,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.need, self.why, self.help)
    }
}

/// Why something is missing, before it is known for what.
struct Lack {
    why: String,
    help: String,
    root: bool,
}

impl Lack {
    fn new(why: impl Into<String>, help: impl Into<String>) -> Self {
        Self { why: why.into(), help: help.into(), root: false }
    }

    fn of_root(why: impl Into<String>, help: impl Into<String>) -> Self {
        Self { why: why.into(), help: help.into(), root: true }
    }
}

type Found = Result<(), Lack>;

pub(crate) fn check(line: &CommandLine, settings: &Settings) -> Vec<Missing> {
    let mut missing: Vec<Missing> = Vec::new();
    let mut add = |need: String, found: Found| {
        if let Err(Lack { why, help, root }) = found {
            let one = Missing { need: one_line(&need), why: one_line(&why), help: one_line(&help), root };
            if !missing.contains(&one) {
                missing.push(one);
            }
        }
    };
    add(format!("the program `{}`", line.program), executable(Path::new(&line.program)));
    add(format!("the monitor's socket `{}`", line.monitor), socket_path(&line.monitor));
    for need in &line.needs {
        let passed = |number: &u32| settings.passed.iter().any(|(known, _)| known == number);
        add(shown(need), one(need, line, &passed));
    }
    missing
}

/// The need for people, without secrets.
fn shown(need: &Need) -> String {
    match need {
        Need::Content { path, purpose, .. } => format!("the file `{path}` ({purpose})"),
        other => other.to_string(),
    }
}

fn one(need: &Need, line: &CommandLine, passed: &dyn Fn(&u32) -> bool) -> Found {
    match need {
        Need::Directory { path } => {
            let own = Path::new(&line.monitor).parent() == Some(Path::new(path));
            if own && Path::new(path).exists() {
                let help = "remove it if no guest uses it";
                return Err(Lack::new("the directory of a run exists already", help));
            }
            directory(Path::new(path))
        }
        Need::Content { path, .. } => creatable(Path::new(path)),
        Need::Descriptor { number, .. } if passed(number) => Ok(()),
        Need::Descriptor { what, .. } => descriptor(what),
        Need::Group { number, .. } | Need::Incoming { number } => {
            if passed(number) {
                return Ok(());
            }
            let help = format!("open it, and pass it to the launcher as number {number}");
            Err(Lack::new("nobody has opened it", help))
        }
        Need::Listener { path, process, helper } => listener(path, *process, helper.as_deref()),
        // What the launcher creates need not be there.
        Need::Path { path, .. } if is_created(path, line) => Ok(()),
        Need::Path { path, role } => self::path(path, *role),
        Need::FromTemplate { path, template, .. } => from_template(Path::new(path), template.as_deref()),
        Need::Tap { name, joins, device, queues, .. } => tap_device(name.as_deref(), *queues, joins, device),
        Need::Vfio { address } => vfio(address),
        Need::HugePages { path, size_kib } => huge_pages(Path::new(path), *size_kib),
        Need::Limit { resource, limit, .. } => limits::check(*resource, *limit).map_err(|most| {
            let why = format!("the launcher itself is limited to {most}, and may not raise it");
            let help = format!(
                "run this as root with CAP_SYS_RESOURCE, or raise the hard limit {} of the launcher",
                resource.rlimit()
            );
            if geteuid().is_root() { Lack::new(why, help) } else { Lack::of_root(why, help) }
        }),
        _ => Err(Lack::new("this launcher does not know it", "use a launcher of the same version")),
    }
}

/// Whether the file at `path` is a need of its own, which is created.
fn is_created(path: &str, line: &CommandLine) -> bool {
    line.needs.iter().any(|need| match need {
        Need::FromTemplate { path: created, .. } | Need::Content { path: created, .. } => created == path,
        _ => false,
    })
}

fn executable(path: &Path) -> Found {
    if program::is_program(path) {
        return Ok(());
    }
    Err(Lack::new("it is not installed", "install it, or name another in <emulator>"))
}

fn socket_path(path: &str) -> Found {
    if path.len() <= SOCKET_PATH {
        return Ok(());
    }
    let why = format!("its path has {} bytes, a UNIX socket's at most {SOCKET_PATH}", path.len());
    Err(Lack::new(why, "use a shorter name or directory"))
}

/// Whether the user may do this with the file.
fn may(path: &Path, mode: Access, what: &str) -> Found {
    match access(path, mode) {
        Ok(()) => Ok(()),
        Err(rustix::io::Errno::NOENT) => Err(Lack::new("it does not exist", "create it")),
        Err(rustix::io::Errno::ACCESS | rustix::io::Errno::PERM) => {
            let help = format!("run this as root, or let the user {what} it");
            Err(Lack::of_root(format!("the user may not {what} it"), help))
        }
        Err(why) => Err(Lack::new(why.to_string(), "see what is there")),
    }
}

/// Whether the directory exists and can be written to, or can be created.
fn directory(path: &Path) -> Found {
    let Some(there) = path.ancestors().find(|dir| dir.exists()) else {
        return Err(Lack::new("no directory above it exists", "use an absolute path"));
    };
    if !there.is_dir() {
        let why = format!("`{}` is no directory", there.display());
        return Err(Lack::new(why, "remove it, or use another path"));
    }
    match may(there, Access::WRITE_OK | Access::EXEC_OK, "write to") {
        Err(lack) if there != path => {
            Err(Lack { why: format!("`{}`: {}", there.display(), lack.why), ..lack })
        }
        found => found,
    }
}

/// Whether the file can be created.
fn creatable(path: &Path) -> Found {
    directory(path.parent().unwrap_or(path))
}

fn device(path: &str) -> Found {
    may(Path::new(path), Access::READ_OK | Access::WRITE_OK, "open").map_err(|lack| {
        let help = match path {
            "/dev/vhost-net" => "load the kernel's module vhost_net (modprobe vhost_net)",
            "/dev/vhost-vsock" => "load the kernel's module vhost_vsock (modprobe vhost_vsock)",
            "/dev/vhost-scsi" => "load the kernel's module vhost_scsi (modprobe vhost_scsi)",
            "/dev/iommu" => "load the kernel's module iommufd (modprobe iommufd)",
            "/dev/net/tun" => "load the kernel's module tun (modprobe tun)",
            "/dev/kvm" => "load the kernel's module kvm, or use a domain of type 'qemu'",
            _ => return lack,
        };
        if lack.root { lack } else { Lack { help: help.to_owned(), ..lack } }
    })
}

fn descriptor(what: &Descriptor<String>) -> Found {
    match what {
        // The need of the tap device itself says what is missing.
        Descriptor::Tap { .. } => Ok(()),
        Descriptor::VhostNet { .. } => device("/dev/vhost-net"),
        Descriptor::VhostVsock => device("/dev/vhost-vsock"),
        Descriptor::VhostScsi => device("/dev/vhost-scsi"),
        Descriptor::Iommu => device("/dev/iommu"),
        Descriptor::VfioDevice { address } => {
            let path = open::vfio_device(address).ok_or_else(|| {
                let help = format!(
                    "as root, bind it: 'driverctl set-override {address} vfio-pci'; Linux 6.6 or later"
                );
                Lack::new("it has no VFIO device", help)
            })?;
            device(&path)
        }
        Descriptor::Vdpa { path } | Descriptor::Tpm { path } => device(path),
        Descriptor::TpmCancel { path } => match open::tpm_cancel(path) {
            Some(cancel) => may(&cancel, Access::WRITE_OK, "write to"),
            None => Ok(()),
        },
        Descriptor::UnixListen { path } => {
            socket_path(path)?;
            creatable(Path::new(path))?;
            let there = fs::symlink_metadata(path);
            if there.is_ok_and(|meta| !meta.file_type().is_socket()) {
                return Err(Lack::new("there is a file that is no socket", "remove it"));
            }
            if std::os::unix::net::UnixStream::connect(path).is_ok() {
                return Err(Lack::new("another process listens there", "end it, or use another path"));
            }
            Ok(())
        }
        Descriptor::ChardevFile { path, .. } | Descriptor::ChardevLog { path, .. } => {
            let path = Path::new(path);
            if path.exists() { may(path, Access::WRITE_OK, "write to") } else { creatable(path) }
        }
        Descriptor::VhostUserGpu => {
            let help =
                "start vhost-user-gpu with one end of a socket pair, and pass the other to the launcher";
            Err(Lack::new("this launcher does not start vhost-user-gpu", help))
        }
        Descriptor::SlirpHelper => {
            let help = "use <backend type='passt'/>, or pass the socket to the launcher";
            Err(Lack::new("this launcher does not start slirp-helper", help))
        }
        _ => Err(Lack::new("this launcher does not know it", "use a launcher of the same version")),
    }
}

fn listener(path: &str, process: Process, helper: Option<&Helper>) -> Found {
    socket_path(path)?;
    let Some(helper) = helper else {
        let there = fs::metadata(path).is_ok_and(|meta| meta.file_type().is_socket());
        if there {
            return may(Path::new(path), Access::READ_OK | Access::WRITE_OK, "connect to");
        }
        let help = match process {
            Process::Peer => "start the process that is to listen there first".to_owned(),
            other => format!("start {} first", other.name()),
        };
        return Err(Lack::new("nothing listens there", help));
    };
    creatable(Path::new(path))?;
    let name = process.name();
    if helper::program(helper).is_none() {
        let help = format!("install {name}");
        return Err(Lack::new(format!("{name} is not installed"), help));
    }
    match helper {
        Helper::Swtpm(tpm) => swtpm(tpm),
        Helper::Virtiofsd(fs) => may(Path::new(&fs.directory), Access::READ_OK, "read").map_err(|lack| {
            let why = format!("virtiofsd is to share the directory '{}': {}", fs.directory, lack.why);
            Lack { why, ..lack }
        }),
        Helper::Passt(_) => Ok(()),
        _ => Err(Lack::new("this launcher cannot start it", "use a launcher of the same version")),
    }
}

fn swtpm(tpm: &virtargv_qemu_cmd::Swtpm) -> Found {
    if program::find("swtpm_setup").is_none() {
        return Err(Lack::new("swtpm_setup is not installed", "install swtpm-tools"));
    }
    if let (Some(secret), None) = (&tpm.secret, &tpm.passphrase) {
        let help = "let the host know its value";
        return Err(Lack::new(format!("the value of the secret `{secret}` is not known"), help));
    }
    if tpm.file { creatable(Path::new(&tpm.state)) } else { directory(Path::new(&tpm.state)) }
}

fn path(path: &str, role: Role) -> Found {
    let at = Path::new(path);
    match role {
        Role::Device => device(path),
        Role::Output => {
            let above = at.parent().unwrap_or(at);
            may(above, Access::WRITE_OK, "write to the directory of")
        }
        Role::Image | Role::File | Role::Share | Role::Certificates => may(at, Access::READ_OK, "read"),
        Role::Memory => match may(at, Access::READ_OK | Access::WRITE_OK, "map") {
            // Shared memory that does not exist is created by QEMU.
            Err(lack) if lack.root => Err(lack),
            Ok(()) => Ok(()),
            Err(_) => may(at.parent().unwrap_or(at), Access::WRITE_OK, "create"),
        },
        _ => may(at, Access::EXISTS, "see"),
    }
}

fn from_template(path: &Path, template: Option<&str>) -> Found {
    if path.exists() {
        return may(path, Access::READ_OK | Access::WRITE_OK, "write to");
    }
    let Some(template) = template else {
        return Err(Lack::new("it does not exist, and there is no template", "create it"));
    };
    may(Path::new(template), Access::READ_OK, "read")
        .map_err(|lack| Lack { why: format!("the template `{template}`: {}", lack.why), ..lack })?;
    creatable(path)
}

fn tap_device(name: Option<&str>, queues: u32, joins: &Joins<String>, how: &TapDevice) -> Found {
    let existing = name.filter(|name| Path::new(&tap::link(name)).exists());
    // A tap device that exists can be opened by its owner.
    let owner = existing.and_then(|name| fs::read_to_string(format!("{}/owner", tap::link(name))).ok());
    let owned = owner.and_then(|owner| owner.trim().parse().ok()) == Some(geteuid().as_raw());
    if !geteuid().is_root() && !owned {
        let make = name.unwrap_or("tap0");
        let many = if queues > 1 { " multi_queue" } else { "" };
        let help = format!(
            "run this as root; or let root make a device for the user, \
             'ip tuntap add dev {make} mode tap{many} user {}', and name it in <target dev= managed='no'>; \
             or use an interface of type 'user'",
            geteuid().as_raw()
        );
        return Err(Lack::of_root("only root can make network devices", help));
    }
    match joins {
        Joins::Direct(dev) if !Path::new(&tap::link(dev)).exists() => {
            return Err(Lack::new(format!("there is no network device `{dev}`"), "name another"));
        }
        Joins::Network(network) if how.bridge.is_none() => {
            let help = "say which bridge it has, or use an interface of type 'bridge'";
            return Err(Lack::new(format!("the bridge of the network `{network}` is not known"), help));
        }
        _ => {}
    }
    if let Some(bridge) = how.bridge.as_deref().filter(|_| how.managed)
        && !Path::new(&tap::link(bridge)).join("bridge").exists()
    {
        let help = format!("create it ('ip link add {bridge} type bridge'), or start the network");
        return Err(Lack::new(format!("there is no bridge `{bridge}`"), help));
    }
    if !how.managed && existing.is_none() {
        return Err(Lack::new("it does not exist, and is not managed", "create it"));
    }
    if (how.managed || matches!(joins, Joins::Direct(_))) && program::find("ip").is_none() {
        return Err(Lack::new("the program 'ip' is not installed", "install iproute2"));
    }
    if matches!(joins, Joins::Direct(_)) { Ok(()) } else { device("/dev/net/tun") }
}

fn vfio(address: &str) -> Found {
    let device = Path::new("/sys/bus/pci/devices").join(address);
    if !device.exists() {
        return Err(Lack::new("there is no such device", "name another"));
    }
    let driver = fs::read_link(device.join("driver")).ok();
    if driver.as_deref().and_then(Path::file_name).is_none_or(|name| name != "vfio-pci") {
        let help = format!("as root, bind it: 'driverctl set-override {address} vfio-pci'");
        return Err(Lack::new("it is not bound to the driver vfio-pci", help));
    }
    let group = fs::read_link(device.join("iommu_group")).ok();
    match group.as_deref().and_then(Path::file_name).and_then(|name| name.to_str()) {
        Some(group) => self::device(&format!("/dev/vfio/{group}")),
        None => Err(Lack::new("it has no IOMMU group", "enable the IOMMU in the firmware and the kernel")),
    }
}

fn huge_pages(path: &Path, size_kib: u64) -> Found {
    directory(path)?;
    let mounted = path.ancestors().find(|dir| dir.exists());
    // The pages of another file system are not huge.
    let block = mounted.and_then(|dir| fs::metadata(dir).ok()).map(|meta| meta.blksize());
    if block != Some(size_kib.saturating_mul(1024)) {
        let why = format!("no hugetlbfs with pages of {size_kib} KiB is mounted there");
        return Err(Lack::new(why, "mount one ('mount -t hugetlbfs hugetlbfs DIR')"));
    }
    let free = format!("/sys/kernel/mm/hugepages/hugepages-{size_kib}kB/free_hugepages");
    let free = fs::read_to_string(free).ok().and_then(|text| text.trim().parse::<u64>().ok());
    if free == Some(0) {
        return Err(Lack::new(
            "no page is free",
            "as root, raise the number of pages (sysctl vm.nr_hugepages)",
        ));
    }
    Ok(())
}
