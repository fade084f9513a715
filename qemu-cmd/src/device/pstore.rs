//! `<pstore>`.

use super::address;
use crate::Props;
use crate::emit::{Done, Emit};
use crate::needs::Role;

/// Emits `<pstore>`: the memory it is kept in, then the device.
pub(crate) fn emit(e: &mut Emit<'_>) -> Done {
    for pstore in &e.domain().devices.pstores {
        let alias = pstore.info.alias.as_deref().unwrap_or_default();
        let memory = format!("mem{alias}");
        e.need_path(pstore.path.as_deref().unwrap_or(""), Role::Memory);
        let object = Props::new("qom-type", "memory-backend-file")
            .with("id", memory.as_str())
            .opt("mem-path", pstore.path.as_ref())
            .opt("size", pstore.size.map(virtargv_model::Kib::bytes))
            .with("share", true);
        e.object(&object);
        let mut props = Props::new("driver", "acpi-erst").with("id", alias).with("memdev", memory);
        address::add(&mut props, e, &pstore.info)?;
        e.device(&props);
    }
    Ok(())
}
