//! Rules on `<memory>` devices.

use virtargv_caps::{Cap, Convention};
use virtargv_model::device::memory_device::{MemoryDevice, MemoryModel};
use virtargv_model::info::Address;
use virtargv_model::memory::MemoryAccess;
use virtargv_model::{Kind, Stage, YesNo};

use crate::{Context, Findings};

crate::rules! {
    /// An NVDIMM of a POWER guest holds at least one step of memory.
    PSERIES_NVDIMM = "memory-device-pseries-nvdimm": Xml, Complete, "PAPR: memory in steps of 256 MiB";
    /// Memory devices need a QEMU that has them.
    MODEL = "memory-device-unsupported": Unsupported, Validate, "QEMU: pc-dimm, nvdimm, virtio-mem-pci, ...";
    /// Memory devices need room to grow.
    NO_MAX = "memory-device-no-max": Unsupported, Validate, "domain format: <maxMemory>";
    /// Guests with memory devices have NUMA cells, save on POWER.
    NO_CELLS = "memory-device-no-cells": Unsupported, Validate, "QEMU: would make up a cell";
    /// There is a slot for each module.
    SLOTS = "memory-device-slots": Unsupported, Validate, "domain format: <maxMemory slots=>";
    /// Memory devices fit into the room to grow.
    SPACE = "memory-device-space": Unsupported, Validate, "domain format: <maxMemory>";
    /// Memory modules sit in slots.
    ADDRESS = "memory-device-address": Unsupported, Validate, "QEMU: pc-dimm has a slot";
    /// A module belongs to a cell where there are any.
    NODE = "memory-device-node-missing": Unsupported, Validate, "domain format: <target><node>";
    /// The cell of a device is there.
    CELL = "memory-device-cell": Plain, Validate, "domain format: <target><node>";
    /// Devices that keep their content need a file.
    PATH = "memory-device-path": Plain, Validate, "domain format: <source><path>";
    /// Devices that keep their content cannot drop it.
    DISCARD = "memory-device-discard": Unsupported, Validate, "domain format: <memory discard=>";
    /// An NVDIMM of a POWER guest has a label.
    LABEL = "memory-device-label": Unsupported, Validate, "QEMU: nvdimm of pseries";
    /// A label has 128 KiB, and leaves room for memory.
    LABEL_SIZE = "memory-device-label-size": Xml, Complete, "UEFI: the label storage area of an NVDIMM";
    /// Only an NVDIMM of a POWER guest has a UUID.
    UUID = "memory-device-uuid-arch": Unsupported, Validate, "QEMU: nvdimm of pseries";
    /// Enclave memory is no device with an address.
    SGX_ADDRESS = "memory-device-sgx-address": Unsupported, Validate, "QEMU: sgx-epc is a key of the machine";
    /// virtio-pmem begins at a page.
    PMEM_ALIGN = "memory-device-pmem-address": Unsupported, Validate, "QEMU: memaddr of virtio-pmem-pci";
    /// virtio-pmem is always shared.
    PMEM_SHARED = "memory-device-pmem-shared": Unsupported, Validate, "the guest's writes are to reach the file";
    /// virtio-pmem belongs to no cell.
    PMEM_NODE = "memory-device-pmem-node": Unsupported, Validate, "QEMU: virtio-pmem-pci has no node";
    /// Sizes of virtio-mem go in steps of its blocks.
    BLOCK = "memory-device-block": Plain, Validate, "QEMU: block-size of virtio-mem-pci";
    /// Enclave memory needs a host that has it.
    SGX = "memory-device-sgx": Unsupported, Validate, "QEMU: query-sgx-capabilities";
    /// Memory devices do not overlap.
    OVERLAP = "memory-device-overlap": Unsupported, Validate, "QEMU: memaddr of virtio-mem-pci";
    /// The mapping of an NVDIMM is aligned only where this QEMU can.
    NVDIMM_ALIGN = "nvdimm-align": Unsupported, Build, "QEMU: align of memory-backend-file";
    /// QEMU is told of persistent memory only where it can be.
    NVDIMM_PMEM = "nvdimm-pmem": Unsupported, Build, "QEMU: pmem of memory-backend-file";
}

/// Holds them.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    hotplug(cx, out);
    let devices = &cx.domain.devices.memories;
    for device in devices {
        support(cx, device, out);
    }
    for device in devices {
        cell(cx, device, out);
        content(cx, device, out);
        match device.model() {
            MemoryModel::VirtioMem => blocks(device, out),
            MemoryModel::SgxEpc => enclave(cx, device, out),
            _ => {}
        }
    }
    overlaps(devices, out);
}

/// Whether there is room for all of them.
fn hotplug(cx: &Context<'_>, out: &mut Findings<'_>) {
    let domain = cx.domain;
    let plugged: Vec<&MemoryDevice> =
        domain.devices.memories.iter().filter(|device| device.model() != MemoryModel::SgxEpc).collect();
    let Some(max) = domain.memory.max.filter(|max| max.size.0 > 0 || max.slots > 0) else {
        if let Some(device) = plugged.first() {
            let message = format!("memory device '{}' needs 'maxMemory', which is not there", device.model());
            out.refuse(&NO_MAX, device.info.pos, message);
        }
        return;
    };
    if domain.numa.cells.is_empty() && !cx.guest.arch.is_ppc64() {
        let message = "memory devices ('maxMemory') need at least one guest NUMA cell";
        out.refuse(&NO_CELLS, max.pos, message);
        return;
    }
    let modules = if cx.caps.release().has(Convention::MaxMemoryNeedsSlots) {
        plugged.len()
    } else {
        plugged.iter().filter(|device| device.takes_slot()).count()
    };
    if modules > max.slots as usize {
        let message = format!("there are '{modules}' memory devices and '{}' slots", max.slots);
        out.refuse(&SLOTS, max.pos.attr("slots"), message);
    }
    let sum = plugged.iter().fold(0u64, |sum, device| sum.saturating_add(device.target.size.0));
    let all =
        domain.devices.memories.iter().fold(0u64, |sum, device| sum.saturating_add(device.target.size.0));
    let initial = domain.memory.size.unwrap_or_default().0.saturating_sub(all);
    if sum > max.size.0.saturating_sub(initial) {
        let message = format!("the memory devices' '{sum}' KiB are more than 'maxMemory' leaves");
        out.refuse(&SPACE, max.pos, message);
    }
    for device in plugged.iter().filter(|device| device.takes_slot()) {
        if !matches!(device.info.address, None | Some(Address::Dimm(_))) {
            let message =
                format!("memory device '{}' can only have an address of type 'dimm'", device.model());
            out.refuse(&ADDRESS, device.info.pos.path("address/@type"), message);
        }
        if !domain.numa.cells.is_empty() && device.target.node.is_none() {
            let message = format!("memory device '{}' lacks the 'node' it belongs to", device.model());
            out.refuse(&NODE, device.target.pos, message);
        }
    }
}

/// What the QEMU must be able to do.
fn support(cx: &Context<'_>, device: &MemoryDevice, out: &mut Findings<'_>) {
    let model = device.model();
    let cap = match model {
        MemoryModel::Dimm => Cap::DevicePcDimm,
        MemoryModel::Nvdimm => Cap::DeviceNvdimm,
        MemoryModel::VirtioPmem => Cap::DeviceVirtioPmemPci,
        MemoryModel::VirtioMem if matches!(device.info.address, Some(Address::Ccw(_))) => {
            Cap::DeviceVirtioMemCcw
        }
        MemoryModel::VirtioMem => Cap::DeviceVirtioMemPci,
        MemoryModel::SgxEpc => Cap::SgxEpc,
    };
    if !cx.has(cap) {
        let message = format!("this QEMU has no memory device of the model '{model}'");
        out.refuse(&MODEL, device.info.pos.attr("model"), message);
    } else if device.target.readonly && model == MemoryModel::Nvdimm && !cx.has(Cap::DeviceNvdimmUnarmed) {
        let message = "this QEMU cannot make a memory device of the model 'nvdimm' 'readonly'";
        out.refuse(&MODEL, device.target.pos.path("readonly"), message);
    } else if device.target.dynamic_memslots.is_some() && !cx.has(Cap::DeviceVirtioMemPciDynamicMemslots) {
        let message = format!("this QEMU knows no 'dynamicMemslots' of the model '{model}'");
        out.refuse(&MODEL, device.target.pos.attr("dynamicMemslots"), message);
    }
}

/// Its cell is there.
fn cell(cx: &Context<'_>, device: &MemoryDevice, out: &mut Findings<'_>) {
    let cells = cx.domain.numa.cells.len();
    let Some(node) = device.target.node.filter(|node| *node as usize >= cells) else { return };
    if cx.caps.release().has(Convention::MemoryDeviceCellRule) {
        let message =
            format!("memory for the guest NUMA cell '{node}' cannot be added, there are '{cells}' cells");
        out.refuse(&CELL, device.target.pos.path("node"), message);
    }
}

/// Devices whose content stays.
fn content(cx: &Context<'_>, device: &MemoryDevice, out: &mut Findings<'_>) {
    let model = device.model();
    if !matches!(model, MemoryModel::Nvdimm | MemoryModel::VirtioPmem) {
        return;
    }
    if device.source.path.is_none() {
        let message = format!("a memory device of the model '{model}' lacks the 'path' of its content");
        out.refuse(&PATH, device.info.pos.path("source"), message);
    }
    if device.discard == Some(YesNo::Yes) {
        let message = format!("the content of a memory device of the model '{model}' cannot be discarded");
        out.refuse(&DISCARD, device.info.pos.attr("discard"), message);
    }
    if let Some(label) = device.target.label_size.filter(|label| label.0 > 0)
        && (label.0 < 128 || label >= device.target.size)
    {
        let message = format!(
            "the 'label' of a memory device has '{}' KiB, expected from '128' to below its size '{}'",
            label.0, device.target.size.0
        );
        out.refuse(&LABEL_SIZE, device.target.pos.path("label/size"), message);
    }
    if model == MemoryModel::Nvdimm && cx.guest.arch.is_ppc64() {
        let label = device.target.label_size.unwrap_or_default();
        if label.0 == 0 {
            let message = "a memory device of the model 'nvdimm' has to have a 'label' in a POWER guest";
            out.refuse(&LABEL, device.target.pos, message);
        }
        let least = virtargv_resolve::PSERIES_MEMORY_STEP.0.saturating_add(label.0);
        if device.target.size.0 < least {
            let message = format!(
                "a memory device of the model 'nvdimm' has '{}' KiB, a POWER guest needs '{least}' KiB",
                device.target.size.0
            );
            out.refuse(&PSERIES_NVDIMM, device.target.pos.path("size"), message);
        }
    }
    if let Some(uuid) = device.uuid.as_deref().filter(|_| !cx.guest.arch.is_ppc64()) {
        let message = format!("a memory device of the model '{model}' has no 'uuid', so not '{uuid}'");
        out.refuse(&UUID, device.info.pos.path("uuid"), message);
    }
    if model == MemoryModel::VirtioPmem {
        let page = cx.host.page_size();
        if let Some(base) = device.target.address.filter(|base| base.checked_rem(page).unwrap_or(0) != 0) {
            let message = format!("'base' of 'address' is '{base:#x}', no multiple of '{page}' bytes");
            out.refuse(&PMEM_ALIGN, device.target.pos.path("address/@base"), message);
        }
        if device.access != Some(MemoryAccess::Shared) {
            let message = "a memory device of the model 'virtio-pmem' has to have 'shared' access";
            out.refuse(&PMEM_SHARED, device.info.pos.attr("access"), message);
        }
        if let Some(node) = device.target.node {
            let message =
                format!("a memory device of the model 'virtio-pmem' belongs to no 'node', not to '{node}'");
            out.refuse(&PMEM_NODE, device.target.pos.path("node"), message);
        }
    }
}

/// virtio-mem changes its size in blocks.
fn blocks(device: &MemoryDevice, out: &mut Findings<'_>) {
    let target = &device.target;
    let block = target.block.unwrap_or_default().0;
    let requested = target.requested.unwrap_or_default().0;
    let mut wrong = |path, message: String| out.refuse(&BLOCK, target.pos.path(path), message);
    if requested > target.size.0 {
        wrong(
            "requested",
            format!("'requested' is '{requested}' KiB, more than the size '{}' KiB", target.size.0),
        );
    } else if !block.is_power_of_two() {
        wrong("block", format!("'block' is '{block}' KiB, expected a power of two"));
    } else if block < 2048 {
        wrong("block", format!("'block' is '{block}' KiB, expected at least '2048' KiB"));
    } else if !requested.is_multiple_of(block) {
        wrong(
            "requested",
            format!("'requested' is '{requested}' KiB, expected a multiple of 'block' '{block}' KiB"),
        );
    } else if target
        .address
        .is_some_and(|base| base.checked_rem(block.saturating_mul(1024)).unwrap_or(0) != 0)
    {
        wrong("address", format!("'base' of 'address' is not a multiple of 'block' '{block}' KiB"));
    }
}

/// The host has that much enclave memory.
fn enclave(cx: &Context<'_>, device: &MemoryDevice, out: &mut Findings<'_>) {
    if device.info.address.is_some() {
        let message = format!("a memory device of the model '{}' cannot have an address", device.model());
        out.refuse(&SGX_ADDRESS, device.info.pos.path("address"), message);
    }
    if !cx.has(Cap::SgxEpc) {
        return;
    }
    let place = device.target.pos.path("size");
    let sections = cx.caps.sgx().map(|sgx| sgx.sections.as_slice()).unwrap_or_default();
    if sections.is_empty() {
        let message = "the host does not tell on which NUMA nodes it has 'sgx-epc' memory";
        out.refuse(&SGX, place, message);
        return;
    }
    let size = device.target.size.0;
    let nodes: Vec<u32> =
        device.source.nodemask.as_ref().map_or_else(|| vec![0], |nodes| nodes.iter().collect());
    for node in nodes {
        let there =
            sections.iter().find(|section| section.node == node).map_or(0, |section| section.size_kib);
        if size > there {
            let message =
                format!("the host's NUMA node '{node}' has '{there}' KiB of 'sgx-epc' memory, not '{size}'");
            out.refuse(&SGX, place, message);
            return;
        }
    }
}

/// Devices with an address are not in each other's way.
fn overlaps(devices: &[MemoryDevice], out: &mut Findings<'_>) {
    let mut placed: Vec<(u64, u64, &MemoryDevice)> = devices
        .iter()
        .filter_map(|device| {
            let start = match device.info.address {
                Some(Address::Dimm(dimm)) => dimm.base,
                _ => device.target.address,
            };
            let start = start.filter(|start| *start > 0)?;
            Some((start, start.saturating_add(device.target.size.bytes()), device))
        })
        .collect();
    placed.sort_by_key(|(start, ..)| *start);
    for pair in placed.windows(2) {
        if let [(start, end, device), (next, ..)] = pair
            && end > next
        {
            let message =
                format!("memory device at '{start:#x}' up to '{end:#x}' reaches into that at '{next:#x}'");
            out.refuse(&OVERLAP, device.info.pos, message);
        }
    }
}

/// Holds what is only found while the line is built.
pub(crate) fn build(cx: &Context<'_>, out: &mut Findings<'_>) {
    let cells = cx.domain.numa.cells.len();
    for device in &cx.domain.devices.memories {
        if let Some(node) = device.target.node.filter(|node| *node as usize >= cells)
            && !cx.follows(Convention::MemoryDeviceCellRule)
        {
            let message = format!("memory is for the guest NUMA cell '{node}', there are '{cells}'");
            let place = device.info.pos.path("target/node");
            out.refuse_as(Kind::Unsupported, Stage::Build, &CELL, place, message);
        }
        if device.model() != MemoryModel::Nvdimm {
            continue;
        }
        if let Some(align) = device.source.align_size.filter(|align| align.0 > 0)
            && !cx.has(Cap::ObjectMemoryFileAlign)
        {
            let message = format!("this QEMU cannot align a mapping, here to 'alignsize' '{}' KiB", align.0);
            out.refuse(&NVDIMM_ALIGN, device.info.pos, message);
        }
        if device.source.pmem && !cx.has(Cap::ObjectMemoryFilePmem) {
            let message = "this QEMU cannot be told that a file is on persistent memory ('pmem')";
            out.refuse(&NVDIMM_PMEM, device.info.pos, message);
        }
    }
}
