//! `<crypto>`: a virtual cryptography device.

use super::virtio::VirtioOptions;
use crate::info::DeviceInfo;
use crate::read::{El, Element, Reader};
use crate::write::Writer;

/// The version of libvirt that added `<crypto>`.
pub(crate) const SINCE: &str = "9.1";

spelled! {
    /// `model=`.
    pub enum CryptoModel {
        /// A virtio device.
        Virtio = "virtio",
    }
}

spelled! {
    /// `type=`: what emulates the device.
    pub enum CryptoType {
        /// QEMU.
        Qemu = "qemu",
    }
}

spelled! {
    /// `<backend model=>`: what computes the ciphers.
    pub enum CryptoBackend {
        /// The cryptography library of QEMU.
        Builtin = "builtin",
        /// The host's kernel (Linux Kernel Cryptography Framework).
        Lkcf = "lkcf",
    }
}

/// `<crypto>`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Crypto {
    /// The part that all devices have: place, alias, address, boot order, option ROM.
    pub info: DeviceInfo,
    /// `model=`
    pub model: Option<CryptoModel>,
    /// `type=`
    pub kind: Option<CryptoType>,
    /// `<backend model=>`
    pub backend: Option<CryptoBackend>,
    /// `<backend queues=>`: the number of virtqueues.
    pub queues: Option<u32>,
    /// `<driver>`
    pub virtio: VirtioOptions,
}

impl Element for Crypto {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let model = r.required(el, "model");
        let kind = r.required(el, "type");
        let backend = r.need(el, "backend");
        Some(Self {
            model,
            kind,
            backend: backend.and_then(|b| r.required(b, "model")),
            queues: backend.and_then(|b| r.attr(b, "queues")),
            info: DeviceInfo::read(el, r),
            virtio: VirtioOptions::read_child(el, r),
        })
    }

    fn write(&self, w: &mut Writer) {
        w.element("crypto").opt("model", self.model).opt("type", self.kind).children(|w| {
            w.element("backend").opt("model", self.backend).opt("queues", self.queues).empty();
            self.virtio.write(w.element("driver")).children_or_nothing(|_| {});
            self.info.write(w);
        });
    }
}
