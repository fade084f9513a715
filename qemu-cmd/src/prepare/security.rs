//! `<launchSecurity>`: the object, with the address bits of SEV.

use virtargv_model::Problem;
use virtargv_model::security::{LaunchSecurity, LaunchSecurityKind, Sev, SevCommon, SevSnp, Tdx};
use virtargv_validate::rules::security as rules;

use super::context::{Prepare, broken};

/// The prepared `<launchSecurity>`.
#[derive(Debug)]
pub(crate) enum Facts {
    /// AMD SEV.
    Sev(SevBits, Sev),
    /// AMD SEV-SNP.
    SevSnp(SevBits, Box<SevSnp>),
    /// IBM Secure Execution.
    S390Pv,
    /// Intel TDX.
    Tdx(Box<Tdx>),
}

/// The address bits of SEV.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SevBits {
    /// The position of the C-bit, which marks an encrypted page.
    pub cbitpos: u32,
    /// The number of physical address bits that the guest loses.
    pub reduced_phys_bits: u32,
}

/// Prepares `<launchSecurity>`; `None` for a guest without it.
pub(crate) fn prepare(cx: &Prepare<'_>) -> Result<Option<Facts>, Problem> {
    let Some(launch) = &cx.domain.security.launch else { return Ok(None) };
    Ok(Some(match &launch.kind {
        LaunchSecurityKind::Sev(sev) => Facts::Sev(bits(cx, launch, &sev.common)?, sev.clone()),
        LaunchSecurityKind::SevSnp(snp) => Facts::SevSnp(bits(cx, launch, &snp.common)?, snp.clone()),
        LaunchSecurityKind::S390Pv => Facts::S390Pv,
        LaunchSecurityKind::Tdx(tdx) => Facts::Tdx(tdx.clone()),
    }))
}

/// The address bits of the document, or else those that QEMU reports of the host.
fn bits(cx: &Prepare<'_>, launch: &LaunchSecurity, common: &SevCommon) -> Result<SevBits, Problem> {
    let host = cx.caps.sev();
    let cbitpos = common.cbitpos.or(host.map(|sev| sev.cbitpos));
    let reduced = common.reduced_phys_bits.or(host.map(|sev| sev.reduced_phys_bits));
    let unknown = |name| {
        let message =
            format!("`<launchSecurity>` lacks `{name}`, and this QEMU does not report it for the host");
        broken(cx.release(), &rules::SEV_HOST, launch.pos, message)
    };
    Ok(SevBits {
        cbitpos: cbitpos.ok_or_else(|| unknown("cbitpos"))?,
        reduced_phys_bits: reduced.ok_or_else(|| unknown("reducedPhysBits"))?,
    })
}
