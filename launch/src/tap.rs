//! Tap devices, and their queues.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::OpenOptions;
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::Path;
use std::process::{Command, Stdio};

use tun_rs::{DeviceBuilder, Layer, SyncDevice};
use virtargv_model::one_line;
use virtargv_qemu_cmd::{Joins, Need, TapDevice};

use crate::child::Process;
use crate::created::Created;
use crate::error::Error;
use crate::program;
use crate::settings::Message;

/// The names that the kernel numbers, as libvirt's are.
const TAP_NAMES: &str = "vnet%d";

/// The open queues of all tap devices, by the alias of the interface.
#[derive(Default)]
pub(crate) struct Taps(BTreeMap<String, Vec<Option<OwnedFd>>>);

impl Taps {
    /// Takes a queue of the tap device of `owner`.
    pub fn take(&mut self, owner: &str, queue: u32) -> Option<OwnedFd> {
        self.0.get_mut(owner)?.get_mut(usize::try_from(queue).ok()?)?.take()
    }

    /// Makes the tap device of a need, if it is one.
    pub fn make(&mut self, need: &Need, created: &mut Created) -> Result<(), Error> {
        let Need::Tap { name, queues, joins, device, owner } = need else { return Ok(()) };
        let queues = if let Joins::Direct(dev) = joins {
            macvtap(dev, *queues, name.as_deref(), device, created)?
        } else {
            tap(*queues, name.as_deref(), joins, device, created)?
        };
        self.0.insert(owner.clone(), queues.into_iter().map(Some).collect());
        Ok(())
    }
}

fn tap(
    queues: u32,
    name: Option<&str>,
    joins: &Joins<String>,
    how: &TapDevice,
    created: &mut Created,
) -> Result<Vec<OwnedFd>, Error> {
    let shown = name.unwrap_or("vnet");
    let failed = || Error::open(format!("open the tap device `{shown}`"));
    // A name that ends with `%d` is numbered by the kernel. The device is gone when its last descriptor is closed.
    let first = DeviceBuilder::new()
        .name(name.unwrap_or(TAP_NAMES))
        .layer(Layer::L2)
        .offload(how.virtio)
        .multi_queue(queues > 1)
        .enable(false)
        .build_sync()
        .map_err(failed())?;
    let mut all = vec![first.as_fd().try_clone_to_owned().map_err(failed())?];
    for _ in 1..queues {
        let next = queue(&first).map_err(failed())?;
        all.push(next);
    }
    if how.managed {
        set_up(&first, joins, how, created)?;
    }
    Ok(all)
}

fn queue(first: &SyncDevice) -> std::io::Result<OwnedFd> {
    first.try_clone()?.as_fd().try_clone_to_owned()
}

/// Gives the device its address and MTU, puts it in its bridge, and sets it up.
fn set_up(
    device: &SyncDevice,
    joins: &Joins<String>,
    how: &TapDevice,
    created: &mut Created,
) -> Result<(), Error> {
    let name = device.name().map_err(Error::open("find out the name of a tap device"))?;
    let mut words = vec!["link", "set", "dev", &name];
    let address = how.mac.as_deref().and_then(host_address);
    // The address of an unconnected device is the user's affair.
    if let (Some(address), false) = (&address, *joins == Joins::Nothing) {
        words.extend(["address", address]);
    }
    let mtu = how.mtu.map(|mtu| mtu.to_string());
    if let Some(mtu) = &mtu {
        words.extend(["mtu", mtu]);
    }
    if let Some(bridge) = &how.bridge {
        words.extend(["master", bridge]);
    }
    words.push("up");
    ip(&words)?;
    if let Some(script) = &how.script {
        let mut command = Command::new(script);
        command.arg(&name);
        run(command)?;
    }
    if let Some(script) = &how.downscript {
        created.script(script, &name);
    }
    Ok(())
}

/// The MAC address of the host's end: that of the guest, with a first byte that is above those of real devices, so that a
/// bridge does not take it as its own.
fn host_address(mac: &str) -> Option<String> {
    let (first, rest) = mac.split_once(':')?;
    let first = if first.eq_ignore_ascii_case("fe") { "fa" } else { "fe" };
    Some(format!("{first}:{rest}"))
}

/// Makes a macvtap device on top of `dev`, whose queues are opened at `/dev/tapN`.
fn macvtap(
    dev: &str,
    queues: u32,
    name: Option<&str>,
    how: &TapDevice,
    created: &mut Created,
) -> Result<Vec<OwnedFd>, Error> {
    let own = (0u32..8192).map(|n| format!("macvtap{n}")).find(|name| !Path::new(&link(name)).exists());
    let name = name.map(str::to_owned).or(own).unwrap_or_else(|| "macvtap".to_owned());
    let mut words = vec!["link", "add", "link", dev, "name", &name];
    if let Some(mac) = &how.mac {
        words.extend(["address", mac]);
    }
    words.extend(["type", "macvtap", "mode", how.macvtap_mode()]);
    ip(&words)?;
    created.link(&name);
    ip(&["link", "set", "dev", &name, "up"])?;
    let number = format!("{}/ifindex", link(&name));
    let number = std::fs::read_to_string(&number).map_err(Error::open(format!("read `{number}`")))?;
    let path = format!("/dev/tap{}", number.trim());
    let open = || {
        let file = OpenOptions::new().read(true).write(true).open(&path);
        file.map(OwnedFd::from).map_err(Error::open(format!("open `{path}` of the macvtap device `{name}`")))
    };
    (0..queues).map(|_| open()).collect()
}

/// The directory of a network device in sysfs.
pub(crate) fn link(name: &str) -> String {
    format!("/sys/class/net/{name}")
}

/// Runs `ip` of iproute2.
fn ip(words: &[&str]) -> Result<(), Error> {
    let path = program::find("ip").unwrap_or_else(|| "/usr/sbin/ip".into());
    let mut command = Command::new(path);
    command.args(words.iter().map(OsStr::new)).stdout(Stdio::null());
    run(command)
}

/// Runs a program to its end.
pub(crate) fn run(command: Command) -> Result<(), Error> {
    let limit = std::time::Duration::from_secs(30);
    let mut process = Process::start(command, &Message::default())?;
    let program = one_line(process.program());
    match process.wait(limit) {
        Some(status) if status.success() => Ok(()),
        Some(status) => Err(Error::Helper { program, status, message: process.errors() }),
        None => Err(Error::TooSlow { what: format!("`{program}`"), limit, message: String::new() }),
    }
}
