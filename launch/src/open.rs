//! Opening what a command line needs.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use virtargv_model::Spelled as _;
use virtargv_model::device::storage::ImageFormat;
use virtargv_qemu_cmd::{CommandLine, Descriptor, Need};

use crate::child::Process;
use crate::created::Created;
use crate::error::Error;
use crate::helper;
use crate::settings::Settings;
use crate::tap::Taps;

/// What a command line needs, open. Dropping it removes what was created.
///
/// Its parts are dropped in their order: processes end before their sockets and directories are removed.
#[derive(Debug)]
pub struct Opened<'l> {
    pub(crate) line: &'l CommandLine,
    pub(crate) settings: Settings,
    /// The open descriptors by their numbers in QEMU.
    pub(crate) descriptors: BTreeMap<u32, OwnedFd>,
    pub(crate) helpers: Vec<Process>,
    pub(crate) created: Created,
}

pub(crate) fn open(line: &CommandLine, mut settings: Settings) -> Result<Opened<'_>, Error> {
    let descriptors = std::mem::take(&mut settings.passed).into_iter().collect();
    let mut opened = Opened { line, settings, descriptors, helpers: Vec::new(), created: Created::default() };
    let mut taps = Taps::default();
    // Directories are there before what is in them, and devices before their queues.
    for step in [files, devices, helpers, descriptors_of] {
        for need in &line.needs {
            if opened.settings.interrupted() {
                return Err(Error::Interrupted);
            }
            step(&mut opened, &mut taps, need)?;
        }
    }
    Ok(opened)
}

/// Directories, and files in them.
fn files(opened: &mut Opened<'_>, _: &mut Taps, need: &Need) -> Result<(), Error> {
    let created = &mut opened.created;
    match need {
        Need::Directory { path } => {
            // Two runs must not share the directory of the domain.
            let own = Path::new(&opened.line.monitor).parent() == Some(Path::new(path));
            created.tree(Path::new(path), own)
        }
        Need::HugePages { path, .. } => created.tree(Path::new(path), false),
        Need::Content { path, content, .. } => {
            created.parents(Path::new(path))?;
            let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
            let failed = || Error::open(format!("write the file `{path}`"));
            let mut file = file.map_err(failed())?;
            created.file(Path::new(path));
            file.write_all(&content.0).map_err(failed())
        }
        Need::FromTemplate { path, template: Some(template), convert } if !Path::new(path).exists() => {
            created.parents(Path::new(path))?;
            copy(Path::new(template), Path::new(path), *convert)
        }
        _ => Ok(()),
    }
}

/// Copies a template under a temporary name first, so that there is never half a file. The copy stays.
fn copy(template: &Path, path: &Path, convert: Option<(ImageFormat, ImageFormat)>) -> Result<(), Error> {
    let failed = || Error::open(format!("copy `{}` to `{}`", template.display(), path.display()));
    let mut fresh = path.as_os_str().to_owned();
    fresh.push(format!(".{}.new", std::process::id()));
    let fresh = PathBuf::from(fresh);
    let done = (|| {
        let mut from = File::open(template)?;
        let mut to = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh)?;
        match convert {
            Some(formats) => self::convert(template, &fresh, formats)?,
            None => _ = std::io::copy(&mut from, &mut to)?,
        }
        fs::rename(&fresh, path)
    })();
    if done.is_err() {
        let _ = fs::remove_file(&fresh);
    }
    done.map_err(failed())
}

/// Converts a template by `qemu-img`, into a file that exists.
fn convert(template: &Path, path: &Path, (from, to): (ImageFormat, ImageFormat)) -> std::io::Result<()> {
    let mut command = Command::new("qemu-img");
    command.args(["convert", "-f", from.as_str(), "-O", to.as_str()]).arg(template).arg(path);
    let output = command.stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(std::io::Error::other(format!("qemu-img: {}", said.trim())))
}

fn devices(opened: &mut Opened<'_>, taps: &mut Taps, need: &Need) -> Result<(), Error> {
    taps.make(need, &mut opened.created)
}

fn helpers(opened: &mut Opened<'_>, _: &mut Taps, need: &Need) -> Result<(), Error> {
    if let Need::Listener { path, helper: Some(helper), .. } = need {
        let process = helper::start(helper, path, &opened.settings, &mut opened.created)?;
        opened.helpers.push(process);
    }
    Ok(())
}

fn descriptors_of(opened: &mut Opened<'_>, taps: &mut Taps, need: &Need) -> Result<(), Error> {
    if let Need::Descriptor { number, what, owner } = need
        && !opened.descriptors.contains_key(number)
    {
        let fd = descriptor(what, owner, taps, &mut opened.created)?;
        opened.descriptors.insert(*number, fd);
    }
    Ok(())
}

fn descriptor(
    what: &Descriptor<String>,
    owner: &str,
    taps: &mut Taps,
    created: &mut Created,
) -> Result<OwnedFd, Error> {
    let device = |path: &str| {
        let file = OpenOptions::new().read(true).write(true).open(path);
        file.map(OwnedFd::from).map_err(Error::open(format!("open `{path}` for `{owner}`")))
    };
    match what {
        Descriptor::Tap { queue, .. } => taps.take(owner, *queue).ok_or_else(|| {
            let why = std::io::Error::other("there is no tap device with this queue");
            Error::open(format!("open queue {queue} of `{owner}`"))(why)
        }),
        Descriptor::VhostNet { .. } => device("/dev/vhost-net"),
        Descriptor::VhostVsock => device("/dev/vhost-vsock"),
        Descriptor::VhostScsi => device("/dev/vhost-scsi"),
        Descriptor::Iommu => device("/dev/iommu"),
        Descriptor::VfioDevice { address } => {
            let path = vfio_device(address).ok_or_else(|| {
                let why = std::io::Error::other("it has no VFIO device");
                Error::open(format!("open the PCI device {address} for `{owner}`"))(why)
            })?;
            device(&path)
        }
        Descriptor::Vdpa { path } | Descriptor::Tpm { path } => device(path),
        Descriptor::TpmCancel { path } => {
            let cancel = tpm_cancel(path).unwrap_or_else(|| "/dev/null".into());
            let file = OpenOptions::new().write(true).open(&cancel);
            file.map(OwnedFd::from).map_err(Error::open(format!("open `{}`", cancel.display())))
        }
        Descriptor::UnixListen { path } => {
            let socket = Path::new(path);
            created.parents(socket)?;
            helper::remove_stale(socket)?;
            let listener = UnixListener::bind(socket)
                .map_err(Error::open(format!("listen at `{path}` for `{owner}`")))?;
            created.file(socket);
            Ok(listener.into())
        }
        Descriptor::ChardevFile { path, append } | Descriptor::ChardevLog { path, append } => {
            created.parents(Path::new(path))?;
            let mut options = OpenOptions::new();
            options.create(true).mode(0o600).append(*append).truncate(!*append).write(!*append);
            let file = options.open(path);
            file.map(OwnedFd::from).map_err(Error::open(format!("open `{path}` for `{owner}`")))
        }
        other => {
            let why = std::io::Error::other("this is opened by nobody");
            Err(Error::open(format!("open {other}"))(why))
        }
    }
}

/// The VFIO device of the PCI device at `address`.
pub(crate) fn vfio_device(address: &str) -> Option<String> {
    let names = std::fs::read_dir(Path::new("/sys/bus/pci/devices").join(address).join("vfio-dev")).ok()?;
    let name = names.flatten().next()?.file_name();
    Some(format!("/dev/vfio/devices/{}", name.to_str()?))
}

/// The file in sysfs that cancels a command of the TPM at `path`.
pub(crate) fn tpm_cancel(path: &str) -> Option<PathBuf> {
    let name = Path::new(path).file_name()?.to_str()?;
    let known = ["/sys/class/tpm", "/sys/class/misc"];
    known.iter().map(|class| Path::new(class).join(name).join("device/cancel")).find(|path| path.exists())
}
