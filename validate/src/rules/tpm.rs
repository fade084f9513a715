//! Rules on `<tpm>`.

use virtargv_model::Spelled;
use virtargv_model::device::chardev_source::SourceMode;
use virtargv_model::device::tpm::{Tpm, TpmBackend, TpmBackendType, TpmEmulator, TpmModel, TpmVersion};

use crate::{Context, Findings, offered};

virtargv_model::rules! {
    /// A guest has one TPM, besides one of model `spapr-tpm-proxy`.
    TPM_SINGLE = "tpm-single": Unsupported, Validate,
        "`<tpm>`: QEMU emulates one TPM; the proxy of pseries passes requests to the host's",
        help "remove the other `<tpm>` elements";
    /// Active PCR banks need TPM version 2.0.
    TPM_BANKS = "tpm-pcr-banks": Xml, Validate,
        "`<tpm><backend type='emulator'><active_pcr_banks>`: `--pcr-banks` of swtpm_setup with `--tpm2`",
        help "set `version='2.0'`, or remove `<active_pcr_banks>`";
    /// The source of an external TPM is a UNIX socket to which QEMU connects.
    TPM_EXTERNAL = "tpm-external": Xml, Validate,
        "`<tpm><backend type='external'><source type='unix' mode='connect' path=>`",
        help "set `mode='connect'` and `path=`";
    /// An emulated TPM of version 1.2 is of model `tpm-tis`.
    TPM_VERSION = "tpm-version": Unsupported, Validate,
        "`<tpm><backend version=>`: `tpm-crb` and `tpm-spapr` are interfaces of TPM 2.0",
        help "set `version='2.0'`";
    /// An emulated TPM of version 1.2 is one of an x86 guest.
    TPM_ARCH = "tpm-version-architecture": Unsupported, Validate,
        "`<tpm><backend version='1.2'>`: libvirt emulates TPM 1.2 for PCs only",
        help "set `version='2.0'`", since "9.0";
    /// The version of an emulated TPM is one that the host's swtpm has.
    TPM_HOST = "tpm-version-host": Unsupported, Validate,
        "`<tpm><backend type='emulator' version=>`: swtpm and swtpm_setup may be built without TPM 1.2 or 2.0",
        help "use the other `version=`, or another swtpm",
        since "9.0";
    /// The backend of a TPM is one that this QEMU has.
    TPM_BACKEND = "tpm-backend": Unsupported, Validate,
        "`<tpm><backend type=>`: `-tpmdev passthrough` and `-tpmdev emulator`",
        help "use another `type=`, or a QEMU that has it";
    /// The backend of a TPM of model `spapr-tpm-proxy` is `passthrough`.
    TPM_PROXY = "tpm-proxy-backend": Unsupported, Validate,
        "`<tpm model='spapr-tpm-proxy'>`: `host-path=` of `spapr-tpm-proxy` is a device of the host",
        help "use `<backend type='passthrough'>`";
    /// The model of a TPM is one that this QEMU has.
    TPM_MODEL = "tpm-model": Unsupported, Validate,
        "`<tpm model=>`: `tpm-tis`, `tpm-crb`, `tpm-spapr` and `spapr-tpm-proxy`",
        help "use another `model=`, or a QEMU that has the device";
}

/// Checks every `<tpm>` against the rules above.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    let tpms = &cx.domain.devices.tpms;
    let is_proxy = |tpm: &&Tpm| tpm.model == Some(TpmModel::SpaprProxy);
    let extra = tpms.iter().filter(is_proxy).nth(1).or(tpms.iter().filter(|t| !is_proxy(t)).nth(1));
    if let Some(extra) = extra {
        let message = "a guest has at most one `tpm`, besides one of model `spapr-tpm-proxy`";
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
                let message = "the `<source>` of an external `tpm` needs mode `connect`, not `bind`";
                out.refuse(&TPM_EXTERNAL, tpm.backend_pos.path("source/@mode"), message);
            }
            if path.is_none() {
                let message = "the `<source>` of an external `<tpm>` has no `path=`";
                out.refuse(&TPM_EXTERNAL, tpm.backend_pos.path("source"), message);
            }
        }
    }
}

fn check_emulator(cx: &Context<'_>, tpm: &Tpm, emulator: &TpmEmulator, out: &mut Findings<'_>) {
    let place = tpm.backend_pos.attr("version");
    let is_1_2 = emulator.version == Some(TpmVersion::V1_2);
    if is_1_2 && !emulator.active_pcr_banks.is_empty() {
        let message = "`<active_pcr_banks>` needs version `2.0`, not `1.2`";
        out.refuse(&TPM_BANKS, tpm.backend_pos.path("active_pcr_banks"), message);
    }
    if let Some(version) = emulator.version
        && cx.host.services().emulates_tpm(version.as_str()) == Ok(false)
    {
        let message = format!("TPM version `{version}` is not supported by the host's swtpm");
        out.refuse(&TPM_HOST, place.clone(), message);
    }
    if !is_1_2 {
        return;
    }
    let model = tpm.model.unwrap_or(TpmModel::Tis);
    if matches!(model, TpmModel::Crb | TpmModel::Spapr) {
        let message = format!("a `<tpm>` of model `{model}` needs version `2.0`, not `1.2`");
        out.refuse(&TPM_VERSION, place, message);
    } else if !cx.guest.arch.is_x86() {
        let message = format!("a `<tpm>` of architecture `{}` needs version `2.0`, not `1.2`", cx.guest.arch);
        out.refuse(&TPM_ARCH, place, message);
    }
}

fn check_model(cx: &Context<'_>, tpm: &Tpm, out: &mut Findings<'_>) {
    let kind = tpm.backend.kind();
    if !offered::tpm_backend(|cap| cx.has(cap), kind) {
        let message = format!("`<backend>` of type `{kind}` of `<tpm>` is not supported by this QEMU");
        out.refuse(&TPM_BACKEND, tpm.backend_pos.attr("type"), message);
    }
    let Some(model) = tpm.model else { return };
    let place = tpm.info.pos.attr("model");
    if cx.guest.arch.is_ppc64() && model == TpmModel::SpaprProxy && kind != TpmBackendType::Passthrough {
        let message =
            format!("a `<tpm>` of model `{model}` needs a `passthrough` backend, not type `{kind}`");
        out.refuse(&TPM_PROXY, place.clone(), message);
    }
    if !offered::tpm(|cap| cx.has(cap), model) {
        let message = format!("`<tpm>` of model `{model}` is not supported by this QEMU");
        out.refuse(&TPM_MODEL, place, message);
    }
}
