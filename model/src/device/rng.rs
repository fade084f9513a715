//! `<rng>`: a random number generator.

use super::chardev_source::{ChardevSource, SourceType};
use super::virtio::VirtioOptions;
use crate::Class;
use crate::info::DeviceInfo;
use crate::read::{El, Element, Reader, UNSUPPORTED_BEFORE_9_0};
use crate::write::Writer;

crate::rules! {
    /// A random number generator has one `<backend>`.
    RNG_BACKEND_COUNT = "rng-backend-count": Xml, Read, "`<rng><backend>`: the one source of random data",
        help "keep one `<backend>`";
}

spelled! {
    /// `model=`.
    pub enum RngModel {
        /// virtio; QEMU chooses transitional or non-transitional by the bus.
        Virtio = "virtio",
        /// Transitional: virtio 0.9 and 1.0.
        VirtioTransitional = "virtio-transitional",
        /// Non-transitional: virtio 1.0 only.
        VirtioNonTransitional = "virtio-non-transitional",
    }
}

spelled! {
    /// `<backend model=>`: the source of random data.
    pub enum RngBackendModel {
        /// A character device of the host, such as `/dev/urandom`.
        Random = "random",
        /// An entropy daemon that speaks the EGD protocol.
        Egd = "egd",
        /// The `getrandom` call, made by QEMU.
        Builtin = "builtin",
    }
}

/// The source of random data.
#[derive(Debug, Clone, PartialEq)]
pub enum RngBackend {
    /// `random`
    Random {
        /// The text of the element: the path of the device.
        path: Option<String>,
    },
    /// `egd`
    Egd(ChardevSource),
    /// `builtin`
    Builtin,
}

/// `<rng>`.
#[derive(Debug, Clone, PartialEq)]
pub struct Rng {
    /// The part that all devices have: place, alias, address, boot order, option ROM.
    pub info: DeviceInfo,
    /// `model=`
    pub model: Option<RngModel>,
    /// `<rate bytes=>`: the most bytes in each period.
    pub rate_bytes: Option<u32>,
    /// `<rate period=>`, in milliseconds.
    pub rate_period: Option<u32>,
    /// `<backend>`
    pub backend: RngBackend,
    /// `<driver>`
    pub virtio: VirtioOptions,
}

impl RngBackend {
    /// The `model=`.
    pub fn model(&self) -> RngBackendModel {
        match self {
            Self::Random { .. } => RngBackendModel::Random,
            Self::Egd(_) => RngBackendModel::Egd,
            Self::Builtin => RngBackendModel::Builtin,
        }
    }

    fn read(rng: El<'_>, r: &mut Reader) -> Option<Self> {
        let el = r.need(rng, "backend")?;
        if let Some(extra) = rng.children("backend").nth(1) {
            let message = "`<rng>` has at most one `backend`";
            r.refuse(&RNG_BACKEND_COUNT, extra.pos(), message);
        }
        Some(match r.required_as::<RngBackendModel>(Class::Xml, UNSUPPORTED_BEFORE_9_0, el, "model")? {
            RngBackendModel::Random => Self::Random { path: Some(el.text()).filter(|t| !t.is_empty()) },
            RngBackendModel::Builtin => Self::Builtin,
            RngBackendModel::Egd => {
                let kind = r.required_as::<SourceType>(Class::Xml, Class::Unsupported, el, "type")?;
                Self::Egd(ChardevSource::read(el, kind, r))
            }
        })
    }

    fn write(&self, w: &mut Writer) {
        let tag = w.element("backend").attr("model", self.model());
        match self {
            Self::Random { path: Some(path) } => tag.text(path),
            Self::Random { path: None } | Self::Builtin => tag.empty(),
            Self::Egd(source) => tag.attr("type", source.kind()).children(|w| source.write(w)),
        }
    }
}

impl Element for Rng {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let model = r.required_as(Class::Xml, UNSUPPORTED_BEFORE_9_0, el, "model");
        let rate = el.child("rate");
        let rate_bytes = rate.and_then(|e| r.attr(e, "bytes"));
        // libvirt ignores the period without a rate.
        let rated = rate.filter(|_| rate_bytes.is_some_and(|n: u32| n > 0));
        let rate_period = rated.and_then(|e| r.attr(e, "period"));
        let backend = RngBackend::read(el, r);
        let info = DeviceInfo::read(el, r);
        let virtio = VirtioOptions::read_child(el, r);
        Some(Self { info, model, rate_bytes, rate_period, backend: backend?, virtio })
    }

    fn write(&self, w: &mut Writer) {
        w.element("rng").opt("model", self.model).children(|w| {
            if let Some(bytes) = self.rate_bytes {
                w.element("rate").attr("bytes", bytes).opt("period", self.rate_period).empty();
            }
            self.backend.write(w);
            self.virtio.write(w.element("driver")).children_or_nothing(|_| {});
            self.info.write(w);
        });
    }
}
