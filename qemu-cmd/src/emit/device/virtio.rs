//! What all virtio devices have: a driver name for each bus, models with or without virtio 0.9, and a few options.

use virtargv_caps::{Cap, Convention};
use virtargv_model::OnOff;
use virtargv_model::device::virtio::VirtioOptions;

use crate::Props;
use crate::emit::context::Emit;
use crate::prepare::address::BusAddress;
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

/// Starts the properties of a virtio device: `base` (such as `virtio-net`) with the suffix of the bus that it is on,
/// then the options, where the release has them first. Where it has them later, [`late_options`] adds them.
pub(crate) fn device(
    e: &Emit<'_>,
    base: &'static str,
    variant: Variant,
    address: &BusAddress,
    options: VirtioOptions,
) -> Props {
    let on_pci = address.pci().is_some();
    let version = match variant {
        Variant::Transitional if on_pci && e.has(Cap::VirtioPciTransitional) => "-transitional",
        Variant::NonTransitional if on_pci && e.has(Cap::VirtioPciTransitional) => "-non-transitional",
        _ => "",
    };
    let mut props = Props::new("driver", text!(base, "-", bus_suffix(address), version));
    if on_pci && variant != Variant::Plain && version.is_empty() {
        let disable_legacy = if variant == Variant::NonTransitional { "on" } else { "off" };
        props.set("disable-legacy", disable_legacy).set("disable-modern", "off");
    }
    early_options(&mut props, e, options);
    props
}

/// `pci`, `ccw`, ...: how QEMU's drivers for the bus of `address` end. What sits on no bus that has drivers of its own is
/// a device of a bus of virtio's.
pub(crate) fn bus_suffix(address: &BusAddress) -> &'static str {
    match address {
        BusAddress::Pci(_) => "pci",
        BusAddress::Ccw(_) => "ccw",
        BusAddress::VirtioS390 => "s390",
        _ => "device",
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
