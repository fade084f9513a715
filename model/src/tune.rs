//! `<iothreads>`, `<cputune>`, `<numatune>`, `<blkiotune>`, `<memtune>`, `<resource>`.

use crate::read::{El, Reader};
use crate::write::Writer;

/// What tunes the domain on its host.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tune {}

impl Tune {
    pub(crate) fn read(_domain: El<'_>, _r: &mut Reader) -> Self {
        Self {}
    }

    /// What the format has before `<vcpu>`: `<blkiotune>`, `<memtune>`.
    pub(crate) fn write_before_vcpus(&self, _w: &mut Writer) {}

    pub(crate) fn write(&self, _w: &mut Writer) {}
}
