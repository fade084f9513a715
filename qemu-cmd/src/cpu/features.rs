//! What of `<features>`, `<clock>` and `<panic>` QEMU takes as properties of the CPU.

use virtargv_caps::{Cap, Convention};
use virtargv_model::clock::{TickPolicy, Timer, TimerName};
use virtargv_model::device::panic::PanicModel;
use virtargv_model::features::{Hyperv, HypervFeature, HypervItem, HypervMode, Kvm, KvmFeature};
use virtargv_model::{OnOff, YesNo};

use super::CpuArg;
use crate::emit::Emit;

/// Puts all of them on.
pub(super) fn add(e: &Emit<'_>, arg: &mut CpuArg) {
    let (features, domain) = (&e.domain().features, e.domain());
    for timer in &domain.clock.timers {
        add_timer(e, timer, arg);
    }
    if let Some(eoi) = features.apic.and_then(|apic| apic.eoi) {
        arg.feature(e, "kvm_pv_eoi", eoi.is_on());
    }
    if let Some(pvspinlock) = features.pvspinlock {
        arg.feature(e, "kvm_pv_unhalt", pvspinlock.is_on());
    }
    if let Some(hyperv) = &features.hyperv {
        add_hyperv(e, hyperv, arg);
    }
    if domain.devices.panics.iter().any(|panic| panic.model == Some(PanicModel::Hyperv)) {
        arg.bare("hv-crash");
    }
    if let Some(kvm) = &features.kvm {
        add_kvm(kvm, arg);
    }
    // On POWER it is always there, and there is no switch for it.
    if let Some(pmu) = features.pmu.filter(|_| !e.guest().arch.is_ppc64()) {
        arg.switch("pmu", pmu.is_on());
    }
}

/// Timers that are part of a CPU.
fn add_timer(e: &Emit<'_>, timer: &Timer, arg: &mut CpuArg) {
    match timer.name {
        TimerName::KvmClock => {
            if let Some(present) = timer.present {
                arg.feature(e, "kvmclock", present.is_yes());
            }
        }
        TimerName::HypervClock => {
            if timer.present == Some(YesNo::Yes) {
                enlighten(e, "hv-time", arg);
            }
        }
        TimerName::Tsc => {
            if let Some(frequency) = timer.frequency.filter(|frequency| *frequency > 0) {
                arg.set("tsc-frequency", &frequency.to_string());
            }
        }
        TimerName::ArmVtimer => match timer.tick_policy {
            Some(TickPolicy::Delay) => arg.switch("kvm-no-adjvtime", false),
            Some(TickPolicy::Discard) => arg.switch("kvm-no-adjvtime", true),
            _ => {}
        },
        TimerName::Platform | TimerName::Pit | TimerName::Rtc | TimerName::Hpet => {}
    }
}

fn add_hyperv(e: &Emit<'_>, hyperv: &Hyperv, arg: &mut CpuArg) {
    if hyperv.mode == Some(HypervMode::Passthrough) {
        arg.switch("hv-passthrough", true);
    }
    for item in hyperv.items.iter().filter(|item| item.state.is_on()) {
        add_enlightenment(e, item, arg);
    }
}

fn add_enlightenment(e: &Emit<'_>, item: &HypervItem, arg: &mut CpuArg) {
    match item.feature {
        HypervFeature::Spinlocks => {
            arg.set("hv-spinlocks", &format!("{:#x}", item.retries.unwrap_or(0)));
        }
        HypervFeature::VendorId => arg.set("hv-vendor-id", item.vendor.as_deref().unwrap_or_default()),
        feature => {
            let name = if e.has(Cap::CanonicalCpuFeatures) {
                format!("hv-{}", feature.to_string().replace('_', "-"))
            } else {
                format!("hv_{feature}")
            };
            enlighten(e, &name, arg);
            if item.direct == Some(OnOff::On) {
                enlighten(e, &format!("hv-{feature}-direct"), arg);
            }
            if item.extended == Some(OnOff::On) {
                enlighten(e, &format!("hv-{feature}-ext"), arg);
            }
        }
    }
}

fn enlighten(e: &Emit<'_>, name: &str, arg: &mut CpuArg) {
    if e.release().has(Convention::HypervOn) {
        arg.switch(name, true);
    } else {
        arg.bare(name);
    }
}

fn add_kvm(kvm: &Kvm, arg: &mut CpuArg) {
    for (feature, state) in &kvm.items {
        match (feature, state) {
            (KvmFeature::Hidden, OnOff::On) => arg.switch("kvm", false),
            (KvmFeature::HintDedicated, OnOff::On) => arg.switch("kvm-hint-dedicated", true),
            (KvmFeature::PollControl, OnOff::On) => arg.switch("kvm-poll-control", true),
            (KvmFeature::PvIpi, OnOff::Off) => arg.switch("kvm-pv-ipi", false),
            _ => {}
        }
    }
}
