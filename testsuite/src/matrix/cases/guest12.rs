//! What came to guests with libvirt 12, devices apart.

use virtargv::Cap;

use super::ARM;
use crate::matrix::{Case, HostKind, OLD_X86, Qemu, classic, current, modern};

/// A QEMU that keeps UEFI variables.
const VARS: Qemu = Qemu::BuiltinWith("qemu-10.0-x86_64", &[Cap::DeviceUefiVars]);

/// A QEMU on a host with TDX.
const TDX: Qemu =
    Qemu::BuiltinWith("qemu-10.0-x86_64", &[Cap::TdxGuest, Cap::MachineConfidentalGuestSupport]);

/// A QEMU with the object for IOMMUFD.
const IOMMUFD: Qemu = Qemu::BuiltinWith("qemu-10.0-x86_64", &[Cap::Iommufd]);

pub(super) const CASES: &[Case] = &[
    current("hyperv-dependencies"),
    modern("hyperv-dependencies"),
    current("hyperv-without-what-it-needs").refused(),
    modern("hyperv-without-what-it-needs"),
    current("hyperv-host-model"),
    modern("hyperv-host-model").refused(),
    current("arm-virt-virtualization").on(ARM),
    modern("arm-virt-virtualization").on(ARM).refused(),
    current("cpu-features-of-the-topology"),
    modern("cpu-features-of-the-topology"),
    current("cpu-match-without-model").on(ARM),
    current("firmware-links").host(HostKind::Firmware).define(),
    modern("firmware-links").host(HostKind::Firmware).define(),
    current("firmware-combined").host(HostKind::Firmware).define(),
    modern("firmware-combined").host(HostKind::Firmware).define().refused(),
    current("firmware-stateless").host(HostKind::Firmware).define(),
    current("firmware-varstore").on(VARS).host(HostKind::Firmware).define(),
    current("firmware-varstore").host(HostKind::Firmware).define().variant("no-device").refused(),
    modern("firmware-varstore").host(HostKind::Firmware).define(),
    current("firmware-varstore-manual").on(VARS).define(),
    current("firmware-nvram-converted").host(HostKind::Firmware).define().standalone(),
    modern("firmware-nvram-converted").host(HostKind::Firmware).define(),
    current("firmware-nvram-conversion").host(HostKind::Images).fails(),
    modern("firmware-nvram-conversion").host(HostKind::Images).fails(),
    current("firmware-nvram-template-unknown").host(HostKind::Images).fails(),
    classic("firmware-nvram-template-unknown").host(HostKind::Images).fails(),
    current("firmware-nvram-template-missing").host(HostKind::Images).fails(),
    current("firmware-nvram-template-implied").host(HostKind::Images).fails(),
    classic("firmware-nvram-template-listed").host(HostKind::Images),
    current("firmware-nvram-block-missing").host(HostKind::Images).fails(),
    current("firmware-bad-modes").refused(),
    current("firmware-bad-stores").define().refused(),
    current("firmware-two-stores").refused(),
    current("firmware-nvram-without-source").refused(),
    modern("firmware-nvram-without-path").fails(),
    current("firmware-nvram-without-path").refused(),
    current("resctrl-groups"),
    modern("resctrl-groups").refused(),
    current("resctrl-whole-process"),
    modern("resctrl-whole-process").refused(),
    current("resctrl-bad-groups").refused(),
    modern("resctrl-bad-groups").refused(),
    current("resctrl-mixed-scopes").refused(),
    current("resctrl-mixed-monitors").refused(),
    current("hardware-uuid"),
    modern("hardware-uuid").refused(),
    current("hardware-uuid-bad").refused(),
    current("lifecycle-preserve-running"),
    modern("lifecycle-preserve-running").refused(),
    current("lifecycle-preserve-running-reboot").refused(),
    current("iommufd-passed").on(IOMMUFD).fails(),
    modern("iommufd-passed"),
    current("launch-security-tdx").on(TDX),
    current("launch-security-tdx").variant("no-tdx").refused(),
    modern("launch-security-tdx").refused(),
    current("launch-security-tdx-problems").on(TDX).refused(),
    current("acpi-generic-initiators")
        .on(Qemu::BuiltinWith("qemu-10.0-x86_64", &[Cap::AcpiGenericInitiator])),
    current("acpi-generic-initiators").variant("no-object").refused(),
    modern("acpi-generic-initiators"),
    current("machine-without-pci").refused(),
    current("machine-of-unknown-chipset").refused(),
    modern("machine-of-unknown-chipset").refused(),
    current("machine-without-chipset").refused(),
    current("machine-microvm-inputs"),
    current("filesystem-handle").refused(),
    modern("filesystem-handle"),
    current("filesystem-9p-readonly"),
    modern("filesystem-9p-readonly"),
    modern("keywrap-on-x86").fails(),
    modern("vcpu-without-a-number").refused(),
    modern("guest-half-mapped").refused(),
    current("os-shim-alone").refused(),
    modern("os-shim-not-offered").on(Qemu::BuiltinWithout("qemu-10.0-x86_64", &[Cap::MachineShim])).refused(),
    modern("os-ignored-parts"),
    current("qemu-too-early").on(Qemu::BuiltinOf("qemu-7.2-x86_64", 7_000_000)).refused(),
    modern("qemu-too-early").on(Qemu::BuiltinOf("qemu-7.2-x86_64", 7_000_000)),
    current("qemu-too-early").on(OLD_X86).variant("early-enough"),
];
