//! Memory and NUMA cells.

use virtargv::Cap;

use super::{NOTHING, PPC};
use crate::matrix::{Case, Qemu, classic, modern};

/// A QEMU with enclave memory, of which the host does not tell where it is.
const SGX: Qemu = Qemu::BuiltinWith("qemu-10.0-x86_64", &[Cap::SgxEpc]);

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
    modern("memory-none").refused(),
    modern("memory-devices-too-large").refused(),
    classic("memory-no-slots").refused(),
    modern("memory-max-below").refused(),
    modern("hugepages-on-demand").refused(),
    modern("hugepages-anonymous").refused(),
    modern("hugepages-threads-not-offered").on(NOTHING).refused(),
    classic("hugepages-memfd-not-offered").on(NOTHING).refused(),
    classic("hugepages-shared-without-cells").on(NOTHING).refused(),
    classic("hugepages-merged").on(NOTHING).refused(),
    modern("hugepages-bad-cells").refused(),
    modern("numa-bad-caches").refused(),
    modern("numa-not-offered").on(NOTHING).refused(),
    classic("numa-not-offered").on(NOTHING).refused(),
    modern("memory-device-no-max").refused(),
    modern("memory-devices-too-many").refused(),
    modern("memory-dimm-problems").refused(),
    modern("memory-slots-taken").refused(),
    modern("memory-nvdimm-problems").refused(),
    modern("memory-nvdimm-uuid").refused(),
    modern("memory-nvdimm-on-power").on(PPC).refused(),
    modern("memory-pmem-problems").refused(),
    modern("memory-virtio-blocks").refused(),
    modern("memory-enclave-problems").on(SGX).refused(),
    modern("memory-devices-not-offered").on(NOTHING).refused(),
];
