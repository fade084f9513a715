//! Rules on what every virtio device's `<driver>` may ask for.

use virtargv_caps::Cap;
use virtargv_model::device::virtio::VirtioOptions;
use virtargv_model::{OnOff, Place};

use crate::{Context, Findings, Rule};

virtargv_model::rules! {
    /// An IOMMU in front of a virtio device needs a QEMU that has it.
    IOMMU = "virtio-iommu": Unsupported, Validate, "driver/@iommu; virtio iommu_platform=";
    /// Address translation services of a virtio device need a QEMU that has them.
    ATS = "virtio-ats": Unsupported, Validate, "driver/@ats; virtio ats=";
    /// Packed virtqueues need a QEMU that has them.
    PACKED = "virtio-packed": Unsupported, Validate, "driver/@packed; virtio packed=";
    /// Virtio options stand for virtio devices.
    ABSENT = "virtio-options": Unsupported, Validate, "driver; only virtio devices have these properties";
}

/// What each option is called, the rule on it, and the feature it needs. `page_per_vq` needs none.
fn rows(options: VirtioOptions) -> [(&'static str, Option<OnOff>, &'static Rule, Cap); 3] {
    [
        ("iommu", options.iommu, &IOMMU, Cap::VirtioPciIommuPlatform),
        ("ats", options.ats, &ATS, Cap::VirtioPciAts),
        ("packed", options.packed, &PACKED, Cap::VirtioPackedQueues),
    ]
}

/// The QEMU must have what a virtio device at `place` asks for.
pub(crate) fn available(cx: &Context<'_>, options: VirtioOptions, place: &Place, out: &mut Findings<'_>) {
    for (name, value, rule, cap) in rows(options) {
        if let Some(value) = value
            && !cx.has(cap)
        {
            let message = format!("this QEMU has no option '{name}' ('{value}') for virtio devices");
            out.refuse(rule, place.clone(), message);
        }
    }
}

/// A device at `place` that is not a virtio one must ask for none of it.
pub(crate) fn absent(options: VirtioOptions, place: &Place, out: &mut Findings<'_>) {
    let named = rows(options).map(|(name, value, ..)| (name, value));
    for (name, value) in named.into_iter().chain([("page_per_vq", options.page_per_vq)]) {
        if let Some(value) = value {
            let message = format!("option '{name}' ('{value}') of 'driver' is only for virtio devices");
            out.refuse(&ABSENT, place.clone(), message);
        }
    }
}
