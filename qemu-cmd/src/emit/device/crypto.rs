//! `<crypto>`.

use virtargv_model::device::crypto::CryptoBackend;

use super::address;
use super::virtio::{self, Variant};
use crate::Props;
use crate::emit::context::Emit;
use crate::text::text;

/// Emits every `<crypto>`: its backend, then the device.
pub(crate) fn emit(e: &mut Emit<'_>) {
    for crypto in e.prepared.cryptos() {
        e.at(crypto);
        let alias = crypto.alias;
        let object_id = text!("obj", alias);
        let kind = match crypto.backend {
            Some(CryptoBackend::Builtin) | None => "cryptodev-backend-builtin",
            Some(CryptoBackend::Lkcf) => "cryptodev-backend-lkcf",
        };
        let object = Props::new("qom-type", kind)
            .with("id", object_id.clone())
            .opt("queues", crypto.queues.filter(|n| *n > 0));
        e.object(object);
        let mut props = virtio::device(e, "virtio-crypto", Variant::Plain, crypto.address, crypto.virtio);
        props.set("cryptodev", object_id).set("id", alias);
        virtio::late_options(&mut props, e, crypto.virtio);
        address::add(&mut props, e, crypto.address);
        e.device(props);
    }
}
