//! Rules on `<memory>` devices.

use virtargv_caps::{Cap, Convention};
use virtargv_model::device::memory_device::{MemoryDevice, MemoryModel};
use virtargv_model::info::Address;
use virtargv_model::memory::MemoryAccess;
use virtargv_model::{Kib, YesNo};
use virtargv_resolve::rules::MEMORY_DEVICE_SLOT_RANGE;

use super::virtio;
use crate::{Context, Findings};

virtargv_model::rules! {
    /// An NVDIMM of a pseries guest has at least 256 MiB besides its label.
    PSERIES_NVDIMM = "memory-device-pseries-nvdimm": Xml, Complete,
        "`<memory model='nvdimm'><target><size>`: PAPR counts memory in blocks of 256 MiB",
        help "raise `<size>`";
    /// A memory device and its options need a QEMU that has them.
    MODEL = "memory-device-unsupported": Unsupported, Validate,
        "`<memory model=>`: `pc-dimm`, `nvdimm`, `virtio-pmem-pci`, `virtio-mem-pci` and `sgx-epc`; `unarmed=` of `nvdimm`, `dynamic-memslots=` of `virtio-mem-pci`",
        help "use another model, remove the option, or use a QEMU that has it";
    /// A guest with memory devices has a maximum memory size.
    NO_MAX = "memory-device-no-max": Unsupported, Validate,
        "`<maxMemory>`: `maxmem=` of `-m` reserves the address space that memory devices use",
        help "add `<maxMemory slots=>` with at least the size of `<memory>`";
    /// A guest with memory devices has NUMA cells, except pseries.
    NO_CELLS = "memory-device-no-cells": Unsupported, Validate,
        "`<cpu><numa>`: memory devices belong to a guest NUMA cell, and QEMU would create one",
        help "add `<numa><cell id='0' cpus=... memory=...></numa>` to `<cpu>`";
    /// There is a memory slot for every memory device that takes one.
    SLOTS = "memory-device-slots": Unsupported, Validate,
        "`<maxMemory slots=>`: `slots=` of `-m`",
        help "raise `slots=`";
    /// A DIMM or NVDIMM has an address of type `dimm`.
    ADDRESS = "memory-device-address": Unsupported, Validate,
        "`<memory><address type=>`: `slot=` and `addr=` of `pc-dimm` and `nvdimm`",
        help "use `type='dimm'`, or remove the `<address>`";
    /// A DIMM or NVDIMM of a guest with NUMA cells has a node.
    NODE = "memory-device-node-missing": Unsupported, Validate,
        "`<memory><target><node>`: `node=` of `pc-dimm` and `nvdimm`",
        help "add `<node>` with the id of a cell to `<target>`";
    /// The node of a memory device is a guest NUMA cell.
    CELL = "memory-device-cell": Plain (Unsupported before "9.0"), Validate (Build before "9.0"),
        "`<memory><target><node>`: an id of `<numa><cell>`",
        help "change `<node>`, or add the cell to `<numa>`";
    /// A persistent memory device has a path.
    PATH = "memory-device-path": Plain, Validate,
        "`<memory model='nvdimm'><source><path>`: the file that `memory-backend-file` maps",
        help "add `<source><path>` with a file";
    /// The content of a persistent memory device is not discarded.
    DISCARD = "memory-device-discard": Unsupported, Validate,
        "`<memory model='nvdimm' discard='yes'>`: `discard-data=on` of `memory-backend-file` would lose the content",
        help "remove `discard=`";
    /// An NVDIMM of a pseries guest has a label.
    LABEL = "memory-device-label": Unsupported, Validate,
        "`<memory model='nvdimm'><target><label>`: `label-size=` of `nvdimm`, which pseries needs",
        help "add `<label><size unit='KiB'>128</size></label>` to `<target>`";
    /// The label of a persistent memory device has at least 128 KiB and less than its size.
    LABEL_SIZE = "memory-device-label-size": Xml, Complete,
        "`<memory><target><label><size>`: the label storage area of an NVDIMM, by the UEFI specification",
        help "set `<size>` of `<label>` to 128 KiB or more, and below the size of the device";
    /// Only an NVDIMM of a pseries guest has a UUID.
    UUID = "memory-device-uuid-arch": Unsupported, Validate,
        "`<memory model='nvdimm'><uuid>`: `uuid=` of `nvdimm` on pseries",
        help "remove `<uuid>`";
    /// A memory device of model `sgx-epc` has no address.
    SGX_ADDRESS = "memory-device-sgx-address": Unsupported, Validate,
        "`<memory model='sgx-epc'><address>`: `-machine sgx-epc.N.memdev=` is no device on a bus",
        help "remove the `<address>`";
    /// The base of a virtio-pmem device is a multiple of the host's page size.
    PMEM_ALIGN = "memory-device-pmem-address": Unsupported, Validate,
        "`<memory model='virtio-pmem'><target><address base=>`: `memaddr=` of `virtio-pmem-pci`",
        help "align `base=`, or remove the `<address>`";
    /// A virtio-pmem device has shared access.
    PMEM_SHARED = "memory-device-pmem-shared": Unsupported, Validate,
        "`<memory model='virtio-pmem' access=>`: `share=on` of `memory-backend-file`, so that what the guest writes reaches the file",
        help "set `access='shared'`";
    /// A virtio-pmem device has no node.
    PMEM_NODE = "memory-device-pmem-node": Unsupported, Validate,
        "`<memory model='virtio-pmem'><target><node>`: `virtio-pmem-pci` has no property `node`",
        help "remove `<node>`";
    /// The block of a virtio-mem device is a power of two of at least 2 MiB, and divides base and requested size.
    BLOCK = "memory-device-block": Plain, Validate,
        "`<memory model='virtio-mem'><target><block>`: `block-size=` of `virtio-mem-pci`, at least a transparent huge page",
        help "use a `<block>` such as 2 MiB, and multiples of it for `<requested>` and `base=`, with `<requested>` at most `<size>`";
    /// The host has as much SGX memory on the node as the device takes.
    SGX = "memory-device-sgx": Unsupported, Validate,
        "`<memory model='sgx-epc'><target><size>`: the sections that `query-sgx-capabilities` reports",
        help "lower `<size>`, or change `<nodemask>`";
    /// The addresses of memory devices do not overlap.
    OVERLAP = "memory-device-overlap": Unsupported, Validate,
        "`<memory><target><address base=>` and `<address type='dimm' base=>`: `memaddr=` and `addr=` of QEMU's devices",
        help "change one of the `base=`, or remove it";
    /// The alignment of an NVDIMM needs a QEMU that has it.
    NVDIMM_ALIGN = "nvdimm-align": Unsupported, Build,
        "`<memory model='nvdimm'><source><alignsize>`: `align=` of `memory-backend-file`",
        help "remove `<alignsize>`, or use a QEMU that has it";
    /// Persistent memory as backing of an NVDIMM needs a QEMU that has it.
    NVDIMM_PMEM = "nvdimm-pmem": Unsupported, Build,
        "`<memory model='nvdimm'><source><pmem/>`: `pmem=` of `memory-backend-file`",
        help "remove `<pmem/>`, or use a QEMU that has it";
}

/// Checks the memory devices against the rules above.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    let devices = &cx.domain.devices.memories;
    for device in devices {
        let place = device.info.pos.path("driver");
        if matches!(device.model(), MemoryModel::VirtioMem | MemoryModel::VirtioPmem) {
            virtio::available(cx, device.virtio, &place, out);
        } else {
            virtio::absent(device.virtio, &place, out);
        }
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
    overlaps(cx, devices, out);
}

/// Slots and address space for the memory devices. SGX memory takes neither.
pub(crate) fn hotplug(cx: &Context<'_>, out: &mut Findings<'_>) {
    let domain = cx.domain;
    let plugged: Vec<&MemoryDevice> =
        domain.devices.memories.iter().filter(|device| device.model() != MemoryModel::SgxEpc).collect();
    let Some(max) = domain.memory.max.filter(|max| max.size.0 > 0 || max.slots > 0) else {
        if let Some(device) = plugged.first() {
            let message = format!("memory device `{}` needs a `<maxMemory>`", device.model());
            out.refuse(&NO_MAX, device.info.pos, message);
        }
        return;
    };
    if domain.numa.cells.is_empty() && !cx.guest.arch.is_ppc64() {
        let message = "memory devices (`<maxMemory>`) need at least one guest NUMA cell";
        out.refuse(&NO_CELLS, max.pos, message);
        return;
    }
    let modules = if cx.release.has(Convention::MaxMemoryNeedsSlots) {
        plugged.len()
    } else {
        plugged.iter().filter(|device| device.takes_slot()).count()
    };
    // Without any slots, only the first device with a `slot=` is reported.
    let is_reported = max.slots == 0 && out.has_any(&MEMORY_DEVICE_SLOT_RANGE);
    if modules > max.slots as usize && !is_reported {
        let message = format!("there are `{modules}` memory devices, but `{}` slots", max.slots);
        out.refuse(&SLOTS, max.pos.attr("slots"), message);
    }
    for device in plugged.iter().filter(|device| device.takes_slot()) {
        if !matches!(device.info.address, None | Some(Address::Dimm(_))) {
            let message = format!("memory device `{}` needs an address of type `dimm`", device.model());
            out.refuse(&ADDRESS, device.info.pos.path("address/@type"), message);
        }
        if !domain.numa.cells.is_empty() && device.target.node.is_none() {
            let message = format!("memory device `{}` has no `<node>`", device.model());
            let target = device.target.pos;
            let is_there = target.offset().is_some();
            let place = if is_there { target.path("node") } else { device.info.pos.path("target/node") };
            out.refuse(&NODE, place, message);
        }
    }
}

/// What this QEMU must support.
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
        let message = format!("memory device model `{model}` is not supported by this QEMU");
        out.refuse(&MODEL, device.info.pos.attr("model"), message);
    } else if device.target.readonly && model == MemoryModel::Nvdimm && !cx.has(Cap::DeviceNvdimmUnarmed) {
        let message = "`readonly` of memory device model `nvdimm` is not supported by this QEMU";
        out.refuse(&MODEL, device.target.pos.path("readonly"), message);
    } else if device.target.dynamic_memslots.is_some() && !cx.has(Cap::DeviceVirtioMemPciDynamicMemslots) {
        let message =
            format!("`dynamicMemslots` of memory device model `{model}` is not supported by this QEMU");
        out.refuse(&MODEL, device.target.pos.attr("dynamicMemslots"), message);
    }
}

/// The node of a memory device exists.
fn cell(cx: &Context<'_>, device: &MemoryDevice, out: &mut Findings<'_>) {
    let cells = cx.domain.numa.cells.len();
    let Some(node) = device.target.node.filter(|node| *node as usize >= cells) else { return };
    let message = format!("a memory device is for guest NUMA cell `{node}`, but there are `{cells}` cells");
    out.refuse(&CELL, device.target.pos.path("node"), message);
}

/// Persistent memory: NVDIMM and virtio-pmem.
fn content(cx: &Context<'_>, device: &MemoryDevice, out: &mut Findings<'_>) {
    let model = device.model();
    if !matches!(model, MemoryModel::Nvdimm | MemoryModel::VirtioPmem) {
        return;
    }
    if device.source.path.is_none() {
        let message = format!("a memory device of model `{model}` lacks the `path` of its source");
        out.refuse(&PATH, device.info.pos.path("source"), message);
    }
    if device.discard == Some(YesNo::Yes) {
        let message = format!("`discard` is not supported for a memory device of model `{model}`");
        out.refuse(&DISCARD, device.info.pos.attr("discard"), message);
    }
    if let Some(label) = device.target.label_size.filter(|label| label.0 > 0)
        && (label.0 < 128 || label >= device.target.size)
    {
        let message = format!(
            "the `label` of a memory device has `{}` KiB, it must have at least `128` and less than the size `{}`",
            label.0, device.target.size.0
        );
        out.refuse(&LABEL_SIZE, device.target.pos.path("label/size"), message);
    }
    if model == MemoryModel::Nvdimm && cx.guest.arch.is_ppc64() {
        let label = device.target.label_size.unwrap_or_default();
        if label.0 == 0 {
            let message = "a memory device of model `nvdimm` needs a `label` in a pseries guest";
            out.refuse(&LABEL, device.target.pos, message);
        }
        let least = virtargv_resolve::PSERIES_MEMORY_STEP.0.saturating_add(label.0);
        if device.target.size.0 < least {
            let message = format!(
                "a memory device of model `nvdimm` has `{}` KiB, a pseries guest needs at least `{least}` KiB",
                device.target.size.0
            );
            out.refuse(&PSERIES_NVDIMM, device.target.pos.path("size"), message);
        }
    }
    if let Some(uuid) = device.uuid.filter(|_| !cx.guest.arch.is_ppc64()) {
        let message = format!(
            "`uuid` (`{uuid}`) is not supported for a memory device of model `{model}` of this guest"
        );
        out.refuse(&UUID, device.info.pos.path("uuid"), message);
    }
    if model == MemoryModel::VirtioPmem {
        if let (Ok(page), Some(base)) = (cx.host.machine().page_size(), device.target.address)
            && base.checked_rem(page).is_some_and(|rest| rest != 0)
        {
            let message =
                format!("`base` of `address` is `{base:#x}`, it must be a multiple of `{page}` bytes");
            out.refuse(&PMEM_ALIGN, device.target.pos.path("address/@base"), message);
        }
        if device.access == Some(MemoryAccess::Private) {
            let message = "a memory device of model `virtio-pmem` needs `shared` access";
            out.refuse(&PMEM_SHARED, device.info.pos.attr("access"), message);
        }
        if let Some(node) = device.target.node {
            let message =
                format!("`node` (`{node}`) is not supported for a memory device of model `virtio-pmem`");
            out.refuse(&PMEM_NODE, device.target.pos.path("node"), message);
        }
    }
}

/// virtio-mem plugs and unplugs memory in blocks.
fn blocks(device: &MemoryDevice, out: &mut Findings<'_>) {
    let target = &device.target;
    let block = target.block.unwrap_or_default().0;
    let requested = target.requested.unwrap_or_default().0;
    if out.unread().covers(&target.pos.path("size")) {
        return;
    }
    let mut wrong = |path, message: String| out.refuse(&BLOCK, target.pos.path(path), message);
    if requested > target.size.0 {
        wrong(
            "requested",
            format!("`requested` is `{requested}` KiB, it must be at most the size `{}` KiB", target.size.0),
        );
    } else if !block.is_power_of_two() {
        wrong("block", format!("`block` is `{block}` KiB, it must be a power of two"));
    } else if block < 2048 {
        wrong("block", format!("`block` is `{block}` KiB, it must be at least `2048` KiB"));
    } else if !requested.is_multiple_of(block) {
        wrong(
            "requested",
            format!("`requested` is `{requested}` KiB, it must be a multiple of `block` `{block}` KiB"),
        );
    } else if target
        .address
        .is_some_and(|base| base.checked_rem(block.saturating_mul(1024)).unwrap_or(0) != 0)
    {
        wrong("address", format!("`base` of `address` must be a multiple of `block` `{block}` KiB"));
    }
}

/// SGX: the host has as much enclave memory on each node.
fn enclave(cx: &Context<'_>, device: &MemoryDevice, out: &mut Findings<'_>) {
    if device.info.address.is_some() {
        let message =
            format!("an address is not supported for a memory device of model `{}`", device.model());
        out.refuse(&SGX_ADDRESS, device.info.pos.path("address"), message);
    }
    if !cx.has(Cap::SgxEpc) {
        return;
    }
    let place = device.target.pos.path("size");
    let sections = cx.caps.sgx().map(|sgx| sgx.sections.as_slice()).unwrap_or_default();
    if sections.is_empty() {
        let message = "the capabilities do not tell on which NUMA nodes the host has `sgx-epc` memory";
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
                format!("the host's NUMA node `{node}` has `{there}` KiB of `sgx-epc` memory, not `{size}`");
            out.refuse(&SGX, place, message);
            return;
        }
    }
}

/// Memory devices with an address do not overlap.
fn overlaps(cx: &Context<'_>, devices: &[MemoryDevice], out: &mut Findings<'_>) {
    let mut placed: Vec<(u64, u64, &MemoryDevice)> = devices
        .iter()
        .filter_map(|device| {
            let start = match device.info.address {
                Some(Address::Dimm(dimm)) => dimm.base,
                _ => device.target.address,
            };
            let start = start.filter(|start| *start > 0)?;
            Some((start, start.saturating_add(mapped(cx, device)), device))
        })
        .collect();
    placed.sort_by_key(|(start, ..)| *start);
    for pair in placed.windows(2) {
        if let [(start, end, device), (next, ..)] = pair
            && end > next
        {
            let message =
                format!("the memory device from `{start:#x}` to `{end:#x}` overlaps the one at `{next:#x}`");
            out.refuse(&OVERLAP, device.info.pos, message);
        }
    }
}

/// The bytes of guest-physical memory that a device takes. Of an NVDIMM, its label is not mapped, and what remains is a
/// multiple of its alignment.
fn mapped(cx: &Context<'_>, device: &MemoryDevice) -> u64 {
    let size = device.target.size.bytes();
    if device.model() != MemoryModel::Nvdimm {
        return size;
    }
    let page = || cx.host.machine().page_size().ok();
    let align = device.source.align_size.map(Kib::bytes).filter(|align| *align > 0).or_else(page);
    let area = size.saturating_sub(device.target.label_size.unwrap_or_default().bytes());
    align.and_then(|align| area.checked_rem(align)).map_or(area, |rest| area - rest)
}

/// Checks what libvirt finds only when it builds the command line.
pub(crate) fn build(cx: &Context<'_>, out: &mut Findings<'_>) {
    for device in &cx.domain.devices.memories {
        if device.model() != MemoryModel::Nvdimm {
            continue;
        }
        if let Some(align) = device.source.align_size.filter(|align| align.0 > 0)
            && !cx.has(Cap::ObjectMemoryFileAlign)
        {
            let message =
                format!("`alignsize` (`{}` KiB) of an NVDIMM is not supported by this QEMU", align.0);
            out.refuse(&NVDIMM_ALIGN, device.info.pos, message);
        }
        if device.source.pmem && !cx.has(Cap::ObjectMemoryFilePmem) {
            let message = "`pmem` of an NVDIMM is not supported by this QEMU";
            out.refuse(&NVDIMM_PMEM, device.info.pos, message);
        }
    }
}
