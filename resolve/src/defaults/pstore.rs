//! Defaults of `<pstore>`.

use crate::Work;

/// Fills in every `<pstore>`.
pub(crate) fn apply(work: &mut Work<'_>) {
    let directory = &work.host.config().nvram_dir;
    let name = work.domain.name.as_deref().unwrap_or("");
    for pstore in &mut work.domain.devices.pstores {
        pstore.path.get_or_insert_with(|| format!("{directory}/{name}_PSTORE.raw"));
    }
}
