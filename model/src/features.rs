//! `<features>`.

use crate::read::{El, Reader};
use crate::write::Writer;

/// `<features>`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Features {}

impl Features {
    pub(crate) fn read(_domain: El<'_>, _r: &mut Reader) -> Self {
        Self {}
    }

    pub(crate) fn write(&self, _w: &mut Writer) {}
}
