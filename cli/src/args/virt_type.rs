//! The types of guests that QEMU runs, for commands without a document.

use clap::ValueEnum;
use virtargv_caps::Accel;

/// The types of guests, as `<domain type=>` has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum VirtType {
    /// KVM of Linux.
    Kvm,
    /// TCG, the binary translation of QEMU.
    Qemu,
    /// The Hypervisor framework of macOS.
    Hvf,
}

impl From<VirtType> for virtargv::model::VirtType {
    fn from(kind: VirtType) -> Self {
        match kind {
            VirtType::Kvm => Self::Kvm,
            VirtType::Qemu => Self::Qemu,
            VirtType::Hvf => Self::Hvf,
        }
    }
}

impl From<VirtType> for Accel {
    fn from(kind: VirtType) -> Self {
        match kind {
            VirtType::Kvm => Self::Kvm,
            VirtType::Qemu => Self::Tcg,
            VirtType::Hvf => Self::Hvf,
        }
    }
}
