//! `<iommu>`.

use virtargv_caps::Convention;
use virtargv_model::device::iommu::Iommu;
use virtargv_model::{OnOff, Spelled};

use super::address;
use crate::Props;
use crate::emit::context::Emit;
use crate::prepare::device::Device;
use crate::prepare::device::iommu::Driver;

/// Emits every `<iommu>` that is a device.
pub(crate) fn emit(e: &mut Emit<'_>) {
    for iommu in e.prepared.iommus() {
        e.at(iommu);
        let props = match iommu.facts {
            Driver::Machine(_) => continue,
            Driver::Intel => intel(e, iommu),
            Driver::Virtio => {
                let mut props = Props::new("driver", "virtio-iommu").with("id", iommu.alias);
                address::add(&mut props, e, iommu.address);
                props
            }
        };
        e.device(props);
    }
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
