//! `<memballoon>`.

use virtargv_caps::{Cap, Convention};
use virtargv_model::OnOff;
use virtargv_model::device::memballoon::{Memballoon, MemballoonModel};

use super::address;
use super::virtio::{self, Variant};
use crate::Props;
use crate::emit::context::Emit;

/// Emits `<memballoon>`.
pub(crate) fn emit(e: &mut Emit<'_>) {
    if e.guest().machine.starts_with("s390-virtio") && e.has(Cap::VirtioS390) {
        // The virtio bus of machine type `s390-virtio` has no balloon, so libvirt ignores the element.
        return;
    }
    for balloon in e.prepared.memballoons() {
        e.at(balloon);
        let variant = match balloon.model {
            Some(MemballoonModel::Virtio) => Variant::Plain,
            Some(MemballoonModel::VirtioTransitional) => Variant::Transitional,
            Some(MemballoonModel::VirtioNonTransitional) => Variant::NonTransitional,
            Some(MemballoonModel::Xen | MemballoonModel::None) | None => continue,
        };
        let mut props = virtio::device(e, "virtio-balloon", variant, balloon.address, balloon.virtio);
        props.set("id", balloon.alias);
        if e.release().has(Convention::AddressLast) {
            own(&mut props, &balloon);
            address::add(&mut props, e, balloon.address);
        } else {
            address::add(&mut props, e, balloon.address);
            own(&mut props, &balloon);
        }
        virtio::late_options(&mut props, e, balloon.virtio);
        e.device(props);
    }
}

fn own(props: &mut Props, balloon: &Memballoon) {
    props.set_opt("deflate-on-oom", balloon.autodeflate.map(OnOff::is_on));
    props.set_opt("free-page-reporting", balloon.free_page_reporting.map(OnOff::is_on));
}
