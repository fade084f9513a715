//! Host devices.

use super::{NOTHING, S390, VFIO_LESS};
use crate::matrix::{Case, HostKind, X86, classic, modern};

pub(super) const CASES: &[Case] = &[
    classic("hostdev-kinds").on(X86),
    modern("hostdev-kinds"),
    modern("hostdev-twice").refused(),
    modern("hostdev-pci"),
    classic("hostdev-pci"),
    modern("hostdev-pci").standalone(),
    modern("hostdev-usb"),
    modern("hostdev-scsi"),
    modern("hostdev-scsi").standalone(),
    classic("hostdev-scsi"),
    modern("hostdev-mdev"),
    modern("hostdev-s390x-mdev").on(S390),
    modern("hostdev-problems").refused(),
    classic("hostdev-bad-words").refused(),
    modern("hostdev-bad-words").refused(),
    modern("hostdev-lenient").on(VFIO_LESS),
    modern("hostdev-bad-attributes").refused(),
    modern("hostdev-bad-sources").refused(),
    modern("hostdev-bad-identity").refused(),
    modern("hostdev-mdev-problems").refused(),
    modern("hostdev-two-adapters").on(S390).refused(),
    modern("hostdev-of-a-container").refused(),
    modern("hostdev-not-offered").on(NOTHING).refused(),
    classic("hostdev-not-offered").on(NOTHING).refused(),
    modern("hostdev-wrong-options").refused(),
    modern("hostdev-scsi-same-place").refused(),
    modern("hostdev-assigned-by-kvm").on(VFIO_LESS).fails(),
    classic("hostdev-assigned-by-kvm").fails(),
    modern("hostdev-scsi-no-unit").host(HostKind::Bare).fails(),
    modern("hostdev-usb-by-product").fails(),
    modern("hostdev-scsi-on-pci").refused(),
];
