//! SCSI host devices (`scsi-generic` and its storage) and SCSI host adapters (`vhost-scsi`).

use virtargv_caps::Convention;
use virtargv_model::device::hostdev::ScsiHost;
use virtargv_model::device::virtio::VirtioOptions;

use super::Common;
use crate::emit::context::Emit;
use crate::emit::device::address;
use crate::emit::device::virtio::{self, Variant};
use crate::emit::storage;
use crate::needs::Role;
use crate::prepare::descriptor::Passed;
use crate::prepare::device::hostdev::Unit;
use crate::prepare::storage::Access;
use crate::text::text;
use crate::{Props, Value};

/// Emits a SCSI host device and its storage.
pub(super) fn emit_unit(e: &mut Emit<'_>, device: Common<'_>, unit: &Unit, readonly: bool) {
    let drive = emit_storage(e, unit, readonly);
    let mut props = Props::new("driver", "scsi-generic");
    let address_last = e.release().has(Convention::AddressLast);
    if !address_last {
        address::add(&mut props, e, device.address);
    }
    props.set("drive", drive).set("id", device.alias);
    address::add_bootindex(&mut props, device.info);
    if address_last {
        address::add(&mut props, e, device.address);
    }
    e.device(props);
}

/// Emits the storage of a SCSI host device. Returns its `drive=`.
fn emit_storage(e: &mut Emit<'_>, unit: &Unit, readonly: bool) -> Value {
    match unit {
        Unit::Node(image) => {
            storage::emit_objects(e, &image.objects);
            let node = storage::storage_node(e, image, Access::default()).with("read-only", readonly);
            e.blockdev(node);
            (&image.nodes.storage).into()
        }
        Unit::Drive(id, image) => {
            let mut props = Props::object();
            storage::add_image(e, &mut props, image, Access::default());
            props.set("if", "none").set("format", "raw").set("id", id.clone());
            if readonly {
                props.set("readonly", true);
            }
            e.pairs("-drive", props);
            id.clone().into()
        }
    }
}

/// Emits the SCSI host adapter `host`.
pub(super) fn emit_adapter(
    e: &mut Emit<'_>,
    device: Common<'_>,
    host: &ScsiHost,
    variant: Variant,
    vhost: Option<&Passed>,
) {
    let mut props = virtio::device(e, "vhost-scsi", variant, device.address, VirtioOptions::default());
    props.set("wwpn", &host.wwpn);
    match vhost {
        Some(passed) => drop(props.set("vhostfd", text!(e.pass(passed)))),
        None => e.need_path("/dev/vhost-scsi", Role::Device),
    }
    props.set("id", device.alias);
    address::add(&mut props, e, device.address);
    e.device(props);
}
