//! The options of `<driver>` that all virtio devices have.

use crate::OnOff;
use crate::read::{El, Reader};
use crate::write::Tag;

/// `<driver iommu= ats= packed= page_per_vq=>`: the options that all virtio devices have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct VirtioOptions {
    /// `iommu=`: whether DMA goes through the guest's IOMMU (`iommu_platform`).
    pub iommu: Option<OnOff>,
    /// `ats=`: address translation services.
    pub ats: Option<OnOff>,
    /// `packed=`: packed virtqueues.
    pub packed: Option<OnOff>,
    /// `page_per_vq=`: whether each virtqueue has a notification page of its own (`page-per-vq`).
    pub page_per_vq: Option<OnOff>,
}

impl VirtioOptions {
    /// Reads the options of a `<driver>` element.
    pub fn read(driver: El<'_>, r: &mut Reader) -> Self {
        Self {
            iommu: r.attr(driver, "iommu"),
            ats: r.attr(driver, "ats"),
            packed: r.attr(driver, "packed"),
            page_per_vq: r.attr_since("7.9", driver, "page_per_vq"),
        }
    }

    /// Reads the options of the `<driver>` child of a device.
    pub fn read_child(device: El<'_>, r: &mut Reader) -> Self {
        device.child("driver").map(|d| Self::read(d, r)).unwrap_or_default()
    }

    /// Adds the options to a `<driver>` tag, after its other attributes.
    pub fn write<'w>(&self, driver: Tag<'w>) -> Tag<'w> {
        driver
            .opt("iommu", self.iommu)
            .opt("ats", self.ats)
            .opt("packed", self.packed)
            .opt("page_per_vq", self.page_per_vq)
    }

    /// Whether no option is given.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
