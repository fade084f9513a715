//! Rules on `<crypto>`.

use virtargv_caps::Cap;
use virtargv_model::device::crypto::CryptoBackend;

use super::virtio;
use crate::{Context, Findings};

virtargv_model::rules! {
    /// A crypto device is of a model that this QEMU has.
    CRYPTO_MODEL = "crypto-model": Unsupported, Validate, "`virtio-crypto`";
    /// Ciphers are worked by something that this QEMU has.
    CRYPTO_BACKEND = "crypto-backend": Unsupported, Validate, "`cryptodev-backend-builtin` and `-lkcf`";
}

/// Holds them.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    for crypto in &cx.domain.devices.cryptos {
        virtio::available(cx, crypto.virtio, &crypto.info.pos.path("driver"), out);
        let has_device = cx.has(Cap::DeviceVirtioCrypto);
        if let Some(model) = crypto.model.filter(|_| !has_device) {
            let message = format!("this QEMU has no 'crypto' of model '{model}'");
            out.refuse(&CRYPTO_MODEL, crypto.info.pos.attr("model"), message);
        }
        let lacks = match crypto.backend {
            Some(CryptoBackend::Lkcf) => !cx.has(Cap::ObjectCryptoLkcf),
            Some(CryptoBackend::Builtin) => !has_device,
            None => false,
        };
        if let Some(backend) = crypto.backend.filter(|_| lacks) {
            let message = format!("this QEMU has no 'crypto' whose 'backend' is '{backend}'");
            out.refuse(&CRYPTO_BACKEND, crypto.info.pos.path("backend/@model"), message);
        }
    }
}
