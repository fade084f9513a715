//! `<cpu><numa>`.

use virtargv_model::Domain;
use virtargv_model::numa::Cell;

use super::compared::{At, Out, Row, Value, row};
use super::memory::kib;

virtargv_model::rules! {
    /// The guest keeps the number of its NUMA cells.
    COUNT = "abi-numa-count": Unsupported, Validate,
        "`<numa><cell>`: `-numa node`, of which ACPI tells the guest",
        help "give the target the cells of the source";
    /// A NUMA cell keeps its memory.
    MEMORY = "abi-numa-memory": Unsupported, Validate,
        "`<cell memory=>`: `mem=` of `-numa node`, or the size of its memory backend",
        help "set `memory=` as in the source";
    /// A NUMA cell keeps its vCPUs.
    CPUS = "abi-numa-cpus": Unsupported, Validate,
        "`<cell cpus=>`: `cpus=` of `-numa node`",
        help "set `cpus=` as in the source";
    /// NUMA cells keep their distances.
    DISTANCE = "abi-numa-distance": Unsupported, Validate,
        "`<cell><distances><sibling value=>`: `-numa dist`",
        help "set the distances as in the source; without `<distances>` they are 10 and 20";
}

const ROWS: &[Row<Cell>] = &[
    row(&MEMORY, "@memory", |cell| kib(Some(cell.memory))),
    row(&CPUS, "@cpus", |cell| Value::text(cell.cpus.as_ref())),
];

/// Compares the NUMA cells.
pub(super) fn compare(source: &Domain, target: &Domain, out: &mut Out) {
    let (source, target) = (&source.numa, &target.numa);
    let whole = At::of("numa", source.pos, target.pos);
    if !out.counts(&COUNT, &whole, "<cell>", source.cells.len(), target.cells.len()) {
        return;
    }
    for (index, (before, after)) in source.cells.iter().zip(&target.cells).enumerate() {
        let id = after.id_or(index);
        let at =
            At { element: "cell", name: Some(format!("cell {id}")), source: before.pos, target: after.pos };
        out.rows(&at, ROWS, before, after);
        for (other, cell) in target.cells.iter().enumerate() {
            let to = cell.id_or(other);
            let (was, is) = (before.distance_to(id, to), after.distance_to(id, to));
            if was != is {
                let what = format!("<cell><distances><sibling id='{to}'>");
                out.differs(&DISTANCE, &at, "distances", &what, Some(was.to_string()), Some(is.to_string()));
            }
        }
    }
}
