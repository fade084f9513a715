//! `<pstore>`: what the document left open.

use crate::Work;

/// Fills in every `<pstore>`.
pub(crate) fn apply(work: &mut Work<'_>) {
    let folder = &work.host.config().nvram_dir;
    let name = work.domain.name.as_deref().unwrap_or("");
    for pstore in &mut work.domain.devices.pstores {
        pstore.path.get_or_insert_with(|| format!("{folder}/{name}_PSTORE.raw"));
    }
}
