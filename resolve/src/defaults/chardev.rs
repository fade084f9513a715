//! Defaults of `<serial>`, `<parallel>`, `<console>`, `<channel>`.
//!
//! For compatibility, the first console is another name for the first serial port: each of the two implies the other.

use virtargv_model::device::chardev::{
    ChannelTarget, Console, ConsoleTarget, Serial, SerialModel, SerialTarget,
};
use virtargv_model::device::chardev_source::{Backend, ChardevSource, Protocol, SourceMode};
use virtargv_model::info::DeviceInfo;

use virtargv_caps::Convention;

use crate::{Guest, Work};

/// Fills in every character device, and adds the first console or serial port where the other implies it.
pub(crate) fn apply(work: &mut Work<'_>) {
    let guest = &work.guest;
    let live = work.options.live;
    let config = work.host.config();
    let in_dirs = work.release.has(Convention::ChannelPathInDirs);
    let is_default = |path: &str, name: Option<&str>| {
        if in_dirs {
            is_generated(path, name, &config.channel_target_dir)
                || is_generated(path, name, &[&config.lib_dir, "/channel"].concat())
        } else {
            is_default_path(path, name, &config.channel_target_dir)
        }
    };
    let devices = &mut work.domain.devices;

    let mut ports = Ports::above(devices.serials.iter().map(|serial| serial.port));
    for serial in &mut devices.serials {
        complete_serial(serial, &mut ports, guest, live);
    }
    let mut ports = Ports::above(devices.parallels.iter().map(|parallel| parallel.port));
    for parallel in &mut devices.parallels {
        complete_source(&mut parallel.source, live);
        parallel.port.get_or_insert_with(|| ports.next());
    }
    for channel in &mut devices.channels {
        complete_source(&mut channel.source, live);
        if let (ChannelTarget::Virtio { state, .. }, false) = (&mut channel.target, live) {
            // The state belongs to a running domain.
            *state = None;
        }
        if !live {
            complete_channel_path(&channel.target, &mut channel.source, is_default);
        }
    }
    for console in &mut devices.consoles {
        complete_source(&mut console.source, live);
        // A console without a target type is a serial port.
        console.target.get_or_insert(ConsoleTarget::Serial);
    }

    if is_hvm(work.domain.os.os_type.as_deref()) {
        let devices = &mut work.domain.devices;
        pair_first_console(&mut devices.serials, &mut devices.consoles);
        if let Some(console) = devices.consoles.first_mut()
            && console.target == Some(ConsoleTarget::Serial)
        {
            // Its address is that of the serial port, which would otherwise be taken twice.
            console.info.address = None;
        }
        let mut ports = Ports::above(devices.serials.iter().map(|serial| serial.port));
        if let Some(first) = devices.serials.first_mut() {
            complete_serial(first, &mut ports, guest, live);
        }
    }
    let consoles = &mut work.domain.devices.consoles;
    let mut ports = Ports::above(consoles.iter().map(|console| console.port).filter(|_| live));
    for console in consoles.iter_mut() {
        // Those of a running domain have numbers, and one that is attached keeps its own.
        if !live || console.port.is_none() {
            console.port = Some(ports.next());
        }
    }
}

/// Copies the first serial port to the first console, after addresses were assigned.
pub(crate) fn mirror_first_console(work: &mut Work<'_>) {
    let is_hvm = is_hvm(work.domain.os.os_type.as_deref());
    let devices = &mut work.domain.devices;
    if let (true, Some(serial), Some(console)) =
        (is_hvm, devices.serials.first(), devices.consoles.first_mut())
        && console.target == Some(ConsoleTarget::Serial)
    {
        let DeviceInfo { pos, implied, .. } = console.info;
        console.info = DeviceInfo { pos, implied, ..serial.info.clone() };
        console.source = serial.source.clone();
        console.port = serial.port;
    }
}

fn is_hvm(os_type: Option<&str>) -> bool {
    os_type.is_none_or(|t| t == "hvm")
}

/// Fills in the defaults of a backend.
pub(crate) fn complete_source(source: &mut ChardevSource, live: bool) {
    match &mut source.backend {
        // The path of a pseudo terminal is known in a running domain only.
        Backend::Pty { path } if !live => *path = None,
        Backend::Tcp(tcp) => {
            tcp.mode.get_or_insert(SourceMode::Connect);
            tcp.protocol.get_or_insert(Protocol::Raw);
        }
        Backend::Unix(unix) if unix.path.is_some() => {
            unix.mode.get_or_insert(SourceMode::Connect);
        }
        _ => {}
    }
}

/// Removes the path of a virtio channel's socket where libvirt generated it, so that each start generates a new one.
fn complete_channel_path(
    target: &ChannelTarget,
    source: &mut ChardevSource,
    is_default: impl Fn(&str, Option<&str>) -> bool,
) {
    let Backend::Unix(unix) = &mut source.backend else { return };
    if let ChannelTarget::Virtio { name, .. } = target
        && unix.path.as_deref().is_some_and(|path| is_default(path, name.as_deref()))
    {
        unix.path = None;
    }
    if unix.path.is_none() {
        // QEMU listens on a socket whose path is generated.
        unix.mode = None;
    }
}

/// Whether `path` is generated for the channel `name` below `dir`: `DOMAIN.NAME`, `domain-DOMAIN/NAME` or `ID-DOMAIN/NAME`,
/// possibly below `target`. Without a name, its beginning is enough.
fn is_generated(path: &str, name: Option<&str>, dir: &str) -> bool {
    let Some(below) = path.strip_prefix(dir).and_then(|rest| rest.strip_prefix('/')) else { return false };
    let fits = |below: &str| {
        let named = |rest: &str| name.is_none_or(|name| rest == name);
        let (first, rest) = below.split_once('/').map_or((below, None), |(first, rest)| (first, Some(rest)));
        let number = first.split_once('-').filter(|(id, domain)| !id.is_empty() && !domain.is_empty());
        let directory =
            number.is_some_and(|(id, _)| id == "domain" || id.bytes().all(|b| b.is_ascii_digit()));
        match (rest, name) {
            (Some(rest), _) if directory => named(rest),
            (Some(_), Some(_)) => false,
            (_, Some(name)) => {
                first.strip_suffix(name).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
            }
            (_, None) => first.chars().skip(1).any(|c| c == '.'),
        }
    };
    fits(below) || below.strip_prefix("target/").is_some_and(fits)
}

/// Whether `path` looks generated for the channel `name`, by this release or an earlier one: `DIR/DOMAIN.NAME`,
/// `.../domain-DOMAIN/NAME` or `.../ID-DOMAIN/NAME`. Without a name, a directory of one of these forms is enough.
fn is_default_path(path: &str, name: Option<&str>, channel_dir: &str) -> bool {
    let below = path.strip_prefix(channel_dir).and_then(|rest| rest.strip_prefix('/'));
    let file = below.and_then(|rest| rest.split('/').next()).unwrap_or("");
    if file.chars().skip(1).any(|c| c == '.') {
        return true;
    }
    let Some(name) = name else {
        let mut directories = path.rsplit('/').skip(1);
        return directories.any(is_of_a_domain);
    };
    let directory = path.strip_suffix(name).and_then(|rest| rest.strip_suffix('/'));
    directory.and_then(|rest| rest.rsplit('/').next()).is_some_and(is_of_a_domain)
}

/// Whether the name of a directory looks generated for a domain: `domain-DOMAIN` or `ID-DOMAIN`, or ends so.
fn is_of_a_domain(directory: &str) -> bool {
    let is_numbered = |text: &str| {
        let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
        rest.len() < text.len() && rest.strip_prefix('-').is_some_and(|domain| !domain.is_empty())
    };
    directory.find("domain-").is_some_and(|at| at + "domain-".len() < directory.len())
        || directory.char_indices().any(|(at, _)| directory.get(at..).is_some_and(is_numbered))
}

/// Numbers for ports: those above all in the document.
struct Ports(u32);

impl Ports {
    fn above(written: impl Iterator<Item = Option<u32>>) -> Self {
        Self(written.flatten().max().map_or(0, |highest| highest.saturating_add(1)))
    }

    fn next(&mut self) -> u32 {
        let port = self.0;
        self.0 = port.saturating_add(1);
        port
    }
}

fn complete_serial(serial: &mut Serial, ports: &mut Ports, guest: &Guest, live: bool) {
    complete_source(&mut serial.source, live);
    serial.port.get_or_insert_with(|| ports.next());
    // Documents from before other types existed have `isa-serial`, which stands for the default of the machine.
    if matches!(serial.target, None | Some(SerialTarget::Isa)) {
        serial.target = default_target(guest);
    }
    if serial.model.is_none() {
        serial.model = serial.target.and_then(|t| default_model(t, guest));
    }
}

/// The default type of serial ports of the machine.
fn default_target(guest: &Guest) -> Option<SerialTarget> {
    if guest.arch.is_x86() {
        Some(SerialTarget::Isa)
    } else if guest.is_pseries() {
        Some(SerialTarget::SpaprVio)
    } else if guest.is_arm_virt() || guest.is_riscv_virt() || guest.is_loongarch_virt() {
        Some(SerialTarget::System)
    } else if guest.arch.is_s390() {
        Some(SerialTarget::Sclp)
    } else {
        None
    }
}

fn default_model(target: SerialTarget, guest: &Guest) -> Option<SerialModel> {
    match target {
        SerialTarget::Isa => Some(SerialModel::IsaSerial),
        SerialTarget::Usb => Some(SerialModel::UsbSerial),
        SerialTarget::Pci => Some(SerialModel::PciSerial),
        SerialTarget::SpaprVio => Some(SerialModel::SpaprVty),
        SerialTarget::Sclp => Some(SerialModel::SclpConsole),
        SerialTarget::IsaDebug => Some(SerialModel::IsaDebugcon),
        SerialTarget::System if guest.is_arm_virt() => Some(SerialModel::Pl011),
        SerialTarget::System if guest.is_riscv_virt() || guest.is_loongarch_virt() => {
            Some(SerialModel::N16550a)
        }
        SerialTarget::System => None,
    }
}

/// Adds the first console or the first serial port where the other implies it.
fn pair_first_console(serials: &mut Vec<Serial>, consoles: &mut Vec<Console>) {
    match (consoles.first_mut(), serials.first()) {
        (Some(console), None) if console.target == Some(ConsoleTarget::Serial) => {
            // It is the element `<console>` of the document, and at its place.
            serials.push(Serial {
                info: console.info.clone(),
                source: console.source.clone(),
                port: Some(0),
                ..Serial::default()
            });
        }
        (Some(console), Some(_)) if console.target == Some(ConsoleTarget::Serial) => {}
        (_, Some(serial)) if is_usual_console(serial.target) => {
            let info = DeviceInfo::implied("the first <serial> is also the first <console>");
            consoles.insert(0, Console { info, target: Some(ConsoleTarget::Serial), ..Console::default() });
        }
        _ => {}
    }
}

/// Whether a serial port of this type implies the first console.
fn is_usual_console(target: Option<SerialTarget>) -> bool {
    !matches!(target, Some(SerialTarget::Pci | SerialTarget::Usb | SerialTarget::IsaDebug))
}

#[cfg(test)]
mod tests {
    use super::is_default_path;

    #[test]
    fn paths_that_were_made_up_are_known() {
        let check = |path, expected| {
            assert_eq!(is_default_path(path, Some("agent"), "/run/chan"), expected, "{path}");
        };
        check("/run/chan/guest.agent", true);
        check("/run/chan/.agent", false);
        check("/run/chan/domain-guest/agent", true);
        check("/var/lib/target/domain-3-guest/agent", true);
        check("/run/chan/12-guest/agent", true);
        check("/run/chan/guest/agent", false);
        check("/run/chan/domain-/agent", false);
        check("/srv/agent", false);
    }

    #[test]
    fn a_channel_without_a_name_has_a_generated_path_in_any_directory_of_a_domain() {
        let check = |path, expected| assert_eq!(is_default_path(path, None, "/run/chan"), expected, "{path}");
        check("/run/chan/domain-guest/other", true);
        check("/srv/12-guest/below/other", true);
        check("/run/chan/guest.other", true);
        check("/run/chan/guest/other", false);
    }
}
