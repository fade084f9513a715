//! `<serial>`, `<parallel>`, `<console>`, `<channel>`.

use virtargv_caps::{Cap, Convention};
use virtargv_model::device::chardev::{Channel, ChannelTarget, Console, ConsoleTarget, Serial, SerialModel};
use virtargv_model::device::chardev_source::{Backend, ChardevSource, SourceMode, SourceType};
use virtargv_model::device::graphics::GraphicsType;
use virtargv_model::info::{Address, DeviceInfo, VirtioSerialAddress};
use virtargv_model::{Kind, Problem, Spelled};

use super::address;
use super::chardev_source::{HostEnd, id};
use crate::emit::{Done, Emit, problem};
use crate::plan::short_name;
use crate::{Props, Value};

/// Where a spice agent's channel must have this name.
const SPICE_AGENT: &str = "com.redhat.spice.0";

/// Emits the serials.
pub(crate) fn serials(e: &mut Emit<'_>) -> Done {
    let spice = has_spice(e);
    for serial in &e.domain().devices.serials {
        let alias = alias(&serial.info);
        if serial.source.kind() == SourceType::SpicePort && !spice {
            continue;
        }
        HostEnd::new(&serial.source, alias).emit(e)?;
        if let Some(model) = serial.model
            && cap_of(model).is_some_and(|cap| !e.has(cap))
        {
            let message = format!("this QEMU has no serial port of model '{model}'");
            let place = serial.info.pos.path("target/model/@name");
            return Err(problem(Kind::Unsupported, "serial-model-missing", place, message));
        }
        if is_on_board(serial) {
            e.line.option("-serial", format!("chardev:{}", id(alias)));
            continue;
        }
        let props = serial_device(e, serial)?;
        e.device(&props);
    }
    Ok(())
}

/// Whether the port is part of the machine, so that it cannot be made as a device.
fn is_on_board(serial: &Serial) -> bool {
    // Of a kind that nobody named, nothing else is known.
    serial.target.is_none() || matches!(serial.model, Some(SerialModel::Pl011 | SerialModel::N16550a))
}

/// What a QEMU says that has the device of a model; none where it is not asked.
fn cap_of(model: SerialModel) -> Option<Cap> {
    Some(match model {
        SerialModel::IsaSerial => Cap::DeviceIsaSerial,
        SerialModel::UsbSerial => Cap::DeviceUsbSerial,
        SerialModel::PciSerial => Cap::DevicePciSerial,
        SerialModel::SpaprVty => Cap::DeviceSpaprVty,
        SerialModel::SclpConsole => Cap::DeviceSclpconsole,
        SerialModel::SclplmConsole => Cap::DeviceSclplmconsole,
        SerialModel::Pl011 => Cap::DevicePl011,
        SerialModel::N16550a | SerialModel::IsaDebugcon => return None,
    })
}

fn serial_device(e: &Emit<'_>, serial: &Serial) -> Result<Props, Problem> {
    let alias = alias(&serial.info);
    let Some(model) = serial.model else {
        let message = "this machine has no default for the 'model' of a 'serial'";
        return Err(problem(Kind::Internal, "serial-model", serial.info.pos, message));
    };
    let mut props = Props::new("driver", model.as_str()).with("chardev", id(alias)).with("id", alias);
    if model == SerialModel::IsaSerial && e.release().has(Convention::IsaSerialIndex) {
        props.set_opt("index", serial.port);
    }
    address::add(&mut props, e, &serial.info)?;
    Ok(props)
}

/// Emits the parallels.
pub(crate) fn parallels(e: &mut Emit<'_>) -> Done {
    for parallel in &e.domain().devices.parallels {
        let alias = alias(&parallel.info);
        HostEnd::new(&parallel.source, alias).emit(e)?;
        // Which port it is, QEMU finds by itself.
        e.device(&Props::new("driver", "isa-parallel").with("chardev", id(alias)).with("id", alias));
    }
    Ok(())
}

/// Emits the channels.
pub(crate) fn channels(e: &mut Emit<'_>) -> Done {
    for channel in &e.domain().devices.channels {
        let alias = alias(&channel.info);
        match &channel.target {
            ChannelTarget::Guestfwd { address, port } => {
                HostEnd::new(&channel.source, alias).emit(e)?;
                let forward = format!("tcp:{address}:{port}-chardev:{}", id(alias));
                let value: Value = if e.has(Cap::NetdevJson) {
                    vec![Props::object().with("str", forward)].into()
                } else {
                    forward.into()
                };
                e.netdev(&Props::new("type", "user").with("guestfwd", value).with("id", alias));
            }
            ChannelTarget::Virtio { name, .. } => {
                let source = with_path(e, channel);
                HostEnd::new(&source, alias).emit(e)?;
                let mut props = port(e, "virtserialport", &channel.info)?;
                let is_agent = channel.source.kind() == SourceType::SpiceVmc;
                if is_agent && name.as_deref().is_some_and(|n| n != SPICE_AGENT) {
                    let message = format!(
                        "a 'spicevmc' channel has the name '{SPICE_AGENT}', not '{}'",
                        name.as_deref().unwrap_or("")
                    );
                    let place = channel.info.pos.path("target/@name");
                    return Err(problem(Kind::Unsupported, "channel-spicevmc-name", place, message));
                }
                let default = is_agent.then_some(SPICE_AGENT);
                props.set_opt("name", name.as_deref().or(default));
                e.device(&props);
            }
            ChannelTarget::Xen { .. } | ChannelTarget::None => {
                let kind = channel.target.kind().map_or("none", Spelled::as_str);
                let message = format!("QEMU has no 'channel' whose 'target' is of type '{kind}'");
                let place = channel.info.pos.path("target/@type");
                return Err(problem(Kind::Plain, "channel-target-type", place, message));
            }
        }
    }
    Ok(())
}

/// Emits the consoles.
pub(crate) fn consoles(e: &mut Emit<'_>) -> Done {
    for console in &e.domain().devices.consoles {
        let Some(driver) = console_driver(console)? else { continue };
        let alias = alias(&console.info);
        HostEnd::new(&console.source, alias).emit(e)?;
        let props = if console.target == Some(ConsoleTarget::Virtio) {
            port(e, driver, &console.info)?
        } else {
            Props::new("driver", driver).with("chardev", id(alias)).with("id", alias)
        };
        e.device(&props);
    }
    Ok(())
}

/// QEMU's driver for a console; none where it is another name for a serial port.
fn console_driver(console: &Console) -> Result<Option<&'static str>, Problem> {
    match console.target {
        None | Some(ConsoleTarget::Serial) => Ok(None),
        Some(ConsoleTarget::Virtio) => Ok(Some("virtconsole")),
        Some(ConsoleTarget::Sclp) => Ok(Some("sclpconsole")),
        Some(ConsoleTarget::Sclplm) => Ok(Some("sclplmconsole")),
        Some(other) => {
            let message = format!("QEMU has no 'console' whose 'target' is of type '{other}'");
            let place = console.info.pos.path("target/@type");
            Err(problem(Kind::Unsupported, "console-target", place, message))
        }
    }
}

/// A port of a virtio-serial controller.
fn port(e: &Emit<'_>, driver: &'static str, info: &DeviceInfo) -> Result<Props, Problem> {
    let mut props = Props::new("driver", driver);
    match info.address {
        Some(Address::VirtioSerial(_)) => address::add_virtio_serial(&mut props, e, info)?,
        Some(Address::Ccw(_)) if e.release().has(Convention::AddressLast) => {
            address::add(&mut props, e, info)?;
        }
        None | Some(Address::Ccw(_) | Address::VirtioS390) => {}
        Some(_) => {
            let message =
                format!("a port of driver '{driver}' has an address of another type than 'virtio-serial'");
            return Err(problem(Kind::Internal, "virtio-port-address", info.pos.path("address"), message));
        }
    }
    let alias = alias(info);
    Ok(props.with("chardev", id(alias)).with("id", alias))
}

/// The host's end of a virtio channel; a UNIX socket without a path gets one below the folder for such sockets.
fn with_path(e: &Emit<'_>, channel: &Channel) -> ChardevSource {
    let mut source = channel.source.clone();
    let ChannelTarget::Virtio { name, .. } = &channel.target else { return source };
    if let Backend::Unix(unix) = &mut source.backend
        && unix.path.is_none()
    {
        let file = name.clone().unwrap_or_else(|| {
            let at = match channel.info.address {
                Some(Address::VirtioSerial(at)) => at,
                _ => VirtioSerialAddress::default(),
            };
            format!("vioser-{:02}-{:02}-{:02}.sock", at.controller, at.bus, at.port)
        });
        let prefix = if e.release().has(Convention::ChannelDirPlain) { "" } else { "domain-" };
        unix.mode = Some(SourceMode::Bind);
        unix.path = Some(if let Some(dir) = &e.plan.standalone {
            format!("{dir}/{}", file.replace('/', "_"))
        } else {
            let dir = &e.host.config().channel_target_dir;
            format!("{dir}/{prefix}{}/{file}", short_name(e.domain()))
        });
    }
    source
}

fn has_spice(e: &Emit<'_>) -> bool {
    e.domain().devices.graphics.iter().any(|g| g.kind() == GraphicsType::Spice)
}

fn alias(info: &DeviceInfo) -> &str {
    info.alias.as_deref().unwrap_or_default()
}
