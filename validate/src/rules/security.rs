//! Rules on `<launchSecurity>`.

use virtargv_caps::Cap;
use virtargv_model::security::LaunchSecurityKind;

use crate::{Context, Findings};

virtargv_model::rules! {
    /// A guest is kept from its host only by what this QEMU has.
    LAUNCH = "launch-security": Unsupported, Validate, "`<launchSecurity type=>`";
    /// The kernel is measured only where this QEMU can.
    KERNEL_HASHES = "launch-security-kernel-hashes": Unsupported, Validate, "property `kernel-hashes` of `sev-guest`";
}

/// Holds them.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    let Some(launch) = &cx.domain.security.launch else { return };
    let (name, has) = match &launch.kind {
        LaunchSecurityKind::Sev(_) => ("sev", cx.has(Cap::SevGuest)),
        LaunchSecurityKind::SevSnp(_) => ("sev-snp", cx.has(Cap::SevSnpGuest)),
        LaunchSecurityKind::S390Pv => (
            "s390-pv",
            cx.has(Cap::S390PvGuest) && cx.has(Cap::MachineConfidentalGuestSupport) && cx.has(Cap::Kvm),
        ),
    };
    if !has {
        let message = format!("this QEMU has no launch security of type '{name}'");
        out.refuse(&LAUNCH, launch.pos.attr("type"), message);
    }
    if let LaunchSecurityKind::Sev(sev) = &launch.kind
        && sev.common.kernel_hashes.is_some()
        && !cx.has(Cap::SevGuestKernelHashes)
    {
        let message = "this QEMU cannot do what 'kernelHashes' asks for";
        out.refuse(&KERNEL_HASHES, launch.pos.attr("kernelHashes"), message);
    }
}
