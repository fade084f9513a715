//! The elements of the `qemu:` namespace: `<qemu:commandline>`, `<qemu:capabilities>`, `<qemu:override>`,
//! `<qemu:deprecation>`.

use crate::read::{El, Reader};
use crate::write::{Tag, Writer};

/// The namespace these elements live in.
pub const NAMESPACE: &str = "http://libvirt.org/schemas/domain/qemu/1.0";

/// What the document says to QEMU directly.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct QemuNamespace {}

impl QemuNamespace {
    pub(crate) fn read(_domain: El<'_>, _r: &mut Reader) -> Self {
        Self {}
    }

    /// Declares the prefix where an element needs it.
    pub(crate) fn write_namespace<'w>(&self, tag: Tag<'w>) -> Tag<'w> {
        tag
    }

    pub(crate) fn write(&self, _w: &mut Writer) {}
}
