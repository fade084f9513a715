//! `<vsock>`.

use super::address;
use super::virtio;
use crate::emit::context::Emit;
use crate::needs::Role;
use crate::prepare::device::vsock::Vhost;
use crate::text::text;

/// Emits `<vsock>`.
pub(crate) fn emit(e: &mut Emit<'_>) {
    for vsock in e.prepared.vsocks() {
        e.at(vsock);
        let mut props = virtio::device(e, "vhost-vsock", vsock.variant, vsock.address, vsock.virtio);
        props.set("id", vsock.alias).set("guest-cid", vsock.facts.cid);
        match &vsock.facts.vhost {
            Vhost::Passed(passed) => {
                props.set("vhostfd", text!(e.pass(passed)));
            }
            Vhost::NotOpen => {
                props.set("vhostfd", "-1");
            }
            Vhost::Path => e.need_path("/dev/vhost-vsock", Role::Device),
        }
        address::add(&mut props, e, vsock.address);
        virtio::late_options(&mut props, e, vsock.virtio);
        e.device(props);
    }
}
