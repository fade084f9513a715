//! Rules on `<features>`.

pub(super) mod hyperv;

use virtargv_caps::{Accel, Arch, Cap, Convention};
use virtargv_model::cpu::CpuMode;
use virtargv_model::features::{Features, GicVersion, IoApic, KvmFeature};
use virtargv_model::{OnOff, VirtType, YesNo};

use crate::{Context, Findings};

virtargv_model::rules! {
    /// The size of TSEG can be set for Q35 machines only.
    TSEG_MACHINE = "features-tseg-machine": Unsupported, Complete,
        "`<features><smm><tseg>`: the property `extended-tseg-mbytes` of `mch`, the Q35 host bridge",
        help "remove `<tseg>`, or use `machine='q35'`";
    /// The size of TSEG needs a QEMU that has the property.
    TSEG_SUPPORT = "features-tseg-support": Unsupported, Complete,
        "`<features><smm><tseg>`: the property `extended-tseg-mbytes` of `mch`",
        help "remove `<tseg>`, or use a QEMU that has it";
    /// The size of TSEG is a multiple of 1 MiB.
    TSEG_SIZE = "features-tseg-size": Unsupported, Complete,
        "`<features><smm><tseg>`: the property `extended-tseg-mbytes` of `mch` counts MiB",
        help "use a whole number of MiB";
    /// A feature is one of the guest's architecture and machine type.
    MACHINE = "features-machine": Unsupported, Validate,
        "`<features>`: each is a property of certain machines or CPUs: `ioapic` and `pvspinlock` of x86, `vmport` of PCs, `gic`, `ras` and `virtualization` of Arm `virt`, `aia` of RISC-V `virt`, `hpt` and the like of pseries",
        help "remove the feature";
    /// A feature needs a QEMU that has it.
    SUPPORT = "features-support": Unsupported, Validate,
        "`<features>`: the property of the machine, or the device, came with a later QEMU",
        help "remove the feature, or use a QEMU that has it";
    /// The KVM feature `hint-dedicated` needs a CPU of mode `host-passthrough`.
    DEDICATED = "features-kvm-hint-dedicated": Unsupported, Validate,
        "`<features><kvm><hint-dedicated>`: the CPU property `kvm-hint-dedicated` is for vCPUs that are pinned to CPUs of their own",
        help "use `<cpu mode='host-passthrough'/>`, or remove `<hint-dedicated>`",
        until "9.0";
    /// The feature `vmport` needs the feature `ps2`.
    VMPORT_PS2 = "features-vmport-ps2": Unsupported, Validate,
        "`<features><vmport>`: QEMU's `vmmouse` is part of the PS/2 controller `i8042`",
        help "remove `<ps2 state='off'/>`, or set `<vmport state='off'/>`";
    /// Features of TCG need a guest that runs under TCG, and a cache of whole MiB.
    TCG = "features-tcg": Unsupported, Validate,
        "`<features><tcg><tb-cache>`: `-accel tcg,tb-size=` counts MiB",
        help "remove `<tcg>`, use `type='qemu'`, or use a whole number of MiB";
    /// The version of the interrupt controller needs a QEMU that has it.
    GIC = "gic-version": Unsupported, Build,
        "`<features><gic version=>`: `gic-version=` of the machine type `virt`, whose default is 2",
        help "remove `version=`, or use a QEMU that has the property";
}

/// Checks `<features>` against the rules above.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    let features = &cx.domain.features;
    tseg(cx, features, out);
    x86(cx, features, out);
    arm_and_riscv(cx, features, out);
    pseries(cx, features, out);
    hyperv::check(cx, features, out);
    let dedicated = features.kvm.as_ref().and_then(|kvm| kvm.get(KvmFeature::HintDedicated));
    let host_cpu = cx.domain.cpu.as_ref().is_some_and(|cpu| cpu.mode() == CpuMode::HostPassthrough);
    if dedicated == Some(OnOff::On) && !host_cpu {
        let message = "the feature `hint-dedicated` needs a CPU of mode `host-passthrough`";
        out.refuse(&DEDICATED, features.pos.path("kvm/hint-dedicated"), message);
    }
    if features.vmcoreinfo == Some(OnOff::On) {
        require(cx, Cap::DeviceVmcoreinfo, "vmcoreinfo", out);
    }
    if features.async_teardown == Some(YesNo::Yes) {
        require(cx, Cap::RunWithAsyncTeardown, "async-teardown", out);
    }
    if features.tcg.is_some() && cx.guest.accel != Accel::Tcg {
        let virt = cx.domain.virt_type.unwrap_or(VirtType::Qemu);
        let message = format!("the feature `tcg` is not supported for a domain of type `{virt}`");
        out.refuse(&TCG, features.pos.path("tcg"), message);
    } else if let Some(cache) = features.tcg.and_then(|tcg| tcg.tb_cache).filter(|cache| cache.0 % 1024 != 0)
    {
        let message = format!("`<tb-cache>` is `{}` KiB, it must be a multiple of 1 MiB", cache.0);
        out.refuse(&TCG, features.pos.path("tcg/tb-cache"), message);
    }
}

/// Reports `feature`, which is one of other architectures or machine types.
fn foreign(cx: &Context<'_>, feature: &'static str, out: &mut Findings<'_>) {
    let message = format!(
        "the feature `{feature}` is not supported for architecture `{}` or machine type `{}`",
        cx.guest.arch, cx.guest.machine
    );
    out.refuse(&MACHINE, cx.domain.features.pos.path(feature), message);
}

/// Reports `feature` where this QEMU lacks `cap`.
fn require(cx: &Context<'_>, cap: Cap, feature: &'static str, out: &mut Findings<'_>) {
    if !cx.has(cap) {
        let message = format!("the feature `{feature}` is not supported by this QEMU");
        out.refuse(&SUPPORT, cx.domain.features.pos.path(feature), message);
    }
}

fn tseg(cx: &Context<'_>, features: &Features, out: &mut Findings<'_>) {
    let Some((smm, bytes)) = features.smm.and_then(|smm| Some((smm, smm.tseg?))) else { return };
    let place = smm.pos.path("tseg");
    if !cx.guest.is_q35() {
        let message = format!("`<tseg>` needs a Q35 machine, not `{}`", cx.guest.machine);
        out.refuse(&TSEG_MACHINE, place, message);
    } else if !cx.has(Cap::MchExtendedTsegMbytes) {
        out.refuse(&TSEG_SUPPORT, place, "`<tseg>` is not supported by this QEMU");
    } else if bytes % (1 << 20) != 0 {
        let message = format!("`<tseg>` is `{bytes}` bytes, it must be a multiple of 1 MiB");
        out.refuse(&TSEG_SIZE, place, message);
    }
}

fn x86(cx: &Context<'_>, features: &Features, out: &mut Findings<'_>) {
    let x86 = cx.guest.arch.is_x86();
    if features.smm.and_then(|smm| smm.state).is_some() {
        require(cx, Cap::MachineSmmOpt, "smm", out);
    }
    if let Some(driver) = features.ioapic {
        if x86 {
            require(cx, Cap::MachineKernelIrqchip, "ioapic", out);
            if driver == IoApic::Qemu {
                require(cx, Cap::MachineKernelIrqchipSplit, "ioapic", out);
            }
        } else {
            foreign(cx, "ioapic", out);
        }
    }
    if features.vmport.is_some() {
        let pc = cx.guest.is_i440fx() || cx.guest.is_q35() || cx.guest.machine == "isapc";
        if pc {
            require(cx, Cap::MachineVmportOpt, "vmport", out);
        } else {
            foreign(cx, "vmport", out);
        }
    }
    if features.apic.and_then(|apic| apic.eoi).is_some() && !x86 {
        let message = format!(
            "`eoi` of the feature `apic` is not supported for architecture `{}` or machine type `{}`",
            cx.guest.arch, cx.guest.machine
        );
        out.refuse(&MACHINE, features.pos.path("apic/@eoi"), message);
    }
    if features.pvspinlock.is_some() && !x86 {
        foreign(cx, "pvspinlock", out);
    }
    if features.pmu == Some(OnOff::Off) && cx.guest.arch.is_ppc64() {
        let message = format!("the feature `pmu` cannot be off for architecture `{}`", cx.guest.arch);
        out.refuse(&MACHINE, features.pos.path("pmu"), message);
    }
    if features.ps2.is_some() {
        require(cx, Cap::MachineI8042Opt, "ps2", out);
    }
    if features.ps2 == Some(OnOff::Off) && features.vmport == Some(OnOff::On) {
        let message = "the feature `vmport` needs the feature `ps2`, which is off";
        out.refuse(&VMPORT_PS2, features.pos.path("vmport"), message);
    }
}

fn arm_and_riscv(cx: &Context<'_>, features: &Features, out: &mut Findings<'_>) {
    if features.gic.is_some() && !cx.guest.is_arm_virt() {
        foreign(cx, "gic", out);
    }
    if features.ras.is_some() {
        if cx.guest.is_arm_virt() {
            require(cx, Cap::MachineVirtRas, "ras", out);
        } else {
            foreign(cx, "ras", out);
        }
    }
    if features.virtualization && !cx.guest.is_arm_virt() {
        foreign(cx, "virtualization", out);
    }
    if features.aia.is_some() {
        if cx.guest.is_riscv_virt() {
            require(cx, Cap::MachineVirtAia, "aia", out);
        } else {
            foreign(cx, "aia", out);
        }
    }
}

fn pseries(cx: &Context<'_>, features: &Features, out: &mut Findings<'_>) {
    let given = [
        ("hpt", features.hpt.is_some()),
        ("htm", features.htm.is_some()),
        ("nested-hv", features.nested_hv.is_some()),
        ("ccf-assist", features.ccf_assist.is_some()),
        ("cfpc", features.cfpc.is_some()),
        ("sbbc", features.sbbc.is_some()),
        ("ibs", features.ibs.is_some()),
    ];
    for (feature, _) in given.into_iter().filter(|(_, given)| *given) {
        if !cx.guest.is_pseries() {
            foreign(cx, feature, out);
            continue;
        }
        match feature {
            "hpt" => hpt(cx, features, out),
            "htm" => require(cx, Cap::MachinePseriesCapHtm, feature, out),
            "nested-hv" => require(cx, Cap::MachinePseriesCapNestedHv, feature, out),
            "ccf-assist" => require(cx, Cap::MachinePseriesCapCcfAssist, feature, out),
            "cfpc" => require(cx, Cap::MachinePseriesCapCfpc, feature, out),
            "sbbc" => require(cx, Cap::MachinePseriesCapSbbc, feature, out),
            _ => require(cx, Cap::MachinePseriesCapIbs, feature, out),
        }
    }
}

fn hpt(cx: &Context<'_>, features: &Features, out: &mut Findings<'_>) {
    let Some(hpt) = &features.hpt else { return };
    if hpt.resizing.is_some() {
        require(cx, Cap::MachinePseriesResizeHpt, "hpt/@resizing", out);
    }
    if hpt.max_page_size.is_some_and(|size| size.0 > 0) {
        require(cx, Cap::MachinePseriesCapHptMaxPageSize, "hpt/maxpagesize", out);
    }
}

/// Checks what libvirt finds only when it builds the command line.
pub(crate) fn build(cx: &Context<'_>, out: &mut Findings<'_>) {
    let features = &cx.domain.features;
    // For other machine types than Arm's `virt`, rule `features-machine` refuses the element.
    let gic = features.gic.filter(|_| cx.guest.is_arm_virt());
    let Some(version) = gic.and_then(|gic| gic.version) else { return };
    let by_arch = !cx.release.has(Convention::GicVersionByArch) || cx.caps.arch() == Arch::Aarch64;
    // Without the property a guest has version 2.
    if !(cx.has(Cap::MachVirtGicVersion) && by_arch) && version != GicVersion::V2 {
        let message = format!("version `{version}` of `<gic>` is not supported by this QEMU");
        out.refuse(&GIC, features.pos.path("gic"), message);
    }
}
