//! `<on_poweroff>`, `<on_reboot>`, `<on_crash>`, `<on_lockfailure>`, `<pm>`, `<perf>`.

use crate::read::{El, Reader};
use crate::write::Writer;

/// `<on_poweroff>`, `<on_reboot>`, `<on_crash>`, `<on_lockfailure>`, `<pm>`, `<perf>`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Lifecycle {}

impl Lifecycle {
    pub(crate) fn read(_domain: El<'_>, _r: &mut Reader) -> Self {
        Self {}
    }

    pub(crate) fn write(&self, _w: &mut Writer) {}
}
