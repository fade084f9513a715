//! The capabilities of a case.

use virtargv::{Arch, Cap, Caps};
use virtargv_caps::{Accel, CapsBuilder, CpuModel, Gic, GicVersion, Machine};

use crate::case::Case;
use crate::corpus::Corpus;

/// The machine types of a set whose flags the case lists.
fn machines(arch: Arch) -> &'static [&'static str] {
    match arch {
        Arch::I686 => &["pc", "isapc"],
        Arch::X86_64 => &[
            "pc",
            "isapc",
            "q35",
            "pc-1.0",
            "pc-1.2",
            "pc-i440fx-1.4",
            "pc-i440fx-2.1",
            "pc-i440fx-2.3",
            "pc-i440fx-2.5",
            "pc-i440fx-2.6",
            "pc-i440fx-2.9",
            "pc-i440fx-2.12",
            "pc-q35-2.3",
            "pc-q35-2.4",
            "pc-q35-2.5",
            "pc-q35-2.7",
            "pc-q35-2.10",
        ],
        Arch::Aarch64 => &["virt", "virt-2.6", "versatilepb"],
        Arch::Armv7l => &["vexpress-a9", "vexpress-a15", "versatilepb", "virt"],
        Arch::Ppc64 => &["pseries"],
        Arch::Ppc => &["g3beige", "mac99", "prep", "ppce500"],
        Arch::Riscv32 | Arch::Riscv64 => &["spike_v1.10", "spike_v1.9.1", "sifive_e", "virt", "sifive_u"],
        Arch::S390x => &["s390-virtio", "s390-ccw-virtio", "s390-ccw"],
        Arch::Sparc => &[
            "SS-5",
            "LX",
            "SPARCClassic",
            "SPARCbook",
            "SS-10",
            "SS-20",
            "SS-4",
            "SS-600MP",
            "Voyager",
            "leon3_generic",
        ],
        _ => &[],
    }
}

/// The CPU models of such a set: for 64-bit guests, and for 32-bit ones.
fn cpu_models(arch: Arch) -> (&'static [&'static str], &'static [&'static str]) {
    match arch {
        Arch::I686 | Arch::X86_64 => (
            &[
                "Opteron_G3",
                "Opteron_G2",
                "Opteron_G1",
                "Nehalem",
                "Penryn",
                "Conroe",
                "Haswell-noTSX",
                "Haswell",
            ],
            &[
                "n270", "athlon", "pentium3", "pentium2", "pentium", "486", "coreduo", "kvm32", "qemu32",
                "kvm64", "core2duo", "phenom", "qemu64",
            ],
        ),
        Arch::Armv7l | Arch::Aarch64 => (&["cortex-a9", "cortex-a8", "cortex-a57", "cortex-a53"], &[]),
        Arch::Ppc64 => (&["POWER8", "POWER7"], &[]),
        Arch::S390x => (&["z990", "zEC12", "z13"], &[]),
        _ => (&[], &[]),
    }
}

/// The capabilities of `case`.
pub fn caps(corpus: &Corpus, case: &Case, document: &str) -> Result<Caps, String> {
    let version = case.text("caps_ver");
    let mut builder = match (case.text("caps_arch"), version) {
        (Some(arch), Some(version)) => {
            corpus.caps(arch, version, case.text("caps_variant").unwrap_or(""))?.edit()
        }
        _ => by_hand(corpus, case, document),
    };
    if version == Some("latest") {
        builder = builder.drop_machine_aliases();
    }
    if case.text("host_cpu_model").is_some() {
        builder = builder.forget_host_cpu();
    }
    for name in case.texts("flags") {
        builder = builder.set(cap(name)?);
    }
    for name in case.texts("flags_del") {
        builder = builder.clear(cap(name)?);
    }
    let gic = |version| Gic { version, kernel: true, emulated: true };
    // `GIC_NONE` leaves the set as it is.
    builder = match case.text("gic") {
        Some("GIC_V2") => builder.gic([gic(GicVersion::V2)]),
        Some("GIC_V3") => builder.gic([gic(GicVersion::V3)]),
        Some("GIC_BOTH") => builder.gic([gic(GicVersion::V2), gic(GicVersion::V3)]),
        _ => builder,
    };
    Ok(builder.build())
}

/// A flag by its constant.
fn cap(name: &str) -> Result<Cap, String> {
    name.parse().map_err(|e: virtargv_caps::UnknownCap| e.to_string())
}

/// The architecture of the QEMU binary at `path`, by its name.
fn emulator_arch(path: &str) -> Option<Arch> {
    let name = path.rsplit('/').next()?.strip_prefix("qemu-system-")?;
    Arch::from_qemu_name(name)
}

/// A set with machine types and CPU models only. Its architecture is that of the emulator in the document, as libvirt's tests
/// have a set for each binary; without one, it is that of the guest.
fn by_hand(corpus: &Corpus, case: &Case, document: &str) -> CapsBuilder {
    let domain = virtargv_model::parse(document).value;
    let emulator = domain.as_ref().and_then(|d| d.devices.emulator.as_deref()).and_then(emulator_arch);
    let asked = domain.as_ref().and_then(|d| d.os.arch.as_deref()).and_then(|arch| arch.parse().ok());
    let arch = emulator.or(asked).unwrap_or_else(|| crate::host::arch(case));
    let mut builder = Caps::builder(corpus.release, arch).set(Cap::Tcg);
    let mut accels = vec![Accel::Tcg];
    if arch != Arch::Sparc {
        builder = builder.set(Cap::Kvm);
        accels.push(Accel::Kvm);
    }
    if arch.is_x86() {
        // libvirt sets this flag for the architecture.
        builder = builder.set(Cap::NoHpet);
    }
    let (models, old_models) = cpu_models(arch);
    let old_models = if case.is("skip_legacy_cpus") { &[] } else { old_models };
    for accel in accels {
        for (n, name) in machines(arch).iter().enumerate() {
            // The first one is the default.
            let machine = Machine { numa_mem_supported: true, is_default: n == 0, ..Machine::named(*name) };
            builder = builder.machine(accel, machine);
        }
        for name in models.iter().chain(old_models) {
            builder = builder.cpu_model(accel, CpuModel::named(*name));
        }
    }
    builder
}
