//! The kind of guest: architecture, machine type and accelerator, and the properties that follow from them.

use bitflags::bitflags;
use virtargv_caps::{Accel, Arch, Caps, Convention, Release};
use virtargv_model::{Domain, Message, Place, VirtType};

/// The kind of guest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guest {
    /// `<os><type arch=>`, or the architecture of the host.
    pub arch: Arch,
    /// The machine type; machine aliases are resolved by the capabilities.
    pub machine: String,
    /// The accelerator.
    pub accel: Accel,
    /// The release of libvirt that is followed, on which some of the methods below depend.
    pub(crate) release: Release,
    board: Board,
}

impl Guest {
    /// The kind of guest of `domain`. Without an architecture it is that of the host, without a machine type the
    /// default of the capabilities.
    pub fn of(domain: &Domain, caps: &Caps, host: Arch) -> Self {
        let arch = match domain.os.arch.as_deref() {
            None => host,
            Some(arch) => arch.parse().unwrap_or(caps.arch()),
        };
        let accel = domain.virt_type.and_then(accelerator_of).unwrap_or(Accel::Tcg);
        let machine = match domain.os.machine.as_deref() {
            Some(name) => caps.canonical_machine(accel, name).to_owned(),
            None => preferred_machine(caps, accel, arch),
        };
        let board = Board::of(arch, &machine);
        Self { arch, machine, accel, release: caps.release(), board }
    }

    /// Why the QEMU of `caps` cannot be the emulator of `domain`: it is for another architecture. Place and message of a
    /// problem with [`rules::ARCH`](crate::rules::ARCH).
    pub fn of_another_arch(&self, domain: &Domain, caps: &Caps) -> Option<(Place, Message)> {
        if self.is_run_by(caps) {
            return None;
        }
        let message = format!(
            "emulator `{}` does not support architecture `{}`: its capabilities are those of a QEMU for `{}`",
            emulator(domain, caps),
            self.arch,
            caps.arch()
        );
        let help = format!(
            "give the capabilities of a QEMU for `{}` (`--caps` of the command), or change `arch=`",
            self.arch
        );
        Some((domain.os.pos.path("type/@arch"), Message::new(message).with_help(help)))
    }

    /// Why the QEMU of `caps` cannot be the emulator of `domain`: it does not have the machine type. Place and message of
    /// a problem with [`rules::MACHINE`](crate::rules::MACHINE).
    pub fn of_unknown_machine(&self, domain: &Domain, caps: &Caps) -> Option<(Place, Message)> {
        if caps.machines(self.accel).is_empty() || caps.machine(self.accel, &self.machine).is_some() {
            return None;
        }
        let machines = caps.machines(self.accel);
        let names = machines.iter().flat_map(|machine| [machine.alias.as_deref(), Some(&*machine.name)]);
        let emulator = emulator(domain, caps);
        let message =
            format!("unknown machine type `{}`: emulator `{emulator}` does not have it", self.machine);
        let place = domain.os.pos.path("type/@machine");
        let more = "use a machine type that `virtargv caps show SET` lists, where SET is as for `--caps`";
        let message = Message::new(message);
        Some((place.clone(), message.with_nearest(place, &self.machine, names.flatten(), more)))
    }

    /// Whether the QEMU of `caps` runs guests of this architecture.
    pub fn is_run_by(&self, caps: &Caps) -> bool {
        runs(caps.arch(), self.arch)
    }

    /// The properties of the machine.
    pub fn board(&self) -> Board {
        self.board
    }

    /// Whether it is a PC with the Q35 chipset.
    pub fn is_q35(&self) -> bool {
        self.board.contains(Board::Q35)
    }

    /// Whether it is a PC with the i440FX chipset.
    pub fn is_i440fx(&self) -> bool {
        self.board.contains(Board::I440FX)
    }

    /// Whether it is a PC without a floppy controller on the board.
    pub fn has_explicit_floppy_controller(&self) -> bool {
        let named = self.machine.starts_with("pc-q35-");
        self.board.contains(Board::EXPLICIT_FDC)
            && (named || self.release.has(Convention::FloppyControllerOfAlias))
    }

    /// Whether it is an Arm `virt` machine.
    pub fn is_arm_virt(&self) -> bool {
        self.board.contains(Board::ARM_VIRT)
    }

    /// Whether it is a RISC-V `virt` machine.
    pub fn is_riscv_virt(&self) -> bool {
        self.board.contains(Board::RISCV_VIRT)
    }

    /// Whether it is a LoongArch `virt` machine.
    pub fn is_loongarch_virt(&self) -> bool {
        self.board.contains(Board::LOONGARCH_VIRT)
    }

    /// Whether it is a POWER `pseries` machine.
    pub fn is_pseries(&self) -> bool {
        self.board.contains(Board::PSERIES)
    }

    /// Whether it is an s390 machine with channel I/O.
    pub fn is_s390_ccw(&self) -> bool {
        self.board.contains(Board::S390_CCW)
    }

    /// Whether the machine has a built-in IDE controller.
    pub fn has_builtin_ide(&self) -> bool {
        self.board.contains(Board::BUILTIN_IDE)
    }

    /// Whether the board can have a PS/2 controller (`i8042`).
    pub fn has_ps2_controller(&self) -> bool {
        self.arch.is_x86() && self.machine != "microvm"
    }

    /// Whether the machine has a built-in NCR 53C90 (ESP).
    pub fn has_builtin_esp(&self) -> bool {
        self.board.contains(Board::BUILTIN_ESP)
    }

    /// Whether libvirt has a CPU driver for the architecture.
    pub fn has_known_cpus(&self) -> bool {
        let arch = self.arch;
        let by_release = arch.is_loongarch() || arch == Arch::Riscv64;
        let always = arch.is_x86() || arch.is_arm() || arch.is_ppc64() || arch.is_s390();
        always || by_release && self.release.has(Convention::RiscvLoongarchCpus)
    }
}

/// The machine type of a guest whose document names none.
fn preferred_machine(caps: &Caps, accel: Accel, arch: Arch) -> String {
    let virt = || {
        let prefers = (arch.is_arm() || arch.is_riscv()) && caps.release().has(Convention::PreferVirt);
        prefers.then(|| caps.canonical_machine(accel, "virt").to_owned())
    };
    virt().or_else(|| caps.default_machine(accel).map(|m| m.name.to_string())).unwrap_or_default()
}

bitflags! {
    /// Properties of a machine that follow from its architecture and the name of its machine type.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Board: u16 {
        /// A PC with the Q35 chipset.
        const Q35 = 1;
        /// A PC with the i440FX chipset. The oldest versioned names (`pc-1.2`, `rhel6.6.0`) are such machine types.
        const I440FX = 1 << 1;
        /// A PC without a floppy controller on the board: Q35 since version 2.4.
        const EXPLICIT_FDC = 1 << 2;
        /// An Arm `virt` machine.
        const ARM_VIRT = 1 << 3;
        /// A RISC-V `virt` machine.
        const RISCV_VIRT = 1 << 4;
        /// A LoongArch `virt` machine.
        const LOONGARCH_VIRT = 1 << 5;
        /// A POWER `pseries` machine.
        const PSERIES = 1 << 6;
        /// An s390 machine with channel I/O.
        const S390_CCW = 1 << 7;
        /// A built-in IDE controller.
        const BUILTIN_IDE = 1 << 8;
        /// A built-in NCR 53C90 (ESP).
        const BUILTIN_ESP = 1 << 9;
    }
}

impl Board {
    /// The board of machine type `machine` of `arch`.
    fn of(arch: Arch, machine: &str) -> Self {
        // A family is its name alone, or with a version (`pc-q35-2.4`).
        let family = |name: &str| {
            machine.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        };
        let version_of = |name: &str| machine.strip_prefix(name);
        let mut board = Self::empty();
        if arch.is_x86() {
            board.set(Self::Q35, machine.starts_with("pc-q35-") || machine == "q35");
            // `pc-0.12` to `pc-1.3`: the name does not have the chipset.
            let old_pc = version_of("pc-").is_some_and(|v| v.starts_with("0.") || v.starts_with("1."));
            let i440fx =
                machine == "pc" || machine.starts_with("pc-i440fx-") || old_pc || machine.starts_with("rhel");
            board.set(Self::I440FX, i440fx);
            let early =
                |version: &str| version.starts_with("1.") || matches!(version, "2.0" | "2.1" | "2.2" | "2.3");
            let explicit = board.contains(Self::Q35) && !version_of("pc-q35-").is_some_and(early);
            board.set(Self::EXPLICIT_FDC, explicit);
        }
        board.set(Self::ARM_VIRT, arch.is_arm() && family("virt"));
        board.set(Self::RISCV_VIRT, arch.is_riscv() && family("virt"));
        board.set(Self::LOONGARCH_VIRT, arch.is_loongarch() && family("virt"));
        board.set(Self::PSERIES, arch.is_ppc64() && family("pseries"));
        board.set(Self::S390_CCW, arch.is_s390() && family("s390-ccw"));
        let ide = board.contains(Self::I440FX) || matches!(machine, "malta" | "sun4u" | "g3beige");
        board.set(Self::BUILTIN_IDE, ide);
        let esp = match arch {
            Arch::Sparc => true,
            // The Jazz boards.
            Arch::Mips64el => matches!(machine, "magnum" | "pica61"),
            Arch::M68k => machine == "q800",
            _ => false,
        };
        board.set(Self::BUILTIN_ESP, esp);
        board
    }
}

/// The path of the QEMU binary.
fn emulator<'a>(domain: &'a Domain, caps: &'a Caps) -> &'a str {
    domain.devices.emulator.as_deref().unwrap_or_else(|| caps.emulator())
}

/// The accelerator of guests of type `<domain type=>`; `None` for a type that QEMU does not run.
pub fn accelerator_of(virt_type: VirtType) -> Option<Accel> {
    match virt_type {
        VirtType::Qemu => Some(Accel::Tcg),
        VirtType::Kvm => Some(Accel::Kvm),
        VirtType::Hvf => Some(Accel::Hvf),
        _ => None,
    }
}

/// Whether a QEMU binary for `binary` runs guests of architecture `guest`.
pub fn runs(binary: Arch, guest: Arch) -> bool {
    binary == guest
        || matches!(
            (binary, guest),
            (Arch::X86_64, Arch::I686)
                | (Arch::Aarch64, Arch::Armv7l)
                | (Arch::Armv7l, Arch::Armv6l)
                | (Arch::Ppc64, Arch::Ppc64le)
        )
}

#[cfg(test)]
mod tests {
    use virtargv_caps::{Arch, Caps, Release};
    use virtargv_model::Domain;

    use super::{Board, Guest};

    fn guest(machine: &str, release: Release) -> Guest {
        let mut domain = Domain::default();
        domain.os.machine = Some(machine.to_owned());
        Guest::of(&domain, &Caps::builder(release, Arch::X86_64).build(), Arch::X86_64)
    }

    #[test]
    fn the_chipset_follows_from_the_name_of_the_machine_type() {
        let check = |machine, expected: Board| {
            let chipset = guest(machine, Release::V11_3).board() & (Board::Q35 | Board::I440FX);
            assert_eq!(chipset, expected, "{machine}");
        };
        check("q35", Board::Q35);
        check("pc-q35-2.4", Board::Q35);
        check("pc-q35", Board::empty());
        check("pc", Board::I440FX);
        check("pc-i440fx-5.2", Board::I440FX);
        check("pc-i440fx", Board::empty());
        check("pc-1.2", Board::I440FX);
    }

    #[test]
    fn a_floppy_controller_is_a_device_of_later_q35_machines() {
        let check = |machine, v7_0: bool, v11_3: bool| {
            let explicit = |release| guest(machine, release).has_explicit_floppy_controller();
            assert_eq!((explicit(Release::V7_0), explicit(Release::V11_3)), (v7_0, v11_3), "{machine}");
        };
        check("pc-q35-2.3", false, false);
        check("pc-q35-2.4", true, true);
        check("q35", false, true);
        check("pc", false, false);
    }
}
