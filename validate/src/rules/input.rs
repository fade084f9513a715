//! Rules on `<input>`.

use virtargv_caps::{Cap, Convention};
use virtargv_model::OnOff;
use virtargv_model::device::input::{Input, InputBus, InputModel, InputType};
use virtargv_model::info::Address;

use super::virtio;
use crate::{Context, Findings};

virtargv_model::rules! {
    /// What is plugged into PS/2 needs the PS/2 controller.
    INPUT_NO_PS2 = "input-no-ps2": Unsupported, Validate, "`-machine i8042=off`";
    /// An input is on a bus that it can be on.
    INPUT_BUS = "input-bus": Internal, Validate, "PS/2 has mouse and keyboard";
    /// Only passed-through devices have a source on the host.
    INPUT_SOURCE = "input-source-type": Unsupported, Validate, "`evdev=` of `virtio-input-host`";
    /// A passed-through device is on virtio.
    INPUT_PASSTHROUGH_BUS = "input-passthrough-bus": Unsupported, Validate, "`virtio-input-host`";
    /// What is listened to on the host is on no bus.
    INPUT_EVDEV_BUS = "input-evdev-bus": Unsupported, Validate, "`input-linux` is no device";
    /// Models are those of virtio.
    INPUT_MODEL_BUS = "input-model-bus": Unsupported, Validate, "`<input model=>` is about virtio";
    /// Virtio inputs have one generation.
    INPUT_MODEL = "input-model": Unsupported, Validate, "virtio inputs came with virtio 1";
    /// An input is one that this QEMU has.
    INPUT_QEMU = "input-qemu": Unsupported, Validate, "drivers of inputs";
    /// A USB keyboard needs a QEMU that has `usb-kbd`.
    INPUT_USB_KEYBOARD = "input-usb-keyboard": Unsupported, Validate (Build before "11.3"), "`-device usb-kbd`";
}

/// Holds them.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    for input in &cx.domain.devices.inputs {
        let Some(kind) = input.kind else { continue };
        check_bus(cx, input, kind, out);
        check_source(input, kind, out);
        let driver = input.info.pos.path("driver");
        if input.bus == Some(InputBus::Virtio) {
            virtio::available(cx, input.virtio, &driver, out);
        }
        if let Some(model) = input.model.filter(|_| input.bus != Some(InputBus::Virtio)) {
            let message = format!("an 'input' of model '{model}' is on bus 'virtio'");
            out.refuse(&INPUT_MODEL_BUS, input.info.pos.attr("model"), message);
        }
        check_qemu(cx, input, kind, out);
    }
}

fn check_bus(cx: &Context<'_>, input: &Input, kind: InputType, out: &mut Findings<'_>) {
    let place = input.info.pos.attr("bus");
    let Some(bus) = input.bus else { return };
    if bus == InputBus::Ps2 && cx.domain.features.ps2 == Some(OnOff::Off) {
        let message = format!("an 'input' of type '{kind}' is on bus 'ps2', but feature 'ps2' is 'off'");
        out.refuse(&INPUT_NO_PS2, place.clone(), message);
    }
    let fits = match bus {
        InputBus::Ps2 => matches!(kind, InputType::Mouse | InputType::Keyboard),
        InputBus::Xen => false,
        // What is on Parallels' bus is passed over.
        InputBus::Usb | InputBus::Virtio | InputBus::Parallels => true,
    };
    if !fits {
        let message = format!("there is no 'input' of type '{kind}' on bus '{bus}'");
        out.refuse(&INPUT_BUS, place, message);
    }
}

fn check_source(input: &Input, kind: InputType, out: &mut Findings<'_>) {
    let pos = input.info.pos;
    match (kind, input.bus) {
        (InputType::Mouse | InputType::Tablet | InputType::Keyboard, _) => {
            if let Some(path) = &input.source.evdev {
                let message = format!("an 'input' of type '{kind}' has no 'source' ('{path}')");
                out.refuse(&INPUT_SOURCE, pos.path("source"), message);
            }
        }
        (InputType::Passthrough, Some(bus)) if bus != InputBus::Virtio => {
            let message = format!("an 'input' of type 'passthrough' is on bus 'virtio', not '{bus}'");
            out.refuse(&INPUT_PASSTHROUGH_BUS, pos.attr("bus"), message);
        }
        (InputType::Evdev, Some(bus)) => {
            let message = format!("an 'input' of type 'evdev' is on no bus, not '{bus}'");
            out.refuse(&INPUT_EVDEV_BUS, pos.attr("bus"), message);
        }
        _ => {}
    }
}

fn check_qemu(cx: &Context<'_>, input: &Input, kind: InputType, out: &mut Findings<'_>) {
    let mut refuse = |rule, driver: &str| {
        let message = format!("this QEMU has no '{driver}'");
        out.refuse(rule, input.info.pos, message);
    };
    match input.bus {
        Some(InputBus::Ps2) if !cx.guest.arch.is_x86() && !cx.has(Cap::DeviceI8042) => {
            refuse(&INPUT_QEMU, "ps2");
        }
        Some(InputBus::Usb) if kind == InputType::Keyboard && !cx.has(Cap::DeviceUsbKbd) => {
            refuse(&INPUT_USB_KEYBOARD, "usb-kbd");
        }
        Some(InputBus::Virtio) => {}
        _ => return,
    }
    if input.bus != Some(InputBus::Virtio) {
        return;
    }
    let (driver, cap, ccw) = match kind {
        InputType::Mouse => ("virtio-mouse", Cap::VirtioMouse, Some(Cap::DeviceVirtioMouseCcw)),
        InputType::Tablet => ("virtio-tablet", Cap::VirtioTablet, Some(Cap::DeviceVirtioTabletCcw)),
        InputType::Keyboard => ("virtio-keyboard", Cap::VirtioKeyboard, Some(Cap::DeviceVirtioKeyboardCcw)),
        InputType::Passthrough => ("virtio-input-host", Cap::VirtioInputHost, None),
        InputType::Evdev => return,
    };
    let is_ccw = matches!(input.info.address, Some(Address::Ccw(_)));
    if !cx.has(cap) || (is_ccw && !ccw.is_some_and(|c| cx.has(c))) {
        refuse(&INPUT_QEMU, driver);
    }
    if let Some(model @ (InputModel::VirtioTransitional | InputModel::VirtioNonTransitional)) = input.model
        && (kind != InputType::Passthrough || cx.release.has(Convention::InputHostOneModel))
    {
        let message = format!("an 'input' of type={kind} has no model '{model}'");
        out.refuse(&INPUT_MODEL, input.info.pos.attr("model"), message);
    }
}
