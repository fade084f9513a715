//! `<vsock>`: a socket device for communication between host and guest.

use std::num::NonZero;

use super::virtio::VirtioOptions;
use crate::YesNo;
use crate::info::DeviceInfo;
use crate::read::{El, Element, PLAIN_BEFORE_9_0, Reader};
use crate::write::Writer;

crate::rules! {
    /// A guest has one vsock device.
    VSOCK_SINGLE = "vsock-single": Xml, Read,
        "`<vsock>`: a guest has one context id",
        help "remove all `<vsock>` but one";
}

spelled! {
    /// `model=`.
    pub enum VsockModel {
        /// virtio; QEMU chooses transitional or non-transitional by the bus.
        Virtio = "virtio",
        /// Transitional: virtio 0.9 and 1.0.
        VirtioTransitional = "virtio-transitional",
        /// Non-transitional: virtio 1.0 only.
        VirtioNonTransitional = "virtio-non-transitional",
    }
}

/// `<vsock>`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Vsock {
    /// The part that all devices have: place, alias, address, boot order, option ROM.
    pub info: DeviceInfo,
    /// `model=`
    pub model: Option<VsockModel>,
    /// `<cid auto=>`: whether a free address is allocated.
    pub auto_cid: Option<YesNo>,
    /// `<cid address=>`: the context id of the guest, from 3.
    pub cid: Option<u32>,
    /// `<driver>`
    pub virtio: VirtioOptions,
}

impl Element for Vsock {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let cid = el.child("cid");
        let address = cid.and_then(|c| r.attr_as::<NonZero<u32>>(PLAIN_BEFORE_9_0, c, "address"));
        Some(Self {
            model: r.attr(el, "model"),
            auto_cid: cid.and_then(|c| r.attr_as(PLAIN_BEFORE_9_0, c, "auto")),
            cid: address.map(NonZero::get),
            info: DeviceInfo::read(el, r),
            virtio: r.child_since("7.1", el, "driver").map(|d| VirtioOptions::read(d, r)).unwrap_or_default(),
        })
    }

    fn write(&self, w: &mut Writer) {
        w.element("vsock").opt("model", self.model).children(|w| {
            w.element("cid").opt("auto", self.auto_cid).opt("address", self.cid).children_or_nothing(|_| {});
            self.info.write(w);
            self.virtio.write(w.element("driver")).children_or_nothing(|_| {});
        });
    }
}
