//! `<serial>`, `<parallel>`, `<console>` and `<channel>`: their backends and devices.

use virtargv_caps::Convention;
use virtargv_model::Problem;
use virtargv_model::device::chardev::{
    Channel, ChannelTarget, Console, ConsoleTarget, Parallel, Serial, SerialModel,
};
use virtargv_model::device::chardev_source::SourceType;
use virtargv_model::device::graphics::GraphicsType;
use virtargv_validate::rules::chardev as rules;

use super::Device;
use super::chardev_source::CharBackend;
use crate::prepare::address::BusAddress;
use crate::prepare::context::{Prepare, broken};

/// A prepared serial port.
#[derive(Debug)]
pub(crate) struct SerialFacts {
    /// The backend.
    pub backend: CharBackend,
    /// Its device.
    pub kind: SerialKind,
}

/// A prepared console.
#[derive(Debug)]
pub(crate) struct ConsoleFacts {
    /// The backend.
    pub backend: CharBackend,
    /// QEMU's driver.
    pub driver: &'static str,
}

/// Prepares a `<serial>`; `None` for one of type `spiceport` in a guest without a SPICE display, which libvirt leaves
/// out.
pub(crate) fn serial(
    cx: &mut Prepare<'_>,
    serial: Device<'_, Serial>,
) -> Result<Option<SerialFacts>, Problem> {
    let spice = cx.domain.devices.graphics.iter().any(|g| g.kind() == GraphicsType::Spice);
    if serial.source.kind() == SourceType::SpicePort && !spice {
        return Ok(None);
    }
    let backend = CharBackend::of(cx, &serial.source, serial.alias)?;
    // A port without a target type has no model, and is the one on the board.
    let kind = match serial.model {
        _ if serial.target.is_none() => SerialKind::OnBoard,
        Some(SerialModel::Pl011 | SerialModel::N16550a) => SerialKind::OnBoard,
        model => SerialKind::Device(model.ok_or_else(|| {
            let message = "`<serial>` has no model, and its target type has no default";
            broken(cx.release(), &rules::NO_SERIAL_MODEL, serial.info.pos, message)
        })?),
    };
    Ok(Some(SerialFacts { backend, kind }))
}

/// The device of a serial port.
#[derive(Debug, Clone, Copy)]
pub(crate) enum SerialKind {
    /// The one on the board (`-serial`).
    OnBoard,
    /// A device of this model (`-device`).
    Device(SerialModel),
}

/// Prepares a `<parallel>`: its backend.
pub(crate) fn parallel(cx: &mut Prepare<'_>, parallel: Device<'_, Parallel>) -> Result<CharBackend, Problem> {
    CharBackend::of(cx, &parallel.source, parallel.alias)
}

/// Prepares a `<channel>`: its backend. A UNIX socket without a path gets one in the directory `channel_target_dir`.
pub(crate) fn channel(cx: &mut Prepare<'_>, channel: Device<'_, Channel>) -> Result<CharBackend, Problem> {
    let ChannelTarget::Virtio { name, .. } = &channel.target else {
        return CharBackend::of(cx, &channel.source, channel.alias);
    };
    CharBackend::with_path(cx, &channel.source, channel.alias, |cx| {
        let file = name.clone().unwrap_or_else(|| {
            let numbers = match channel.address {
                BusAddress::VirtioSerial { numbers, .. } => *numbers,
                _ => [0; 3],
            };
            let [controller, bus, port] = numbers;
            format!("vioser-{controller:02}-{bus:02}-{port:02}.sock")
        });
        if let Some(dir) = &cx.directories.shell {
            return format!("{dir}/{}", file.replace('/', "_"));
        }
        let prefix = if cx.release().has(Convention::ChannelDirPlain) { "" } else { "domain-" };
        format!("{}/{prefix}{}/{file}", cx.settings().channel_target_dir, cx.directories.mark)
    })
}

/// Prepares a `<console>`; `None` for one of target type `serial`, which is the first `<serial>`.
pub(crate) fn console(
    cx: &mut Prepare<'_>,
    console: Device<'_, Console>,
) -> Result<Option<ConsoleFacts>, Problem> {
    let refused = |message: String| {
        broken(cx.release(), &rules::CONSOLE_TARGET, console.info.pos.path("target/@type"), message)
    };
    let lacks = || refused("`<console>` lacks `type` of its `<target>`".to_owned());
    let driver = match console.target.ok_or_else(lacks)? {
        ConsoleTarget::Serial => return Ok(None),
        ConsoleTarget::Virtio => "virtconsole",
        ConsoleTarget::Sclp => "sclpconsole",
        ConsoleTarget::Sclplm => "sclplmconsole",
        target @ (ConsoleTarget::Xen | ConsoleTarget::Uml | ConsoleTarget::Lxc | ConsoleTarget::Openvz) => {
            let message = format!("`<console>` has target type `{target}`, which QEMU does not have");
            return Err(refused(message));
        }
    };
    Ok(Some(ConsoleFacts { backend: CharBackend::of(cx, &console.source, console.alias)?, driver }))
}
