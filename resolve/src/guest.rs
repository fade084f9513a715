//! What kind of guest a domain is: architecture, machine, accelerator, and what follows from the machine's name.

use virtargv_caps::{Accel, Arch, Caps, Convention, Release};
use virtargv_model::{Domain, VirtType};

/// The facts every layer asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guest {
    /// `<os><type arch=>`, or the host's.
    pub arch: Arch,
    /// The machine type, aliases resolved as the capabilities say.
    pub machine: String,
    /// What runs the guest's code.
    pub accel: Accel,
    /// The release of libvirt that is followed, for what the methods below answer differently under it.
    pub(crate) release: Release,
}

impl Guest {
    /// Reads them off a domain; what it leaves open is the architecture of the host and the capabilities' default
    /// machine.
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

    /// Whether the machine is of the family `name`: the name itself, or it with a version (`pc-q35-2.4`).
    fn family(&self, name: &str) -> bool {
        self.machine.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    }

    /// A PC with the Q35 chipset.
    pub fn is_q35(&self) -> bool {
        self.arch.is_x86() && (self.family("pc-q35") || self.machine == "q35")
    }

    /// A PC with the i440FX chipset. The oldest versioned names (`pc-1.2`, `rhel6.6.0`) are among them.
    pub fn is_i440fx(&self) -> bool {
        let old_rhel = self.machine.starts_with("rhel");
        let named = self.machine == "pc" || self.family("pc-i440fx") || self.is_old_pc() || old_rhel;
        self.arch.is_x86() && named
    }

    /// `pc-0.12` to `pc-1.3`, from before the chipset was part of the name.
    fn is_old_pc(&self) -> bool {
        self.machine.strip_prefix("pc-").is_some_and(|v| v.starts_with("0.") || v.starts_with("1."))
    }

    /// A PC whose floppy controller is not on the board: Q35 from version 2.4 on.
    pub fn has_explicit_floppy_controller(&self) -> bool {
        let early = |version: &str| {
            version.starts_with("1.") || ["2.0", "2.1", "2.2", "2.3"].iter().any(|v| version.starts_with(v))
        };
        self.is_q35() && !self.machine.strip_prefix("pc-q35-").is_some_and(early)
    }

    /// An Arm `virt` machine.
    pub fn is_arm_virt(&self) -> bool {
        self.arch.is_arm() && self.family("virt")
    }

    /// A RISC-V `virt` machine.
    pub fn is_riscv_virt(&self) -> bool {
        self.arch.is_riscv() && self.family("virt")
    }

    /// A LoongArch `virt` machine.
    pub fn is_loongarch_virt(&self) -> bool {
        self.arch.is_loongarch() && self.family("virt")
    }

    /// Whether the reference knows anything of the architecture's CPUs.
    pub fn has_known_cpus(&self) -> bool {
        let arch = self.arch;
        let late = arch.is_loongarch() || arch == Arch::Riscv64;
        let old = arch.is_x86() || arch.is_arm() || arch.is_ppc64() || arch.is_s390();
        old || late && self.release.has(Convention::LaterCpus)
    }

    /// A POWER `pseries` machine.
    pub fn is_pseries(&self) -> bool {
        self.arch.is_ppc64() && self.family("pseries")
    }

    /// An s390 machine with channel I/O.
    pub fn is_s390_ccw(&self) -> bool {
        self.arch.is_s390() && self.family("s390-ccw")
    }
}

/// The accelerator a hypervisor type stands for.
fn accel_of(virt_type: Option<VirtType>) -> Accel {
    match virt_type {
        Some(VirtType::Kvm) => Accel::Kvm,
        Some(VirtType::Hvf) => Accel::Hvf,
        _ => Accel::Tcg,
    }
}
