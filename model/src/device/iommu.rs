//! `<iommu>`: an IOMMU for the guest's devices.

use crate::Kib;
use crate::OnOff;
use crate::info::DeviceInfo;
use crate::read::{El, Element, Reader};
use crate::write::Writer;

crate::rules! {
    /// A guest has at most one IOMMU.
    IOMMU_SINGLE = "iommu-one": Xml, Read, "`<iommu>`",
        help "remove all `<iommu>` but one", until "11.10";
    /// A granule has a mode or a size.
    IOMMU_GRANULE = "iommu-granule": Xml, Read,
        "`<iommu><driver><granule>`: the page size is that of the host, or the given one",
        help "remove `mode=` or `size=`", since "12.1";
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
        /// AMD-Vi.
        Amd = "amd" since "11.5",
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
    /// `xtsup=`: x2APIC mode, for more than 255 CPUs (AMD).
    pub xtsup: Option<OnOff>,
    /// `passthrough=`: whether DMA is not translated (AMD).
    pub passthrough: Option<OnOff>,
    /// `pciBus=`: the index of the PCI controller whose bus it is for (SMMUv3); a negative number is read as absent. Without
    /// it the IOMMU is part of the machine.
    pub pci_bus: Option<u32>,
    /// `accel=`: whether the IOMMU of the host translates (SMMUv3).
    pub accel: Option<OnOff>,
    /// `cmdqv=`: NVIDIA's command queue virtualization (SMMUv3).
    pub cmdqv: Option<OnOff>,
    /// `ats=`: Address Translation Services (SMMUv3).
    pub ats: Option<OnOff>,
    /// `ril=`: range invalidation (SMMUv3).
    pub ril: Option<OnOff>,
    /// `ssidsize=`: the number of bits of substream ids (SMMUv3); a negative number is read as absent.
    pub ssidsize: Option<u32>,
    /// `oas=`: the number of bits of output addresses (SMMUv3); a negative number is read as absent.
    pub oas: Option<u32>,
    /// `<granule>`: the page size of mappings (virtio).
    pub granule: Option<Granule>,
}

/// `<granule>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Granule {
    /// `mode='host'`: the page size of the host.
    Host,
    /// `size=`, `unit=`; 0 is read as absent.
    Size(Kib),
}

spelled! {
    /// `mode=` of `<granule>`.
    pub enum GranuleMode {
        /// The page size of the host.
        Host = "host",
    }
}

impl Granule {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let mode: Option<GranuleMode> = r.attr(el, "mode");
        let size = el.get("size");
        if mode.is_some() && size.is_some() {
            let message = "`<granule>` has both attributes `mode` and `size`";
            r.refuse(&IOMMU_GRANULE, el.pos(), message);
            return None;
        }
        if mode.is_some() {
            return Some(Self::Host);
        }
        let bytes = r.scaled(el, size?, el.get("unit"), 1024)?;
        Some(Self::Size(Kib(bytes.div_ceil(1024)))).filter(|_| bytes > 0)
    }

    fn write(self, w: &mut Writer) {
        let tag = w.element("granule");
        match self {
            Self::Host => tag.attr("mode", GranuleMode::Host).empty(),
            Self::Size(size) => tag.attr("size", size.0).attr("unit", "KiB").empty(),
        }
    }
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
            xtsup: r.attr_since("11.5", d, "xtsup"),
            passthrough: r.attr_since("11.5", d, "passthrough"),
            pci_bus: natural("11.10", d, "pciBus", r),
            accel: r.attr_since("12.7", d, "accel"),
            cmdqv: r.attr_since("12.7", d, "cmdqv"),
            ats: r.attr_since("12.7", d, "ats"),
            ril: r.attr_since("12.7", d, "ril"),
            ssidsize: natural("12.7", d, "ssidsize", r),
            oas: natural("12.7", d, "oas", r),
            granule: r.child_since("12.1", d, "granule").and_then(|granule| Granule::read(granule, r)),
        });
        Some(Self { info: DeviceInfo::read(el, r), model, driver: driver.unwrap_or_default() })
    }

    fn write(&self, w: &mut Writer) {
        w.element("iommu").opt("model", self.model).children(|w| {
            if !self.driver.is_empty() {
                let d = &self.driver;
                let tag = w
                    .element("driver")
                    .opt("intremap", d.intremap)
                    .opt("caching_mode", d.caching_mode)
                    .opt("eim", d.eim)
                    .opt("iotlb", d.iotlb)
                    .opt("aw_bits", d.aw_bits)
                    .opt("dma_translation", d.dma_translation)
                    .opt("passthrough", d.passthrough)
                    .opt("xtsup", d.xtsup)
                    .opt("pciBus", d.pci_bus)
                    .opt("accel", d.accel)
                    .opt("cmdqv", d.cmdqv)
                    .opt("ats", d.ats)
                    .opt("ril", d.ril)
                    .opt("ssidsize", d.ssidsize)
                    .opt("oas", d.oas);
                tag.children_or_nothing(|w| {
                    if let Some(granule) = d.granule {
                        granule.write(w);
                    }
                });
            }
            self.info.write(w);
        });
    }
}

/// The number in attribute `name` of `el`, which came with libvirt `since`; a negative one is read as absent.
fn natural(since: &'static str, el: El<'_>, name: &'static str, r: &mut Reader) -> Option<u32> {
    let number: i32 = r.attr_since(since, el, name)?;
    u32::try_from(number).ok()
}
