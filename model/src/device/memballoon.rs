//! `<memballoon>`: a memory balloon device.

use super::virtio::VirtioOptions;
use crate::info::DeviceInfo;
use crate::read::{El, Element, Reader, UNSUPPORTED_BEFORE_9_0};
use crate::write::Writer;
use crate::{Class, OnOff};

crate::rules! {
    /// A guest has one memory balloon.
    MEMBALLOON_SINGLE = "memballoon-single": Internal, Read,
        "`<memballoon>`: QEMU has one balloon, which resizes all memory of the guest",
        help "remove all `<memballoon>` but one";
}

spelled! {
    /// `model=`.
    pub enum MemballoonModel {
        /// virtio; QEMU chooses transitional or non-transitional by the bus.
        Virtio = "virtio",
        /// The balloon of Xen.
        Xen = "xen" of "Xen",
        /// The guest has no balloon.
        None = "none",
        /// Transitional: virtio 0.9 and 1.0.
        VirtioTransitional = "virtio-transitional",
        /// Non-transitional: virtio 1.0 only.
        VirtioNonTransitional = "virtio-non-transitional",
    }
}

/// `<memballoon>`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Memballoon {
    /// The part that all devices have: place, alias, address, boot order, option ROM.
    pub info: DeviceInfo,
    /// `model=`
    pub model: Option<MemballoonModel>,
    /// `autodeflate=`: whether the balloon returns memory to a guest that runs out of it (`deflate-on-oom`).
    pub autodeflate: Option<OnOff>,
    /// `freePageReporting=`: whether the guest reports free pages (`free-page-reporting`).
    pub free_page_reporting: Option<OnOff>,
    /// `<stats period=>`: the interval of statistics in seconds; 0 is read as absent.
    pub stats_period: Option<u32>,
    /// `<driver>`
    pub virtio: VirtioOptions,
}

impl Element for Memballoon {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let period: Option<i32> = el.child("stats").and_then(|s| r.attr(s, "period"));
        let mut balloon = Self {
            model: r.required_as(Class::Xml, UNSUPPORTED_BEFORE_9_0, el, "model"),
            autodeflate: r.attr(el, "autodeflate"),
            free_page_reporting: r.attr(el, "freePageReporting"),
            stats_period: period.and_then(|n| u32::try_from(n).ok()).filter(|n| *n > 0),
            info: DeviceInfo::read(el, r),
            virtio: VirtioOptions::read_child(el, r),
        };
        if balloon.model == Some(MemballoonModel::None) {
            // Without a balloon device there is no address.
            balloon.info = DeviceInfo { pos: el.pos(), ..DeviceInfo::default() };
        }
        Some(balloon)
    }

    fn write(&self, w: &mut Writer) {
        w.element("memballoon")
            .opt("model", self.model)
            .opt("autodeflate", self.autodeflate)
            .opt("freePageReporting", self.free_page_reporting)
            .children(|w| {
                if let Some(period) = self.stats_period {
                    w.element("stats").attr("period", period).empty();
                }
                self.info.write(w);
                self.virtio.write(w.element("driver")).children_or_nothing(|_| {});
            });
    }
}
