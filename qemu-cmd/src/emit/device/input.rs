//! `<input>`.

use virtargv_model::device::input::{Input, InputBus, InputType};
use virtargv_model::{OnOff, Spelled};

use super::address;
use super::virtio;
use crate::Props;
use crate::emit::context::Emit;
use crate::needs::Role;
use crate::prepare::device::Device;

/// Emits every `<input>`, except those on PS/2, which are part of the machine.
pub(crate) fn emit(e: &mut Emit<'_>) {
    for input in e.prepared.inputs() {
        e.at(input);
        if input.kind == Some(InputType::Evdev) {
            let object = evdev(e, input);
            e.object(object);
            continue;
        }
        let props = match input.bus {
            Some(InputBus::Usb) => usb(e, input),
            Some(InputBus::Virtio) => virtio(e, input),
            _ => None,
        };
        if let Some(props) = props {
            e.device(props);
        }
    }
}

fn usb(e: &Emit<'_>, input: Device<'_, Input>) -> Option<Props> {
    let driver = match input.kind? {
        InputType::Mouse => "usb-mouse",
        InputType::Tablet => "usb-tablet",
        InputType::Keyboard => "usb-kbd",
        InputType::Passthrough | InputType::Evdev => return None,
    };
    let mut props = Props::new("driver", driver).with("id", input.alias);
    address::add(&mut props, e, input.address);
    Some(props)
}

fn virtio(e: &Emit<'_>, input: Device<'_, Input>) -> Option<Props> {
    let base = match input.kind? {
        InputType::Mouse => "virtio-mouse",
        InputType::Tablet => "virtio-tablet",
        InputType::Keyboard => "virtio-keyboard",
        InputType::Passthrough => "virtio-input-host",
        InputType::Evdev => return None,
    };
    let mut props =
        virtio::device(e, base, input.variant, input.address, input.virtio).with("id", input.alias);
    if input.kind == Some(InputType::Passthrough) {
        add_evdev(e, &mut props, &input);
    }
    address::add(&mut props, e, input.address);
    virtio::late_options(&mut props, e, input.virtio);
    Some(props)
}

/// The properties of `-object input-linux`, which reads an event device of the host.
fn evdev(e: &Emit<'_>, input: Device<'_, Input>) -> Props {
    let source = &input.source;
    let mut props = Props::new("qom-type", "input-linux").with("id", input.alias);
    add_evdev(e, &mut props, &input);
    props
        .opt("repeat", source.repeat.map(OnOff::is_on))
        .opt("grab_all", source.grab.map(|_| true))
        .opt("grab-toggle", source.grab_toggle.map(Spelled::as_str))
}

/// Adds the path of the event device.
fn add_evdev(e: &Emit<'_>, props: &mut Props, input: &Input) {
    if let Some(path) = &input.source.evdev {
        e.need_path(path, Role::Device);
        props.set("evdev", path);
    }
}
