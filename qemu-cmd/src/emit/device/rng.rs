//! `<rng>`.

use virtargv_model::device::rng::{Rng, RngBackend, RngModel};

use super::address;
use super::chardev_source::Chardev;
use super::virtio::{self, Variant};
use crate::Props;
use crate::emit::context::Emit;
use crate::needs::Role;
use crate::prepare::device::Device;
use crate::prepare::device::chardev_source::CharBackend;
use crate::text::{Text, text};

/// Emits every `<rng>`: its backend, then the device.
pub(crate) fn emit(e: &mut Emit<'_>) {
    for rng in e.prepared.rngs() {
        e.at(rng);
        let id = text!("obj", rng.alias);
        backend(e, rng, &id);
        let variant = match rng.model {
            None | Some(RngModel::Virtio) => Variant::Plain,
            Some(RngModel::VirtioTransitional) => Variant::Transitional,
            Some(RngModel::VirtioNonTransitional) => Variant::NonTransitional,
        };
        let mut props = virtio::device(e, "virtio-rng", variant, rng.address, rng.virtio);
        props.set("rng", id).set("id", rng.alias);
        if let Some(bytes) = rng.rate_bytes.filter(|n| *n > 0) {
            // `max-bytes=` needs `period=`; libvirt's default is a second.
            props.set("max-bytes", bytes);
            props.set("period", rng.rate_period.filter(|n| *n > 0).unwrap_or(1000));
        }
        virtio::late_options(&mut props, e, rng.virtio);
        address::add(&mut props, e, rng.address);
        e.device(props);
    }
}

fn backend(e: &mut Emit<'_>, rng: Device<'_, Rng, Option<CharBackend>>, id: &Text) {
    let object = |kind| Props::new("qom-type", kind).with("id", id.clone());
    let object = match (&rng.backend, rng.facts) {
        (RngBackend::Random { path }, _) => {
            e.need_path(path.as_deref().unwrap_or("/dev/urandom"), Role::Device);
            object("rng-random").opt("filename", path.as_ref())
        }
        (_, Some(backend)) => {
            let chardev = Chardev::new(backend, rng.alias).emit(e);
            object("rng-egd").with("chardev", chardev)
        }
        (RngBackend::Builtin | RngBackend::Egd(_), None) => object("rng-builtin"),
    };
    e.object(object);
}
