//! The kind of guest: architecture, machine type and accelerator, and the properties that follow from them.

use virtargv_caps::{Accel, Arch, Caps, Convention, Release};
use virtargv_model::{Domain, VirtType};

/// The kind of guest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guest {
    /// `<os><type arch=>`, or the architecture of the host.
    pub arch: Arch,
    /// The machine type; machine aliases are resolved by the capabilities.
    pub machine: String,
    /// The accelerator.
    pub accel: Accel,
    /// The release of libvirt that is followed, for what the methods below answer differently under it.
    pub(crate) release: Release,
}

impl Guest {
    /// The kind of guest of `domain`. Without an architecture it is that of the host, without a machine type the
    /// default of the capabilities.
    pub fn of(domain: &Domain, caps: &Caps, host: Arch) -> Self {
        let arch = match domain.os.arch.as_deref() {
            None => host,
            Some(arch) => arch.parse().unwrap_or(caps.arch()),
        };
        let accel = accel_of(domain.virt_type);
        let machine = match domain.os.machine.as_deref() {
            Some(name) => caps.canonical_machine(accel, name).to_owned(),
            None => caps.default_machine(accel).map(|m| m.name.to_string()).unwrap_or_default(),
        };
        Self { arch, machine, accel, release: caps.release() }
    }

    /// Whether the machine type is `name`, or a version of it (`pc-q35-2.4`).
    fn family(&self, name: &str) -> bool {
        self.machine.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    }

    /// Whether it is a PC with the Q35 chipset.
    pub fn is_q35(&self) -> bool {
        self.arch.is_x86() && (self.family("pc-q35") || self.machine == "q35")
    }

    /// Whether it is a PC with the i440FX chipset. The oldest versioned names (`pc-1.2`, `rhel6.6.0`) are such machine
    /// types.
    pub fn is_i440fx(&self) -> bool {
        let old_rhel = self.machine.starts_with("rhel");
        let named = self.machine == "pc" || self.family("pc-i440fx") || self.is_old_pc() || old_rhel;
        self.arch.is_x86() && named
    }

    /// Whether the machine type is one of `pc-0.12` to `pc-1.3`, whose names do not have the chipset.
    fn is_old_pc(&self) -> bool {
        self.machine.strip_prefix("pc-").is_some_and(|v| v.starts_with("0.") || v.starts_with("1."))
    }

    /// Whether it is a PC without a floppy controller on the board: Q35 since version 2.4.
    pub fn has_explicit_floppy_controller(&self) -> bool {
        let early = |version: &str| {
            version.starts_with("1.") || ["2.0", "2.1", "2.2", "2.3"].iter().any(|v| version.starts_with(v))
        };
        self.is_q35() && !self.machine.strip_prefix("pc-q35-").is_some_and(early)
    }

    /// Whether it is an Arm `virt` machine.
    pub fn is_arm_virt(&self) -> bool {
        self.arch.is_arm() && self.family("virt")
    }

    /// Whether it is a RISC-V `virt` machine.
    pub fn is_riscv_virt(&self) -> bool {
        self.arch.is_riscv() && self.family("virt")
    }

    /// Whether it is a LoongArch `virt` machine.
    pub fn is_loongarch_virt(&self) -> bool {
        self.arch.is_loongarch() && self.family("virt")
    }

    /// Whether libvirt has a CPU driver for the architecture.
    pub fn has_known_cpus(&self) -> bool {
        let arch = self.arch;
        let late = arch.is_loongarch() || arch == Arch::Riscv64;
        let old = arch.is_x86() || arch.is_arm() || arch.is_ppc64() || arch.is_s390();
        old || late && self.release.has(Convention::LaterCpus)
    }

    /// Whether it is a POWER `pseries` machine.
    pub fn is_pseries(&self) -> bool {
        self.arch.is_ppc64() && self.family("pseries")
    }

    /// Whether it is an s390 machine with channel I/O.
    pub fn is_s390_ccw(&self) -> bool {
        self.arch.is_s390() && self.family("s390-ccw")
    }
}

/// The accelerator of a hypervisor type.
fn accel_of(virt_type: Option<VirtType>) -> Accel {
    match virt_type {
        Some(VirtType::Kvm) => Accel::Kvm,
        Some(VirtType::Hvf) => Accel::Hvf,
        _ => Accel::Tcg,
    }
}
