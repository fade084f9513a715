//! `<rng>`.

use virtargv_model::device::rng::Rng;

use super::address;
use super::chardev_source::Chardev;
use super::virtio;
use crate::Props;
use crate::emit::context::Emit;
use crate::needs::Role;
use crate::prepare::device::Device;
use crate::prepare::device::rng::{Facts, Rate, RngBackend};
use crate::text::{Text, text};

/// Emits every `<rng>`: its backend, then the device.
pub(crate) fn emit(e: &mut Emit<'_>) {
    for rng in e.prepared.rngs() {
        e.at(rng);
        let id = text!("obj", rng.alias);
        backend(e, rng, &id);
        let mut props = virtio::device(e, "virtio-rng", rng.variant, rng.address, rng.virtio);
        props.set("rng", id).set("id", rng.alias);
        if let Some(Rate { bytes, period }) = rng.facts.rate {
            props.set("max-bytes", bytes).set("period", period);
        }
        virtio::late_options(&mut props, e, rng.virtio);
        address::add(&mut props, e, rng.address);
        e.device(props);
    }
}

fn backend(e: &mut Emit<'_>, rng: Device<'_, Rng, Facts>, id: &Text) {
    let object = |kind| Props::new("qom-type", kind).with("id", id.clone());
    let object = match &rng.facts.backend {
        RngBackend::Random(path) => {
            e.need_path(path, Role::Device);
            object("rng-random").with("filename", path.clone())
        }
        RngBackend::Egd(backend) => {
            let chardev = Chardev::new(backend, rng.alias).emit(e);
            object("rng-egd").with("chardev", chardev)
        }
        RngBackend::Builtin => object("rng-builtin"),
    };
    e.object(object);
}
