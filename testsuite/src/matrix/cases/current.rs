//! What devices gained after libvirt 11.3.

use virtargv::{Cap, Release};

use super::{ARM, RISCV, S390};
use crate::matrix::{Case, HostKind, Qemu, modern};

/// A QEMU for x86_64 with the devices of version 11.1.
const X86: Qemu = Qemu::BuiltinWith(
    "qemu-10.0-x86_64",
    &[
        Cap::DeviceUsbBot,
        Cap::DeviceNvme,
        Cap::DeviceNvmeNs,
        Cap::DiskTimedStats,
        Cap::ScsiBlockMigratePr,
        Cap::AmdIommu,
        Cap::AmdIommuPciId,
        Cap::AmdIommuXtsup,
        Cap::VirtioIommuAwBits,
        Cap::Iommufd,
        Cap::IothreadPollWeight,
        Cap::VirtioVgaGl,
        Cap::VirtioGpuGlPci,
    ],
);

/// The same without 3D acceleration, and with a floppy bus.
const PLAIN: Qemu = Qemu::BuiltinWith("qemu-10.0-x86_64", &[Cap::DeviceUsbBot, Cap::BusFloppy]);

/// A QEMU for Arm with SMMUv3 devices.
const SMMUV3: Qemu = Qemu::BuiltinWith(
    "qemu-10.0-aarch64",
    &[Cap::DeviceArmSmmuv3, Cap::ArmSmmuv3PerBus, Cap::ArmSmmuv3Accel, Cap::ArmSmmuv3Cmdqv],
);

/// A row under libvirt 12.9.
const fn current(name: &'static str) -> Case {
    Case { release: Release::V12_9, ..modern(name).on(X86) }
}

pub(super) const CASES: &[Case] = &[
    current("controller-scsi-left-open").define(),
    modern("controller-scsi-left-open").define(),
    current("disk-usb-adapter").define(),
    current("disk-usb-model-misplaced").refused(),
    current("disk-tray-closed").refused(),
    current("disk-nvme-namespaces"),
    current("disk-nvme-namespaces").on(PLAIN).variant("lacking").refused(),
    modern("disk-nvme-namespaces").refused(),
    current("disk-nvme-serials").refused(),
    current("disk-statistics"),
    current("disk-statistics-bad-words").refused(),
    current("disk-late-problems").refused(),
    current("disk-of-bhyve").fails(),
    current("iommu-several"),
    modern("iommu-several").refused(),
    current("iommu-of-each-bus").on(SMMUV3),
    current("iommu-of-each-bus").on(ARM).variant("lacking").refused(),
    current("iommu-bad-driver").refused(),
    current("iommu-not-accelerated").on(SMMUV3).refused(),
    current("iommu-of-no-bus").on(SMMUV3).fails(),
    current("iommu-amd-vcpus").define(),
    current("hostdev-iommufd"),
    current("hostdev-iommufd").standalone(),
    modern("hostdev-iommufd"),
    current("hostdev-bad-sources").refused(),
    current("video-problems").refused(),
    current("graphics-two-listens").refused(),
    current("hostdev-iommufd-group").fails(),
    current("hostdev-iommufd-group").native(),
    current("iommufd-problems").refused(),
    current("iommufd-problems").on(PLAIN).variant("lacking").refused(),
    current("hostdev-usb-port").host(HostKind::Devices),
    current("hostdev-usb-port").native(),
    modern("hostdev-usb-port").refused(),
    current("hostdev-usb-places").refused(),
    current("net-passt-names").standalone(),
    current("net-passt-bad-routes").refused(),
    current("video-devices"),
    current("video-devices").on(PLAIN).variant("plain"),
    current("video-device-problems").refused(),
    current("device-late-options"),
    modern("device-late-options"),
    current("device-late-options").on(PLAIN).variant("lacking").refused(),
    current("device-late-problems").refused(),
    current("controller-usb-of-s390").on(S390).refused(),
    current("controller-usb-left-open").on(S390),
    current("board-riscv").on(RISCV),
    modern("board-riscv").on(RISCV),
    current("board-versatile").on(ARM),
    modern("board-versatile").on(ARM),
    current("board-realview").on(ARM),
    current("board-without-pci").on(ARM).refused(),
];
