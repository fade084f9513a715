//! Hyper-V enlightenments: CPU properties that come from `<hyperv>`.

use std::borrow::Cow;

use virtargv_caps::Convention;
use virtargv_model::OnOff;
use virtargv_model::features::{Hyperv, HypervFeature, HypervItem, HypervMode};

use super::CpuProperties;
use crate::Value;

/// Adds the enlightenments of `<hyperv>`.
pub(super) fn add(hyperv: &Hyperv, cpu_props: &mut CpuProperties<'_>) {
    if hyperv.mode == Some(HypervMode::Passthrough) {
        cpu_props.set("hv-passthrough", true);
    }
    for item in hyperv.items.iter().filter(|item| item.state.is_on()) {
        add_enlightenment(item, cpu_props);
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
            let name = if super::has_canonical_names(cpu_props.cx) {
                format!("hv-{}", feature.to_string().replace('_', "-"))
            } else {
                format!("hv_{feature}")
            };
            enlighten(name, cpu_props);
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
