//! The rows of the matrix, one file for each family.

use virtargv::{Arch, Cap};

use super::{Case, Qemu};

mod chardev;
mod controller;
mod current;
mod device;
mod disk;
mod display;
mod guest;
mod guest12;
mod hostdev;
mod memory;
mod net;

/// Every family of cases.
pub const FAMILIES: &[&[Case]] = &[
    disk::CASES,
    controller::CASES,
    net::CASES,
    hostdev::CASES,
    chardev::CASES,
    display::CASES,
    device::CASES,
    memory::CASES,
    guest::CASES,
    guest12::CASES,
    current::CASES,
];

const ARM: Qemu = Qemu::Builtin("qemu-10.0-aarch64");
const OLD_ARM: Qemu = Qemu::Builtin("qemu-7.2-aarch64");
const PPC: Qemu = Qemu::Builtin("qemu-10.0-ppc64");
const OLD_PPC: Qemu = Qemu::Builtin("qemu-7.2-ppc64");
const S390: Qemu = Qemu::Builtin("qemu-10.0-s390x");
const OLD_S390: Qemu = Qemu::Builtin("qemu-7.2-s390x");
const RISCV: Qemu = Qemu::Builtin("qemu-10.0-riscv64");

/// A QEMU without `-blockdev`, secret objects and options in JSON.
const ANCIENT: Qemu = Qemu::Flags(
    Arch::X86_64,
    &[Cap::VirtioScsi, Cap::IdeDriveWwn, Cap::PiixDisableS3, Cap::VirtioTxAlg, Cap::BootStrict],
);

/// A QEMU without any flag, for x86_64.
const NOTHING: Qemu = Qemu::Flags(Arch::X86_64, &[]);

/// A QEMU without any flag, for Arm.
const NOTHING_ARM: Qemu = Qemu::Flags(Arch::Aarch64, &[]);

/// A QEMU without many devices.
const BARE: Qemu = Qemu::BuiltinWithout(
    "qemu-10.0-x86_64",
    &[Cap::DevicePciSerial, Cap::ObjectRngBuiltin, Cap::CcidEmulated, Cap::UsbRedir],
);

/// A QEMU without `-blockdev` that has buses, but no devices for them.
const BARE_FLAGS: Qemu = Qemu::Flags(
    Arch::X86_64,
    &[
        Cap::DeviceVirtioRng,
        Cap::CcidEmulated,
        Cap::DeviceDmiToPciBridge,
        Cap::DevicePciBridge,
        Cap::DeviceIoh3420,
    ],
);

/// A QEMU without ACPI indexes.
const UNINDEXED: Qemu = Qemu::BuiltinWithout("qemu-10.0-x86_64", &[Cap::AcpiIndex]);

/// A QEMU without `vfio-pci`.
const VFIO_LESS: Qemu = Qemu::BuiltinWithout("qemu-10.0-x86_64", &[Cap::DeviceVfioPci]);

/// A QEMU that is built with libblkio.
const VDPA_BLOCK: Qemu = Qemu::BuiltinWith("qemu-10.0-x86_64", &[Cap::DeviceVirtioBlkVhostVdpa]);

/// A QEMU on a host with SEV.
const SEV: Qemu = Qemu::BuiltinWith(
    "qemu-10.0-x86_64",
    &[Cap::SevGuest, Cap::SevGuestKernelHashes, Cap::MachineConfidentalGuestSupport],
);

/// A QEMU that has the flags of teaming.
const TEAMING: Qemu = Qemu::Flags(Arch::I686, &[Cap::VirtioNetFailover, Cap::DeviceVfioPci]);
