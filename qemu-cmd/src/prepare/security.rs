//! `<launchSecurity>`: what an encrypted guest has to know of its host's memory encryption.

use virtargv_model::Problem;
use virtargv_validate::rules::security as rules;

use super::context::{Prepare, must};

/// What AMD's memory encryption does to addresses.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SevBits {
    /// The bit of an address that marks an encrypted page.
    pub cbitpos: u32,
    /// By how many bits the encryption shortens physical addresses.
    pub reduced_phys_bits: u32,
}

/// What a guest with SEV is told: as the document has it, or as the host has it where that is left open.
pub(crate) fn prepare(cx: &Prepare<'_>) -> Result<Option<SevBits>, Problem> {
    let Some(launch) = &cx.domain.security.launch else { return Ok(None) };
    let Some(common) = launch.kind.sev() else { return Ok(None) };
    let host = cx.caps.sev();
    let cbitpos = common.cbitpos.or(host.map(|sev| sev.cbitpos));
    let reduced = common.reduced_phys_bits.or(host.map(|sev| sev.reduced_phys_bits));
    Ok(Some(SevBits {
        cbitpos: must(cbitpos, &rules::SEV_HOST, launch.pos)?,
        reduced_phys_bits: must(reduced, &rules::SEV_HOST, launch.pos)?,
    }))
}
