//! Rules on `<launchSecurity>`, and on security labels.

pub mod label;

use virtargv_caps::Cap;
use virtargv_model::OnOff;
use virtargv_model::features::IoApic;
use virtargv_model::security::{Keywrap, LaunchSecurity, LaunchSecurityKind, LaunchSecurityType, Tdx};

use crate::{Context, Findings, offered};

virtargv_model::rules! {
    /// Launch security needs a QEMU that has its type.
    LAUNCH = "launch-security": Unsupported (Internal before "7.6"), Validate,
        "`<launchSecurity type=>`: `sev-guest`, `sev-snp-guest`, or `s390-pv-guest` with KVM",
        help "remove `<launchSecurity>`, or use a QEMU that has it";
    /// A TDX policy sets bits that are defined.
    TDX_POLICY_BITS = "tdx-policy": Unsupported, Validate,
        "`<launchSecurity type='tdx'><policy>`: the attributes of the trust domain, of which bit 0 (debug) and bit 28 (sept-ve-disable) are not reserved",
        help "set other bits to 0, such as `0x10000000`", since "11.6";
    /// A TDX guest has the I/O APIC of QEMU.
    TDX_IOAPIC = "tdx-ioapic": Unsupported, Validate,
        "`<launchSecurity type='tdx'>`: KVM has no I/O APIC for trust domains, so that `kernel_irqchip=split` is needed",
        help "add `<ioapic driver='qemu'/>` to `<features>`", since "11.6";
    /// A TDX guest has no PMU, no SMM and no firmware in flash.
    TDX_GUEST = "tdx-guest": Unsupported, Validate,
        "`<launchSecurity type='tdx'>`: trust domains have no system management mode, no performance monitoring unit, and no emulated flash",
        help "remove the feature, or use firmware with `type='rom'`", since "11.6";
    /// Measuring the kernel needs a QEMU that has it.
    KERNEL_HASHES = "launch-security-kernel-hashes": Unsupported, Validate,
        "`<launchSecurity type='sev' kernelHashes=>`: `kernel-hashes=` of `sev-guest`",
        help "remove `kernelHashes=`, or use a QEMU that has it";
    /// The C-bit position of an SEV guest and its reduction of physical addresses are known.
    SEV_HOST = "launch-security-sev-host": Unsupported, Build,
        "`<launchSecurity type='sev'><cbitpos>` and `<reducedPhysBits>`: `cbitpos=` and `reduced-phys-bits=` of `sev-guest`; the default is what QEMU reports of the host",
        help "add `<cbitpos>` and `<reducedPhysBits>`";
    /// Key wrapping is for s390 guests.
    KEYWRAP_ARCH = "keywrap-arch": Unsupported, Build,
        "`<keywrap><cipher name= state=>`: `aes-key-wrap=` and `dea-key-wrap=` of the machine type `s390-ccw-virtio`",
        help "remove `<keywrap>`", since "11.3";
    /// Key wrapping needs a QEMU that has it.
    KEYWRAP = "keywrap": Unsupported, Build,
        "`<keywrap><cipher name= state=>`: `aes-key-wrap=` and `dea-key-wrap=` of the machine type `s390-ccw-virtio`",
        help "remove `<keywrap>`, or use a QEMU that has the properties";
}

/// The bits of a TDX policy that are defined.
const TDX_POLICY: u64 = 1 | 1 << 28;

/// Checks `<launchSecurity>` against the rules above.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    let Some(launch) = &cx.domain.security.launch else { return };
    let name = match &launch.kind {
        LaunchSecurityKind::Sev(_) => LaunchSecurityType::Sev,
        LaunchSecurityKind::SevSnp(_) => LaunchSecurityType::SevSnp,
        LaunchSecurityKind::Tdx(_) => LaunchSecurityType::Tdx,
        LaunchSecurityKind::S390Pv => LaunchSecurityType::S390Pv,
    };
    if !offered::launch_security(|cap| cx.has(cap), name) {
        let message = format!("launch security type `{name}` is not supported by this QEMU");
        out.refuse(&LAUNCH, launch.pos.attr("type"), message);
    } else if let LaunchSecurityKind::Tdx(tdx) = &launch.kind {
        check_tdx(cx, launch, tdx, out);
    }
    if let LaunchSecurityKind::Sev(sev) = &launch.kind
        && sev.common.kernel_hashes.is_some()
        && !cx.has(Cap::SevGuestKernelHashes)
    {
        let message = "`kernelHashes` is not supported by this QEMU";
        out.refuse(&KERNEL_HASHES, launch.pos.attr("kernelHashes"), message);
    }
}

/// Checks what a trust domain needs of the rest of the guest.
fn check_tdx(cx: &Context<'_>, launch: &LaunchSecurity, tdx: &Tdx, out: &mut Findings<'_>) {
    let domain = cx.domain;
    let features = &domain.features;
    if let Some(policy) = tdx.policy.filter(|policy| policy & !TDX_POLICY != 0) {
        let message = format!("`<policy>` is `{policy:#x}`, only bits 0 and 28 can be set");
        out.refuse(&TDX_POLICY_BITS, launch.pos.path("policy"), message);
    }
    if features.ioapic != Some(IoApic::Qemu) {
        let message = "launch security type `tdx` needs the feature `ioapic` with driver `qemu`";
        out.refuse(&TDX_IOAPIC, launch.pos, message);
    }
    let smm = features.smm.is_some_and(|smm| smm.state.is_some_and(OnOff::is_on));
    let present = [
        (features.pmu == Some(OnOff::On), "the feature `pmu`"),
        (smm, "the feature `smm`"),
        (domain.os.has_flash(), "a loader of type `pflash`"),
    ];
    for (_, what) in present.into_iter().filter(|(present, _)| *present) {
        out.refuse(
            &TDX_GUEST,
            launch.pos,
            format!("launch security type `tdx` is not supported with {what}"),
        );
    }
}

/// Checks what libvirt finds only when it builds the command line.
pub(crate) fn build(cx: &Context<'_>, out: &mut Findings<'_>) {
    let security = &cx.domain.security;
    if let Some(launch) = &security.launch
        && let Some(common) = launch.kind.sev()
        && cx.caps.sev().is_none()
    {
        let given = [("cbitpos", common.cbitpos), ("reducedPhysBits", common.reduced_phys_bits)];
        for (name, _) in given.iter().filter(|(_, value)| value.is_none()) {
            let message = format!(
                "`launchSecurity` has no `{name}`, and the capabilities of this QEMU do not say what it is on this host"
            );
            out.refuse(&SEV_HOST, launch.pos, message);
        }
    }
    let Keywrap { aes, dea } = security.keywrap;
    if (aes.is_some() || dea.is_some()) && !cx.guest.arch.is_s390() {
        let arch = cx.guest.arch;
        let message =
            format!("`aes-key-wrap` and `dea-key-wrap` are not supported for architecture `{arch}`");
        out.refuse(&KEYWRAP_ARCH, security.keywrap_pos, message);
    }
    for (name, cap, wanted) in
        [("aes-key-wrap", Cap::AesKeyWrap, aes), ("dea-key-wrap", Cap::DeaKeyWrap, dea)]
    {
        if wanted.is_some() && !cx.has(cap) {
            let message = format!("`keywrap` needs property `{name}` of the machine, which this QEMU lacks");
            out.refuse(&KEYWRAP, security.keywrap_pos, message);
        }
    }
}
