//! Rules on `<launchSecurity>`.

use virtargv_caps::Cap;
use virtargv_model::security::{Keywrap, LaunchSecurityKind};

use crate::{Context, Findings};

crate::rules! {
    /// A guest is kept from its host only by what this QEMU has.
    LAUNCH = "launch-security": Unsupported, Validate, "`<launchSecurity type=>`";
    /// The kernel is measured only where this QEMU can.
    KERNEL_HASHES = "launch-security-kernel-hashes": Unsupported, Validate, "property `kernel-hashes` of `sev-guest`";
    /// What AMD's memory encryption does to addresses is known.
    SEV_HOST = "launch-security-sev-host": Unsupported, Build, "properties `cbitpos` and `reduced-phys-bits` of `sev-guest`";
    /// Keys are wrapped only where this QEMU can.
    KEYWRAP = "keywrap": Unsupported, Build, "properties `aes-key-wrap` and `dea-key-wrap` of the machine";
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

/// Holds what is only found while the line is built.
pub(crate) fn build(cx: &Context<'_>, out: &mut Findings<'_>) {
    let security = &cx.domain.security;
    let Keywrap { aes, dea } = security.keywrap;
    for (name, cap, wanted) in
        [("aes-key-wrap", Cap::AesKeyWrap, aes), ("dea-key-wrap", Cap::DeaKeyWrap, dea)]
    {
        if wanted.is_some() && !cx.has(cap) {
            let message = format!("this QEMU does not know '{name}'");
            out.refuse(&KEYWRAP, security.keywrap_pos, message);
        }
    }
}
