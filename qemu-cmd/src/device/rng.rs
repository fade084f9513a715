//! `<rng>`.

use virtargv_model::device::rng::{Rng, RngBackend, RngModel};

use super::address;
use super::chardev_source::{self, HostEnd};
use super::virtio::{self, Variant};
use crate::Props;
use crate::emit::{Done, Emit};
use crate::needs::Role;

/// Emits `<rng>`: its source of random bytes, then the device.
pub(crate) fn emit(e: &mut Emit<'_>) -> Done {
    for rng in &e.domain().devices.rngs {
        let alias = rng.info.alias.as_deref().unwrap_or_default();
        let object_id = format!("obj{alias}");
        backend(e, rng, alias, &object_id)?;
        let variant = match rng.model {
            None | Some(RngModel::Virtio) => Variant::Plain,
            Some(RngModel::VirtioTransitional) => Variant::Transitional,
            Some(RngModel::VirtioNonTransitional) => Variant::NonTransitional,
        };
        let mut props = virtio::device(e, "virtio-rng", variant, &rng.info, rng.virtio)?;
        props.set("rng", object_id).set("id", alias);
        if let Some(bytes) = rng.rate_bytes.filter(|n| *n > 0) {
            // QEMU wants both; a second is the usual period.
            props.set("max-bytes", bytes);
            props.set("period", rng.rate_period.filter(|n| *n > 0).unwrap_or(1000));
        }
        virtio::late_options(&mut props, e, rng.virtio);
        address::add(&mut props, e, &rng.info)?;
        e.device(&props);
    }
    Ok(())
}

fn backend(e: &mut Emit<'_>, rng: &Rng, alias: &str, object_id: &str) -> Done {
    let object = match &rng.backend {
        RngBackend::Random { path } => {
            e.need_path(path.as_deref().unwrap_or("/dev/urandom"), Role::Device);
            Props::new("qom-type", "rng-random").with("id", object_id).opt("filename", path.as_ref())
        }
        RngBackend::Egd(source) => {
            HostEnd::new(source, alias).emit(e)?;
            Props::new("qom-type", "rng-egd").with("id", object_id).with("chardev", chardev_source::id(alias))
        }
        RngBackend::Builtin => Props::new("qom-type", "rng-builtin").with("id", object_id),
    };
    e.object(&object);
    Ok(())
}
