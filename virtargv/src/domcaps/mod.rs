//! What a QEMU and a host offer to a kind of guest: libvirt's domain capabilities (`virsh domcapabilities`).
//!
//! The words of each list are those of the domain format, chosen by the capability flags as the rules of `validate` choose them
//! ([`offered`]). Firmware, the CPU, swtpm and VFIO are the host's: what it does not know is left out,
//! and named in [`DomainCapabilities::unknown`].
//!
//! ```
//! use virtargv::domcaps::{self, DomcapsRequest};
//! use virtargv::{FixedHost, Release, Request, builtin};
//!
//! let caps = builtin::get("qemu-11.1-x86_64", Release::V12_9).expect("a built-in set");
//! let host = FixedHost::default();
//! let wanted = DomcapsRequest { machine: Some("q35".into()), ..DomcapsRequest::default() };
//! let offered = domcaps::domcaps(&wanted, &Request::new(&caps, &host))?;
//! assert_eq!(offered.machine, "pc-q35-11.1");
//! assert!(offered.to_xml().starts_with("<domainCapabilities>\n  <path>/usr/bin/qemu-system-x86_64</path>\n"));
//! # Ok::<(), virtargv::domcaps::DomcapsError>(())
//! ```

mod cpu;
mod devices;
mod features;
mod os;
mod part;
mod write;

use std::fmt;

use virtargv_caps::{Accel, Arch, Cap, Caps};
use virtargv_host::{Host, HostError, Request};
use virtargv_model::memory::MemorySource;
use virtargv_model::{Domain, Release, Spelled, Version, VirtType};
use virtargv_resolve::{Guest, accelerator_of};
use virtargv_validate::offered;

pub use cpu::{CpuCapabilities, HostModel, NamedModel};
pub use devices::{
    CryptoCapabilities, DeviceCapabilities, DiskCapabilities, HostdevCapabilities, RngCapabilities,
    TpmCapabilities,
};
pub use features::{FeatureCapabilities, SevCapabilities};
pub use os::{FirmwareFeatures, LoaderCapabilities, OsCapabilities};
use part::Part;

/// The kind of guest that is asked about. What is left out is what `virsh domcapabilities` takes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DomcapsRequest {
    /// The architecture of the guest; without one, that of the QEMU.
    pub arch: Option<Arch>,
    /// The type of hypervisor; without one, KVM where the QEMU has it and the host is of its architecture, else TCG.
    pub virt_type: Option<VirtType>,
    /// The machine type or machine alias; without one, the default of the QEMU.
    pub machine: Option<String>,
    /// The path of the QEMU binary; without one, what the host answers, else that of the capabilities.
    pub emulator: Option<String>,
}

/// What a QEMU and a host offer to a kind of guest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainCapabilities {
    /// `<path>`: the QEMU binary.
    pub path: String,
    /// `<domain>`: the type of hypervisor.
    pub virt_type: VirtType,
    /// `<machine>`: the machine type; machine aliases are resolved.
    pub machine: String,
    /// `<arch>`
    pub arch: Arch,
    /// `<vcpu max=>`: the largest number of vCPUs; 0 where it is not known.
    pub max_vcpus: u32,
    /// `<iothreads>`: whether there are I/O threads.
    pub iothreads: bool,
    /// `<os>`
    pub os: OsCapabilities,
    /// `<cpu>`
    pub cpu: CpuCapabilities,
    /// `<memoryBacking>`: the types of `<source>`; `None` where the release does not print it.
    pub memory_backing: Option<Vec<MemorySource>>,
    /// `<devices>`
    pub devices: DeviceCapabilities,
    /// `<features>`
    pub features: FeatureCapabilities,
    /// Whether the QEMU has the accelerator of the type of hypervisor. Where it has not, libvirt answers with an error, and the
    /// rest is what the same QEMU would offer with the accelerator, as far as it is known.
    pub has_accelerator: bool,
    /// What the host does not know and a part depends on, such as "its CPU".
    pub unknown: Vec<String>,
}

/// Why there are no domain capabilities.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DomcapsError {
    /// The QEMU is for another architecture.
    Arch {
        /// The architecture that was asked for.
        wanted: Arch,
        /// That of the QEMU.
        of_qemu: Arch,
    },
    /// No QEMU has the type of hypervisor.
    VirtType(VirtType),
    /// The QEMU does not have the machine type.
    Machine(String),
}

impl fmt::Display for DomcapsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Arch { wanted, of_qemu } => {
                write!(f, "this QEMU is for architecture `{of_qemu}` and does not run guests of `{wanted}`")
            }
            Self::VirtType(kind) => write!(f, "QEMU has no guests of type `{kind}`"),
            Self::Machine(name) => write!(f, "this QEMU has no machine type `{name}`"),
        }
    }
}

impl std::error::Error for DomcapsError {}

/// What each part is made of.
struct Work<'a> {
    guest: Guest,
    caps: &'a Caps,
    host: &'a dyn Host,
    release: Release,
    /// The version whose parts are written.
    version: Version,
    unknown: Vec<String>,
}

/// The oldest QEMU that libvirt runs, as [`Caps::version`] has it, with the last version of libvirt that ran earlier ones.
const OLDEST_QEMU: [(u32, Version); 2] = [(5_002_000, Version::new(10, 5)), (6_002_000, Version::new(11, 1))];

/// The version of libvirt that tells what a QEMU offers: `version`, or where that does not run the QEMU any more, the last one
/// that did.
fn told_by(qemu: u32, version: Version) -> Version {
    let mut rows = OLDEST_QEMU.into_iter();
    let dropped = rows.find(|(oldest, last)| (1..*oldest).contains(&qemu) && version > *last);
    dropped.map_or(version, |(_, last)| last)
}

impl Work<'_> {
    fn writes(&self, part: Part) -> bool {
        part.is_in(self.version)
    }

    /// The words that QEMU and the release have and `offers` says yes to, in the order of the format.
    fn words<T: Spelled>(&self, offers: impl Fn(T) -> bool) -> Vec<T> {
        let all = T::ALL.iter().copied();
        all.filter(|word| {
            word.is_for_qemu() && word.releases().contains_version(self.version) && offers(*word)
        })
        .collect()
    }

    /// Whether QEMU has a flag.
    fn has(&self, cap: Cap) -> bool {
        self.caps.has(cap)
    }

    /// The answer of the host; `None` and a note where it does not know.
    fn ask<T>(&mut self, answer: Result<T, HostError>) -> Option<T> {
        answer.map_err(|error| self.unanswered(&error)).ok()
    }

    /// Notes what the host does not know.
    fn unanswered(&mut self, error: &HostError) {
        if let HostError::Unknown(what) = error
            && !self.unknown.iter().any(|known| known == what)
        {
            self.unknown.push((*what).to_owned());
        }
    }

    /// The capabilities without the CPU models that earlier definitions of libvirt do not have.
    fn without_versioned(&self) -> Caps {
        let keep = |name: &str| !cpu::is_later(name);
        self.caps.edit().retain_cpu_models(|model| keep(&model.name)).build()
    }
}

/// What the QEMU and the host of `request` offer to guests of the kind `wanted`.
///
/// # Errors
/// The QEMU does not have guests of this kind.
pub fn domcaps(wanted: &DomcapsRequest, request: &Request<'_>) -> Result<DomainCapabilities, DomcapsError> {
    let (caps, host) = (request.caps, request.host);
    let (guest, virt_type) = guest(wanted, caps, host.arch())?;
    let machine = caps.machine(guest.accel, &guest.machine);
    let by_machine = machine.map_or(0, |machine| machine.max_cpus);
    let release = request.release();
    let version = told_by(caps.version(), release.version());
    let mut work = Work { guest, caps, host, release, version, unknown: Vec::new() };
    let mut max_vcpus = by_machine;
    if work.guest.accel == Accel::Kvm
        && let Some(most) = work.ask(host.cpu().kvm_max_vcpus())
    {
        max_vcpus = max_vcpus.min(most);
    }
    let memory_backing = work
        .writes(Part::MemoryBacking)
        .then(|| work.words(|source| source != MemorySource::Memfd || work.has(Cap::ObjectMemoryMemfd)));
    Ok(DomainCapabilities {
        path: wanted
            .emulator
            .clone()
            .or_else(|| host.machine().emulator(work.guest.arch).ok())
            .unwrap_or_else(|| caps.emulator().to_owned()),
        virt_type,
        machine: work.guest.machine.clone(),
        arch: work.guest.arch,
        max_vcpus,
        iothreads: work.has(Cap::ObjectIothread),
        os: os::os(&mut work),
        cpu: cpu::cpu(&mut work),
        memory_backing,
        devices: devices::devices(&mut work),
        features: features::features(&mut work),
        has_accelerator: offered::accelerator(|cap| work.has(cap), work.guest.accel),
        unknown: work.unknown,
    })
}

/// The kind of guest, and its type of hypervisor.
fn guest(wanted: &DomcapsRequest, caps: &Caps, host: Arch) -> Result<(Guest, VirtType), DomcapsError> {
    let arch = wanted.arch.unwrap_or(caps.arch());
    let virt_type = wanted.virt_type.unwrap_or_else(|| match offered::default_accelerator(caps, host) {
        Accel::Kvm => VirtType::Kvm,
        Accel::Tcg | Accel::Hvf => VirtType::Qemu,
    });
    if accelerator_of(virt_type).is_none() {
        return Err(DomcapsError::VirtType(virt_type));
    }
    let mut domain = Domain { virt_type: Some(virt_type), ..Domain::default() };
    domain.os.arch = Some(arch.name().to_owned());
    domain.os.machine.clone_from(&wanted.machine);
    let mut guest = Guest::of(&domain, caps, arch);
    if !guest.is_run_by(caps) {
        return Err(DomcapsError::Arch { wanted: arch, of_qemu: caps.arch() });
    }
    // A QEMU without the accelerator has its machine types all the same.
    let known = if caps.machines(guest.accel).is_empty() { VirtType::Qemu } else { virt_type };
    let by_known = Domain { virt_type: Some(known), ..domain.clone() };
    let of_known = Guest::of(&by_known, caps, arch);
    if of_known.of_unknown_machine(&by_known, caps).is_some() {
        return Err(DomcapsError::Machine(of_known.machine));
    }
    if known != virt_type {
        domain.os.machine = Some(of_known.machine);
        guest = Guest::of(&domain, caps, arch);
    }
    Ok((guest, virt_type))
}
