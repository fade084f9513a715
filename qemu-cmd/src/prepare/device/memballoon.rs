//! `<memballoon>`: its virtio model.

use virtargv_caps::Cap;
use virtargv_model::Problem;
use virtargv_model::device::memballoon::{Memballoon, MemballoonModel};
use virtargv_validate::rules::memballoon as rules;

use super::Device;
use super::virtio::Variant;
use crate::prepare::context::{Prepare, broken};

/// A prepared memory balloon.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Balloon {
    /// The guest has none.
    Nothing,
    /// A virtio device with these versions.
    Virtio(Variant),
}

/// Prepares a `<memballoon>`.
pub(crate) fn prepare(cx: &mut Prepare<'_>, balloon: Device<'_, Memballoon>) -> Result<Balloon, Problem> {
    if cx.guest.machine.starts_with("s390-virtio") && cx.has(Cap::VirtioS390) {
        // The virtio bus of machine type `s390-virtio` has no balloon, so libvirt ignores the element.
        return Ok(Balloon::Nothing);
    }
    let refused =
        |message| broken(cx.release(), &rules::MEMBALLOON_MODEL, balloon.info.pos.attr("model"), message);
    Ok(match balloon.model {
        Some(MemballoonModel::None) => Balloon::Nothing,
        Some(MemballoonModel::Virtio) => Balloon::Virtio(Variant::Plain),
        Some(MemballoonModel::VirtioTransitional) => Balloon::Virtio(Variant::Transitional),
        Some(MemballoonModel::VirtioNonTransitional) => Balloon::Virtio(Variant::NonTransitional),
        Some(MemballoonModel::Xen) => {
            return Err(refused("`memballoon` model `xen` is not supported by QEMU"));
        }
        None => return Err(refused("`<memballoon>` has no `model=`")),
    })
}
