//! Rules on `<tpm>`.

use virtargv_caps::{Cap, Convention};
use virtargv_model::Spelled;
use virtargv_model::device::chardev_source::SourceMode;
use virtargv_model::device::tpm::{Tpm, TpmBackend, TpmBackendType, TpmEmulator, TpmModel, TpmVersion};

use crate::{Context, Findings};

virtargv_model::rules! {
    /// There is one TPM, and one proxy.
    TPM_SINGLE = "tpm-single": Unsupported, Validate, "QEMU has one TPM";
    /// There are at most two TPMs.
    TPM_MOST = "tpm-most": Xml, Read, "one TPM and one proxy";
    /// Banks of registers are chosen for version 2.0.
    TPM_BANKS = "tpm-pcr-banks": Xml, Validate, "`<active_pcr_banks>` is an option of swtpm for 2.0";
    /// An external TPM listens at a socket with a path.
    TPM_EXTERNAL = "tpm-external": Xml, Validate, "QEMU connects to it";
    /// An emulated TPM has a version that its interface can have.
    TPM_VERSION = "tpm-version": Unsupported, Validate, "TPM 1.2 has the interface of the PC alone";
    /// An emulated TPM has a version that the host's swtpm has.
    TPM_HOST = "tpm-version-host": Unsupported, Validate, "swtpm may be built without TPM 1.2";
    /// The back end of a TPM is one that this QEMU has.
    TPM_BACKEND = "tpm-backend": Unsupported, Validate, "`-tpmdev`";
    /// The proxy of POWER is for the host's TPM.
    TPM_PROXY = "tpm-proxy-backend": Unsupported, Validate, "`host-path=` of `spapr-tpm-proxy`";
    /// A TPM is of a model that this QEMU has.
    TPM_MODEL = "tpm-model": Unsupported, Validate, "`tpm-tis`, `tpm-crb`, `tpm-spapr` and `spapr-tpm-proxy`";
}

/// Holds them.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    let tpms = &cx.domain.devices.tpms;
    if let Some(third) = tpms.get(2) {
        out.refuse(&TPM_MOST, third.info.pos, "a guest has at most two elements 'tpm'");
    }
    let is_proxy = |tpm: &&Tpm| tpm.model == Some(TpmModel::SpaprProxy);
    let extra = tpms.iter().filter(is_proxy).nth(1).or(tpms.iter().filter(|t| !is_proxy(t)).nth(1));
    if let Some(extra) = extra {
        let message = "a guest has one 'tpm', and one of model 'spapr-tpm-proxy'";
        out.refuse(&TPM_SINGLE, extra.info.pos, message);
    }
    for tpm in tpms {
        check_backend(cx, tpm, out);
        check_model(cx, tpm, out);
    }
}

fn check_backend(cx: &Context<'_>, tpm: &Tpm, out: &mut Findings<'_>) {
    match &tpm.backend {
        TpmBackend::Passthrough { .. } => {}
        TpmBackend::Emulator(emulator) => check_emulator(cx, tpm, emulator, out),
        TpmBackend::External { mode, path } => {
            if *mode == Some(SourceMode::Bind) {
                let message = "the 'source' of an external 'tpm' has mode 'connect', not 'bind'";
                out.refuse(&TPM_EXTERNAL, tpm.backend_pos.path("source/@mode"), message);
            }
            if path.is_none() {
                let message = "the 'source' of an external 'tpm' lacks its attribute 'path'";
                out.refuse(&TPM_EXTERNAL, tpm.backend_pos.path("source"), message);
            }
        }
    }
}

fn check_emulator(cx: &Context<'_>, tpm: &Tpm, emulator: &TpmEmulator, out: &mut Findings<'_>) {
    let place = tpm.backend_pos.attr("version");
    let stricter = cx.release.has(Convention::StricterDevices);
    let is_old = emulator.version == Some(TpmVersion::V1_2);
    if is_old && !emulator.active_pcr_banks.is_empty() {
        let message = "element 'active_pcr_banks' goes with version '2.0', not '1.2'";
        out.refuse(&TPM_BANKS, tpm.backend_pos.path("active_pcr_banks"), message);
    }
    if let Some(version) = emulator.version
        && stricter
        && !cx.host.emulates_tpm(version.as_str())
    {
        let message = format!("swtpm of this host has no TPM of version '{version}'");
        out.refuse(&TPM_HOST, place.clone(), message);
    }
    if !is_old {
        return;
    }
    let model = tpm.model.unwrap_or(TpmModel::Tis);
    if matches!(model, TpmModel::Crb | TpmModel::Spapr) {
        let message = format!("a 'tpm' of model '{model}' has version '2.0', not '1.2'");
        out.refuse(&TPM_VERSION, place, message);
    } else if stricter && !cx.guest.arch.is_x86() {
        let message = format!("architecture '{}' has a 'tpm' of version '2.0', not '1.2'", cx.guest.arch);
        out.refuse(&TPM_VERSION, place, message);
    }
}

fn check_model(cx: &Context<'_>, tpm: &Tpm, out: &mut Findings<'_>) {
    let kind = tpm.backend.kind();
    let offered = match kind {
        TpmBackendType::Passthrough => cx.has(Cap::DeviceTpmPassthrough),
        TpmBackendType::Emulator | TpmBackendType::External => cx.has(Cap::DeviceTpmEmulator),
    };
    if !offered {
        let message = format!("this QEMU has no 'tpm' whose 'backend' is of type '{kind}'");
        out.refuse(&TPM_BACKEND, tpm.backend_pos.attr("type"), message);
    }
    let Some(model) = tpm.model else { return };
    let place = tpm.info.pos.attr("model");
    if cx.guest.arch.is_ppc64() && model == TpmModel::SpaprProxy && kind != TpmBackendType::Passthrough {
        let message = format!("a 'tpm' of model '{model}' has a 'Passthrough' backend, not type '{kind}'");
        out.refuse(&TPM_PROXY, place.clone(), message);
    }
    let cap = match model {
        TpmModel::Tis => Cap::DeviceTpmTis,
        TpmModel::Crb => Cap::DeviceTpmCrb,
        TpmModel::Spapr => Cap::DeviceTpmSpapr,
        TpmModel::SpaprProxy => Cap::DeviceSpaprTpmProxy,
    };
    if !cx.has(cap) {
        let message = format!("this QEMU has no 'tpm' of model '{model}'");
        out.refuse(&TPM_MODEL, place, message);
    }
}
