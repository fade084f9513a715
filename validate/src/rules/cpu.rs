//! Rules on `<cpu>`.

use virtargv_caps::{Arch, Cap};
use virtargv_model::OnOff;
use virtargv_model::Place;
use virtargv_model::cpu::{Cpu, CpuCacheMode, CpuMode, FeaturePolicy, MaxPhysAddrMode};

use crate::{Context, Findings};

virtargv_model::rules! {
    /// The architecture of a guest with a `<cpu>` has a CPU driver.
    CPU_ARCHITECTURE = "cpu-architecture": NoDriver, Build,
        "`<cpu>`: libvirt knows the CPUs of x86, Arm, POWER, s390, RISC-V and LoongArch",
        help "remove `<cpu>`";
    /// A vector length of SVE needs the feature `sve`.
    SVE_DISABLED = "cpu-sve-disabled": Unsupported, Complete,
        "`<cpu><feature name='sve128'>` and the like: a vector length implies SVE",
        help "remove the features with lengths, or the policy `disable` of `sve`";
    /// Only an x86 CPU has a `<cache>`.
    CACHE_ARCH = "cpu-cache-arch": Unsupported, Validate,
        "`<cpu><cache>`: the CPU properties `l3-cache` and `host-cache-info` are those of x86",
        help "remove `<cache>` from `<cpu>`";
    /// CPU cache mode `emulate` is for level 3, the other modes have no level.
    CACHE_LEVEL = "cpu-cache-level": Unsupported, Validate,
        "`<cpu><cache mode= level=>`: the CPU property `l3-cache` is the only level that QEMU emulates",
        help "use `<cache mode='emulate' level='3'/>`, or remove `level=`";
    /// CPU cache mode `passthrough` needs a CPU of mode `host-passthrough` or `maximum`.
    CACHE_MODE = "cpu-cache-passthrough": Unsupported, Validate,
        "`<cpu><cache mode='passthrough'/>`: `host-cache-info` is a property of `-cpu host` and `-cpu max`",
        help "use `<cpu mode='host-passthrough'>`, or remove `<cache>`";
    /// Only an x86 CPU has a `<maxphysaddr>`.
    ADDR_ARCH = "cpu-phys-bits-arch": Unsupported, Validate,
        "`<cpu><maxphysaddr>`: the CPU property `phys-bits` is one of x86",
        help "remove `<maxphysaddr>` from `<cpu>`";
    /// Passing through the host's physical address size needs a CPU of mode `host-passthrough` or `maximum`.
    ADDR_MODE = "cpu-phys-bits-passthrough": Unsupported, Validate,
        "`<maxphysaddr mode='passthrough'/>`: `host-phys-bits` is a property of `-cpu host` and `-cpu max`",
        help "use `<cpu mode='host-passthrough'>`, or `<maxphysaddr mode='emulate' bits=...>`";
    /// A physical address size that is taken from the host has no `bits=`.
    ADDR_BITS = "cpu-phys-bits-number": Unsupported, Validate,
        "`<maxphysaddr mode='passthrough' bits=>`: the CPU properties `host-phys-bits` and `phys-bits` exclude each other",
        help "remove `bits=`, or use `mode='emulate'`";
    /// A physical address size that is given has no `limit=`.
    ADDR_LIMIT = "cpu-phys-bits-limit": Unsupported, Validate,
        "`<maxphysaddr mode='emulate' limit=>`: `host-phys-bits-limit` limits what is taken from the host",
        help "remove `limit=`, or use `mode='passthrough'`";
    /// An armv7l guest with the CPU of an aarch64 host needs a QEMU that can turn off 64-bit mode.
    ARM_32_ON_64 = "cpu-armv7l-on-aarch64": Unsupported, Validate,
        "`<cpu mode='host-passthrough'>`: the CPU property `aarch64`",
        help "use a QEMU that has `aarch64=off`, or another CPU mode";
    /// The attribute `migratable` needs a QEMU that has it for `-cpu host`.
    MIGRATABLE = "cpu-migratable": Unsupported, Validate,
        "`<cpu migratable='on'>`: the CPU property `migratable`",
        help "remove `migratable=` from `<cpu>`, or use a QEMU that has it";
    /// CPU mode `maximum` needs a QEMU with the CPU model `max`.
    MAXIMUM = "cpu-maximum": Unsupported, Validate,
        "`<cpu mode='maximum'>`: `-cpu max`",
        help "use another CPU mode, or a QEMU that has it";
    /// The name of a CPU model or feature has neither `,` nor `=`.
    NAME_CHARACTERS = "cpu-name-characters": Unsupported, Build,
        "`<cpu><model>` and `<cpu><feature name=>`: QEMU splits the value of `-cpu` at `,` and `=`, and has no escape for them",
        help "use a name that `qemu-system-ARCH -cpu help` lists";
}

/// Checks `<cpu>` against the rules above. Its `<numa>` and `<topology>` have modules of their own.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    let Some(cpu) = &cx.domain.cpu else { return };
    sve(cpu, out);
    cache(cx, cpu, out);
    max_phys_addr(cx, cpu, out);
    mode(cx, cpu, out);
}

fn sve(cpu: &Cpu, out: &mut Findings<'_>) {
    let length =
        cpu.features.iter().find(|feature| feature.name.len() > 3 && feature.name.starts_with("sve"));
    let sve = cpu.features.iter().find(|feature| feature.name == "sve");
    if let (Some(length), Some(sve)) = (length, sve)
        && matches!(sve.policy, FeaturePolicy::Disable | FeaturePolicy::Forbid)
    {
        let message = format!(
            "CPU feature `sve` has policy `{}`, but feature `{}` enables a vector length",
            sve.policy, length.name
        );
        out.refuse(&SVE_DISABLED, sve.pos, message);
    }
}

fn cache(cx: &Context<'_>, cpu: &Cpu, out: &mut Findings<'_>) {
    let Some(cache) = &cpu.cache else { return };
    if !cx.guest.arch.is_x86() {
        let message = format!("`<cache>` of `<cpu>` is not supported for architecture `{}`", cx.guest.arch);
        out.refuse(&CACHE_ARCH, cache.pos, message);
        return;
    }
    match cache.mode {
        CpuCacheMode::Emulate if cache.level != Some(3) => {
            let found = cache.level.map_or("no level".to_owned(), |level| format!("level `{level}`"));
            let message =
                format!("`<cache>` of `<cpu>` has mode `emulate` and {found}; that mode needs `level='3'`");
            out.refuse(&CACHE_LEVEL, cache.pos, message);
        }
        CpuCacheMode::Passthrough if !cpu.is_native() => {
            let message = format!(
                "CPU cache mode `passthrough` needs a CPU of mode `host-passthrough` or `maximum`, not `{}`",
                cpu.mode()
            );
            out.refuse(&CACHE_MODE, cache.pos, message);
        }
        CpuCacheMode::Passthrough | CpuCacheMode::Disable => {
            if let Some(level) = cache.level {
                let message = format!("CPU cache mode `{}` takes no level, but it is `{level}`", cache.mode);
                out.refuse(&CACHE_LEVEL, cache.pos.attr("level"), message);
            }
        }
        CpuCacheMode::Emulate => {}
    }
}

fn max_phys_addr(cx: &Context<'_>, cpu: &Cpu, out: &mut Findings<'_>) {
    let Some(addr) = &cpu.max_phys_addr else { return };
    if !cx.guest.arch.is_x86() {
        let message = format!("`<maxphysaddr>` is not supported for architecture `{}`", cx.guest.arch);
        out.refuse(&ADDR_ARCH, addr.pos, message);
        return;
    }
    match addr.mode {
        MaxPhysAddrMode::Passthrough => {
            if !cpu.is_native() {
                let message = format!(
                    "mode `{}` of `<maxphysaddr>` needs a CPU of mode `{}` or `{}`, not `{}`",
                    addr.mode,
                    CpuMode::HostPassthrough,
                    CpuMode::Maximum,
                    cpu.mode()
                );
                out.refuse(&ADDR_MODE, addr.pos, message);
            } else if let Some(bits) = addr.bits {
                let message = format!(
                    "`<maxphysaddr>` has `mode='{}'` and bits `{bits}`; that mode takes none",
                    addr.mode
                );
                out.refuse(&ADDR_BITS, addr.pos.attr("bits"), message);
            }
        }
        MaxPhysAddrMode::Emulate => {
            if let Some(limit) = addr.limit {
                let message = format!(
                    "`<maxphysaddr>` has `mode='{}'` and limit `{limit}`; that mode takes none",
                    addr.mode
                );
                out.refuse(&ADDR_LIMIT, addr.pos.attr("limit"), message);
            }
        }
    }
}

fn mode(cx: &Context<'_>, cpu: &Cpu, out: &mut Findings<'_>) {
    match cpu.mode() {
        CpuMode::HostPassthrough => {
            if cx.guest.arch == Arch::Armv7l && cx.host.arch() == Arch::Aarch64 && !cx.has(Cap::CpuAarch64Off)
            {
                let message = "this QEMU cannot run an armv7l guest with the CPU of an aarch64 host";
                out.refuse(&ARM_32_ON_64, cpu.pos.attr("mode"), message);
            }
            if cpu.migratable == Some(OnOff::On) && !cx.has(Cap::CpuMigratable) {
                let message = "`migratable` of `<cpu>` is not supported by this QEMU";
                out.refuse(&MIGRATABLE, cpu.pos.attr("migratable"), message);
            }
        }
        CpuMode::Maximum if !cx.has(Cap::CpuMax) => {
            let message = "mode `maximum` of `<cpu>` is not supported by this QEMU";
            out.refuse(&MAXIMUM, cpu.pos.attr("mode"), message);
        }
        _ => {}
    }
}

/// Checks what libvirt finds only when it adapts the CPU to the host.
pub(crate) fn start(cx: &Context<'_>, out: &mut Findings<'_>) {
    let Some(cpu) = cx.domain.cpu.as_ref().filter(|cpu| cpu.names_a_cpu()) else { return };
    if !cx.guest.has_known_cpus() {
        let message = format!("CPUs of architecture `{}` are not supported", cx.guest.arch);
        out.refuse(&CPU_ARCHITECTURE, cpu.pos, message);
    }
}

/// Checks what libvirt finds only when it builds the command line.
pub(crate) fn build(cx: &Context<'_>, out: &mut Findings<'_>) {
    let Some(cpu) = &cx.domain.cpu else { return };
    let mut check = |what: &str, text: &str, place: Place| {
        if text.contains([',', '=']) {
            let message = format!(
                "the name of {what} `{text}` contains `,` or `=`, at which QEMU splits the value of `-cpu`"
            );
            out.refuse(&NAME_CHARACTERS, place, message);
        }
    };
    if let Some(name) = &cpu.model.name {
        check("CPU model", name, cpu.model.pos.into());
    }
    for feature in &cpu.features {
        check("CPU feature", &feature.name, feature.pos.attr("name"));
    }
}
