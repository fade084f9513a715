//! Rules on `<hyperv>` of `<features>`.

use virtargv_model::clock::{Timer, TimerName};
use virtargv_model::features::{Features, Hyperv, HypervFeature, HypervItem};
use virtargv_model::{OnOff, YesNo};

use super::foreign;
use crate::{Context, Findings};

virtargv_model::rules! {
    /// An enlightenment has the enlightenments and timers that it is based on.
    HYPERV_NEEDS = "features-hyperv-needs": Unsupported, Validate,
        "`<features><hyperv>`: QEMU refuses `hv-stimer` without `hv-time` and `hv-synic`, `hv-tlbflush` and `hv-ipi` without `hv-vpindex`, `hv-evmcs` and `hv-tlbflush-direct` without `hv-vapic`",
        help "turn on what the enlightenment needs, such as `<vpindex state='on'/>`, or remove it",
        since "11.9";
}

/// Which enlightenment needs which other, in libvirt's order.
const NEEDS: &[(HypervFeature, HypervFeature)] = &[
    (HypervFeature::Stimer, HypervFeature::Synic),
    (HypervFeature::Tlbflush, HypervFeature::Vpindex),
    (HypervFeature::Ipi, HypervFeature::Vpindex),
    (HypervFeature::Evmcs, HypervFeature::Vapic),
];

/// Checks that Hyper-V enlightenments are for x86 and Arm `virt` guests only, and that they have what they need.
pub(super) fn check(cx: &Context<'_>, features: &Features, out: &mut Findings<'_>) {
    let Some(hyperv) = &features.hyperv else { return };
    if !cx.guest.arch.is_x86() && !cx.guest.is_arm_virt() {
        foreign(cx, "hyperv", out);
        return;
    }
    for item in hyperv.items.iter().filter(|item| item.state.is_on()) {
        needs(cx, hyperv, item, out);
    }
}

fn needs(cx: &Context<'_>, hyperv: &Hyperv, item: &HypervItem, out: &mut Findings<'_>) {
    let mut missing = |name: &str, what: String| {
        out.refuse(&HYPERV_NEEDS, item.pos, format!("enlightenment `{name}` needs {what}"));
    };
    let name = item.feature.to_string();
    if item.feature == HypervFeature::Stimer && !cx.domain.clock.timers.iter().any(is_hyperv_clock) {
        missing(&name, "the timer `hypervclock`".to_owned());
    }
    for (_, other) in
        NEEDS.iter().filter(|(feature, other)| *feature == item.feature && !hyperv.is_on(*other))
    {
        missing(&name, format!("enlightenment `{other}`"));
    }
    let direct = item.feature == HypervFeature::Tlbflush && item.direct == Some(OnOff::On);
    if direct && !hyperv.is_on(HypervFeature::Vapic) {
        missing("hv-tlbflush-direct", format!("enlightenment `{}`", HypervFeature::Vapic));
    }
}

fn is_hyperv_clock(timer: &Timer) -> bool {
    timer.name == TimerName::HypervClock && timer.present == Some(YesNo::Yes)
}
