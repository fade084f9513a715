//! Rules on the options that the `<driver>` of every virtio device has.

use virtargv_caps::Cap;
use virtargv_model::device::virtio::VirtioOptions;
use virtargv_model::{OnOff, Place};

use crate::{Context, Findings, Rule};

virtargv_model::rules! {
    /// Access to memory through an IOMMU needs a QEMU that has it for virtio devices.
    IOMMU = "virtio-iommu": Unsupported, Validate,
        "`<driver iommu=>`: `iommu_platform=` of virtio devices",
        help "remove `iommu=` from `<driver>`, or use a QEMU that has it";
    /// Address translation services need a QEMU that has them for virtio devices.
    ATS = "virtio-ats": Unsupported, Validate,
        "`<driver ats=>`: `ats=` of virtio PCI devices",
        help "remove `ats=` from `<driver>`, or use a QEMU that has it";
    /// Packed virtqueues need a QEMU that has them.
    PACKED = "virtio-packed": Unsupported, Validate,
        "`<driver packed=>`: `packed=` of virtio devices, new in QEMU 4.2",
        help "remove `packed=` from `<driver>`, or use QEMU 4.2 or later";
    /// Only a virtio device has `iommu=`, `ats=`, `packed=` and `page_per_vq=`.
    ABSENT = "virtio-options": Unsupported, Validate,
        "`<driver>`: properties that all virtio devices of QEMU have, and no others",
        help "remove the attribute from `<driver>`, or use the virtio model of the device";
}

/// Name, value, rule and capability of each option. `page_per_vq` needs no capability.
fn rows(options: VirtioOptions) -> [(&'static str, Option<OnOff>, &'static Rule, Cap); 3] {
    [
        ("iommu", options.iommu, &IOMMU, Cap::VirtioPciIommuPlatform),
        ("ats", options.ats, &ATS, Cap::VirtioPciAts),
        ("packed", options.packed, &PACKED, Cap::VirtioPackedQueues),
    ]
}

/// Checks that this QEMU has the options of the virtio device at `place`.
pub(crate) fn available(cx: &Context<'_>, options: VirtioOptions, place: &Place, out: &mut Findings<'_>) {
    for (name, value, rule, cap) in rows(options) {
        if let Some(value) = value
            && !cx.has(cap)
        {
            let message =
                format!("option '{name}' ('{value}') of virtio devices is not supported by this QEMU");
            out.refuse(rule, place.clone(), message);
        }
    }
}

/// Checks that the device at `place`, which is no virtio device, has none of the options.
pub(crate) fn absent(options: VirtioOptions, place: &Place, out: &mut Findings<'_>) {
    let named = rows(options).map(|(name, value, ..)| (name, value));
    for (name, value) in named.into_iter().chain([("page_per_vq", options.page_per_vq)]) {
        if let Some(value) = value {
            let message =
                format!("option '{name}' ('{value}') of 'driver' is only supported for virtio devices");
            out.refuse(&ABSENT, place.clone(), message);
        }
    }
}
