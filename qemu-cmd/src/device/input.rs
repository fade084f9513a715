//! `<input>`.

use virtargv_model::device::input::{Input, InputBus, InputModel, InputType};
use virtargv_model::{OnOff, Problem, Spelled};

use super::address;
use super::virtio::{self, Variant};
use crate::Props;
use crate::emit::{Done, Emit};
use crate::needs::Role;

/// Emits `<input>`. What sits on PS/2 is part of the machine.
pub(crate) fn emit(e: &mut Emit<'_>) -> Done {
    for input in &e.domain().devices.inputs {
        let Some(kind) = input.kind else { continue };
        if kind == InputType::Evdev {
            let object = evdev(e, input);
            e.object(&object);
            continue;
        }
        let props = match input.bus {
            Some(InputBus::Usb) => usb(e, input, kind)?,
            Some(InputBus::Virtio) => virtio(e, input, kind)?,
            _ => continue,
        };
        if let Some(props) = props {
            e.device(&props);
        }
    }
    Ok(())
}

fn usb(e: &Emit<'_>, input: &Input, kind: InputType) -> Result<Option<Props>, Problem> {
    let driver = match kind {
        InputType::Mouse => "usb-mouse",
        InputType::Tablet => "usb-tablet",
        InputType::Keyboard => "usb-kbd",
        InputType::Passthrough | InputType::Evdev => return Ok(None),
    };
    let mut props = Props::new("driver", driver);
    props.set_opt("id", input.info.alias.as_ref());
    address::add(&mut props, e, &input.info)?;
    Ok(Some(props))
}

fn virtio(e: &Emit<'_>, input: &Input, kind: InputType) -> Result<Option<Props>, Problem> {
    let base = match kind {
        InputType::Mouse => "virtio-mouse",
        InputType::Tablet => "virtio-tablet",
        InputType::Keyboard => "virtio-keyboard",
        InputType::Passthrough => "virtio-input-host",
        InputType::Evdev => return Ok(None),
    };
    let variant = match input.model {
        None | Some(InputModel::Virtio) => Variant::Plain,
        Some(InputModel::VirtioTransitional) => Variant::Transitional,
        Some(InputModel::VirtioNonTransitional) => Variant::NonTransitional,
    };
    let mut props = virtio::device(e, base, variant, &input.info, input.virtio)?;
    props.set_opt("id", input.info.alias.as_ref());
    if kind == InputType::Passthrough {
        e.need_path(input.source.evdev.as_deref().unwrap_or(""), Role::Device);
        props.set_opt("evdev", input.source.evdev.as_ref());
    }
    address::add(&mut props, e, &input.info)?;
    virtio::late_options(&mut props, e, input.virtio);
    Ok(Some(props))
}

/// An object that listens to a device of the host.
fn evdev(e: &Emit<'_>, input: &Input) -> Props {
    let source = &input.source;
    e.need_path(source.evdev.as_deref().unwrap_or(""), Role::Device);
    Props::new("qom-type", "input-linux")
        .opt("id", input.info.alias.as_ref())
        .opt("evdev", source.evdev.as_ref())
        .opt("repeat", source.repeat.map(OnOff::is_on))
        .opt("grab_all", source.grab.map(|_| true))
        .opt("grab-toggle", source.grab_toggle.map(Spelled::as_str))
}
