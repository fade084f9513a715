//! Rules on `<input>`.

use virtargv_caps::{Cap, Convention};
use virtargv_model::device::input::{INPUT_BUS, Input, InputBus, InputModel, InputType};
use virtargv_model::info::Address;
use virtargv_model::{OnOff, Stage};

use super::virtio;
use crate::{Context, Findings};

virtargv_model::rules! {
    /// An input on bus `ps2` needs the feature `ps2`.
    INPUT_NO_PS2 = "input-no-ps2": Unsupported, Validate,
        "`<features><ps2 state='off'/>`: `-machine i8042=off` removes the PS/2 controller",
        help "remove `<ps2>` from `<features>`, or use bus `usb` or `virtio`";
    /// Only inputs of type `passthrough` and `evdev` have a source.
    INPUT_SOURCE = "input-source-type": Unsupported, Validate,
        "`<input><source evdev=>`: `evdev=` of `virtio-input-host` and `input-linux`",
        help "remove `<source>`, or use `type='passthrough'`";
    /// An input of type `passthrough` is on bus `virtio`.
    INPUT_PASSTHROUGH_BUS = "input-passthrough-bus": Unsupported, Validate,
        "`<input type='passthrough'>`: `-device virtio-input-host-pci`",
        help "set `bus='virtio'`";
    /// An input of type `evdev` has no bus.
    INPUT_EVDEV_BUS = "input-evdev-bus": Unsupported, Validate,
        "`<input type='evdev'>`: `-object input-linux` is no device; its events go to the guest's other inputs",
        help "remove `bus=`";
    /// An input of type `evdev` has a path.
    INPUT_EVDEV_PATH = "input-evdev-path": Internal, Build,
        "`<input type='evdev'><source dev=>`: `evdev=` of `input-linux`",
        help "add `<source dev=>` with a path such as `/dev/input/event0`", since "9.0";
    /// Only an input on bus `virtio` has a model.
    INPUT_MODEL_BUS = "input-model-bus": Unsupported, Validate,
        "`<input model=>`: variants of virtio devices",
        help "remove `model=`, or set `bus='virtio'`";
    /// A virtio input has no transitional model.
    INPUT_MODEL = "input-model": Unsupported, Validate,
        "`<input bus='virtio' model=>`: `virtio-input` came with virtio 1 and has no legacy interface",
        help "set `model='virtio'`, or remove `model=`";
    /// An input needs a QEMU that has its device.
    INPUT_QEMU = "input-qemu": Unsupported, Validate,
        "`<input type= bus=>`: the PS/2 controller `i8042`, `virtio-mouse`, `virtio-tablet`, `virtio-keyboard` and `virtio-input-host`",
        help "use another bus, or a QEMU that has the device";
    /// A USB keyboard needs a QEMU that has it.
    INPUT_USB_KEYBOARD = "input-usb-keyboard": Unsupported, Validate,
        "`<input type='keyboard' bus='usb'>`: `-device usb-kbd`",
        help "use another bus, or a QEMU that has the device";
}

/// Checks every `<input>` against the rules above.
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
            let message = format!("an `<input>` of model `{model}` needs bus `virtio`");
            out.refuse(&INPUT_MODEL_BUS, input.info.pos.attr("model"), message);
        }
        check_qemu(cx, input, kind, out);
    }
}

/// Checks what libvirt finds only when it builds the command line.
pub(crate) fn build(cx: &Context<'_>, out: &mut Findings<'_>) {
    for input in &cx.domain.devices.inputs {
        if input.kind == Some(InputType::Evdev) && input.source.evdev.is_none() {
            let message = "an `input` of type `evdev` has no `<source dev=>`";
            out.refuse(&INPUT_EVDEV_PATH, input.info.pos, message);
        }
    }
}

fn check_bus(cx: &Context<'_>, input: &Input, kind: InputType, out: &mut Findings<'_>) {
    let place = input.info.pos.attr("bus");
    let Some(bus) = input.bus else { return };
    if bus == InputBus::Ps2 && cx.domain.features.ps2 == Some(OnOff::Off) {
        let message =
            format!("an `<input>` of type `{kind}` on bus `ps2` needs feature `ps2`, which is `off`");
        out.refuse(&INPUT_NO_PS2, place.clone(), message);
    }
    if let Some(message) = input.bus_problem()
        && INPUT_BUS.stage.of(cx.release) != Stage::Read
    {
        out.refuse(&INPUT_BUS, place, message);
    }
}

fn check_source(input: &Input, kind: InputType, out: &mut Findings<'_>) {
    let pos = input.info.pos;
    match (kind, input.bus) {
        (InputType::Mouse | InputType::Tablet | InputType::Keyboard, _) => {
            if let Some(path) = &input.source.evdev {
                let message =
                    format!("a `<source>` (`{path}`) is not supported for an `<input>` of type `{kind}`");
                out.refuse(&INPUT_SOURCE, pos.path("source"), message);
            }
        }
        (InputType::Passthrough, Some(bus)) if bus != InputBus::Virtio => {
            let message = format!("an `<input>` of type `passthrough` needs bus `virtio`, not `{bus}`");
            out.refuse(&INPUT_PASSTHROUGH_BUS, pos.attr("bus"), message);
        }
        (InputType::Evdev, Some(bus)) => {
            let message = format!("an `<input>` of type `evdev` cannot have a bus, but `bus=` is `{bus}`");
            out.refuse(&INPUT_EVDEV_BUS, pos.attr("bus"), message);
        }
        _ => {}
    }
}

fn check_qemu(cx: &Context<'_>, input: &Input, kind: InputType, out: &mut Findings<'_>) {
    let mut refuse = |rule, driver: &str| {
        let message = format!("this QEMU has no `{driver}`");
        out.refuse(rule, input.info.pos, message);
    };
    match input.bus {
        Some(InputBus::Ps2) if !cx.guest.has_ps2_controller() => {
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
        let message = format!("model `{model}` is not supported for an `<input>` of type `{kind}`");
        out.refuse(&INPUT_MODEL, input.info.pos.attr("model"), message);
    }
}
