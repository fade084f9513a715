//! `<pstore>`: persistent storage for the guest's kernel messages at a crash.

use crate::Kib;
use crate::info::DeviceInfo;
use crate::read::{El, Element, Reader};
use crate::write::Writer;

crate::rules! {
    /// A guest has one pstore device.
    PSTORE_SINGLE = "pstore-single": Xml, Read,
        "`<pstore>`: QEMU has one `acpi-erst`",
        help "remove all `<pstore>` but one", since "10.6";
}

/// The version of libvirt that added `<pstore>`.
pub(crate) const SINCE: &str = "10.6";

spelled! {
    /// `backend=`: the kind of device.
    pub enum PstoreBackend {
        /// ACPI Error Record Serialization Table.
        AcpiErst = "acpi-erst",
    }
}

/// `<pstore>`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Pstore {
    /// The part that all devices have: place, alias, address, boot order, option ROM.
    pub info: DeviceInfo,
    /// `backend=`
    pub backend: Option<PstoreBackend>,
    /// `<path>` of the file with the content.
    pub path: Option<String>,
    /// `<size>`
    pub size: Option<Kib>,
}

impl Element for Pstore {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let backend = r.required(el, "backend");
        let size = r.need(el, "size").and_then(|s| r.kib(s));
        Some(Self { info: DeviceInfo::read(el, r), backend, path: el.child_text("path"), size })
    }

    fn write(&self, w: &mut Writer) {
        w.element("pstore").opt("backend", self.backend).children(|w| {
            w.opt_text_element("path", self.path.as_ref());
            if let Some(Kib(size)) = self.size {
                w.element("size").attr("unit", "KiB").text(size);
            }
            self.info.write(w);
        });
    }
}
