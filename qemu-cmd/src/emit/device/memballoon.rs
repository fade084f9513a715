//! `<memballoon>`.

use virtargv_caps::Convention;
use virtargv_model::OnOff;
use virtargv_model::device::memballoon::Memballoon;

use super::address;
use super::virtio;
use crate::Props;
use crate::emit::context::Emit;
use crate::prepare::device::memballoon::Balloon;

/// Emits `<memballoon>`.
pub(crate) fn emit(e: &mut Emit<'_>) {
    for balloon in e.prepared.memballoons() {
        e.at(balloon);
        let variant = match balloon.facts {
            Balloon::Nothing => continue,
            Balloon::Virtio(variant) => *variant,
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
