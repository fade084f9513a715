//! Rules on `<rng>`.

use virtargv_caps::Cap;
use virtargv_model::device::rng::RngBackend;

use super::{chardev_source, virtio};
use crate::{Context, Findings};

crate::rules! {
    /// Random bytes come from where this QEMU can get them.
    RNG_BACKEND = "rng-backend": Unsupported, Validate, "`rng-random`, `rng-egd` and `rng-builtin`";
    /// Random bytes are handed to the guest by a device that this QEMU has.
    RNG_MODEL = "rng-model": Unsupported, Validate, "`virtio-rng`";
}

/// Holds them.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    for rng in &cx.domain.devices.rngs {
        let cap = match &rng.backend {
            RngBackend::Random { .. } => Cap::ObjectRngRandom,
            RngBackend::Egd(_) => Cap::ObjectRngEgd,
            RngBackend::Builtin => Cap::ObjectRngBuiltin,
        };
        if !cx.has(cap) {
            let message = format!("this QEMU has no 'rng' whose 'backend' is '{}'", rng.backend.model());
            let place = rng.info.pos.path("backend/@model");
            out.refuse_at(cx.small_device_stage(), &RNG_BACKEND, place, message);
        }
        virtio::available(cx, rng.virtio, &rng.info.pos.path("driver"), out);
        if let RngBackend::Egd(source) = &rng.backend {
            chardev_source::check(cx, source, false, out);
        }
        if let Some(model) = rng.model.filter(|_| !cx.has(Cap::DeviceVirtioRng)) {
            let message = format!("this QEMU has no 'rng' of model '{model}'");
            out.refuse(&RNG_MODEL, rng.info.pos.attr("model"), message);
        }
    }
}

/// Holds what is only found while the line is built.
pub(crate) fn build(cx: &Context<'_>, out: &mut Findings<'_>) {
    for rng in &cx.domain.devices.rngs {
        if let RngBackend::Egd(source) = &rng.backend {
            chardev_source::build(source, out);
        }
    }
}
