//! CPU properties that come from `<features>`, `<clock>` and `<panic>`.

use std::borrow::Cow;

use virtargv_caps::{Cap, Convention};
use virtargv_model::clock::{TickPolicy, Timer, TimerName};
use virtargv_model::device::panic::PanicModel;
use virtargv_model::features::{Hyperv, HypervFeature, HypervItem, HypervMode, Kvm, KvmFeature};
use virtargv_model::{OnOff, YesNo};

use super::Line;
use crate::Value;

/// Adds these properties to the CPU.
pub(super) fn add(line: &mut Line<'_>) {
    let domain = line.cx.domain;
    let features = &domain.features;
    for timer in &domain.clock.timers {
        add_timer(timer, line);
    }
    if let Some(eoi) = features.apic.and_then(|apic| apic.eoi) {
        line.feature("kvm_pv_eoi", eoi.is_on());
    }
    if let Some(pvspinlock) = features.pvspinlock {
        line.feature("kvm_pv_unhalt", pvspinlock.is_on());
    }
    if let Some(hyperv) = &features.hyperv {
        add_hyperv(hyperv, line);
    }
    if domain.devices.panics.iter().any(|panic| panic.model == Some(PanicModel::Hyperv)) {
        line.bare("hv-crash");
    }
    if let Some(kvm) = &features.kvm {
        add_kvm(kvm, line);
    }
    // QEMU's POWER CPUs always have a PMU, and no property for it.
    if let Some(pmu) = features.pmu.filter(|_| !line.cx.guest.arch.is_ppc64()) {
        line.set("pmu", pmu.is_on());
    }
}

/// Adds a timer that is a CPU property.
fn add_timer(timer: &Timer, line: &mut Line<'_>) {
    match timer.name {
        TimerName::KvmClock => {
            if let Some(present) = timer.present {
                line.feature("kvmclock", present.is_yes());
            }
        }
        TimerName::HypervClock => {
            if timer.present == Some(YesNo::Yes) {
                enlighten("hv-time", line);
            }
        }
        TimerName::Tsc => {
            if let Some(frequency) = timer.frequency.filter(|frequency| *frequency > 0) {
                line.set("tsc-frequency", frequency);
            }
        }
        TimerName::ArmVtimer => match timer.tick_policy {
            Some(TickPolicy::Delay) => line.set("kvm-no-adjvtime", false),
            Some(TickPolicy::Discard) => line.set("kvm-no-adjvtime", true),
            _ => {}
        },
        TimerName::Platform | TimerName::Pit | TimerName::Rtc | TimerName::Hpet => {}
    }
}

fn add_hyperv(hyperv: &Hyperv, line: &mut Line<'_>) {
    if hyperv.mode == Some(HypervMode::Passthrough) {
        line.set("hv-passthrough", true);
    }
    for item in hyperv.items.iter().filter(|item| item.state.is_on()) {
        add_enlightenment(item, line);
    }
}

fn add_enlightenment(item: &HypervItem, line: &mut Line<'_>) {
    match item.feature {
        HypervFeature::Spinlocks => {
            if let Some(retries) = item.retries {
                line.set("hv-spinlocks", Value::Hex(retries.into()));
            }
        }
        HypervFeature::VendorId => {
            if let Some(vendor) = &item.vendor {
                line.set("hv-vendor-id", vendor);
            }
        }
        feature => {
            let name = if line.cx.has(Cap::CanonicalCpuFeatures) {
                format!("hv-{}", feature.to_string().replace('_', "-"))
            } else {
                format!("hv_{feature}")
            };
            enlighten(name, line);
            if item.direct == Some(OnOff::On) {
                enlighten(format!("hv-{feature}-direct"), line);
            }
            if item.extended == Some(OnOff::On) {
                enlighten(format!("hv-{feature}-ext"), line);
            }
        }
    }
}

fn enlighten(name: impl Into<Cow<'static, str>>, line: &mut Line<'_>) {
    if line.cx.release().has(Convention::HypervOn) {
        line.set(name, true);
    } else {
        line.bare(name);
    }
}

fn add_kvm(kvm: &Kvm, line: &mut Line<'_>) {
    for (feature, state) in &kvm.items {
        match (feature, state) {
            (KvmFeature::Hidden, OnOff::On) => line.set("kvm", false),
            (KvmFeature::HintDedicated, OnOff::On) => line.set("kvm-hint-dedicated", true),
            (KvmFeature::PollControl, OnOff::On) => line.set("kvm-poll-control", true),
            (KvmFeature::PvIpi, OnOff::Off) => line.set("kvm-pv-ipi", false),
            _ => {}
        }
    }
}
