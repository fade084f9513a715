//! The capabilities of a QEMU binary.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::{
    Arch, Cap, CapSet, Convention, CpuModel, FlagState, Gic, HostCpu, Hyperv, Machine, ProbedOn, Release,
    Sev, Sgx, machines::Machines,
};

/// An accelerator: what executes the guest's instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Accel {
    /// KVM of Linux (`<domain type='kvm'>`).
    Kvm,
    /// TCG, the binary translation of QEMU (`<domain type='qemu'>`).
    Tcg,
    /// The Hypervisor framework of macOS (`<domain type='hvf'>`).
    Hvf,
}

impl Accel {
    /// Every accelerator.
    pub const ALL: [Self; 3] = [Self::Kvm, Self::Tcg, Self::Hvf];

    /// The name that QEMU uses.
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

/// The error for a text that is not the name of an [`Accel`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no accelerator `{0}`")]
pub struct UnknownAccel(pub String);

impl FromStr for Accel {
    type Err = UnknownAccel;

    fn from_str(text: &str) -> Result<Self, UnknownAccel> {
        let found = Self::ALL.into_iter().find(|accel| accel.name() == text);
        found.ok_or_else(|| UnknownAccel(text.to_owned()))
    }
}

/// The error for a capability flag that the QEMU binary does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this QEMU lacks the feature `{0}`")]
pub struct MissingCap(pub Cap);

/// The capabilities that depend on the accelerator.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) struct PerAccel {
    pub(crate) machines: Machines,
    pub(crate) cpu_models: Vec<CpuModel>,
    pub(crate) host_cpu: Option<HostCpu>,
}

/// The parts that clones share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Details {
    pub(crate) emulator: Box<str>,
    pub(crate) version: u32,
    pub(crate) kvm_version: Option<u64>,
    pub(crate) probed_on: ProbedOn,
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

/// The capabilities of a QEMU binary under a release of libvirt. They are read-only and cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caps {
    flags: CapSet,
    /// The flags as listed, before [`FlagState`] is applied.
    listed: CapSet,
    release: Release,
    arch: Arch,
    details: Arc<Details>,
}

impl Caps {
    /// Builds capabilities by hand, for tests and for QEMU binaries that cannot be probed.
    pub fn builder(release: Release, arch: Arch) -> CapsBuilder {
        CapsBuilder {
            release,
            arch,
            listed: CapSet::EMPTY,
            details: Arc::new(Details {
                emulator: format!("/usr/bin/qemu-system-{}", arch.qemu_name()).into(),
                version: 0,
                kvm_version: None,
                probed_on: ProbedOn::default(),
                package: Box::default(),
                per_accel: Default::default(),
                gics: Vec::new(),
                sev: None,
                sgx: None,
                hyperv: None,
            }),
        }
    }

    /// Builds capabilities that differ from these. Where only flags differ, all else is shared.
    pub fn edit(&self) -> CapsBuilder {
        let Self { release, arch, listed, details, .. } = self;
        CapsBuilder { release: *release, arch: *arch, listed: *listed, details: Arc::clone(details) }
    }

    /// These capabilities under `release` with `flags` and no others, whatever [`FlagState`] the release gives them. Two sets can so be
    /// compared one flag at a time.
    #[must_use]
    pub fn with_exactly(&self, release: Release, flags: CapSet) -> Self {
        Self { flags, release, ..self.clone() }
    }

    pub(crate) fn details(&self) -> &Details {
        &self.details
    }

    /// The release of libvirt that is followed.
    pub fn release(&self) -> Release {
        self.release
    }

    /// The architecture that the binary emulates.
    pub fn arch(&self) -> Arch {
        self.arch
    }

    /// The version of QEMU: major * 1 000 000 + minor * 1000 + micro; 0 where it is not known.
    pub fn version(&self) -> u32 {
        self.details.version
    }

    /// The version of KVM in the host's kernel, where the capabilities file has it.
    pub fn kvm_version(&self) -> Option<u64> {
        self.details.kvm_version
    }

    /// The host on which the binary was probed, as far as it is known.
    pub fn probed_on(&self) -> &ProbedOn {
        &self.details.probed_on
    }

    /// The package version of the distribution; may be empty.
    pub fn package(&self) -> &str {
        &self.details.package
    }

    /// The path of the binary.
    pub fn emulator(&self) -> &str {
        &self.details.emulator
    }

    /// Whether the binary has `cap`. A flag that the release retired has a fixed answer (see [`FlagState`]).
    #[inline]
    pub const fn has(&self, cap: Cap) -> bool {
        self.flags.has(cap)
    }

    /// As [`has`](Self::has), with an error where the binary does not have `cap`.
    pub fn require(&self, cap: Cap) -> Result<(), MissingCap> {
        if self.has(cap) { Ok(()) } else { Err(MissingCap(cap)) }
    }

    /// The flags for which [`has`](Self::has) is true.
    pub fn flags(&self) -> &CapSet {
        &self.flags
    }

    /// The flags as listed in the capabilities file, before [`FlagState`] is applied.
    pub fn listed_flags(&self) -> &CapSet {
        &self.listed
    }

    /// The machine types under `accel`, the default first.
    pub fn machines(&self, accel: Accel) -> &[Machine] {
        self.details.accel(accel).machines.as_slice()
    }

    /// The machine type that the machine alias `name` stands for; `name` itself where it is not an alias.
    pub fn canonical_machine<'a>(&'a self, accel: Accel, name: &'a str) -> &'a str {
        self.details.accel(accel).machines.with_alias(name).map_or(name, |machine| &machine.name)
    }

    /// The machine type with the name or machine alias `name`.
    pub fn machine(&self, accel: Accel, name: &str) -> Option<&Machine> {
        self.details.accel(accel).machines.named(self.canonical_machine(accel, name))
    }

    /// The default machine type of QEMU.
    pub fn default_machine(&self, accel: Accel) -> Option<&Machine> {
        self.machines(accel).iter().find(|machine| machine.is_default)
    }

    /// The CPU models under `accel`.
    pub fn cpu_models(&self, accel: Accel) -> &[CpuModel] {
        &self.details.accel(accel).cpu_models
    }

    /// The CPU model `name`.
    pub fn cpu_model(&self, accel: Accel, name: &str) -> Option<&CpuModel> {
        self.cpu_models(accel).iter().find(|model| &*model.name == name)
    }

    /// The name of the default CPU model of the machine type `machine`.
    pub fn default_cpu_model(&self, accel: Accel, machine: &str) -> Option<&str> {
        let typename = self.machine(accel, machine)?.default_cpu.as_deref()?;
        let model =
            self.cpu_models(accel).iter().find(|model| model.typename.as_deref() == Some(typename))?;
        Some(&model.name)
    }

    /// The expansion of the host's CPU (`-cpu host` or `max`) under `accel`.
    pub fn host_cpu(&self, accel: Accel) -> Option<&HostCpu> {
        self.details.accel(accel).host_cpu.as_ref()
    }

    /// The Arm interrupt controllers that are supported.
    pub fn gics(&self) -> &[Gic] {
        &self.details.gics
    }

    /// AMD memory encryption, where the host supports it.
    pub fn sev(&self) -> Option<&Sev> {
        self.details.sev.as_ref()
    }

    /// Intel SGX, where the host supports it.
    pub fn sgx(&self) -> Option<&Sgx> {
        self.details.sgx.as_ref()
    }

    /// The Hyper-V enlightenments that the host supports, where they are known.
    pub fn hyperv(&self) -> Option<&Hyperv> {
        self.details.hyperv.as_ref()
    }
}

/// Builds [`Caps`] by hand, or from others.
#[derive(Clone, Debug)]
#[must_use]
pub struct CapsBuilder {
    release: Release,
    arch: Arch,
    pub(crate) listed: CapSet,
    details: Arc<Details>,
}

impl CapsBuilder {
    /// The parts that clones share, to be changed.
    pub(crate) fn details_mut(&mut self) -> &mut Details {
        Arc::make_mut(&mut self.details)
    }

    /// Sets the release of libvirt to be followed.
    pub fn release(mut self, release: Release) -> Self {
        self.release = release;
        self
    }

    /// Adds flags.
    pub fn flags(mut self, caps: impl IntoIterator<Item = Cap>) -> Self {
        self.listed.extend(caps);
        self
    }

    /// Adds one flag.
    pub fn set(mut self, cap: Cap) -> Self {
        self.listed.insert(cap);
        self
    }

    /// Removes one flag. A flag that the release retired as always on stays on.
    pub fn clear(mut self, cap: Cap) -> Self {
        self.listed.remove(cap);
        self
    }

    /// Sets the version of QEMU, as in [`Caps::version`].
    pub fn version(mut self, version: u32) -> Self {
        self.details_mut().version = version;
        self
    }

    /// Sets the package version of the distribution.
    pub fn package(mut self, package: impl Into<Box<str>>) -> Self {
        self.details_mut().package = package.into();
        self
    }

    /// Sets the path of the binary.
    pub fn emulator(mut self, path: impl Into<Box<str>>) -> Self {
        self.details_mut().emulator = path.into();
        self
    }

    /// Adds a machine type.
    pub fn machine(mut self, accel: Accel, machine: Machine) -> Self {
        self.details_mut().accel_mut(accel).machines.push(machine);
        self
    }

    /// Adds a CPU model.
    pub fn cpu_model(mut self, accel: Accel, model: CpuModel) -> Self {
        self.details_mut().accel_mut(accel).cpu_models.push(model);
        self
    }

    /// Keeps the CPU models for which `keep` says yes, under every accelerator.
    pub fn retain_cpu_models(mut self, keep: impl Fn(&CpuModel) -> bool) -> Self {
        for per_accel in &mut self.details_mut().per_accel {
            per_accel.cpu_models.retain(&keep);
        }
        self
    }

    /// Sets the expansion of the host's CPU.
    pub fn host_cpu(mut self, accel: Accel, host_cpu: HostCpu) -> Self {
        self.details_mut().accel_mut(accel).host_cpu = Some(host_cpu);
        self
    }

    /// Turns every machine alias into a machine type of its own, so that completing a document keeps the alias.
    pub fn drop_machine_aliases(mut self) -> Self {
        let alias_is_default = self.release.has(Convention::DroppedAliasIsDefault);
        for per_accel in &mut self.details_mut().per_accel {
            let mut added = Vec::new();
            let mut machines = std::mem::take(&mut per_accel.machines).into_vec();
            for machine in &mut machines {
                if let Some(alias) = machine.alias.take() {
                    let is_default = machine.is_default && alias_is_default;
                    added.push(Machine { name: alias, is_default, ..machine.clone() });
                    machine.is_default &= !alias_is_default;
                }
            }
            per_accel.machines = machines.into_iter().chain(added).collect();
        }
        self
    }

    /// Sets the Arm interrupt controllers.
    pub fn gic(mut self, gics: impl IntoIterator<Item = Gic>) -> Self {
        self.details_mut().gics = gics.into_iter().collect();
        self
    }

    /// Sets AMD memory encryption.
    pub fn sev(mut self, sev: Sev) -> Self {
        self.details_mut().sev = Some(sev);
        self
    }

    /// Sets Intel SGX.
    pub fn sgx(mut self, sgx: Sgx) -> Self {
        self.details_mut().sgx = Some(sgx);
        self
    }

    /// Sets Hyper-V enlightenments.
    pub fn hyperv(mut self, hyperv: Hyperv) -> Self {
        self.details_mut().hyperv = Some(hyperv);
        self
    }

    /// Sets the host on which the binary was probed.
    pub fn probed_on(mut self, host: ProbedOn) -> Self {
        self.details_mut().probed_on = host;
        self
    }

    /// Removes the expansion of the host's CPU, so that the host is asked for its CPU.
    pub fn forget_host_cpu(mut self) -> Self {
        for per_accel in &mut self.details_mut().per_accel {
            per_accel.host_cpu = None;
        }
        self
    }

    /// The finished capabilities.
    pub fn build(self) -> Caps {
        let listed = self.listed;
        let flags = Cap::ALL.iter().copied().filter(|cap| match cap.state(self.release) {
            FlagState::Live => listed.has(*cap),
            FlagState::On => true,
            FlagState::Off | FlagState::New => false,
        });
        Caps { flags: flags.collect(), listed, release: self.release, arch: self.arch, details: self.details }
    }
}
