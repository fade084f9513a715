//! Rules on `<panic>`.

use std::collections::BTreeMap;

use virtargv_model::device::panic::{Panic, PanicModel};
use virtargv_model::info::Address;
use virtargv_model::{Message, Pos};

use crate::{Context, Findings, offered};

virtargv_model::rules! {
    /// A panic device has a model where the machine type has no default.
    PANIC_MODEL = "panic-model": Unsupported, Complete,
        "`<panic model=>`: pseries and s390 notify the hypervisor, x86 has `isa`, Arm and RISC-V `virt` have `pvpanic`",
        help "add `model=`, such as `model='pvpanic'`";
    /// A guest has one panic device of each model.
    PANIC_TWICE = "panic-twice": Xml, Complete,
        "`<panic>`: one device of a kind reports the crash",
        help "remove all but one of them";
    /// The model of a panic device is one of the machine type.
    PANIC_MACHINE = "panic-machine": Unsupported, Validate,
        "`<panic model=>`: `s390` is of s390x, `hyperv` of x86, `pseries` of pseries",
        help "use `model='isa'` or `model='pvpanic'` on x86, `model='pvpanic'` on Arm and RISC-V, or remove `model=`";
    /// The model of a panic device is one that this QEMU has.
    PANIC_QEMU = "panic-qemu": Unsupported, Validate,
        "`<panic model=>`: `-device pvpanic` and `pvpanic-pci`",
        help "use another `model=`, or a QEMU that has the device";
    /// The address of a panic device is of its model's type.
    PANIC_ADDRESS = "panic-address": Unsupported, Validate,
        "`<panic><address>`: `isa` for `isa`, `pci` for `pvpanic`; the other models are no devices",
        help "use that type, or remove the `<address>`";
}

/// Checks every `<panic>` against the rules above.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    let mut seen = BTreeMap::new();
    for panic in &cx.domain.devices.panics {
        let first = panic.model.and_then(|model| seen.get(&model).copied());
        if let (Some(model), None) = (panic.model, first) {
            seen.insert(model, panic.info.pos);
        }
        if let (Some(model), Some(first)) = (panic.model, first) {
            let message = Message::new(format!("there is more than one `<panic>` of model `{model}`"));
            let message = message.with_first(Pos::path(first, ""));
            out.refuse(&PANIC_TWICE, panic.info.pos, message);
        }
        if let Some(model) = panic.model {
            check_model(cx, panic, model, out);
        } else {
            let machine = &cx.guest.machine;
            let message = format!("`<panic>` has no `model=`, machine type `{machine}` has no default");
            out.refuse(&PANIC_MODEL, panic.info.pos, message);
        }
    }
}

fn check_model(cx: &Context<'_>, panic: &Panic, model: PanicModel, out: &mut Findings<'_>) {
    let (guest, pos) = (cx.guest, panic.info.pos);
    if !offered::panic_on(guest, model) {
        let message = format!(
            "a panic device of model `{model}` is not supported for machine type `{}`",
            guest.machine
        );
        out.refuse(&PANIC_MACHINE, pos.attr("model"), message);
    }
    if !offered::panic(|cap| cx.has(cap), model) {
        let message = format!("a panic device of model `{model}` is not supported by this QEMU");
        out.refuse(&PANIC_QEMU, pos.attr("model"), message);
    }
    let placed = match (model, &panic.info.address) {
        (PanicModel::Pvpanic, address) => matches!(address, Some(Address::Pci(_))),
        (PanicModel::Isa, Some(address)) => matches!(address, Address::Isa(_)),
        (_, address) => address.is_none(),
    };
    if !placed {
        let message = format!("this `<address>` is not supported for a panic device of model `{model}`");
        out.refuse(&PANIC_ADDRESS, pos.path("address"), message);
    }
}
