//! `<pstore>`.

use super::address;
use crate::Props;
use crate::emit::context::Emit;
use crate::needs::Role;
use crate::text::text;

/// Emits `<pstore>`: its memory backend, then the device.
pub(crate) fn emit(e: &mut Emit<'_>) {
    for pstore in e.prepared.pstores() {
        e.at(pstore);
        let alias = pstore.alias;
        let memory = text!("mem", alias);
        if let Some(path) = &pstore.path {
            e.need_path(path, Role::Memory);
        }
        let object = Props::new("qom-type", "memory-backend-file")
            .with("id", memory.clone())
            .opt("mem-path", pstore.path.as_ref())
            .opt("size", pstore.size.map(virtargv_model::Kib::bytes))
            .with("share", true);
        e.object(object);
        let mut props = Props::new("driver", "acpi-erst").with("id", alias).with("memdev", memory);
        address::add(&mut props, e, pstore.address);
        e.device(props);
    }
}
