//! All that is known of one QEMU binary.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::{Arch, Cap, CapSet, CpuModel, FlagState, Gic, HostCpu, Hyperv, Machine, Release, Sev, Sgx};

/// What runs the guest's instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Accel {
    /// Linux's KVM (`<domain type='kvm'>`).
    Kvm,
    /// QEMU's own translation (`<domain type='qemu'>`).
    Tcg,
    /// Apple's Hypervisor.framework (`<domain type='hvf'>`).
    Hvf,
}

impl Accel {
    /// Every accelerator.
    pub const ALL: [Self; 3] = [Self::Kvm, Self::Tcg, Self::Hvf];

    /// QEMU's name for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Kvm => "kvm",
            Self::Tcg => "tcg",
            Self::Hvf => "hvf",
        }
    }
}

impl fmt::Display for Accel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A text that names no accelerator.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no accelerator '{0}'")]
pub struct UnknownAccel(pub String);

impl FromStr for Accel {
    type Err = UnknownAccel;

    fn from_str(text: &str) -> Result<Self, UnknownAccel> {
        let found = Self::ALL.into_iter().find(|accel| accel.name() == text);
        found.ok_or_else(|| UnknownAccel(text.to_owned()))
    }
}

/// A flag was asked for that the QEMU binary does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this QEMU lacks the feature '{0}'")]
pub struct MissingCap(pub Cap);

/// What depends on the accelerator.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) struct PerAccel {
    pub(crate) machines: Vec<Machine>,
    pub(crate) cpu_models: Vec<CpuModel>,
    pub(crate) host_cpu: Option<HostCpu>,
}

/// The parts that are shared between clones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Details {
    /// As listed, before the release had its say.
    pub(crate) listed: CapSet,
    pub(crate) emulator: Box<str>,
    pub(crate) version: u32,
    pub(crate) kvm_version: Option<u64>,
    pub(crate) microcode_version: Option<u64>,
    pub(crate) package: Box<str>,
    pub(crate) per_accel: [PerAccel; 3],
    pub(crate) gics: Vec<Gic>,
    pub(crate) sev: Option<Sev>,
    pub(crate) sgx: Option<Sgx>,
    pub(crate) hyperv: Option<Hyperv>,
}

impl Details {
    pub(crate) fn accel(&self, accel: Accel) -> &PerAccel {
        let [kvm, tcg, hvf] = &self.per_accel;
        match accel {
            Accel::Kvm => kvm,
            Accel::Tcg => tcg,
            Accel::Hvf => hvf,
        }
    }

    pub(crate) fn accel_mut(&mut self, accel: Accel) -> &mut PerAccel {
        let [kvm, tcg, hvf] = &mut self.per_accel;
        match accel {
            Accel::Kvm => kvm,
            Accel::Tcg => tcg,
            Accel::Hvf => hvf,
        }
    }
}

/// What one QEMU binary can do, as one release of the reference sees it. Cheap to clone, read-only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caps {
    flags: CapSet,
    release: Release,
    arch: Arch,
    details: Arc<Details>,
}

impl Caps {
    /// Starts a set that is listed by hand.
    pub fn builder(release: Release, arch: Arch) -> CapsBuilder {
        CapsBuilder {
            release,
            arch,
            details: Details {
                listed: CapSet::EMPTY,
                emulator: format!("/usr/bin/qemu-system-{}", arch.qemu_name()).into(),
                version: 0,
                kvm_version: None,
                microcode_version: None,
                package: Box::default(),
                per_accel: Default::default(),
                gics: Vec::new(),
                sev: None,
                sgx: None,
                hyperv: None,
            },
        }
    }

    /// Starts a set that differs from this one.
    pub fn edit(&self) -> CapsBuilder {
        CapsBuilder { release: self.release, arch: self.arch, details: (*self.details).clone() }
    }

    pub(crate) fn details(&self) -> &Details {
        &self.details
    }

    /// The release of the reference that is followed.
    pub fn release(&self) -> Release {
        self.release
    }

    /// What the binary emulates.
    pub fn arch(&self) -> Arch {
        self.arch
    }

    /// QEMU's version: major * 1 000 000 + minor * 1000 + micro; 0 where unknown.
    pub fn version(&self) -> u32 {
        self.details.version
    }

    /// Version of the host's kernel module, where the file says so.
    pub fn kvm_version(&self) -> Option<u64> {
        self.details.kvm_version
    }

    /// Version of the host's CPU microcode, where the file says so.
    pub fn microcode_version(&self) -> Option<u64> {
        self.details.microcode_version
    }

    /// What the distribution calls the binary; may be empty.
    pub fn package(&self) -> &str {
        &self.details.package
    }

    /// Path of the binary.
    pub fn emulator(&self) -> &str {
        &self.details.emulator
    }

    /// Whether the binary has `cap`, as this release answers it (see [`FlagState`]).
    #[inline]
    pub const fn has(&self, cap: Cap) -> bool {
        self.flags.has(cap)
    }

    /// [`has`](Self::has), as an error where it has not.
    pub fn require(&self, cap: Cap) -> Result<(), MissingCap> {
        if self.has(cap) { Ok(()) } else { Err(MissingCap(cap)) }
    }

    /// All flags that [`has`](Self::has) answers with yes.
    pub fn flags(&self) -> &CapSet {
        &self.flags
    }

    /// The flags as they were listed, before the release had its say.
    pub fn listed_flags(&self) -> &CapSet {
        &self.details.listed
    }

    /// All machine types under `accel`.
    pub fn machines(&self, accel: Accel) -> &[Machine] {
        &self.details.accel(accel).machines
    }

    /// The versioned name for `name`, where that is an alias; otherwise `name` itself.
    pub fn canonical_machine<'a>(&'a self, accel: Accel, name: &'a str) -> &'a str {
        let aliased = self.machines(accel).iter().find(|machine| machine.alias.as_deref() == Some(name));
        aliased.map_or(name, |machine| &machine.name)
    }

    /// The machine type of that name or alias.
    pub fn machine(&self, accel: Accel, name: &str) -> Option<&Machine> {
        let name = self.canonical_machine(accel, name);
        self.machines(accel).iter().find(|machine| &*machine.name == name)
    }

    /// What QEMU runs where no machine type is given.
    pub fn default_machine(&self, accel: Accel) -> Option<&Machine> {
        self.machines(accel).iter().find(|machine| machine.is_default)
    }

    /// CPU models under `accel`.
    pub fn cpu_models(&self, accel: Accel) -> &[CpuModel] {
        &self.details.accel(accel).cpu_models
    }

    /// The CPU model of that name.
    pub fn cpu_model(&self, accel: Accel, name: &str) -> Option<&CpuModel> {
        self.cpu_models(accel).iter().find(|model| &*model.name == name)
    }

    /// Name of the CPU model that machine type `machine` has where none is given.
    pub fn default_cpu_model(&self, accel: Accel, machine: &str) -> Option<&str> {
        let typename = self.machine(accel, machine)?.default_cpu.as_deref()?;
        let model =
            self.cpu_models(accel).iter().find(|model| model.typename.as_deref() == Some(typename))?;
        Some(&model.name)
    }

    /// What QEMU makes of the host's CPU under `accel`.
    pub fn host_cpu(&self, accel: Accel) -> Option<&HostCpu> {
        self.details.accel(accel).host_cpu.as_ref()
    }

    /// ARM interrupt controllers on offer.
    pub fn gics(&self) -> &[Gic] {
        &self.details.gics
    }

    /// AMD memory encryption, where on offer.
    pub fn sev(&self) -> Option<&Sev> {
        self.details.sev.as_ref()
    }

    /// Intel enclaves, where on offer.
    pub fn sgx(&self) -> Option<&Sgx> {
        self.details.sgx.as_ref()
    }

    /// Hyper-V enlightenments, where the file tells them.
    pub fn hyperv(&self) -> Option<&Hyperv> {
        self.details.hyperv.as_ref()
    }
}

/// Makes a [`Caps`] by hand, or changes one.
#[derive(Clone, Debug)]
#[must_use]
pub struct CapsBuilder {
    release: Release,
    arch: Arch,
    pub(crate) details: Details,
}

impl CapsBuilder {
    /// Follows another release.
    pub fn release(mut self, release: Release) -> Self {
        self.release = release;
        self
    }

    /// Adds flags.
    pub fn flags(mut self, caps: impl IntoIterator<Item = Cap>) -> Self {
        self.details.listed.extend(caps);
        self
    }

    /// Adds one flag.
    pub fn set(mut self, cap: Cap) -> Self {
        self.details.listed.insert(cap);
        self
    }

    /// Takes one flag out. A flag that the release retired as always on stays on.
    pub fn clear(mut self, cap: Cap) -> Self {
        self.details.listed.remove(cap);
        self
    }

    /// QEMU's version, as [`Caps::version`] gives it.
    pub fn version(mut self, version: u32) -> Self {
        self.details.version = version;
        self
    }

    /// The packager's mark on the version.
    pub fn package(mut self, package: impl Into<Box<str>>) -> Self {
        self.details.package = package.into();
        self
    }

    /// Path of the binary.
    pub fn emulator(mut self, path: impl Into<Box<str>>) -> Self {
        self.details.emulator = path.into();
        self
    }

    /// Adds a machine type.
    pub fn machine(mut self, accel: Accel, machine: Machine) -> Self {
        self.details.accel_mut(accel).machines.push(machine);
        self
    }

    /// Adds a CPU model.
    pub fn cpu_model(mut self, accel: Accel, model: CpuModel) -> Self {
        self.details.accel_mut(accel).cpu_models.push(model);
        self
    }

    /// Sets what QEMU makes of the host's CPU.
    pub fn host_cpu(mut self, accel: Accel, host_cpu: HostCpu) -> Self {
        self.details.accel_mut(accel).host_cpu = Some(host_cpu);
        self
    }

    /// Makes every alias a machine type of its own, so that a document that names it keeps it.
    pub fn drop_machine_aliases(mut self) -> Self {
        for per_accel in &mut self.details.per_accel {
            let mut added = Vec::new();
            for machine in &mut per_accel.machines {
                if let Some(alias) = machine.alias.take() {
                    added.push(Machine { name: alias, ..machine.clone() });
                    machine.is_default = false;
                }
            }
            per_accel.machines.append(&mut added);
        }
        self
    }

    /// Replaces the interrupt controllers on offer.
    pub fn gic(mut self, gics: impl IntoIterator<Item = Gic>) -> Self {
        self.details.gics = gics.into_iter().collect();
        self
    }

    /// Sets AMD memory encryption.
    pub fn sev(mut self, sev: Sev) -> Self {
        self.details.sev = Some(sev);
        self
    }

    /// Sets Intel enclaves.
    pub fn sgx(mut self, sgx: Sgx) -> Self {
        self.details.sgx = Some(sgx);
        self
    }

    /// Sets Hyper-V enlightenments.
    pub fn hyperv(mut self, hyperv: Hyperv) -> Self {
        self.details.hyperv = Some(hyperv);
        self
    }

    /// Forgets what QEMU makes of the host's CPU, so that the host itself is asked.
    pub fn forget_host_cpu(mut self) -> Self {
        for per_accel in &mut self.details.per_accel {
            per_accel.host_cpu = None;
        }
        self
    }

    /// The finished set.
    pub fn build(self) -> Caps {
        let listed = self.details.listed;
        let flags = Cap::ALL.iter().copied().filter(|cap| match cap.state(self.release) {
            FlagState::Live => listed.has(*cap),
            FlagState::On => true,
            FlagState::Off | FlagState::New => false,
        });
        Caps {
            flags: flags.collect(),
            release: self.release,
            arch: self.arch,
            details: Arc::new(self.details),
        }
    }
}
