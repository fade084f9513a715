//! Defaults of `<memory>`, `<memoryBacking>`.

use virtargv_model::{Domain, Kib};

use crate::Work;

/// Fills in `<memory>` and `<currentMemory>`. Without `<memory>`, and in new definitions, the size is the sum of the
/// NUMA cells.
pub(crate) fn apply(work: &mut Work<'_>) {
    let domain = &mut work.domain;
    if work.guest.arch.is_ppc64() && work.options.abi_update {
        domain.devices.memories.iter_mut().for_each(super::memory_device::align);
    }
    let cells = domain.numa.memory();
    let written = domain.memory.size.unwrap_or_default();
    if cells > Kib(0) && (work.options.abi_update || written == Kib(0)) {
        domain.memory.size = Some(Kib(cells.0.saturating_add(devices(domain).0)));
    }
    if domain.numa.cells.is_empty() {
        whole_guest_pages(domain);
    }
    let memory = &mut domain.memory;
    let total = memory.size.unwrap_or_default();
    if total > Kib(0) {
        memory.current = Some(memory.current.filter(|c| *c > Kib(0) && *c <= total).unwrap_or(total));
    }
}

/// Applies huge pages for cell 0 to the whole guest, where the guest has no NUMA cells.
fn whole_guest_pages(domain: &mut Domain) {
    for page in domain.memory.backing.hugepages.iter_mut().flatten() {
        page.nodeset = page.nodeset.take().filter(|nodes| nodes.last() != Some(0));
    }
}

/// The sum of the sizes of the memory devices.
fn devices(domain: &Domain) -> Kib {
    Kib(domain.devices.memories.iter().fold(0, |sum, device| sum.saturating_add(device.target.size.0)))
}
