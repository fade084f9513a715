//! Controllers and buses.

use virtargv::{Arch, Cap};

use super::{ARM, NOTHING, OLD_PPC, PPC};
use crate::matrix::{Case, Qemu, X86, classic, modern};

/// A QEMU whose root ports have no `hotplug=`.
const PORT: Qemu =
    Qemu::Flags(Arch::X86_64, &[Cap::DeviceIoh3420, Cap::DeviceDmiToPciBridge, Cap::DevicePciBridge]);

/// A QEMU whose virtio-scsi has one I/O thread.
const ONE_THREAD: Qemu = Qemu::BuiltinWithout("qemu-10.0-x86_64", &[Cap::VirtioScsiIothreadMapping]);

/// A QEMU whose virtio-scsi has no I/O threads.
const THREADLESS: Qemu = Qemu::BuiltinWithout("qemu-7.2-x86_64", &[Cap::VirtioScsiIothread]);

/// A QEMU whose host bridges have no `numa_node=`.
const BRIDGE: Qemu = Qemu::Flags(Arch::Ppc64, &[Cap::DeviceSpaprPciHostBridge]);

pub(super) const CASES: &[Case] = &[
    modern("controller-order"),
    modern("controller-pcie-tree").live(),
    classic("controller-pcie-tree").live(),
    modern("controller-pci-bridges").live(),
    classic("controller-pci-bridges").live(),
    modern("controller-pcie-expander").live(),
    modern("controller-usb-companions").live(),
    modern("controller-usb-first-port").live(),
    modern("controller-scsi-for-hostdev"),
    classic("controller-scsi-for-hostdev").on(X86),
    modern("controller-usb-order").live(),
    modern("arm-realview-usb").on(ARM),
    classic("controller-usb-companions").live(),
    modern("controller-usb-xhci").live(),
    modern("controller-virtio-serial").live(),
    classic("controller-virtio-serial").live(),
    modern("controller-scsi-models").live(),
    modern("controller-collisions").refused(),
    classic("controller-bad-words").refused(),
    modern("controller-bad-words").refused(),
    modern("controller-scsi-threads").refused(),
    modern("controller-same-slot").refused(),
    modern("controller-ppc64-phbs").on(PPC),
    classic("controller-ppc64-phbs").on(OLD_PPC),
    modern("controller-problems").refused(),
    modern("controller-usb-no-master").refused(),
    modern("controller-usb-companion-alone").fails(),
    classic("controller-usb-companion-alone").fails(),
    classic("address-ccw-not-offered").on(Qemu::Flags(Arch::S390x, &[])).fails(),
    modern("controller-scsi-open").on(NOTHING).refused(),
    modern("controller-not-offered").on(NOTHING).refused(),
    classic("controller-thread-not-offered").on(NOTHING).refused(),
    classic("controller-not-offered").on(NOTHING).refused(),
    modern("controller-bad-threads").refused(),
    modern("controller-root-kind").refused(),
    modern("controller-bad-roots").refused(),
    modern("controller-bad-bridges").on(PPC).refused(),
    modern("controller-bad-options").refused(),
    classic("controller-hole-not-offered").on(NOTHING).refused(),
    classic("controller-hotplug-not-offered").on(PORT).refused(),
    classic("controller-bridge-node-not-offered").on(BRIDGE).refused(),
    modern("controller-no-root").refused(),
    modern("controller-pci-on-a-board").on(ARM).refused(),
    modern("controller-pci-name-of-pseries").refused(),
    modern("controller-bridge-as-root").on(ARM).refused(),
    modern("controller-scsi-thread-not-offered").on(ONE_THREAD).refused(),
    classic("controller-scsi-thread-not-offered").on(THREADLESS).refused(),
    modern("controller-index-high").refused(),
    modern("controller-pci-no-model").refused(),
    modern("controller-bridge-below").refused(),
    classic("controller-usb-not-offered").on(NOTHING).fails(),
    modern("controller-usb-ports").fails(),
    classic("controller-usb-legacy-twice").on(NOTHING).fails(),
    modern("controller-usb-no-model").on(NOTHING).fails(),
    modern("usb-port-twice").refused(),
];
