//! Rules on `<rng>`.

use virtargv_caps::Cap;
use virtargv_model::device::rng::RngBackend;

use super::{chardev_source, virtio};
use crate::{Context, Findings, offered};

virtargv_model::rules! {
    /// The backend of an RNG is one that this QEMU has.
    RNG_BACKEND = "rng-backend": Unsupported, Validate,
        "`<rng><backend model=>`: the objects `rng-random`, `rng-egd` and `rng-builtin`",
        help "use another `<backend>`, or a QEMU that has the object";
    /// The model of an RNG is one that this QEMU has.
    RNG_MODEL = "rng-model": Unsupported, Validate,
        "`<rng model=>`: `-device virtio-rng`",
        help "remove `<rng>`, or use a QEMU that has the device";
}

/// Checks every `<rng>` against the rules above.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    for rng in &cx.domain.devices.rngs {
        if !offered::rng_backend(|cap| cx.has(cap), rng.backend.model()) {
            let message =
                format!("`backend` `{}` of `<rng>` is not supported by this QEMU", rng.backend.model());
            let place = rng.info.pos.path("backend/@model");
            out.refuse(&RNG_BACKEND, place, message);
        }
        virtio::available(cx, rng.virtio, &rng.info.pos.path("driver"), out);
        if let RngBackend::Egd(source) = &rng.backend {
            chardev_source::check(cx, source, false, out);
        }
        if let Some(model) = rng.model.filter(|_| !cx.has(Cap::DeviceVirtioRng)) {
            let message = format!("model `{model}` of `<rng>` is not supported by this QEMU");
            out.refuse(&RNG_MODEL, rng.info.pos.attr("model"), message);
        }
    }
}

/// Checks what libvirt finds only when it builds the command line.
pub(crate) fn build(cx: &Context<'_>, out: &mut Findings<'_>) {
    for rng in &cx.domain.devices.rngs {
        if let RngBackend::Egd(source) = &rng.backend {
            chardev_source::build(cx, source, out);
        }
    }
}
