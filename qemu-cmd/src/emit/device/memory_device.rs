//! `<memory>` devices.

use virtargv_caps::Cap;
use virtargv_model::device::memory_device::{MemoryDevice, MemoryModel};
use virtargv_model::{Kib, YesNo};

use super::{address, virtio};
use crate::Props;
use crate::emit::context::Emit;
use crate::emit::memory::backend;
use crate::prepare::device::Device;
use crate::prepare::device::memory_device::{Facts, Kind};

/// Emits memory devices, each after its memory backend. SGX EPC is a property of the machine instead.
pub(crate) fn emit(e: &mut Emit<'_>) {
    for device in e.prepared.memories() {
        e.at(device);
        backend::emit(e, &device.facts.backend);
        if let Kind::Device { driver, preallocated } = device.facts.kind {
            let props = props(e, device, driver, preallocated);
            e.memory_device(props);
        }
    }
}

fn props(
    e: &Emit<'_>,
    device: Device<'_, MemoryDevice, Facts>,
    driver: &'static str,
    preallocated: bool,
) -> Props {
    let target = &device.target;
    let bytes = |size: Option<Kib>| size.filter(|size| size.0 > 0).map(Kib::bytes);
    let mut props = Props::new("driver", driver);
    virtio::early_options(&mut props, e, device.virtio);
    props.set_opt("node", target.node);
    match device.model() {
        MemoryModel::Nvdimm => {
            props.set_opt("label-size", bytes(target.label_size));
            props.set_opt("uuid", device.uuid);
            props.set_opt("unarmed", target.readonly.then_some(true));
        }
        MemoryModel::VirtioMem => {
            props.set_opt("block-size", bytes(target.block));
            props.set_opt("requested-size", bytes(target.requested));
        }
        _ => {}
    }
    props.set("memdev", device.facts.backend.id.clone());
    let fills = device.model() == MemoryModel::VirtioMem && preallocated;
    if fills && e.has(Cap::DeviceVirtioMemPciPrealloc) {
        props.set("prealloc", true);
    }
    if matches!(device.model(), MemoryModel::VirtioMem | MemoryModel::VirtioPmem) {
        props.set_opt("memaddr", target.address);
        props.set_opt("dynamic-memslots", target.dynamic_memslots.map(YesNo::is_yes));
    }
    props.set("id", device.alias);
    address::add(&mut props, e, device.address);
    props
}
