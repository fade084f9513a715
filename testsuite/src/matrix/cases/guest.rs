//! CPU, clock, firmware, machine: what belongs to the guest as a whole.

use virtargv::{Arch, Cap};

use super::{ARM, OLD_ARM, OLD_S390, PPC, RISCV, S390, SEV};
use crate::matrix::{Case, Qemu, X86, classic, modern};

/// The features of POWER machines that a document may switch.
const PSERIES: &[Cap] = &[
    Cap::DeviceSpaprPciHostBridge,
    Cap::MachinePseriesResizeHpt,
    Cap::MachinePseriesCapHptMaxPageSize,
    Cap::MachinePseriesCapHtm,
    Cap::MachinePseriesCapNestedHv,
    Cap::MachinePseriesCapCfpc,
    Cap::MachinePseriesCapIbs,
];

/// What an s390 machine needs to wrap keys.
const KEYS: &[Cap] = &[Cap::Ccw, Cap::AesKeyWrap, Cap::DeaKeyWrap];

/// The version of Arm's interrupt controller can be told.
const GIC: &[Cap] = &[Cap::MachVirtGicVersion, Cap::ObjectGpex];

/// The features of Q35 machines that a document may switch.
const Q35: &[Cap] = &[
    Cap::Ich9Ahci,
    Cap::DevicePcieRootPort,
    Cap::DeviceVmcoreinfo,
    Cap::Ich9DisableS3,
    Cap::Ich9DisableS4,
    Cap::MachineKernelIrqchip,
    Cap::MachineKernelIrqchipSplit,
    Cap::MachineSmmOpt,
    Cap::MachineVmportOpt,
    Cap::MchExtendedTsegMbytes,
];

/// A PC whose firmware keeps its variables safe.
const FLASH: &[Cap] = &[Cap::MachineSmmOpt, Cap::Ich9Ahci, Cap::DevicePcieRootPort];

/// What AMD's encrypted memory needs.
const SEV_ALONE: &[Cap] =
    &[Cap::Piix3UsbUhci, Cap::SevGuest, Cap::SevGuestKernelHashes, Cap::MachineConfidentalGuestSupport];

pub(super) const CASES: &[Case] = &[
    classic("machine-q35-features").on(Qemu::Flags(Arch::X86_64, Q35)),
    modern("machine-q35-features").live(),
    modern("machine-tcg-cache").live(),
    classic("machine-pseries-features").on(Qemu::Flags(Arch::Ppc64, PSERIES)),
    classic("machine-pseries-features")
        .on(Qemu::Flags(Arch::Ppc64, &[Cap::DeviceSpaprPciHostBridge]))
        .variant("no-flags")
        .refused(),
    modern("machine-pseries-features").on(PPC),
    classic("machine-keys-wrapped").on(Qemu::Flags(Arch::S390x, KEYS)),
    classic("machine-keys-wrapped").on(Qemu::Flags(Arch::S390x, &[Cap::Ccw])).variant("no-flags").fails(),
    modern("machine-keys-wrapped").on(S390),
    classic("machine-virt-gic").on(Qemu::Flags(Arch::Aarch64, GIC)),
    classic("machine-virt-gic").on(Qemu::Flags(Arch::Aarch64, &[])).variant("no-flags").fails(),
    modern("machine-virt-gic").on(ARM),
    modern("feature-of-another-machine").refused(),
    classic("clock-variable").on(X86).live(),
    modern("clock-variable").live(),
    modern("clock-timezone").live(),
    modern("clock-bad-timers").refused(),
    classic("boot-kinds").on(X86),
    modern("boot-kinds"),
    modern("boot-two-ways").refused(),
    modern("acpi-tables"),
    classic("smbios-tables").on(X86),
    modern("smbios-tables"),
    modern("smbios-bad-fields").refused(),
    classic("launch-security-sev").on(X86).variant("no-flags").refused(),
    modern("launch-security-sev").on(Qemu::Flags(Arch::X86_64, SEV_ALONE)),
    classic("qemu-namespace").on(X86),
    modern("qemu-namespace"),
    classic("firmware-flash").on(Qemu::Flags(Arch::X86_64, FLASH)),
    modern("firmware-flash"),
    classic("firmware-none-found").on(X86).fails(),
    modern("firmware-none-found").fails(),
    modern("firmware-contradictions").refused(),
    classic("lifecycle-ends").on(X86).live(),
    modern("lifecycle-ends").live(),
    modern("lifecycle-impossible").refused(),
    modern("generation-id").live(),
    classic("name-with-commas").on(Qemu::Flags(Arch::X86_64, &[])),
    modern("name-with-commas").live(),
    classic("not-a-guest-of-this-qemu").on(X86).refused(),
    modern("not-a-guest-of-this-qemu").refused(),
    modern("labels-contradictory").refused(),
    modern("cpu-custom").live(),
    modern("cpu-host-passthrough"),
    classic("cpu-host-passthrough"),
    modern("cpu-maximum").live(),
    modern("cpu-problems").refused(),
    modern("cpu-threads").live(),
    modern("iothreads").live(),
    modern("clock-timers").live(),
    classic("clock-timers").live(),
    modern("clock-absolute").live(),
    modern("clock-localtime"),
    modern("clock-problems").refused(),
    modern("os-boot").live(),
    classic("os-boot").live(),
    modern("os-kernel"),
    modern("os-arm-dtb").on(ARM),
    classic("os-arm-dtb").on(OLD_ARM),
    modern("firmware-auto"),
    modern("firmware-auto").standalone(),
    modern("firmware-none-fits").refused(),
    modern("firmware-variables").live(),
    classic("firmware-variables").live(),
    modern("firmware-rom").live(),
    modern("lifecycle").live(),
    classic("lifecycle").live(),
    modern("features-x86").live(),
    classic("features-x86").live(),
    modern("features-late").live(),
    modern("features-pseries").on(PPC),
    modern("features-problems").refused(),
    modern("qemu-passthrough").live(),
    classic("qemu-passthrough").live(),
    modern("qemu-capabilities").live(),
    modern("security-sev").refused().variant("no-sev"),
    modern("security-sev").on(SEV),
    modern("security-sev").on(SEV).standalone(),
    modern("security-s390-pv")
        .on(Qemu::BuiltinWith("qemu-10.0-s390x", &[Cap::MachineConfidentalGuestSupport, Cap::S390PvGuest])),
    modern("security-keywrap").on(S390),
    classic("security-keywrap").on(OLD_S390),
    modern("name-odd-characters").live(),
    classic("name-odd-characters").live(),
    modern("name-missing").refused(),
    modern("arm-virt").on(ARM),
    classic("arm-virt").on(OLD_ARM),
    modern("riscv-virt").on(RISCV),
    modern("ppc64-pseries").on(PPC),
    modern("s390x-guest").on(S390),
    modern("problems-everywhere").refused(),
    classic("clock-timer-parts").on(X86).refused(),
    modern("clock-timer-parts").refused(),
    classic("cputune-ranges").on(X86).refused(),
    modern("cputune-ranges").refused(),
    classic("os-no-type").on(X86).refused(),
    modern("os-no-such-architecture").refused(),
    modern("os-paravirtual").refused(),
    classic("features-dedicated").refused(),
    modern("features-dedicated"),
    modern("iothread-pools").refused(),
    classic("cputune-bad-pins").refused(),
    modern("cputune-bad-pins").refused(),
    modern("vcpu-fixed-after-removable").refused(),
    modern("iommu-remaps"),
    classic("iommu-remaps").refused(),
    modern("s390-acpi").on(S390),
    classic("later-guest-elements"),
    classic("later-guest-words").refused(),
    classic("guest-bad-words").on(X86).refused(),
    modern("guest-bad-words").refused(),
];
