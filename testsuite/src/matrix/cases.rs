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
