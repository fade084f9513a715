//! `<seclabel>`, `<launchSecurity>`, `<keywrap>`.

use crate::read::{El, Reader};
use crate::write::Writer;

/// `<seclabel>`, `<launchSecurity>`, `<keywrap>`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Security {}

impl Security {
    pub(crate) fn read(_domain: El<'_>, _r: &mut Reader) -> Self {
        Self {}
    }

    pub(crate) fn write(&self, _w: &mut Writer) {}
}
