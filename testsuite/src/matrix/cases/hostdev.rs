//! Devices of the host.

use super::{S390, VFIO_LESS};
use crate::matrix::{Case, X86, classic, modern};

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
];
