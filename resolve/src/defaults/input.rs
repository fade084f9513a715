//! Defaults of `<input>`.

use virtargv_caps::{Arch, Cap, Convention};
use virtargv_model::OnOff;
use virtargv_model::device::input::{Input, InputBus, InputType};
use virtargv_model::info::DeviceInfo;

use crate::Work;

/// Fills in the buses, and adds the default mouse and keyboard.
pub(crate) fn apply(work: &mut Work<'_>) {
    let arch = work.guest.arch;
    let inputs = &mut work.domain.devices.inputs;
    if arch.is_ppc64() && !work.domain.devices.graphics.is_empty() {
        let why = "pseries guests with <graphics> have a USB keyboard and a USB mouse or tablet";
        ensure(inputs, InputType::Keyboard, InputBus::Usb, why);
        // A tablet replaces the mouse.
        if !has(inputs, InputType::Tablet, InputBus::Usb) {
            ensure(inputs, InputType::Mouse, InputBus::Usb, why);
        }
    }
    // PS/2 devices need the i8042 controller.
    let available = work.caps.has(Cap::DeviceI8042) || !work.release.has(Convention::Ps2ByCapability);
    let is_off = work.domain.features.ps2 == Some(OnOff::Off);
    if available && work.guest.has_ps2_controller() && !is_off {
        let why = "x86 machines have a PS/2 mouse and keyboard unless <features><ps2 state='off'/>";
        ensure(inputs, InputType::Mouse, InputBus::Ps2, why);
        ensure(inputs, InputType::Keyboard, InputBus::Ps2, why);
    }
    for input in inputs {
        complete(input, arch);
    }
}

fn has(inputs: &[Input], kind: InputType, bus: InputBus) -> bool {
    inputs.iter().any(|i| i.kind == Some(kind) && i.bus == Some(bus))
}

fn ensure(inputs: &mut Vec<Input>, kind: InputType, bus: InputBus, why: &'static str) {
    if !has(inputs, kind, bus) {
        let info = DeviceInfo::implied(why);
        inputs.push(Input { info, kind: Some(kind), bus: Some(bus), ..Input::default() });
    }
}

fn complete(input: &mut Input, arch: Arch) {
    match input.kind {
        None | Some(InputType::Evdev) => {}
        _ if input.bus.is_some() => {}
        Some(InputType::Mouse | InputType::Keyboard) if arch.is_x86() => input.bus = Some(InputBus::Ps2),
        Some(InputType::Passthrough) => input.bus = Some(InputBus::Virtio),
        Some(_) if arch.is_s390() => input.bus = Some(InputBus::Virtio),
        Some(_) => input.bus = Some(InputBus::Usb),
    }
}
