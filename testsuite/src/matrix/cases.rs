//! The rows.

use virtargv::{Arch, Cap, Release};

use super::{Case, Expect, Qemu};

/// The latest x86_64 QEMU that comes with the project.
const X86: Qemu = Qemu::Builtin("qemu-10.0-x86_64");

const fn row(name: &'static str, release: Release, qemu: Qemu, expect: Expect) -> Case {
    variant(name, "", release, qemu, expect)
}

const fn variant(
    name: &'static str,
    variant: &'static str,
    release: Release,
    qemu: Qemu,
    expect: Expect,
) -> Case {
    Case { name, variant, release, qemu, expect, live: false }
}

/// The flags that teaming needs.
const TEAMING: Qemu = Qemu::Flags(Arch::I686, &[Cap::VirtioNetFailover, Cap::DeviceVfioPci]);

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

/// What AMD's encrypted memory needs.
const SEV: &[Cap] =
    &[Cap::Piix3UsbUhci, Cap::SevGuest, Cap::SevGuestKernelHashes, Cap::MachineConfidentalGuestSupport];

/// A PC whose firmware keeps its variables safe.
const FLASH: &[Cap] = &[Cap::MachineSmmOpt, Cap::Ich9Ahci, Cap::DevicePcieRootPort];

/// Every case, family by family.
pub const CASES: &[Case] = &[
    // Teaming of two NICs.
    row("net-teaming", Release::V7_0, TEAMING, Expect::Argv),
    row("net-teaming", Release::V11_3, X86, Expect::Argv),
    variant("net-teaming", "no-flags", Release::V7_0, Qemu::Flags(Arch::I686, &[]), Expect::ParseError),
    row("net-teaming-model", Release::V11_3, X86, Expect::ParseError),
    row("net-teaming-type", Release::V11_3, X86, Expect::ParseError),
    row("net-teaming-half", Release::V11_3, X86, Expect::ParseError),
    row("net-teaming-word", Release::V11_3, X86, Expect::ParseError),
    row("net-teaming-pool", Release::V7_0, X86, Expect::Argv),
    row("net-teaming-pool", Release::V11_3, X86, Expect::Argv),
    row("net-teaming-bridged", Release::V11_3, X86, Expect::Failure),
    // Network cards and what they are connected to.
    row("net-sources", Release::V7_0, X86, Expect::Argv),
    row("net-sources", Release::V11_3, X86, Expect::Argv),
    row("net-virtio-options", Release::V7_0, X86, Expect::Argv),
    row("net-virtio-options", Release::V11_3, X86, Expect::Argv),
    variant(
        "net-virtio-options",
        "no-flags",
        Release::V7_0,
        Qemu::Flags(Arch::X86_64, &[]),
        Expect::ParseError,
    ),
    row("net-user-addresses", Release::V11_3, X86, Expect::Argv),
    row("net-passt", Release::V7_0, X86, Expect::Argv),
    row("net-passt", Release::V11_3, X86, Expect::Argv),
    row("net-queues", Release::V11_3, X86, Expect::Failure),
    row("net-vdpa", Release::V7_0, X86, Expect::Argv),
    row("net-vdpa", Release::V11_3, X86, Expect::Argv),
    // Devices of the host.
    row("hostdev-kinds", Release::V7_0, X86, Expect::Argv),
    row("hostdev-kinds", Release::V11_3, X86, Expect::Argv),
    row("hostdev-twice", Release::V11_3, X86, Expect::ParseError),
    // The machine and what belongs to the guest as a whole.
    row("machine-q35-features", Release::V7_0, Qemu::Flags(Arch::X86_64, Q35), Expect::Argv),
    row("machine-q35-features", Release::V11_3, X86, Expect::Argv),
    row("machine-tcg-cache", Release::V11_3, X86, Expect::Argv),
    row("machine-pseries-features", Release::V7_0, Qemu::Flags(Arch::Ppc64, PSERIES), Expect::Argv),
    variant(
        "machine-pseries-features",
        "no-flags",
        Release::V7_0,
        Qemu::Flags(Arch::Ppc64, &[Cap::DeviceSpaprPciHostBridge]),
        Expect::ParseError,
    ),
    row("machine-pseries-features", Release::V11_3, Qemu::Builtin("qemu-10.0-ppc64"), Expect::Argv),
    row("machine-keys-wrapped", Release::V7_0, Qemu::Flags(Arch::S390x, KEYS), Expect::Argv),
    variant(
        "machine-keys-wrapped",
        "no-flags",
        Release::V7_0,
        Qemu::Flags(Arch::S390x, &[Cap::Ccw]),
        Expect::Failure,
    ),
    row("machine-keys-wrapped", Release::V11_3, Qemu::Builtin("qemu-10.0-s390x"), Expect::Argv),
    row("machine-virt-gic", Release::V7_0, Qemu::Flags(Arch::Aarch64, GIC), Expect::Argv),
    variant("machine-virt-gic", "no-flags", Release::V7_0, Qemu::Flags(Arch::Aarch64, &[]), Expect::Failure),
    row("machine-virt-gic", Release::V11_3, Qemu::Builtin("qemu-10.0-aarch64"), Expect::Argv),
    row("feature-of-another-machine", Release::V11_3, X86, Expect::ParseError),
    row("clock-variable", Release::V7_0, X86, Expect::Argv),
    row("clock-variable", Release::V11_3, X86, Expect::Argv),
    row("clock-timezone", Release::V11_3, X86, Expect::Argv),
    row("clock-bad-timers", Release::V11_3, X86, Expect::ParseError),
    row("boot-kinds", Release::V7_0, X86, Expect::Argv),
    row("boot-kinds", Release::V11_3, X86, Expect::Argv),
    row("boot-two-ways", Release::V11_3, X86, Expect::ParseError),
    row("acpi-tables", Release::V11_3, X86, Expect::Argv),
    row("smbios-tables", Release::V7_0, X86, Expect::Argv),
    row("smbios-tables", Release::V11_3, X86, Expect::Argv),
    row("smbios-bad-fields", Release::V11_3, X86, Expect::ParseError),
    variant("launch-security-sev", "no-flags", Release::V7_0, X86, Expect::ParseError),
    row("launch-security-sev", Release::V11_3, Qemu::Flags(Arch::X86_64, SEV), Expect::Argv),
    row("qemu-namespace", Release::V7_0, X86, Expect::Argv),
    row("qemu-namespace", Release::V11_3, X86, Expect::Argv),
    row("firmware-flash", Release::V7_0, Qemu::Flags(Arch::X86_64, FLASH), Expect::Argv),
    row("firmware-flash", Release::V11_3, X86, Expect::Argv),
    row("firmware-none-found", Release::V7_0, X86, Expect::Failure),
    row("firmware-none-found", Release::V11_3, X86, Expect::Failure),
    row("firmware-contradictions", Release::V11_3, X86, Expect::ParseError),
    row("lifecycle-ends", Release::V7_0, X86, Expect::Argv),
    row("lifecycle-ends", Release::V11_3, X86, Expect::Argv),
    row("lifecycle-impossible", Release::V11_3, X86, Expect::ParseError),
    row("generation-id", Release::V11_3, X86, Expect::Argv),
    row("name-with-commas", Release::V7_0, Qemu::Flags(Arch::X86_64, &[]), Expect::Argv),
    row("name-with-commas", Release::V11_3, X86, Expect::Argv),
    row("not-a-guest-of-this-qemu", Release::V7_0, X86, Expect::Failure),
    row("not-a-guest-of-this-qemu", Release::V11_3, X86, Expect::ParseError),
    row("labels-contradictory", Release::V11_3, X86, Expect::ParseError),
    // Character devices.
    row("serial-ends", Release::V7_0, X86, Expect::Argv),
    row("serial-ends", Release::V11_3, X86, Expect::Argv),
    row("serial-sockets", Release::V7_0, X86, Expect::Argv),
    row("serial-sockets", Release::V11_3, X86, Expect::Argv),
    row("serial-log", Release::V7_0, X86, Expect::Argv),
    row("serial-log", Release::V11_3, X86, Expect::Argv),
    row("serial-bad-port", Release::V11_3, X86, Expect::ParseError),
    row("serial-board-of-another-machine", Release::V11_3, X86, Expect::ParseError),
    row("serial-reconnect-at-once", Release::V11_3, X86, Expect::ParseError),
    row("parallel-port", Release::V7_0, X86, Expect::Argv),
    row("parallel-port", Release::V11_3, X86, Expect::Argv),
    row("console-is-serial", Release::V11_3, X86, Expect::Argv),
    row("console-board", Release::V11_3, Qemu::Builtin("qemu-10.0-aarch64"), Expect::Argv),
    row("console-sclp", Release::V11_3, Qemu::Builtin("qemu-10.0-s390x"), Expect::Argv),
    row("channel-kinds", Release::V7_0, X86, Expect::Argv),
    row("channel-kinds", Release::V11_3, X86, Expect::Argv),
    row("channel-spicevmc-without-spice", Release::V7_0, X86, Expect::Argv),
    row("channel-spicevmc-without-spice", Release::V11_3, X86, Expect::ParseError),
    row("smartcard-certificates", Release::V11_3, X86, Expect::Argv),
    variant(
        "smartcard-certificates",
        "no-flags",
        Release::V7_0,
        Qemu::Flags(Arch::X86_64, &[]),
        Expect::ParseError,
    ),
    row("redirdev-filter", Release::V11_3, X86, Expect::Argv),
    // Inputs.
    row("input-kinds", Release::V11_3, X86, Expect::Argv),
    row("input-without-usb", Release::V11_3, X86, Expect::ParseError),
    // Small devices.
    row("rng-sources", Release::V7_0, X86, Expect::Argv),
    row("rng-sources", Release::V11_3, X86, Expect::Argv),
    row("tpm-emulated", Release::V7_0, X86, Expect::Argv),
    row("tpm-emulated", Release::V11_3, X86, Expect::Argv),
    row("tpm-of-the-host", Release::V7_0, X86, Expect::Argv),
    row("tpm-of-the-host", Release::V11_3, X86, Expect::Argv),
    row("tpm-too-old-for-crb", Release::V11_3, X86, Expect::ParseError),
    row("watchdog-actions", Release::V7_0, X86, Expect::Argv),
    row("watchdog-actions", Release::V11_3, X86, Expect::Argv),
    row("watchdog-of-another-machine", Release::V11_3, X86, Expect::ParseError),
    row("memballoon-options", Release::V7_0, X86, Expect::Argv),
    row("memballoon-options", Release::V11_3, X86, Expect::Argv),
    row("panic-kinds", Release::V11_3, X86, Expect::Argv),
    row("panic-without-default", Release::V11_3, Qemu::Builtin("qemu-10.0-riscv64"), Expect::ParseError),
    row("vsock-auto", Release::V7_0, X86, Expect::Argv),
    row("vsock-auto", Release::V11_3, X86, Expect::Argv),
    row("filesystem-9p", Release::V7_0, X86, Expect::Argv),
    row("filesystem-9p", Release::V11_3, X86, Expect::Argv),
    row("filesystem-virtiofs", Release::V7_0, X86, Expect::Argv),
    row("filesystem-virtiofs", Release::V11_3, X86, Expect::Argv),
    row("filesystem-virtiofs-alone", Release::V11_3, X86, Expect::ParseError),
    row("crypto-builtin", Release::V11_3, X86, Expect::Argv),
    row("pstore-erst", Release::V11_3, X86, Expect::Argv),
    row("nvram-of-power", Release::V7_0, Qemu::Builtin("qemu-10.0-ppc64"), Expect::Argv),
    row("nvram-of-power", Release::V11_3, Qemu::Builtin("qemu-10.0-ppc64"), Expect::Argv),
];
