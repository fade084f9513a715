//! `<iommu>`.

use virtargv_caps::{Cap, Convention};
use virtargv_model::device::iommu::{Iommu, IommuModel};
use virtargv_model::{OnOff, Spelled};

use super::address;
use crate::Props;
use crate::emit::context::Emit;
use crate::prepare::device::Device;

/// Emits `<iommu>`. An SMMUv3 is part of the machine instead.
pub(crate) fn emit(e: &mut Emit<'_>) {
    for iommu in e.prepared.iommus() {
        e.at(iommu);
        let props = match iommu.model {
            // Without `-device intel-iommu` it is a property of the machine (`iommu=`).
            Some(IommuModel::Intel) if !e.has(Cap::DeviceIntelIommu) => continue,
            Some(IommuModel::Intel) => intel(e, iommu),
            Some(IommuModel::Virtio) => {
                let mut props = Props::new("driver", "virtio-iommu").with("id", iommu.alias);
                address::add(&mut props, e, iommu.address);
                props
            }
            Some(IommuModel::Smmuv3) | None => continue,
        };
        e.device(props);
    }
}

fn intel(e: &Emit<'_>, iommu: Device<'_, Iommu>) -> Props {
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
