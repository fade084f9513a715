//! `-object iommufd`.

use super::context::Emit;
use crate::Props;

/// Emits the IOMMUFD whose descriptor the caller passes.
pub(crate) fn emit(e: &mut Emit<'_>) {
    let Some(passed) = e.prepared.facts.iommufd else { return };
    e.at_element("iommufd");
    let mut object = Props::new("qom-type", "iommufd").with("id", "iommufd0");
    if let Some(fd) = passed.fd {
        object.set("fd", fd.to_string());
    }
    e.object(object);
}
