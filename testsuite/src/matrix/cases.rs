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
];
