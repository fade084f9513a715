//! Defaults of `<cpu><numa>`.

use std::collections::BTreeMap;

use virtargv_caps::{Cap, Convention};
use virtargv_model::device::memory_device::MemoryModel;
use virtargv_model::numa::{Cell, Distance, LOCAL_DISTANCE};
use virtargv_model::{Kib, NumberSet, Pos};

use crate::Work;

/// Fills in `<cpu><numa>`.
pub(crate) fn apply(work: &mut Work<'_>) {
    let cells = &mut work.domain.numa.cells;
    for (place, cell) in cells.iter_mut().enumerate() {
        cell.id = Some(cell.id_or(place));
    }
    cells.sort_by_key(|cell| cell.id);
    mirror_distances(cells);
    if work.caps.has(Cap::Numa) {
        place_all_vcpus(cells, work.domain.vcpus.max());
    }
}

/// Adds a cell with the memory that the guest starts with, where memory can be added later.
pub(super) fn add_cell(work: &mut Work<'_>) {
    let domain = &mut work.domain;
    let can_grow = domain.memory.max.is_some_and(|max| max.size > Kib(0));
    if !work.options.abi_update
        || !can_grow
        || !domain.numa.cells.is_empty()
        || !work.release.has(Convention::NumaCellForHotplug)
    {
        return;
    }
    let devices = &mut domain.devices.memories;
    let plugged = devices.iter().fold(0, |sum: u64, device| sum.saturating_add(device.target.size.0));
    // A rule refuses memory devices that are larger than the guest.
    let Some(initial) = domain.memory.size.unwrap_or_default().0.checked_sub(plugged) else { return };
    domain.numa.cells.push(Cell { id: Some(0), memory: Kib(initial), ..Cell::default() });
    for device in devices.iter_mut().filter(|device| device.model() != MemoryModel::VirtioPmem) {
        device.target.node.get_or_insert(0);
    }
}

/// Adds the vCPUs that are in no cell to the first cell.
fn place_all_vcpus(cells: &mut [Cell], max: u32) {
    let Some((first, others)) = cells.split_first_mut() else { return };
    let elsewhere = others.iter().filter_map(|cell| cell.cpus.as_ref());
    let placed = elsewhere.clone().map(NumberSet::len).sum::<u64>();
    if placed.saturating_add(first.cpus.as_ref().map_or(0, NumberSet::len)) >= u64::from(max) {
        return;
    }
    let mut rest = NumberSet::new();
    rest.insert(0, max.saturating_sub(1));
    for set in elsewhere {
        rest.subtract(set);
    }
    first.cpus = Some(rest).filter(|rest| !rest.is_empty());
}

/// Fills in the distances in the other direction, and the distance of a cell to itself.
fn mirror_distances(cells: &mut [Cell]) {
    let mut tables: BTreeMap<u32, BTreeMap<u32, Distance>> = BTreeMap::new();
    for cell in cells.iter() {
        let Some(from) = cell.id else { continue };
        for distance in &cell.distances {
            tables.entry(from).or_default().insert(distance.id, *distance);
            let back = Distance { pos: Pos::NONE, id: from, value: distance.value };
            tables.entry(distance.id).or_default().entry(from).or_insert(back);
        }
    }
    for cell in cells {
        let Some(id) = cell.id else { continue };
        let Some(mut table) = tables.remove(&id) else { continue };
        table.entry(id).or_insert(Distance { pos: Pos::NONE, id, value: LOCAL_DISTANCE });
        cell.distances = table.into_values().collect();
    }
}
