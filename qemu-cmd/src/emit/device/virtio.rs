//! What all virtio devices have: a driver for each bus, transitional and non-transitional models, and options.

use virtargv_caps::{Cap, Convention};
use virtargv_model::OnOff;
use virtargv_model::device::virtio::VirtioOptions;

use crate::Props;
use crate::emit::context::Emit;
use crate::prepare::address::BusAddress;
pub(crate) use crate::prepare::device::virtio::Variant;
use crate::text::text;

/// The first properties of a virtio device: `base` (such as `virtio-net`) with the suffix of its bus, then the options,
/// in releases of libvirt that emit them first. In the others [`late_options`] adds them.
pub(crate) fn device(
    e: &Emit<'_>,
    base: &'static str,
    variant: Variant,
    address: &BusAddress,
    options: VirtioOptions,
) -> Props {
    let on_pci = address.pci().is_some();
    let any_bus = e.release().has(Convention::TransitionalAnyBus);
    let named = (on_pci || any_bus) && e.has(Cap::VirtioPciTransitional);
    let version = match variant {
        Variant::Transitional if named => "-transitional",
        Variant::NonTransitional if named => "-non-transitional",
        _ => "",
    };
    let mut props = Props::new("driver", text!(base, "-", bus_suffix(address), version));
    // Without the property, every virtio device on a conventional PCI bus is transitional.
    let by_property = variant == Variant::NonTransitional || e.has(Cap::VirtioPciDisableLegacy);
    if on_pci && variant != Variant::Plain && version.is_empty() && by_property {
        let disable_legacy = if variant == Variant::NonTransitional { "on" } else { "off" };
        props.set("disable-legacy", disable_legacy).set("disable-modern", "off");
    }
    early_options(&mut props, e, options);
    props
}

/// The suffix of QEMU's drivers for the bus of `address`: `pci`, `ccw`, `s390`, or `device` for all others.
pub(crate) fn bus_suffix(address: &BusAddress) -> &'static str {
    match address {
        BusAddress::Pci(_) => "pci",
        BusAddress::Ccw(_) => "ccw",
        BusAddress::VirtioS390 => "s390",
        _ => "device",
    }
}

/// Adds the options, in releases of libvirt that emit them after the driver's name. [`device`] does so itself.
pub(crate) fn early_options(props: &mut Props, e: &Emit<'_>, options: VirtioOptions) {
    if e.release().has(Convention::VirtioOptionsFirst) {
        add(props, options);
    }
}

/// Adds the options, in releases of libvirt that emit them further on, at an index that depends on the device.
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
