//! Rules on `<cpu>`.

use virtargv_caps::{Arch, Cap};
use virtargv_model::OnOff;
use virtargv_model::Place;
use virtargv_model::cpu::{Cpu, CpuCacheMode, CpuMode, FeaturePolicy, MaxPhysAddrMode};

use crate::{Context, Findings};

crate::rules! {
    /// Vector lengths are not asked for where SVE is off.
    SVE_DISABLED = "cpu-sve-disabled": Unsupported, Complete, "a length of SVE vectors implies SVE";
    /// Caches are described for x86 only.
    CACHE_ARCH = "cpu-cache-arch": Unsupported, Validate, "the CPU properties `l3-cache` and `host-cache-info` are x86's";
    /// Only the third level is emulated.
    CACHE_LEVEL = "cpu-cache-level": Unsupported, Validate, "the CPU property `l3-cache` is all there is";
    /// The host's caches are shown with the host's CPU only.
    CACHE_MODE = "cpu-cache-passthrough": Unsupported, Validate, "`host-cache-info` needs `-cpu host` or `-cpu max`";
    /// The width of addresses is set for x86 only.
    ADDR_ARCH = "cpu-phys-bits-arch": Unsupported, Validate, "the CPU property `phys-bits` is x86's";
    /// The host's width of addresses is taken with the host's CPU only.
    ADDR_MODE = "cpu-phys-bits-passthrough": Unsupported, Validate, "`host-phys-bits` needs `-cpu host` or `-cpu max`";
    /// A width that is taken from the host is not also given.
    ADDR_BITS = "cpu-phys-bits-number": Unsupported, Validate, "`host-phys-bits` and `phys-bits` exclude each other";
    /// A width that is given has no limit.
    ADDR_LIMIT = "cpu-phys-bits-limit": Unsupported, Validate, "`host-phys-bits-limit` limits what comes from the host";
    /// A 32 bit ARM guest gets the CPU of a 64 bit host only where QEMU can hide its other half.
    ARM_32_ON_64 = "cpu-armv7l-on-aarch64": Unsupported, Validate, "the CPU property `aarch64`";
    /// Features that block migration are left out or kept only where QEMU can.
    MIGRATABLE = "cpu-migratable": Unsupported, Validate, "the CPU property `migratable`";
    /// All that the hypervisor can offer is asked for only where QEMU has a name for it.
    MAXIMUM = "cpu-maximum": Unsupported, Validate, "the CPU model `max`";
    /// The names of CPU models and features hold nothing that would end them.
    NAME_CHARACTERS = "cpu-name-characters": Unsupported, Build, "QEMU: -cpu splits at ',' and '=', and unescapes nothing";
}

/// Holds them.
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
            "CPU feature 'sve' has policy '{}', but feature '{}' asks for a length of its vectors",
            sve.policy, length.name
        );
        out.refuse(&SVE_DISABLED, sve.pos, message);
    }
}

fn cache(cx: &Context<'_>, cpu: &Cpu, out: &mut Findings<'_>) {
    let Some(cache) = &cpu.cache else { return };
    if !cx.guest.arch.is_x86() {
        let message =
            format!("element 'cache' of element 'cpu' is not for guests of architecture '{}'", cx.guest.arch);
        out.refuse(&CACHE_ARCH, cache.pos, message);
        return;
    }
    match cache.mode {
        CpuCacheMode::Emulate if cache.level != Some(3) => {
            let found = cache.level.map_or("no level".to_owned(), |level| format!("level '{level}'"));
            let message = format!(
                "element 'cache' of element 'cpu' has mode 'emulate' and {found}; that mode needs level='3'"
            );
            out.refuse(&CACHE_LEVEL, cache.pos, message);
        }
        CpuCacheMode::Passthrough if !cpu.is_native() => {
            let message = format!(
                "CPU cache mode 'passthrough' needs a CPU of mode 'host-passthrough' or 'maximum', not '{}'",
                cpu.mode()
            );
            out.refuse(&CACHE_MODE, cache.pos, message);
        }
        CpuCacheMode::Passthrough | CpuCacheMode::Disable => {
            if let Some(level) = cache.level {
                let message = format!("CPU cache mode '{}' takes no level, so not '{level}'", cache.mode);
                out.refuse(&CACHE_LEVEL, cache.pos.attr("level"), message);
            }
        }
        CpuCacheMode::Emulate => {}
    }
}

fn max_phys_addr(cx: &Context<'_>, cpu: &Cpu, out: &mut Findings<'_>) {
    let Some(addr) = &cpu.max_phys_addr else { return };
    if !cx.guest.arch.is_x86() {
        let message = format!("element 'maxphysaddr' is not for guests of architecture '{}'", cx.guest.arch);
        out.refuse(&ADDR_ARCH, addr.pos, message);
        return;
    }
    match addr.mode {
        MaxPhysAddrMode::Passthrough => {
            if !cpu.is_native() {
                let message = format!(
                    "mode '{}' of element 'maxphysaddr' needs a CPU of mode '{}' or '{}', not '{}'",
                    addr.mode,
                    CpuMode::HostPassthrough,
                    CpuMode::Maximum,
                    cpu.mode()
                );
                out.refuse(&ADDR_MODE, addr.pos, message);
            } else if let Some(bits) = addr.bits {
                let message = format!(
                    "element 'maxphysaddr' has mode='{}' and bits '{bits}'; that mode takes none",
                    addr.mode
                );
                out.refuse(&ADDR_BITS, addr.pos.attr("bits"), message);
            }
        }
        MaxPhysAddrMode::Emulate => {
            if let Some(limit) = addr.limit {
                let message = format!(
                    "element 'maxphysaddr' has mode='{}' and limit '{limit}'; that mode takes none",
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
                let message =
                    "this QEMU cannot give a guest of architecture armv7l the CPU of a host of aarch64";
                out.refuse(&ARM_32_ON_64, cpu.pos.attr("mode"), message);
            }
            if cpu.migratable == Some(OnOff::On) && !cx.has(Cap::CpuMigratable) {
                let message = "this QEMU does not know attribute 'migratable' of element 'cpu'";
                out.refuse(&MIGRATABLE, cpu.pos.attr("migratable"), message);
            }
        }
        CpuMode::Maximum if !cx.has(Cap::CpuMax) => {
            let message = "this QEMU has no CPU for mode 'maximum' of element 'cpu'";
            out.refuse(&MAXIMUM, cpu.pos.attr("mode"), message);
        }
        _ => {}
    }
}

/// Holds what is only found while the line is built.
pub(crate) fn build(cx: &Context<'_>, out: &mut Findings<'_>) {
    let Some(cpu) = &cx.domain.cpu else { return };
    let mut check = |what: &str, text: &str, place: Place| {
        if text.contains([',', '=']) {
            let message = format!("{what} '{text}' holds ',' or '=', which QEMU would read as the end of it");
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
