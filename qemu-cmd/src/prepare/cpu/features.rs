//! CPU properties that come from `<features>`, `<clock>` and `<panic>`.

use std::borrow::Cow;

use virtargv_caps::{Convention, Hyperv as Enlightenments};
use virtargv_model::clock::{TickPolicy, Timer, TimerName};
use virtargv_model::device::panic::PanicModel;
use virtargv_model::features::{Hyperv, HypervFeature, HypervItem, HypervMode, Kvm, KvmFeature};
use virtargv_model::{OnOff, Spelled, YesNo};

use super::super::context::Prepare;
use super::CpuProperties;
use crate::Value;

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
    if let Some(hyperv) = &features.hyperv {
        add_hyperv(hyperv, cpu_props);
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
                enlighten("hv-time", cpu_props);
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

fn add_hyperv(hyperv: &Hyperv, cpu_props: &mut CpuProperties<'_>) {
    if hyperv.mode == Some(HypervMode::Passthrough) {
        cpu_props.set("hv-passthrough", true);
    }
    let offered = offered(hyperv, cpu_props.cx);
    for feature in HypervFeature::ALL {
        match hyperv.get(*feature) {
            Some(item) if item.state.is_on() => add_enlightenment(item, cpu_props),
            None if matches!(feature, HypervFeature::Spinlocks | HypervFeature::VendorId) => {}
            None if offered.is_some_and(|offered| offered.has(feature.as_str())) => {
                enlighten(enlightenment(*feature, cpu_props.cx), cpu_props);
            }
            _ => {}
        }
    }
}

/// The enlightenments from which mode `host-model` adds at a start. The number of retries and the vendor are values, not
/// states, and are left to the document.
fn offered<'c>(hyperv: &Hyperv, cx: &Prepare<'c>) -> Option<&'c Enlightenments> {
    let expanded = hyperv.mode == Some(HypervMode::HostModel) && !cx.is_for_reader();
    cx.caps.hyperv().filter(|_| expanded)
}

/// QEMU's name of an enlightenment.
fn enlightenment(feature: HypervFeature, cx: &Prepare<'_>) -> String {
    if super::has_canonical_names(cx) {
        format!("hv-{}", feature.to_string().replace('_', "-"))
    } else {
        format!("hv_{feature}")
    }
}

fn add_enlightenment(item: &HypervItem, cpu_props: &mut CpuProperties<'_>) {
    match item.feature {
        HypervFeature::Spinlocks => {
            if let Some(retries) = item.retries {
                cpu_props.set("hv-spinlocks", Value::Hex(retries.into()));
            }
        }
        HypervFeature::VendorId => {
            if let Some(vendor) = &item.vendor {
                cpu_props.set("hv-vendor-id", vendor);
            }
        }
        feature => {
            enlighten(enlightenment(feature, cpu_props.cx), cpu_props);
            if item.direct == Some(OnOff::On) {
                enlighten(format!("hv-{feature}-direct"), cpu_props);
            }
            if item.extended == Some(OnOff::On) {
                enlighten(format!("hv-{feature}-ext"), cpu_props);
            }
        }
    }
}

fn enlighten(name: impl Into<Cow<'static, str>>, cpu_props: &mut CpuProperties<'_>) {
    if cpu_props.cx.release().has(Convention::HypervOn) {
        cpu_props.set(name, true);
    } else {
        cpu_props.bare(name);
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
