//! `<cpu><numa>`: the guest's NUMA cells.

pub(crate) mod hmat;

pub use hmat::{AccessType, CacheAssociativity, CachePolicy, Interconnect, InterconnectKind, NumaCache};

use crate::memory::MemoryAccess;
use crate::read::{self, El, Element, Reader, UNSUPPORTED_BEFORE_9_0};
use crate::write::Writer;
use crate::{Class, Kib, Message, NumberSet, Pos, YesNo};

crate::rules! {
    /// A `<numa>` has at least one `<cell>`.
    NUMA_NO_CELLS = "numa-no-cells": Xml, Read, "`<cpu><numa>` describes the guest's NUMA topology",
        help "add a `<cell>` with `cpus=` and `memory=`, or remove `<numa>`";
    /// The guest NUMA cells together have no more vCPUs than the domain.
    NUMA_VCPU_COUNT = "numa-vcpu-count": Internal, Read, "`<cell cpus=>` distributes the vCPUs that `<vcpu>` counts",
        help "raise `<vcpu>`, or take vCPUs out of `cpus=`";
    /// A guest NUMA cell has only vCPUs of the domain.
    NUMA_VCPU_ID = "numa-vcpu-id": Internal, Read,
        "`<cell cpus=>` names vCPUs from 0 to the maximum in `<vcpu>` less 1",
        help "raise `<vcpu>`, or take the vCPU out of `cpus=`";
    /// The ids of guest NUMA cells count from 0 without gaps.
    NUMA_CELL_ID_RANGE = "numa-cell-id-range": Xml, Read,
        "`<cell id=>`: QEMU numbers NUMA nodes from 0 (`-numa node,nodeid=`)",
        help "number the cells from 0, or leave `id=` out of all of them";
    /// No two guest NUMA cells have the same id.
    NUMA_CELL_ID_TWICE = "numa-cell-id-twice": Xml, Read,
        "`<cell id=>` identifies the cell in `<distances>`, `<memnode>` and `<node>`",
        help "give each `<cell>` an id of its own";
    /// A vCPU is in one guest NUMA cell at most.
    NUMA_CELLS_OVERLAP = "numa-cells-overlap": Unsupported, Read,
        "`<cell cpus=>`: QEMU refuses a CPU in two NUMA nodes",
        help "remove the vCPU from `cpus=` of one of the cells";
    /// A `<sibling>` names an existing guest NUMA cell.
    NUMA_DISTANCE_SIBLING = "numa-distance-sibling": Xml, Read,
        "`<distances><sibling id=>`: the cell to which the distance is given",
        help "use the `id` of a `<cell>`";
    /// The distance of a NUMA cell to itself is 10, and to another cell 11 to 255.
    NUMA_DISTANCE_VALUE = "numa-distance-value": Xml, Read, "ACPI SLIT: 10 is the local distance, 255 is unreachable",
        help "use `value='10'` for the cell itself and 11 to 255 for other cells";
    /// A `<distances>` has at least one `<sibling>`.
    NUMA_NO_SIBLINGS = "numa-no-siblings": Xml, Read, "`<cell><distances>` lists the distances to other cells",
        help "add a `<sibling>` with `id=` and `value=`, or remove `<distances>`";
}

/// The distance of a cell to itself, as the ACPI SLIT defines it.
pub const LOCAL_DISTANCE: u32 = 10;
/// The distance between cells where none is given.
pub const REMOTE_DISTANCE: u32 = 20;
/// The distance of a cell that cannot be reached, which is the largest distance.
pub const UNREACHABLE: u32 = 255;

/// `<cpu><numa>`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Numa {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `<cell>`s in document order; in a completed domain, in the order of their ids.
    pub cells: Vec<Cell>,
    /// `<interconnects>`: latency and bandwidth between cells (ACPI HMAT).
    pub interconnects: Vec<Interconnect>,
}

/// `<cell>`: a guest NUMA node.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Cell {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `id=`; without it, the index of the cell in the document.
    pub id: Option<u32>,
    /// `cpus=`: the vCPUs in it.
    pub cpus: Option<NumberSet>,
    /// `memory=` of the cell.
    pub memory: Kib,
    /// `memAccess=`: whether other processes see the guest's writes.
    pub mem_access: Option<MemoryAccess>,
    /// `discard=`: whether the content of the memory is discarded when QEMU ends.
    pub discard: Option<YesNo>,
    /// `<distances>` to other cells.
    pub distances: Vec<Distance>,
    /// `<cache>`: memory-side caches.
    pub caches: Vec<NumaCache>,
}

/// `<distances><sibling>`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Distance {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `id=` of the other cell.
    pub id: u32,
    /// `value=`: 10 for the cell itself, 11 to 254 for others, 255 for unreachable ones.
    pub value: u32,
}

impl Numa {
    pub(crate) fn read(domain: El<'_>, r: &mut Reader) -> Self {
        let Some(el) = domain.child("cpu").and_then(|cpu| cpu.child("numa")) else { return Self::default() };
        let numa = Self {
            pos: el.pos(),
            cells: read::all(el, "cell", r),
            interconnects: el
                .child("interconnects")
                .into_iter()
                .flat_map(El::every_of::<hmat::InterconnectKind>)
                .filter_map(|e| Interconnect::read(e, r))
                .collect(),
        };
        if el.child("cell").is_none() {
            r.refuse(&NUMA_NO_CELLS, el.pos(), "`<numa>` has no `<cell>`");
        }
        numa.check_ids(r);
        numa.check_distances(r);
        numa.check_count(domain, r);
        numa
    }

    /// Checks that the cells have no more vCPUs than the domain.
    fn check_count(&self, domain: El<'_>, r: &mut Reader) {
        let text = domain.child_text("vcpu").unwrap_or_else(|| "1".to_owned());
        // A bad number, and none at all, were reported when it was read.
        let Some(max) = <u32 as read::Value>::parse(&text).ok().filter(|max| *max > 0) else { return };
        let cpus = self.cpus();
        let count: u64 = self.cells.iter().filter_map(|cell| cell.cpus.as_ref()).map(NumberSet::len).sum();
        if count > u64::from(max) {
            let message =
                Message::new(format!("the cells of `<numa>` have `{count}` vCPUs, but `<vcpu>` is `{max}`"));
            let help = format!("set `<vcpu>` to `{count}` or more, or name fewer vCPUs in `cpus=`");
            let message = match domain.child("vcpu") {
                Some(vcpu) => message.with_label(vcpu.pos(), "the number of vCPUs is here"),
                None => message,
            };
            r.refuse(&NUMA_VCPU_COUNT, self.pos, message.with_help(help));
        } else if let Some(last) = cpus.last().filter(|last| *last >= max) {
            let message = format!("a cell of `<numa>` has vCPU `{last}`, but `<vcpu>` is `{max}`");
            r.refuse(&NUMA_VCPU_ID, self.pos, message);
        }
    }

    /// Checks that the ids of the cells count from 0, without gaps and each once.
    fn check_ids(&self, r: &mut Reader) {
        let mut seen = vec![None; self.cells.len()];
        for (index, cell) in self.cells.iter().enumerate() {
            let id = cell.id_or(index);
            match seen.get_mut(id as usize) {
                None => {
                    let message = format!(
                        "a `<cell>` has the id `{id}`, the ids of `{}` guest NUMA cells count from 0 without gaps",
                        self.cells.len()
                    );
                    r.refuse(&NUMA_CELL_ID_RANGE, cell.pos.attr("id"), message);
                }
                Some(Some(first)) => {
                    let message = format!("there is more than one guest NUMA cell with the id `{id}`");
                    let message = Message::new(message).with_first(Pos::attr(*first, "id"));
                    r.refuse(&NUMA_CELL_ID_TWICE, cell.pos.attr("id"), message);
                }
                Some(seen) => *seen = Some(cell.pos),
            }
        }
        self.check_cpus(r);
    }

    /// Checks that no vCPU is in two cells.
    fn check_cpus(&self, r: &mut Reader) {
        let mut owners: Vec<(u32, u32, u32, Pos)> = Vec::new();
        for (index, cell) in self.cells.iter().enumerate() {
            let id = cell.id_or(index);
            owners.extend(cell.cpus.iter().flat_map(NumberSet::runs).map(|(a, b)| (a, b, id, cell.pos)));
        }
        owners.sort_by_key(|owner| (owner.0, owner.2));
        let mut reached: Option<(u32, u32)> = None;
        for (first, last, id, pos) in owners {
            if let Some((end, other)) = reached
                && first <= end
                && id != other
            {
                let message = format!("guest NUMA cells `{id}` and `{other}` both have vCPU `{first}`");
                r.refuse(&NUMA_CELLS_OVERLAP, pos.attr("cpus"), message);
                return;
            }
            if reached.is_none_or(|(end, _)| end < last) {
                reached = Some((last, id));
            }
        }
    }

    /// Checks that distances are to existing cells and in range.
    fn check_distances(&self, r: &mut Reader) {
        for (index, cell) in self.cells.iter().enumerate() {
            let id = cell.id_or(index);
            for to in &cell.distances {
                let Distance { pos, id: sibling, value } = *to;
                if sibling as usize >= self.cells.len() {
                    let message = format!(
                        "`sibling_id {sibling}` in the distances of `cell id {id}` is not the id of a guest NUMA cell"
                    );
                    r.refuse(&NUMA_DISTANCE_SIBLING, pos.attr("id"), message);
                } else if !(LOCAL_DISTANCE..=UNREACHABLE).contains(&value)
                    || (sibling == id) != (value == LOCAL_DISTANCE)
                {
                    let message = format!(
                        "`value {value}` cannot be the distance of `sibling id {sibling}` from `cell id {id}`: \
                         expected 10 for a cell to itself and 11 to 255 for others"
                    );
                    r.refuse(&NUMA_DISTANCE_VALUE, pos.attr("value"), message);
                }
            }
        }
    }

    pub(crate) fn write(&self, w: &mut Writer) {
        w.element("numa").children_or_nothing(|w| {
            read::write_all(&self.cells, w);
            if !self.interconnects.is_empty() {
                w.element("interconnects").children(|w| self.interconnects.iter().for_each(|i| i.write(w)));
            }
        });
    }

    /// The vCPUs that are in some cell.
    pub fn cpus(&self) -> NumberSet {
        let mut all = NumberSet::new();
        for set in self.cells.iter().filter_map(|cell| cell.cpus.as_ref()) {
            all.union(set);
        }
        all
    }

    /// The sum of the memory of all cells.
    pub fn memory(&self) -> Kib {
        Kib(self.cells.iter().fold(0, |sum, cell| sum.saturating_add(cell.memory.0)))
    }
}

impl Cell {
    /// The id of the cell at `index` of the document.
    pub fn id_or(&self, index: usize) -> u32 {
        self.id.unwrap_or(u32::try_from(index).unwrap_or(u32::MAX))
    }

    /// The distance of the cell, whose id is `own`, to the cell `to`: where the document does not say, [`LOCAL_DISTANCE`] to
    /// itself and [`REMOTE_DISTANCE`] to another.
    pub fn distance_to(&self, own: u32, to: u32) -> u32 {
        let given = self.distances.iter().find(|distance| distance.id == to).map(|distance| distance.value);
        given.unwrap_or(if own == to { LOCAL_DISTANCE } else { REMOTE_DISTANCE })
    }
}

impl Element for Cell {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let id = r.attr(el, "id");
        let cpus: Option<NumberSet> = r.attr_as(Class::InvalidArgument, el, "cpus");
        let memory = r.required_kib(el, "memory").unwrap_or_default();
        let mem_access = r.attr_as(UNSUPPORTED_BEFORE_9_0, el, "memAccess");
        let discard = r.attr_as(UNSUPPORTED_BEFORE_9_0, el, "discard");
        let distances = el.child("distances");
        if let Some(empty) = distances.filter(|d| d.child("sibling").is_none()) {
            r.refuse(&NUMA_NO_SIBLINGS, empty.pos(), "`<distances>` holds no `sibling`");
        }
        Some(Self {
            pos: el.pos(),
            id,
            cpus: cpus.filter(|cpus| !cpus.is_empty()),
            memory,
            mem_access,
            discard,
            distances: distances.map(|d| read::all(d, "sibling", r)).unwrap_or_default(),
            caches: read::all(el, "cache", r),
        })
    }

    fn write(&self, w: &mut Writer) {
        w.element("cell")
            .opt("id", self.id)
            .opt("cpus", self.cpus.as_ref())
            .attr("memory", self.memory.0)
            .attr("unit", "KiB")
            .opt("memAccess", self.mem_access)
            .opt("discard", self.discard)
            .children(|w| {
                if !self.distances.is_empty() {
                    w.element("distances").children(|w| read::write_all(&self.distances, w));
                }
                read::write_all(&self.caches, w);
            });
    }
}

impl Element for Distance {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        Some(Self { pos: el.pos(), id: r.required(el, "id")?, value: r.required(el, "value")? })
    }

    fn write(&self, w: &mut Writer) {
        w.element("sibling").attr("id", self.id).attr("value", self.value).empty();
    }
}
