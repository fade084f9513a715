//! The CPU of this machine: what it reports about itself, its topology, and what KVM makes of it.
//!
//! The CPUID instruction is a safe function of the standard library on x86. Requests to `/dev/kvm` are made by
//! `kvm-ioctls`.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::sync::OnceLock;

use virtargv_caps::{CpuDefinitions, CpuReport, ProbedOn, Release, X86};
use virtargv_host::{Answer, Arch, Cpu, CpuMap, HostError, Processor, SevGuests, Tsc};

use crate::SystemHost;

/// The CPUs of the machine in sysfs.
const CPUS: &str = "/sys/devices/system/cpu";
/// What the kernel tells of each CPU.
const CPUINFO: &str = "/proc/cpuinfo";

/// The file `name` of the CPU definitions in `directory`. `None` for a file outside of it, whatever the index contains.
pub fn cpu_definitions(directory: &Path, name: &str) -> Option<String> {
    let inside = !name.contains("..") && !name.starts_with('/');
    inside.then(|| fs::read_to_string(directory.join(name)).ok()).flatten()
}

/// The CPU of a machine, found out on first use, because few documents need it.
#[derive(Debug, Clone, Default)]
pub(crate) struct CpuState {
    /// libvirt's definitions of CPU models.
    pub(crate) map: OnceLock<Answer<CpuMap>>,
    processor: OnceLock<Answer<Processor>>,
    tsc: OnceLock<Answer<Tsc>>,
}

impl Cpu for SystemHost {
    fn processor(&self) -> Answer<&Processor> {
        self.cpu.processor.get_or_init(|| self.read_processor()).as_ref().map_err(Clone::clone)
    }

    fn tsc(&self) -> Answer<Tsc> {
        self.cpu.tsc.get_or_init(|| if self.is_described() { Err(unknown_tsc()) } else { read_tsc() }).clone()
    }

    fn phys_addr_bits(&self) -> Answer<u32> {
        let unknown = HostError::Unknown("how many bits its physical addresses have");
        if self.is_described() {
            return Err(unknown);
        }
        let lines = fs::File::open(CPUINFO).map(|file| BufReader::new(file).lines().map_while(Result::ok));
        lines.ok().and_then(phys_addr_bits).ok_or(unknown)
    }

    fn kvm_max_vcpus(&self) -> Answer<u32> {
        let most = if self.is_described() { None } else { kvm::max_vcpus() };
        most.ok_or(HostError::Unknown("how many vCPUs its KVM gives a guest"))
    }

    fn sev_guests(&self) -> Answer<SevGuests> {
        let most = if self.is_described() { None } else { read_sev_guests() };
        most.ok_or(HostError::Unknown("how many guests AMD SEV protects"))
    }

    fn cpu_map(&self) -> Answer<&CpuMap> {
        self.cpu.map.get_or_init(|| self.read_cpu_map()).as_ref().map_err(Clone::clone)
    }
}

impl SystemHost {
    fn read_cpu_map(&self) -> Answer<CpuMap> {
        let what = "directory of CPU model definitions";
        let dir = self.cpu_map_dir.display();
        if !self.cpu_map_dir.is_dir() {
            return Err(HostError::not_found(what, dir.to_string()));
        }
        CpuMap::parse(|name| cpu_definitions(&self.cpu_map_dir, name))
            .map_err(|error| HostError::failed(what, dir.to_string(), error))
    }

    /// Whether the host has another architecture than this machine.
    fn is_described(&self) -> bool {
        std::env::consts::ARCH.parse() != Ok(self.arch)
    }

    /// The CPU: its topology, and on x86 the model and features that describe it, as far as CPU definitions are known.
    fn read_processor(&self) -> Answer<Processor> {
        if self.is_described() {
            return Err(HostError::Unknown("its CPU"));
        }
        let mut processor = topology();
        if self.arch == Arch::X86_64
            && let Ok(map) = self.cpu_map()
            && let Some(described) = X86::new(map.x86(), Release::default()).describe_host(&report(map.x86()))
        {
            processor.model = described.model;
            processor.vendor = described.vendor;
            processor.features = described.features.into_iter().map(|(name, _)| name).collect();
        }
        Ok(processor)
    }
}

/// The bits of a physical address, of the kernel's text on the first CPU.
fn phys_addr_bits(mut cpuinfo: impl Iterator<Item = String>) -> Option<u32> {
    let line = cpuinfo.find(|line| line.starts_with("address sizes"))?;
    let (_, sizes) = line.split_once(':')?;
    sizes.trim().split_once(" bits physical")?.0.parse().ok()
}

/// How many guests SEV protects: leaf 0x8000001f of CPUID has the number of keys, and the lowest key of a guest without SEV-ES.
#[cfg(target_arch = "x86_64")]
fn read_sev_guests() -> Option<SevGuests> {
    use std::arch::x86_64::__cpuid_count;
    const ENCRYPTION: u32 = 0x8000_001f;
    const SEV: u32 = 1 << 1;
    if __cpuid_count(0x8000_0000, 0).eax < ENCRYPTION {
        return Some(SevGuests::default());
    }
    let leaf = __cpuid_count(ENCRYPTION, 0);
    if leaf.eax & SEV == 0 {
        return Some(SevGuests::default());
    }
    let encrypted_state = leaf.edx.saturating_sub(1);
    Some(SevGuests { plain: leaf.ecx.saturating_sub(encrypted_state), encrypted_state })
}

#[cfg(not(target_arch = "x86_64"))]
fn read_sev_guests() -> Option<SevGuests> {
    None
}

fn unknown_tsc() -> HostError {
    HostError::Unknown("the frequency of its TSC")
}

/// The sockets, cores and threads of the CPUs that are online.
fn topology() -> Processor {
    let number = |cpu: u32, name: &str| -> Option<u32> {
        fs::read_to_string(format!("{CPUS}/cpu{cpu}/topology/{name}")).ok()?.trim().parse().ok()
    };
    let online = fs::read_to_string(format!("{CPUS}/online")).unwrap_or_default();
    let mut threads: Vec<(u32, u32, u32)> = Vec::new();
    for cpu in numbers(online.trim()) {
        let (Some(socket), Some(core)) = (number(cpu, "physical_package_id"), number(cpu, "core_id")) else {
            continue;
        };
        threads.push((socket, number(cpu, "die_id").unwrap_or(0), core));
    }
    let cores: BTreeSet<_> = threads.iter().copied().collect();
    let sockets: BTreeSet<u32> = cores.iter().map(|(socket, ..)| *socket).collect();
    let most = |counts: &mut dyn Iterator<Item = usize>| {
        u32::try_from(counts.max().unwrap_or(1)).unwrap_or(u32::MAX)
    };
    let of_socket = |socket: &u32| cores.iter().filter(|core| core.0 == *socket).count();
    Processor {
        sockets: most(&mut std::iter::once(sockets.len().max(1))),
        cores: most(&mut sockets.iter().map(of_socket)),
        threads: most(&mut cores.iter().map(|core| threads.iter().filter(|thread| *thread == core).count())),
        ..Processor::default()
    }
}

/// The numbers of a list of the kernel, such as `0-3,8`.
fn numbers(list: &str) -> impl Iterator<Item = u32> {
    let ranges = list.split(',').filter_map(|part| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        Some(first.parse::<u32>().ok()?..=last.parse::<u32>().ok()?)
    });
    // No kernel has more.
    ranges.flatten().take(1 << 16)
}

/// The package, kernel and CPU that the capabilities of a QEMU depend on where it uses KVM; `None` where this process
/// cannot use KVM.
pub fn probed_on() -> Option<ProbedOn> {
    let cpuid = kvm::supported_cpuid()?;
    let (signature, microcode_version) = cpuinfo();
    Some(ProbedOn { microcode_version, signature, kernel_version: kernel_version(), cpuid })
}

/// The release and version of the kernel.
fn kernel_version() -> Option<Box<str>> {
    let name = rustix::system::uname();
    Some(format!("{} {}", name.release().to_str().ok()?, name.version().to_str().ok()?).into())
}

/// The signature of the first CPU, and the version of its microcode (0 where the kernel does not tell it).
fn cpuinfo() -> (Option<Box<str>>, u64) {
    let Ok(file) = fs::File::open(CPUINFO) else { return (None, 0) };
    // A machine has hundreds of CPUs, of which the first is enough.
    let first = BufReader::new(file).lines().map_while(Result::ok).take_while(|line| !line.is_empty());
    let parts = match std::env::consts::ARCH {
        "x86" | "x86_64" => X86_SIGNATURE,
        "powerpc64" => POWER_SIGNATURE,
        "s390x" => S390_SIGNATURE,
        _ => &[],
    };
    parse_cpuinfo(parts, first)
}

/// The parts of a signature: the key in `/proc/cpuinfo`, and what precedes the value.
type SignatureParts = &'static [(&'static str, &'static str)];
const X86_SIGNATURE: SignatureParts = &[
    ("vendor_id", ""),
    ("model name", ", "),
    ("cpu family", ", family: "),
    ("model", ", model: "),
    ("stepping", ", stepping: "),
];
const POWER_SIGNATURE: SignatureParts = &[("cpu", ""), ("revision", ", rev ")];
const S390_SIGNATURE: SignatureParts =
    &[("vendor_id", ""), ("processor 0", ", "), ("facilities", ", facilities: ")];

/// The signature is `None` where a part of it is missing.
fn parse_cpuinfo(parts: SignatureParts, lines: impl Iterator<Item = String>) -> (Option<Box<str>>, u64) {
    let lines: Vec<String> = lines.collect();
    let value = |wanted: &str| {
        let mut pairs = lines.iter().filter_map(|line| line.split_once(':'));
        pairs.find(|(key, _)| key.trim() == wanted).map(|(_, value)| value.trim())
    };
    let signature: Option<String> =
        parts.iter().map(|(key, before)| Some(format!("{before}{}", value(key)?))).collect();
    let microcode =
        value("microcode").and_then(|text| u64::from_str_radix(text.strip_prefix("0x")?, 16).ok());
    (signature.filter(|text| !text.is_empty()).map(String::into_boxed_str), microcode.unwrap_or(0))
}

/// `IA32_ARCH_CAPABILITIES`, a model-specific register.
#[cfg(target_arch = "x86_64")]
const ARCH_CAPABILITIES: u32 = 0x10a;

/// What the CPU reports, as far as features of `definitions` depend on it.
#[cfg(target_arch = "x86_64")]
fn report(definitions: &CpuDefinitions) -> CpuReport {
    use std::arch::x86_64::__cpuid_count;
    use virtargv_caps::{CpuidLeaf, FeatureBits};

    let mut wanted = BTreeSet::from([(0, 0), (1, 0)]);
    let mut registers = BTreeSet::new();
    for bits in definitions.features().iter().flat_map(|feature| &feature.bits) {
        match *bits {
            FeatureBits::Cpuid { leaf, subleaf, .. } => drop(wanted.insert((leaf, subleaf))),
            FeatureBits::Msr { index, .. } => drop(registers.insert(index)),
        }
    }
    // Beyond the last leaf of a range, CPUs return the data of another one.
    let last = |leaf: u32| __cpuid_count(leaf & 0xffff_0000, 0).eax;
    let leaves = wanted.into_iter().filter(|(leaf, _)| *leaf <= last(*leaf)).map(|(leaf, subleaf)| {
        let found = __cpuid_count(leaf, subleaf);
        CpuidLeaf { leaf, subleaf, registers: [found.eax, found.ebx, found.ecx, found.edx] }
    });
    let mut report = CpuReport { leaves: leaves.collect(), msrs: Vec::new() };
    // libvirt reads this register only, and only where CPUID says that there is one.
    let has = |name: &str| {
        let feature = definitions.feature(name);
        feature.is_some_and(|feature| feature.bits.iter().all(|bits| report.has(bits)))
    };
    if registers.contains(&ARCH_CAPABILITIES)
        && has("arch-capabilities")
        && let Some(value) = msr(ARCH_CAPABILITIES)
    {
        report.msrs.push((ARCH_CAPABILITIES, value));
    }
    report
}

#[cfg(not(target_arch = "x86_64"))]
fn report(_: &CpuDefinitions) -> CpuReport {
    CpuReport::default()
}

/// The value of a model-specific register of the first CPU: as the kernel reads it, else as KVM offers it to guests.
#[cfg(target_arch = "x86_64")]
fn msr(index: u32) -> Option<u64> {
    use std::os::unix::fs::FileExt as _;
    let mut value = [0; 8];
    let read = fs::File::open("/dev/cpu/0/msr").and_then(|file| file.read_exact_at(&mut value, index.into()));
    if read.is_ok() { Some(u64::from_le_bytes(value)) } else { kvm::msr(index) }
}

/// The frequency of the time-stamp counter, where it is invariant.
#[cfg(target_arch = "x86_64")]
fn read_tsc() -> Answer<Tsc> {
    use std::arch::x86_64::__cpuid_count;
    const POWER: u32 = 0x8000_0007;
    const INVARIANT: u32 = 1 << 8;
    let invariant =
        __cpuid_count(0x8000_0000, 0).eax >= POWER && __cpuid_count(POWER, 0).edx & INVARIANT != 0;
    if invariant { kvm::tsc().ok_or_else(unknown_tsc) } else { Err(unknown_tsc()) }
}

#[cfg(not(target_arch = "x86_64"))]
fn read_tsc() -> Answer<Tsc> {
    Err(unknown_tsc())
}

/// Questions to KVM. Each opens `/dev/kvm`; none leaves a trace.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod kvm {
    use kvm_ioctls::{Cap, Kvm};
    use virtargv_caps::CpuidLeaf;
    use virtargv_host::Tsc;

    /// The most leaves that are asked for. KVM has some fifty.
    const MAX_LEAVES: usize = 256;

    /// The CPUID that KVM can give to guests, without what differs from one CPU of the machine to another. `None` where
    /// KVM cannot be used.
    pub(super) fn supported_cpuid() -> Option<Vec<CpuidLeaf>> {
        let found = Kvm::new().ok()?.get_supported_cpuid(MAX_LEAVES).ok()?;
        let leaf = |entry: &kvm_bindings::kvm_cpuid_entry2| CpuidLeaf {
            leaf: entry.function,
            subleaf: entry.index,
            registers: [entry.eax, entry.ebx, entry.ecx, entry.edx],
        };
        Some(super::stable(found.as_slice().iter().map(leaf)))
    }

    /// The value of a model-specific register that KVM offers to guests.
    pub(super) fn msr(index: u32) -> Option<u64> {
        let entry = kvm_bindings::kvm_msr_entry { index, ..Default::default() };
        let mut entries = kvm_bindings::Msrs::from_entries(&[entry]).ok()?;
        let read = Kvm::new().ok()?.get_msrs(&mut entries).ok()?;
        entries.as_slice().first().filter(|_| read == 1).map(|entry| entry.data)
    }

    /// The largest number of vCPUs of a guest.
    pub(super) fn max_vcpus() -> Option<u32> {
        u32::try_from(Kvm::new().ok()?.get_max_vcpus()).ok()
    }

    /// The frequency of the time-stamp counter of a virtual CPU that is created for the question.
    pub(super) fn tsc() -> Option<Tsc> {
        let kvm = Kvm::new().ok()?;
        let khz = kvm.create_vm().ok()?.create_vcpu(0).ok()?.get_tsc_khz().ok()?;
        Some(Tsc { frequency: u64::from(khz) * 1000, scaling: kvm.check_extension(Cap::TscControl) })
    }
}

/// Other machines have no CPUID; whether their KVM can be used is all that counts.
#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
mod kvm {
    pub(super) fn supported_cpuid() -> Option<Vec<virtargv_caps::CpuidLeaf>> {
        std::fs::File::options().read(true).write(true).open("/dev/kvm").ok().map(|_| Vec::new())
    }

    pub(super) fn max_vcpus() -> Option<u32> {
        None
    }
}

/// The leaves that are not empty, sorted, without what belongs to one CPU of the machine rather than to all: APIC and
/// node ids.
#[cfg(any(test, all(target_os = "linux", target_arch = "x86_64")))]
fn stable(leaves: impl Iterator<Item = virtargv_caps::CpuidLeaf>) -> Vec<virtargv_caps::CpuidLeaf> {
    let mut leaves: Vec<_> = leaves.collect();
    let amd = [u32::from_le_bytes(*b"Auth"), u32::from_le_bytes(*b"cAMD"), u32::from_le_bytes(*b"enti")];
    let is_amd = leaves.iter().any(|leaf| (leaf.leaf, leaf.subleaf) == (0, 0) && leaf.registers[1..] == amd);
    for leaf in &mut leaves {
        let [_, ebx, _, edx] = &mut leaf.registers;
        match leaf.leaf {
            0x1 => *ebx &= 0x00ff_ffff,
            0xb => *edx &= 0xffff_ff00,
            0x8000_001e if is_amd => leaf.registers = [0; 4],
            _ => {}
        }
    }
    leaves.retain(|leaf| leaf.registers != [0; 4]);
    leaves.sort_unstable();
    leaves
}

#[cfg(test)]
mod tests {
    use super::*;
    use virtargv_caps::CpuidLeaf;

    #[test]
    fn lists_of_cpus_are_read() {
        let check =
            |list, expected: &[u32]| assert_eq!(numbers(list).collect::<Vec<_>>(), expected, "{list}");
        check("0-3,8", &[0, 1, 2, 3, 8]);
        check("5", &[5]);
        check("", &[]);
        check("x-2,1", &[1]);
        assert_eq!(numbers("0-4294967295").count(), 1 << 16);
    }

    #[test]
    fn the_signature_is_that_of_the_first_cpu() {
        let check = |parts, text: &str, signature: Option<&str>, microcode| {
            let found = parse_cpuinfo(parts, text.lines().map(str::to_owned));
            assert_eq!((found.0.as_deref(), found.1), (signature, microcode), "{text}");
        };
        check(
            X86_SIGNATURE,
            "vendor_id\t: Acme\ncpu family\t: 6\nmodel\t\t: 7\nmodel name\t: Acme: One\nstepping\t: 2\nmicrocode\t: 0x1f",
            Some("Acme, Acme: One, family: 6, model: 7, stepping: 2"),
            31,
        );
        check(
            POWER_SIGNATURE,
            "cpu : POWER9\nrevision : 2.2 (pvr 004e 1202)",
            Some("POWER9, rev 2.2 (pvr 004e 1202)"),
            0,
        );
        check(
            S390_SIGNATURE,
            "vendor_id : IBM/S390\nfacilities : 0 1 2\nprocessor 0: version = FF",
            Some("IBM/S390, version = FF, facilities: 0 1 2"),
            0,
        );
        check(X86_SIGNATURE, "vendor_id : Acme", None, 0);
        check(&[], "vendor_id : Acme", None, 0);
    }

    #[test]
    fn leaves_are_the_same_on_every_cpu_of_a_machine() {
        let leaf = |leaf, registers| CpuidLeaf { leaf, subleaf: 0, registers };
        let amd = leaf(
            0,
            [1, u32::from_le_bytes(*b"Auth"), u32::from_le_bytes(*b"cAMD"), u32::from_le_bytes(*b"enti")],
        );
        let given = [leaf(0x8000_001e, [1, 2, 3, 4]), leaf(1, [9, 0x0102_0304, 0, 0]), leaf(2, [0; 4]), amd];
        assert_eq!(stable(given.into_iter()), [amd, leaf(1, [9, 0x0002_0304, 0, 0])]);
    }

    #[test]
    fn this_machine_has_a_cpu() {
        let host = SystemHost::new(None);
        let cpu = host.processor().unwrap();
        assert!(cpu.sockets > 0 && cpu.cores > 0 && cpu.threads > 0);
        let other = if host.arch == Arch::S390x { Arch::X86_64 } else { Arch::S390x };
        assert!(SystemHost::new(Some(other)).processor().unwrap_err().is_unknown());
    }
}
