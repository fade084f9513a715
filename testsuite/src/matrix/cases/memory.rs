//! Memory and NUMA cells.

use crate::matrix::{Case, classic, modern};

pub(super) const CASES: &[Case] = &[
    modern("memory-dimms").live(),
    classic("memory-dimms").live(),
    modern("memory-nvdimm").live(),
    classic("memory-nvdimm").live(),
    modern("memory-virtio").live(),
    modern("memory-backing").live(),
    classic("memory-backing").live(),
    modern("memory-file").live(),
    modern("memory-file").standalone(),
    modern("memory-huge-pages"),
    classic("memory-huge-pages"),
    modern("memory-no-such-page").fails(),
    modern("memory-problems").refused(),
    modern("memory-out-of-range").refused(),
    modern("numa-cells").live(),
    classic("numa-cells").live(),
    modern("numa-hmat").live(),
];
