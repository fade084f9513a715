//! Hyper-V enlightenments: CPU properties that come from `<hyperv>`.

use std::borrow::Cow;

use virtargv_caps::{Convention, Hyperv as Enlightenments};
use virtargv_model::features::{Hyperv, HypervFeature, HypervItem, HypervMode};
use virtargv_model::{OnOff, Spelled};

use super::super::context::Prepare;
use super::CpuProperties;
use crate::Value;

/// Adds the enlightenments of `<hyperv>`.
pub(super) fn add(hyperv: &Hyperv, cpu_props: &mut CpuProperties<'_>) {
    if hyperv.mode == Some(HypervMode::Passthrough) {
        cpu_props.set("hv-passthrough", true);
    }
    let offered = offered(hyperv, cpu_props.cx);
    for feature in HypervFeature::ALL {
        match hyperv.get(*feature) {
            Some(item) if item.state.is_on() => add_enlightenment(item, cpu_props),
            None if matches!(feature, HypervFeature::Spinlocks | HypervFeature::VendorId) => {}
            None if offered.is_some_and(|offered| offered.has(feature.as_str())) => {
                enlighten(name(*feature, cpu_props.cx), cpu_props);
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
fn name(feature: HypervFeature, cx: &Prepare<'_>) -> String {
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
            enlighten(name(feature, cpu_props.cx), cpu_props);
            if item.direct == Some(OnOff::On) {
                enlighten(format!("hv-{feature}-direct"), cpu_props);
            }
            if item.extended == Some(OnOff::On) {
                enlighten(format!("hv-{feature}-ext"), cpu_props);
            }
        }
    }
}

/// Adds an enlightenment that is on.
pub(super) fn enlighten(name: impl Into<Cow<'static, str>>, cpu_props: &mut CpuProperties<'_>) {
    if cpu_props.cx.release().has(Convention::HypervOn) {
        cpu_props.set(name, true);
    } else {
        cpu_props.bare(name);
    }
}
