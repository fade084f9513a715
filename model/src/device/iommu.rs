//! `<iommu>`: an IOMMU for the guest's devices.

use crate::OnOff;
use crate::info::DeviceInfo;
use crate::read::{El, Element, Reader};
use crate::write::Writer;

crate::rules! {
    /// A guest has at most one IOMMU.
    IOMMU_SINGLE = "iommu-one": Xml, Read, "`<iommu>`",
        help "remove all `<iommu>` but one";
}

spelled! {
    /// `model=` of an `<iommu>`.
    pub enum IommuModel {
        /// Intel VT-d.
        Intel = "intel",
        /// Arm SMMUv3.
        Smmuv3 = "smmuv3",
        /// virtio-iommu.
        Virtio = "virtio" since "8.3",
    }
}

/// `<iommu>`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Iommu {
    /// The part that all devices have: place, alias, address, boot order, option ROM.
    pub info: DeviceInfo,
    /// `model=`
    pub model: Option<IommuModel>,
    /// `<driver>`
    pub driver: IommuDriver,
}

/// `<driver>`: the options of an IOMMU.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct IommuDriver {
    /// `intremap=`: interrupt remapping.
    pub intremap: Option<OnOff>,
    /// `caching_mode=`: whether the guest reports every new mapping, which assigned host devices need.
    pub caching_mode: Option<OnOff>,
    /// `eim=`: extended interrupt mode, for more than 255 CPUs.
    pub eim: Option<OnOff>,
    /// `iotlb=`: whether devices can cache translations (device IOTLB).
    pub iotlb: Option<OnOff>,
    /// `aw_bits=`: the width of addresses, in bits.
    pub aw_bits: Option<u32>,
    /// `dma_translation=`: whether DMA is translated, rather than interrupts only.
    pub dma_translation: Option<OnOff>,
}

impl IommuDriver {
    /// Whether no option is given.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Element for Iommu {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let model = r.required(el, "model");
        let driver = el.child("driver").map(|d| IommuDriver {
            intremap: r.attr(d, "intremap"),
            caching_mode: r.attr(d, "caching_mode"),
            eim: r.attr(d, "eim"),
            iotlb: r.attr(d, "iotlb"),
            aw_bits: r.attr(d, "aw_bits"),
            dma_translation: r.attr_since("10.7", d, "dma_translation"),
        });
        Some(Self { info: DeviceInfo::read(el, r), model, driver: driver.unwrap_or_default() })
    }

    fn write(&self, w: &mut Writer) {
        w.element("iommu").opt("model", self.model).children(|w| {
            if !self.driver.is_empty() {
                let d = &self.driver;
                w.element("driver")
                    .opt("intremap", d.intremap)
                    .opt("caching_mode", d.caching_mode)
                    .opt("eim", d.eim)
                    .opt("iotlb", d.iotlb)
                    .opt("aw_bits", d.aw_bits)
                    .opt("dma_translation", d.dma_translation)
                    .empty();
            }
            self.info.write(w);
        });
    }
}
