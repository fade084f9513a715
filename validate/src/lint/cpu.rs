//! Lints on the CPU model.

use virtargv_model::advice::{Message, nearest};

use super::{Context, Found};

virtargv_model::rules! {
    /// A CPU model is not one that QEMU will drop.
    DEPRECATED = "cpu-model-deprecated": Plain, Validate,
        "QEMU reports the CPU models that it will remove; a guest cannot start without its CPU model",
        help "use another CPU model, or `mode='host-model'`", severity Warning;
}

pub(super) fn check(cx: &Context<'_>, out: &mut Found) {
    let Some(cpu) = &cx.domain.cpu else { return };
    let Some(name) = cpu.model.name.as_deref() else { return };
    let is_deprecated = cx.caps.cpu_model(cx.guest.accel, name).is_some_and(|model| model.deprecated);
    if !is_deprecated {
        return;
    }
    let current = cx.caps.cpu_models(cx.guest.accel).iter().filter(|model| !model.deprecated);
    let message = Message::new(format!("CPU model `{name}` is deprecated: QEMU will remove it"));
    let message = match nearest(name, current.map(|model| &*model.name)) {
        Some(found) => message.with_help(format!("use `{}`, or another CPU model", found.word)),
        None => message,
    };
    out.push(&DEPRECATED, cpu.pos.path("model"), message);
}
