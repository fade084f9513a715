//! `<crypto>`.

use virtargv_model::device::crypto::CryptoBackend;

use super::address;
use super::virtio::{self, Variant};
use crate::Props;
use crate::emit::{Done, Emit};

/// Emits `<crypto>`: what does the work, then the device.
pub(crate) fn emit(e: &mut Emit<'_>) -> Done {
    for crypto in &e.domain().devices.cryptos {
        let alias = crypto.info.alias.as_deref().unwrap_or_default();
        let object_id = format!("obj{alias}");
        let kind = match crypto.backend {
            Some(CryptoBackend::Builtin) | None => "cryptodev-backend-builtin",
            Some(CryptoBackend::Lkcf) => "cryptodev-backend-lkcf",
        };
        let object = Props::new("qom-type", kind)
            .with("id", object_id.as_str())
            .opt("queues", crypto.queues.filter(|n| *n > 0));
        e.object(&object);
        let mut props = virtio::device(e, "virtio-crypto", Variant::Plain, &crypto.info, crypto.virtio)?;
        props.set("cryptodev", object_id).set("id", alias);
        virtio::late_options(&mut props, e, crypto.virtio);
        address::add(&mut props, e, &crypto.info)?;
        e.device(&props);
    }
    Ok(())
}
