//! Rules on `<panic>`.

use virtargv_caps::Cap;
use virtargv_model::device::panic::{Panic, PanicModel};
use virtargv_model::info::Address;

use crate::{Context, Findings};

virtargv_model::rules! {
    /// A panic device is of some model.
    PANIC_MODEL = "panic-model": Unsupported, Complete, "not every machine has one by nature";
    /// A panic device is of a model that the machine can have.
    PANIC_MACHINE = "panic-machine": Unsupported, Validate, "firmware and hypervisors of an architecture";
    /// A panic device is of a model that this QEMU has.
    PANIC_QEMU = "panic-qemu": Unsupported, Validate, "`pvpanic` and `pvpanic-pci`";
    /// A panic device sits where its model can.
    PANIC_ADDRESS = "panic-address": Unsupported, Validate, "what is not a device has no address";
}

/// Holds them.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    for panic in &cx.domain.devices.panics {
        if let Some(model) = panic.model {
            check_model(cx, panic, model, out);
        } else {
            let machine = &cx.guest.machine;
            let message =
                format!("element 'panic' lacks its attribute 'model', machine '{machine}' has no default");
            out.refuse(&PANIC_MODEL, panic.info.pos, message);
        }
    }
}

fn check_model(cx: &Context<'_>, panic: &Panic, model: PanicModel, out: &mut Findings<'_>) {
    let (guest, pos) = (cx.guest, panic.info.pos);
    let fits = match model {
        PanicModel::S390 => guest.arch.is_s390(),
        PanicModel::Hyperv => guest.arch.is_x86(),
        PanicModel::Pseries => guest.is_pseries(),
        PanicModel::Isa | PanicModel::Pvpanic => true,
    };
    if !fits {
        let message = format!("machine '{}' has no panic device of model '{model}'", guest.machine);
        out.refuse(&PANIC_MACHINE, pos.attr("model"), message);
    }
    let offered = match model {
        PanicModel::Isa => cx.has(Cap::DevicePanic),
        PanicModel::Pvpanic => cx.has(Cap::DevicePanicPci),
        PanicModel::S390 | PanicModel::Hyperv | PanicModel::Pseries => true,
    };
    if !offered {
        let message = format!("this QEMU has no panic device of model '{model}'");
        out.refuse(&PANIC_QEMU, pos.attr("model"), message);
    }
    let placed = match (model, &panic.info.address) {
        (PanicModel::Pvpanic, address) => matches!(address, Some(Address::Pci(_))),
        (PanicModel::Isa, Some(address)) => matches!(address, Address::Isa(_)),
        (_, address) => address.is_none(),
    };
    if !placed {
        let message = format!("a panic device of model '{model}' has no such 'address'");
        out.refuse(&PANIC_ADDRESS, pos.path("address"), message);
    }
}
