//! Rules on `<crypto>`.

use virtargv_caps::Cap;

use super::virtio;
use crate::{Context, Findings, offered};

virtargv_model::rules! {
    /// The model of a crypto device is one that this QEMU has.
    CRYPTO_MODEL = "crypto-model": Unsupported, Validate,
        "`<crypto model=>`: `-device virtio-crypto-pci`",
        help "remove `<crypto>`, or use a QEMU that has the device";
    /// The backend of a crypto device is one that this QEMU has.
    CRYPTO_BACKEND = "crypto-backend": Unsupported, Validate,
        "`<crypto><backend model=>`: the objects `cryptodev-backend-builtin` and `cryptodev-backend-lkcf`",
        help "use another `<backend>`, or a QEMU that has the object";
}

/// Checks every `<crypto>` against the rules above.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    for crypto in &cx.domain.devices.cryptos {
        virtio::available(cx, crypto.virtio, &crypto.info.pos.path("driver"), out);
        let has_device = cx.has(Cap::DeviceVirtioCrypto);
        if let Some(model) = crypto.model.filter(|_| !has_device) {
            let message = format!("`<crypto>` of model `{model}` is not supported by this QEMU");
            out.refuse(&CRYPTO_MODEL, crypto.info.pos.attr("model"), message);
        }
        let lacks = |backend: &_| !offered::crypto_backend(|cap| cx.has(cap), *backend);
        if let Some(backend) = crypto.backend.filter(lacks) {
            let message = format!("backend `{backend}` of `<crypto>` is not supported by this QEMU");
            out.refuse(&CRYPTO_BACKEND, crypto.info.pos.path("backend/@model"), message);
        }
    }
}
