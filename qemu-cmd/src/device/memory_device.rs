//! `<memory>` devices.

use virtargv_caps::Cap;
use virtargv_model::Problem;
use virtargv_model::device::memory_device::{MemoryDevice, MemoryModel};
use virtargv_model::info::Address;

use super::address;
use crate::Props;
use crate::emit::{Done, Emit};
use crate::memory::backend::{self, Wanted};

/// Emits memory devices, each with the object that is its memory. Enclave memory is a property of the machine.
pub(crate) fn emit(e: &mut Emit<'_>) -> Done {
    for device in &e.domain().devices.memories {
        let alias = device.info.alias.as_deref().unwrap_or_default();
        let wanted = Wanted::device(device, alias);
        let prealloc = backend::is_preallocated(e, &wanted)?;
        backend::make(e, &wanted)?.emit(e);
        if let Some(props) = props(e, device, alias, prealloc)? {
            e.memory_device(&props);
        }
    }
    Ok(())
}

fn props(e: &Emit<'_>, device: &MemoryDevice, alias: &str, prealloc: bool) -> Result<Option<Props>, Problem> {
    let target = &device.target;
    let driver = match device.model() {
        MemoryModel::Dimm => "pc-dimm",
        MemoryModel::Nvdimm => "nvdimm",
        MemoryModel::VirtioPmem => "virtio-pmem-pci",
        MemoryModel::VirtioMem if matches!(device.info.address, Some(Address::Ccw(_))) => "virtio-mem-ccw",
        MemoryModel::VirtioMem => "virtio-mem-pci",
        MemoryModel::SgxEpc => return Ok(None),
    };
    let mut props = Props::new("driver", driver).opt("node", target.node);
    match device.model() {
        MemoryModel::Nvdimm => {
            props.set_opt(
                "label-size",
                target.label_size.filter(|size| size.0 > 0).map(virtargv_model::Kib::bytes),
            );
            props.set_opt("uuid", device.uuid.as_ref());
            props.set_opt("unarmed", target.readonly.then_some(true));
        }
        MemoryModel::VirtioMem => {
            props.set_opt(
                "block-size",
                target.block.filter(|size| size.0 > 0).map(virtargv_model::Kib::bytes),
            );
            let requested = target.requested.filter(|size| size.0 > 0);
            props.set_opt("requested-size", requested.map(virtargv_model::Kib::bytes));
        }
        _ => {}
    }
    props.set("memdev", format!("mem{alias}"));
    if device.model() == MemoryModel::VirtioMem && prealloc && e.has(Cap::DeviceVirtioMemPciPrealloc) {
        props.set("prealloc", true);
    }
    if matches!(device.model(), MemoryModel::VirtioMem | MemoryModel::VirtioPmem) {
        props.set_opt("memaddr", target.address);
        props.set_opt("dynamic-memslots", target.dynamic_memslots.map(virtargv_model::YesNo::is_yes));
    }
    props.set("id", alias);
    address::add(&mut props, e, &device.info)?;
    Ok(Some(props))
}
