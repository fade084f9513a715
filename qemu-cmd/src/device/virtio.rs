//! What all virtio devices have: a driver name for each bus, models with or without virtio 0.9, and a few options.

use virtargv_caps::{Cap, Convention};
use virtargv_model::device::virtio::VirtioOptions;
use virtargv_model::info::{Address, DeviceInfo};
use virtargv_model::{Kind, OnOff, Problem};

use crate::Props;
use crate::emit::{Emit, problem};
use crate::text::text;

/// Which versions of virtio a PCI device speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Variant {
    /// As QEMU decides by the slot (`model='virtio'`).
    #[default]
    Plain,
    /// 0.9 and 1.0 (`model='virtio-transitional'`).
    Transitional,
    /// 1.0 alone (`model='virtio-non-transitional'`).
    NonTransitional,
}

/// Starts the properties of a virtio device: `base` (such as `virtio-net`) with the suffix of the bus that `info` is
/// on, then the options, where the release has them first. Where it has them later, [`late_options`] adds them.
pub(crate) fn device(
    e: &Emit<'_>,
    base: &str,
    variant: Variant,
    info: &DeviceInfo,
    options: VirtioOptions,
) -> Result<Props, Problem> {
    let Some(suffix) = bus_suffix(info) else {
        let message = format!("device '{base}' has an address of a type that virtio devices cannot have");
        return Err(problem(Kind::Internal, "virtio-address", info.pos.path("address"), message));
    };
    let mut driver = text!(base, "-", suffix);
    let mut legacy = None;
    if info.pci().is_some() && variant != Variant::Plain {
        if e.has(Cap::VirtioPciTransitional) {
            let word = if variant == Variant::Transitional { "transitional" } else { "non-transitional" };
            driver = format!("{driver}-{word}");
        } else if e.has(Cap::VirtioPciDisableLegacy) {
            legacy = Some(OnOff::from(variant == Variant::NonTransitional));
        } else {
            let message = format!("this QEMU cannot leave virtio 0.9 out of device '{base}' ('{variant:?}')");
            return Err(problem(Kind::Unsupported, "virtio-transitional", info.pos, message));
        }
    }
    let mut props = Props::new("driver", driver);
    if let Some(disable) = legacy {
        props.set("disable-legacy", disable.to_string()).set("disable-modern", "off");
    }
    early_options(&mut props, e, options);
    Ok(props)
}

/// `pci`, `ccw`, ...: how QEMU's drivers for the bus of `info` end.
pub(crate) fn bus_suffix(info: &DeviceInfo) -> Option<&'static str> {
    match info.address {
        Some(Address::Pci(_)) => Some("pci"),
        Some(Address::Ccw(_)) => Some("ccw"),
        Some(Address::VirtioMmio) => Some("device"),
        Some(Address::VirtioS390) => Some("s390"),
        _ => None,
    }
}

/// Adds the options, where the release has them right after the driver's name. [`device`] does so by itself.
pub(crate) fn early_options(props: &mut Props, e: &Emit<'_>, options: VirtioOptions) {
    if e.release().has(Convention::VirtioOptionsFirst) {
        add(props, options);
    }
}

/// Adds the options, where the release has them at a place of each device's own.
pub(crate) fn late_options(props: &mut Props, e: &Emit<'_>, options: VirtioOptions) {
    if !e.release().has(Convention::VirtioOptionsFirst) {
        add(props, options);
    }
}

fn add(props: &mut Props, options: VirtioOptions) {
    props.set_opt("iommu_platform", options.iommu.map(OnOff::is_on));
    props.set_opt("ats", options.ats.map(OnOff::is_on));
    props.set_opt("packed", options.packed.map(OnOff::is_on));
    props.set_opt("page-per-vq", options.page_per_vq.map(OnOff::is_on));
}
