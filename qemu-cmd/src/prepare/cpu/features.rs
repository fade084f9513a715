//! CPU properties that come from `<features>`, `<clock>` and `<panic>`.

use virtargv_caps::Convention;
use virtargv_model::clock::{TickPolicy, Timer, TimerName};
use virtargv_model::device::panic::PanicModel;
use virtargv_model::features::{Kvm, KvmFeature};
use virtargv_model::{OnOff, YesNo};

use super::{CpuProperties, hyperv};

/// Adds these properties to the CPU.
pub(super) fn add(cpu_props: &mut CpuProperties<'_>) {
    let domain = cpu_props.cx.domain;
    let features = &domain.features;
    for timer in &domain.clock.timers {
        add_timer(timer, cpu_props);
    }
    if let Some(eoi) = features.apic.and_then(|apic| apic.eoi) {
        cpu_props.feature("kvm_pv_eoi", eoi.is_on());
    }
    if let Some(pvspinlock) = features.pvspinlock {
        cpu_props.feature("kvm_pv_unhalt", pvspinlock.is_on());
    }
    if let Some(enlightenments) = &features.hyperv {
        hyperv::add(enlightenments, cpu_props);
    }
    if domain.devices.panics.iter().any(|panic| panic.model == Some(PanicModel::Hyperv)) {
        if cpu_props.cx.release().has(Convention::HypervCrashOn) {
            cpu_props.set("hv-crash", true);
        } else {
            cpu_props.bare("hv-crash");
        }
    }
    if let Some(kvm) = &features.kvm {
        add_kvm(kvm, cpu_props);
    }
    // QEMU's POWER CPUs always have a PMU, and no property for it.
    if let Some(pmu) = features.pmu.filter(|_| !cpu_props.cx.guest.arch.is_ppc64()) {
        cpu_props.set("pmu", pmu.is_on());
    }
}

/// Adds a timer that is a CPU property.
fn add_timer(timer: &Timer, cpu_props: &mut CpuProperties<'_>) {
    match timer.name {
        TimerName::KvmClock => {
            if let Some(present) = timer.present {
                cpu_props.feature("kvmclock", present.is_yes());
            }
        }
        TimerName::HypervClock => {
            if timer.present == Some(YesNo::Yes) {
                hyperv::enlighten("hv-time", cpu_props);
            }
        }
        TimerName::Tsc => {
            if let Some(frequency) = timer.frequency.filter(|frequency| *frequency > 0) {
                cpu_props.set("tsc-frequency", frequency);
            }
        }
        TimerName::ArmVtimer => match timer.tick_policy {
            Some(TickPolicy::Delay) => cpu_props.set("kvm-no-adjvtime", false),
            Some(TickPolicy::Discard) => cpu_props.set("kvm-no-adjvtime", true),
            _ => {}
        },
        TimerName::Platform | TimerName::Pit | TimerName::Rtc | TimerName::Hpet => {}
    }
}

fn add_kvm(kvm: &Kvm, cpu_props: &mut CpuProperties<'_>) {
    for (feature, state) in &kvm.items {
        match (feature, state) {
            (KvmFeature::Hidden, OnOff::On) => cpu_props.set("kvm", false),
            (KvmFeature::HintDedicated, OnOff::On) => cpu_props.set("kvm-hint-dedicated", true),
            (KvmFeature::PollControl, OnOff::On) => cpu_props.set("kvm-poll-control", true),
            (KvmFeature::PvIpi, OnOff::Off) => cpu_props.set("kvm-pv-ipi", false),
            _ => {}
        }
    }
}
