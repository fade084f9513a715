//! `<iommu>`.

use virtargv_caps::Convention;
use virtargv_model::device::iommu::{Granule, Iommu};
use virtargv_model::{OnOff, Spelled};

use super::address;
use crate::Props;
use crate::emit::context::Emit;
use crate::prepare::device::Device;
use crate::prepare::device::iommu::Driver;
use crate::text::{Text, text};

/// Emits every `<iommu>` that is a device, in releases of libvirt that emit them before the controllers.
pub(crate) fn emit_first(e: &mut Emit<'_>) {
    if !e.release().has(Convention::IommuAfterControllers) {
        emit(e);
    }
}

/// Emits every `<iommu>` that is a device, in releases of libvirt that emit them after the controllers.
pub(crate) fn emit_after_controllers(e: &mut Emit<'_>) {
    if e.release().has(Convention::IommuAfterControllers) {
        emit(e);
    }
}

fn emit(e: &mut Emit<'_>) {
    for iommu in e.prepared.iommus() {
        e.at(iommu);
        match iommu.facts {
            Driver::Machine(_) => {}
            Driver::Intel => {
                let props = intel(e, iommu);
                e.device(props);
            }
            Driver::Virtio => {
                let props = virtio(e, iommu);
                e.device(props);
            }
            Driver::Amd => amd(e, iommu),
            Driver::Smmuv3(bus) => e.device(smmuv3(iommu, bus)),
        }
    }
}

fn virtio(e: &Emit<'_>, iommu: Device<'_, Iommu, Driver>) -> Props {
    let mut props = Props::new("driver", "virtio-iommu").with("id", iommu.alias);
    props.set_opt("aw-bits", iommu.driver.aw_bits.filter(|bits| *bits > 0));
    props.set_opt(
        "granule",
        iommu.driver.granule.map(|granule| match granule {
            Granule::Host => Text::from("host"),
            Granule::Size(size) => text!(size.0, "k"),
        }),
    );
    address::add(&mut props, e, iommu.address);
    props
}

/// Emits the PCI device of an AMD IOMMU, then the IOMMU.
fn amd(e: &mut Emit<'_>, iommu: Device<'_, Iommu, Driver>) {
    let mut pci = Props::new("driver", "AMDVI-PCI").with("id", iommu.alias);
    address::add(&mut pci, e, iommu.address);
    e.device(pci);
    let driver = &iommu.driver;
    let mut props = Props::new("driver", "amd-iommu").with("pci-id", iommu.alias);
    props.set_opt("intremap", driver.intremap.map(Spelled::as_str));
    props.set_opt("pt", driver.passthrough.map(OnOff::is_on));
    props.set_opt("xtsup", driver.xtsup.map(OnOff::is_on));
    props.set_opt("device-iotlb", driver.iotlb.map(OnOff::is_on));
    e.device(props);
}

fn smmuv3(iommu: Device<'_, Iommu, Driver>, bus: &Text) -> Props {
    let driver = &iommu.driver;
    let mut props =
        Props::new("driver", "arm-smmuv3").with("primary-bus", bus.clone()).with("id", iommu.alias);
    props.set_opt("accel", driver.accel.map(OnOff::is_on));
    props.set_opt("ats", driver.ats.map(Spelled::as_str));
    props.set_opt("ril", driver.ril.map(Spelled::as_str));
    // These properties also have the word `auto`, so that numbers are words as well.
    props.set_opt("ssidsize", driver.ssidsize.map(|bits| text!(bits)));
    props.set_opt("oas", driver.oas.map(|bits| text!(bits)));
    props.set_opt("cmdqv", driver.cmdqv.map(Spelled::as_str));
    props
}

fn intel(e: &Emit<'_>, iommu: Device<'_, Iommu, Driver>) -> Props {
    let driver = &iommu.driver;
    let word = |switch: Option<OnOff>| switch.map(Spelled::as_str);
    let mut props = Props::new("driver", "intel-iommu");
    if e.release().has(Convention::IommuId) {
        props.set("id", iommu.alias);
    }
    props.set_opt("intremap", word(driver.intremap));
    props.set_opt("caching-mode", driver.caching_mode.map(OnOff::is_on));
    props.set_opt("eim", word(driver.eim));
    props.set_opt("device-iotlb", driver.iotlb.map(OnOff::is_on));
    props.set_opt("aw-bits", driver.aw_bits.filter(|bits| *bits > 0));
    props.set_opt("dma-translation", driver.dma_translation.map(OnOff::is_on));
    props
}
