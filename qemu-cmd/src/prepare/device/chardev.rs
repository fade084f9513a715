//! `<serial>`, `<parallel>`, `<console>`, `<channel>`: the host side of each.

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
use crate::prepare::context::{Prepare, must};

/// What is settled about a serial port.
#[derive(Debug)]
pub(crate) struct SerialFacts {
    /// The host side.
    pub backend: CharBackend,
    /// What the port is to QEMU.
    pub kind: SerialKind,
}

/// What is settled about a console.
#[derive(Debug)]
pub(crate) struct ConsoleFacts {
    /// The host side.
    pub backend: CharBackend,
    /// QEMU's driver.
    pub driver: &'static str,
}

/// A port of SPICE does not make a serial port where there is no SPICE.
pub(crate) fn serial(
    cx: &mut Prepare<'_>,
    serial: Device<'_, Serial>,
) -> Result<Option<SerialFacts>, Problem> {
    let spice = cx.domain.devices.graphics.iter().any(|g| g.kind() == GraphicsType::Spice);
    if serial.source.kind() == SourceType::SpicePort && !spice {
        return Ok(None);
    }
    let backend = CharBackend::of(cx, &serial.source, serial.alias)?;
    // Of a kind that nobody named, nothing else is known.
    let kind = match serial.model {
        _ if serial.target.is_none() => SerialKind::OnBoard,
        Some(SerialModel::Pl011 | SerialModel::N16550a) => SerialKind::OnBoard,
        model => SerialKind::Device(must(model, &rules::NO_SERIAL_MODEL, serial.info.pos)?),
    };
    Ok(Some(SerialFacts { backend, kind }))
}

/// What a serial port is to QEMU.
#[derive(Debug, Clone, Copy)]
pub(crate) enum SerialKind {
    /// Part of the machine, so that it cannot be made as a device.
    OnBoard,
    /// A device.
    Device(SerialModel),
}

/// The host side of a parallel port.
pub(crate) fn parallel(cx: &mut Prepare<'_>, parallel: Device<'_, Parallel>) -> Result<CharBackend, Problem> {
    CharBackend::of(cx, &parallel.source, parallel.alias)
}

/// The host side of a channel; a UNIX socket without a path gets one in the folder for such sockets.
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
        if let Some(dir) = &cx.folders.standalone {
            return format!("{dir}/{}", file.replace('/', "_"));
        }
        let prefix = if cx.release().has(Convention::ChannelDirPlain) { "" } else { "domain-" };
        format!("{}/{prefix}{}/{file}", cx.settings().channel_target_dir, cx.folders.mark)
    })
}

/// QEMU's driver for a console and its host side; none where it is another name for a serial port.
pub(crate) fn console(
    cx: &mut Prepare<'_>,
    console: Device<'_, Console>,
) -> Result<Option<ConsoleFacts>, Problem> {
    let driver = match console.target {
        None | Some(ConsoleTarget::Serial) => return Ok(None),
        Some(ConsoleTarget::Virtio) => Some("virtconsole"),
        Some(ConsoleTarget::Sclp) => Some("sclpconsole"),
        Some(ConsoleTarget::Sclplm) => Some("sclplmconsole"),
        Some(ConsoleTarget::Xen | ConsoleTarget::Uml | ConsoleTarget::Lxc | ConsoleTarget::Openvz) => None,
    };
    let place = console.info.pos.path("target/@type");
    let driver = must(driver, &rules::CONSOLE_TARGET, place)?;
    Ok(Some(ConsoleFacts { backend: CharBackend::of(cx, &console.source, console.alias)?, driver }))
}
