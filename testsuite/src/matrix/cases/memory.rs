//! Memory and NUMA cells.

use virtargv::{Arch, Cap};

use super::{NOTHING, PPC};
use crate::matrix::{Case, HostKind, Qemu, classic, modern};

/// A QEMU with SGX, whose capabilities do not have the NUMA nodes of the EPC.
const SGX: Qemu = Qemu::BuiltinWith("qemu-10.0-x86_64", &[Cap::SgxEpc]);

/// A QEMU that has `memory-backend-ram` only.
const RAM: Qemu = Qemu::Flags(Arch::X86_64, &[Cap::ObjectMemoryRam]);

/// A QEMU whose `memory-backend-file` has no options.
const FILES: Qemu = Qemu::Flags(Arch::X86_64, &[Cap::ObjectMemoryRam, Cap::ObjectMemoryFile]);

/// A QEMU with NVDIMMs, whose `memory-backend-file` has no options.
const NVDIMM: Qemu =
    Qemu::Flags(Arch::X86_64, &[Cap::DeviceNvdimm, Cap::ObjectMemoryRam, Cap::ObjectMemoryFile]);

pub(super) const CASES: &[Case] = &[
    modern("memory-with-spaces").refused(),
    classic("memory-with-spaces").refused(),
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
    modern("memory-device-no-such-cell").refused(),
    modern("memory-all-in-devices").refused(),
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
    modern("memory-pmem-private").refused(),
    modern("memory-parts-of-other-models"),
    modern("memory-device-no-size").refused(),
    modern("memory-hotplug-cell").define(),
    modern("memory-nvdimm-overlap"),
    modern("memory-virtio-blocks").refused(),
    modern("memory-enclave-problems").on(SGX).refused(),
    modern("memory-devices-not-offered").on(NOTHING).refused(),
    modern("memory-size-too-large").fails(),
    classic("memory-backend-not-offered").on(RAM).fails(),
    modern("hugepages-not-mounted").host(HostKind::Bare).fails(),
    classic("memory-discard-not-offered").on(FILES).fails(),
    classic("memory-align-not-offered").on(NVDIMM).fails(),
    classic("memory-pmem-not-offered").on(NVDIMM).fails(),
    modern("numa-no-such-node").fails(),
    classic("numa-no-vcpus").on(NOTHING).fails(),
    modern("numa-too-many-distances").fails(),
];
