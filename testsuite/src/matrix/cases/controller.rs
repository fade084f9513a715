//! Controllers and buses.

use super::{OLD_PPC, PPC};
use crate::matrix::{Case, classic, modern};

pub(super) const CASES: &[Case] = &[
    modern("controller-pcie-tree").live(),
    classic("controller-pcie-tree").live(),
    modern("controller-pci-bridges").live(),
    classic("controller-pci-bridges").live(),
    modern("controller-pcie-expander").live(),
    modern("controller-usb-companions").live(),
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
];
