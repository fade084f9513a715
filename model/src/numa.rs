//! `<cpu><numa>`.

use crate::read::{El, Reader};
use crate::write::Writer;

/// `<cpu><numa>`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Numa {}

impl Numa {
    pub(crate) fn read(_domain: El<'_>, _r: &mut Reader) -> Self {
        Self {}
    }

    pub(crate) fn write(&self, _w: &mut Writer) {}
}
