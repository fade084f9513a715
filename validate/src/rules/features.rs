//! Rules on `<features>`.

use virtargv_caps::{Accel, Arch, Cap, Convention};
use virtargv_model::cpu::CpuMode;
use virtargv_model::features::{Features, GicVersion, IoApic, KvmFeature};
use virtargv_model::{OnOff, VirtType, YesNo};

use crate::{Context, Findings};

crate::rules! {
    /// TSEG is of Q35 machines.
    TSEG_MACHINE = "features-tseg-machine": Unsupported, Complete, "property `extended-tseg-mbytes` of `mch`";
    /// The size of TSEG needs a QEMU that takes one.
    TSEG_SUPPORT = "features-tseg-support": Unsupported, Complete, "property `extended-tseg-mbytes` of `mch`";
    /// TSEG is whole MiB.
    TSEG_SIZE = "features-tseg-size": Unsupported, Complete, "property `extended-tseg-mbytes` of `mch`";
    /// Features are those of the guest's machine.
    MACHINE = "features-machine": Unsupported, Validate, "a feature of one machine is no feature of another";
    /// Features need a QEMU that has them.
    SUPPORT = "features-support": Unsupported, Validate, "a property of the machine that older QEMUs lack";
    /// Host CPUs of their own are told to guests that have the host's CPU itself.
    DEDICATED = "features-kvm-hint-dedicated": Unsupported, Validate, "the CPU property `kvm-hint-dedicated`";
    /// VMware's port is in the PS/2 mouse's hands.
    VMPORT_PS2 = "features-vmport-ps2": Unsupported, Validate, "`vmport` is a part of the PS/2 controller";
    /// What belongs to TCG is for guests that run under it.
    TCG = "features-tcg": Unsupported, Validate, "`-accel tcg,tb-size=`";
    /// The version of the interrupt controller is told only where this QEMU takes one.
    GIC = "gic-version": Unsupported, Build, "property `gic-version` of the machine";
}

/// Holds them.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    let features = &cx.domain.features;
    tseg(cx, features, out);
    x86(cx, features, out);
    arm_and_riscv(cx, features, out);
    pseries(cx, features, out);
    hyperv(cx, features, out);
    let dedicated = features.kvm.as_ref().and_then(|kvm| kvm.get(KvmFeature::HintDedicated));
    let host_cpu = cx.domain.cpu.as_ref().is_some_and(|cpu| cpu.mode() == CpuMode::HostPassthrough);
    if dedicated == Some(OnOff::On) && !host_cpu && cx.guest.release.has(Convention::DedicatedNeedsHostCpu) {
        let message = "the feature 'hint-dedicated' needs a CPU of mode 'host-passthrough'";
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
        let message = format!("the feature 'tcg' does not go with a domain of type '{virt}'");
        out.refuse(&TCG, features.pos.path("tcg"), message);
    } else if let Some(cache) = features.tcg.and_then(|tcg| tcg.tb_cache).filter(|cache| cache.0 % 1024 != 0)
    {
        let message = format!("element 'tb-cache' has '{}' KiB, expected whole MiB", cache.0);
        out.refuse(&TCG, features.pos.path("tcg/tb-cache"), message);
    }
}

/// `feature` is of machines that this one is none of.
fn foreign(cx: &Context<'_>, feature: &'static str, out: &mut Findings<'_>) {
    let message = format!(
        "the feature '{feature}' is none of architecture '{}' or machine '{}'",
        cx.guest.arch, cx.guest.machine
    );
    out.refuse(&MACHINE, cx.domain.features.pos.path(feature), message);
}

fn require(cx: &Context<'_>, cap: Cap, feature: &'static str, out: &mut Findings<'_>) {
    if !cx.has(cap) {
        let message = format!("this QEMU cannot do what the feature '{feature}' asks for");
        out.refuse(&SUPPORT, cx.domain.features.pos.path(feature), message);
    }
}

fn tseg(cx: &Context<'_>, features: &Features, out: &mut Findings<'_>) {
    let Some((smm, bytes)) = features.smm.and_then(|smm| Some((smm, smm.tseg?))) else { return };
    let place = smm.pos.path("tseg");
    if !cx.guest.is_q35() {
        let message = format!("element 'tseg' is for Q35 machines, this is '{}'", cx.guest.machine);
        out.refuse(&TSEG_MACHINE, place, message);
    } else if !cx.has(Cap::MchExtendedTsegMbytes) {
        out.refuse(&TSEG_SUPPORT, place, "this QEMU cannot be told the size of element 'tseg'");
    } else if bytes % (1 << 20) != 0 {
        let message = format!("element 'tseg' has '{bytes}' bytes, expected whole MiB");
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
            "attribute 'eoi' of the feature 'apic' is none of architecture '{}' or machine '{}'",
            cx.guest.arch, cx.guest.machine
        );
        out.refuse(&MACHINE, features.pos.path("apic/@eoi"), message);
    }
    if features.pvspinlock.is_some() && !x86 {
        foreign(cx, "pvspinlock", out);
    }
    if features.pmu == Some(OnOff::Off) && cx.guest.arch.is_ppc64() {
        let message = format!("the feature 'pmu' cannot be off with architecture '{}'", cx.guest.arch);
        out.refuse(&MACHINE, features.pos.path("pmu"), message);
    }
    if features.ps2.is_some() {
        require(cx, Cap::MachineI8042Opt, "ps2", out);
    }
    if features.ps2 == Some(OnOff::Off) && features.vmport == Some(OnOff::On) {
        let message = "the feature 'vmport' needs the feature 'ps2', which is off";
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

fn hyperv(cx: &Context<'_>, features: &Features, out: &mut Findings<'_>) {
    if features.hyperv.is_some() && !cx.guest.arch.is_x86() && !cx.guest.is_arm_virt() {
        foreign(cx, "hyperv", out);
    }
}

/// Holds what is only found while the line is built.
pub(crate) fn build(cx: &Context<'_>, out: &mut Findings<'_>) {
    let features = &cx.domain.features;
    // Other machines than Arm's 'virt' are refused the element as such.
    let gic = features.gic.filter(|_| cx.guest.is_arm_virt());
    let Some(version) = gic.and_then(|gic| gic.version) else { return };
    let by_arch = !cx.follows(Convention::GicVersionByArch) || cx.caps.arch() == Arch::Aarch64;
    // Without the property version 2 is what a guest gets anyway.
    if !(cx.has(Cap::MachVirtGicVersion) && by_arch) && version != GicVersion::V2 {
        let message = format!("this QEMU cannot be told the version '{version}' of element 'gic'");
        out.refuse(&GIC, features.pos.path("gic"), message);
    }
}
