//! `<serial>`, `<parallel>`, `<console>`, `<channel>`.

use virtargv_caps::{Cap, Convention};
use virtargv_model::device::chardev::{ChannelTarget, ConsoleTarget, SerialModel};
use virtargv_model::device::chardev_source::SourceType;

use super::address;
use super::chardev_source::Chardev;
use crate::emit::context::Emit;
use crate::prepare::address::BusAddress;
use crate::prepare::device::chardev::SerialKind;
use crate::text::{Text, text};
use crate::{Alias, Props, Value};

/// The name of the port that the SPICE agent in the guest opens.
const SPICE_AGENT: &str = "com.redhat.spice.0";

/// Emits every `<serial>`.
pub(crate) fn serials(e: &mut Emit<'_>) {
    for serial in e.prepared.serials() {
        let Some(facts) = serial.facts else { continue };
        e.at(serial);
        let chardev = Chardev::new(&facts.backend, serial.alias).emit(e);
        match facts.kind {
            SerialKind::OnBoard => e.option("-serial", text!("chardev:", chardev)),
            SerialKind::Device(model) => {
                let mut props = Props::new("driver", virtargv_model::Spelled::as_str(model));
                props.set("chardev", chardev).set("id", serial.alias);
                if model == SerialModel::IsaSerial && e.release().has(Convention::IsaSerialIndex) {
                    props.set_opt("index", serial.port);
                }
                address::add(&mut props, e, serial.address);
                e.device(props);
            }
        }
    }
}

/// Emits every `<parallel>`.
pub(crate) fn parallels(e: &mut Emit<'_>) {
    for parallel in e.prepared.parallels() {
        e.at(parallel);
        let chardev = Chardev::new(parallel.facts, parallel.alias).parallel().emit(e);
        // Without `index=` QEMU assigns the port.
        e.device(Props::new("driver", "isa-parallel").with("chardev", chardev).with("id", parallel.alias));
    }
}

/// Emits every `<channel>`.
pub(crate) fn channels(e: &mut Emit<'_>) {
    for channel in e.prepared.channels() {
        e.at(channel);
        let chardev = Chardev::new(channel.facts, channel.alias).emit(e);
        match &channel.target {
            ChannelTarget::Guestfwd { address, port } => {
                let forward = format!("tcp:{address}:{port}-chardev:{chardev}");
                let value: Value = if e.has(Cap::NetdevJson) {
                    vec![Props::object().with("str", forward)].into()
                } else {
                    forward.into()
                };
                e.netdev(Props::new("type", "user").with("guestfwd", value).with("id", channel.alias));
            }
            ChannelTarget::Virtio { name, .. } => {
                let props = port(e, "virtserialport", channel.address, chardev, channel.alias);
                let is_agent = channel.source.kind() == SourceType::SpiceVmc;
                let default = is_agent.then_some(Text::from(SPICE_AGENT));
                e.device(props.opt("name", name.as_ref().map(Text::from).or(default)));
            }
            // Rule `channel-type` refuses these.
            ChannelTarget::Xen { .. } | ChannelTarget::None => {}
        }
    }
}

/// Emits every `<console>`.
pub(crate) fn consoles(e: &mut Emit<'_>) {
    for console in e.prepared.consoles() {
        let Some(facts) = console.facts else { continue };
        e.at(console);
        let chardev = Chardev::new(&facts.backend, console.alias).emit(e);
        let props = if console.target == Some(ConsoleTarget::Virtio) {
            port(e, facts.driver, console.address, chardev, console.alias)
        } else {
            Props::new("driver", facts.driver).with("chardev", chardev).with("id", console.alias)
        };
        e.device(props);
    }
}

/// A port of a virtio-serial controller.
fn port(e: &Emit<'_>, driver: &'static str, address: &BusAddress, chardev: Text, alias: &Alias) -> Props {
    let mut props = Props::new("driver", driver);
    if !matches!(address, BusAddress::Ccw(_)) || e.release().has(Convention::AddressLast) {
        address::add(&mut props, e, address);
    }
    props.with("chardev", chardev).with("id", alias)
}
