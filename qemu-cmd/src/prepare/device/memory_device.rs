//! `<memory>` devices: the memory backend and the driver of each.

use virtargv_model::Problem;
use virtargv_model::device::memory_device::{MemoryDevice, MemoryModel};

use super::Device;
use crate::prepare::address::BusAddress;
use crate::prepare::context::Prepare;
use crate::prepare::memory::backend::{self, Backend, Wanted};

/// A prepared memory device.
#[derive(Debug)]
pub(crate) struct Facts {
    /// Its memory backend.
    pub backend: Backend,
    /// What it is in QEMU.
    pub kind: Kind,
}

/// What a memory device is in QEMU.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// A device.
    Device {
        /// Its driver.
        driver: &'static str,
        /// Whether its memory is preallocated.
        preallocated: bool,
    },
    /// A section of the enclave page cache (SGX EPC), which is a property of the machine.
    Epc {
        /// The guest NUMA node that it belongs to.
        node: u32,
    },
}

/// Prepares a `<memory>` device.
pub(crate) fn prepare(cx: &mut Prepare<'_>, memory: Device<'_, MemoryDevice>) -> Result<Facts, Problem> {
    let wanted = Wanted::device(&memory, memory.alias);
    let preallocated = backend::is_preallocated(cx, &wanted)?;
    let device = |driver| Kind::Device { driver, preallocated };
    let kind = match memory.model() {
        MemoryModel::Dimm => device("pc-dimm"),
        MemoryModel::Nvdimm => device("nvdimm"),
        MemoryModel::VirtioPmem => device("virtio-pmem-pci"),
        MemoryModel::VirtioMem if matches!(memory.address, BusAddress::Ccw(_)) => device("virtio-mem-ccw"),
        MemoryModel::VirtioMem => device("virtio-mem-pci"),
        // A guest without NUMA cells has node 0.
        MemoryModel::SgxEpc => Kind::Epc { node: memory.target.node.unwrap_or(0) },
    };
    Ok(Facts { backend: backend::prepare(cx, &wanted)?, kind })
}
