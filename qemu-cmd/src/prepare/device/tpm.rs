//! `<tpm>`: its driver and its backend.

use virtargv_host::{Descriptor, HostError, SecretKey, SecretUse};
use virtargv_model::device::tpm::{Tpm, TpmBackend, TpmEmulator, TpmModel, TpmVersion};
use virtargv_model::{Problem, Spelled, YesNo};
use virtargv_validate::rules::tpm as rules;

use super::Device;
use super::chardev_source::CharBackend;
use crate::helper::{self, Helper, Swtpm};
use crate::needs::{Content, Process};
use crate::prepare::context::{Prepare, broken};
use crate::prepare::descriptor::FdSet;
use crate::prepare::storage::objects::of_class;
use crate::text::Text;

/// A prepared TPM.
#[derive(Debug)]
pub(crate) enum Facts {
    /// `spapr-tpm-proxy`, which passes commands to the host's TPM at this path.
    Proxy(Text),
    /// A device with a TPM backend.
    Device {
        /// Its driver.
        driver: &'static str,
        /// Its backend.
        backend: Box<Backend>,
    },
}

/// The backend of a TPM.
#[derive(Debug)]
pub(crate) enum Backend {
    /// The host's TPM at this path, which QEMU opens, with its default `cancel-path=`.
    Path(Text),
    /// The host's TPM, by descriptors.
    Passed {
        /// The device.
        device: FdSet,
        /// The file that cancels a command.
        cancel: FdSet,
    },
    /// An emulated or external TPM, by its UNIX socket.
    Socket(CharBackend),
}

/// Prepares a `<tpm>`.
pub(crate) fn prepare(cx: &mut Prepare<'_>, tpm: Device<'_, Tpm>) -> Result<Facts, Problem> {
    let model = tpm.model.ok_or_else(|| {
        let message = "`<tpm>` has no `model=`";
        broken(cx.release(), &rules::TPM_MODEL, tpm.info.pos.attr("model"), message)
    })?;
    if model == TpmModel::SpaprProxy {
        let TpmBackend::Passthrough { path } = &tpm.backend else {
            let message = "a `tpm` of model `spapr-tpm-proxy` needs a backend of type `passthrough`";
            return Err(broken(cx.release(), &rules::TPM_PROXY, tpm.backend_pos.attr("type"), message));
        };
        return Ok(Facts::Proxy(host_device(cx, &tpm, path.as_deref())?.to_owned().into()));
    }
    // On all architectures but x86, which has an ISA bus, `tpm-tis` is another driver.
    let driver = match model {
        TpmModel::Tis if !cx.guest.arch.is_x86() => "tpm-tis-device",
        model => model.as_str(),
    };
    Ok(Facts::Device { driver, backend: Box::new(backend(cx, tpm)?) })
}

/// The path of the host's TPM.
fn host_device<'p>(cx: &Prepare<'_>, tpm: &Tpm, path: Option<&'p str>) -> Result<&'p str, Problem> {
    path.ok_or_else(|| {
        let message = "`<backend>` of type `passthrough` lacks `path` of `<device>`";
        broken(cx.release(), &rules::TPM_BACKEND, tpm.backend_pos.path("device"), message)
    })
}

fn backend(cx: &mut Prepare<'_>, tpm: Device<'_, Tpm>) -> Result<Backend, Problem> {
    Ok(match &tpm.backend {
        TpmBackend::Passthrough { path } => {
            let path = host_device(cx, &tpm, path.as_deref())?;
            if let Err(error @ HostError::NotFound { .. }) = cx.host.files().stat(path) {
                let place = tpm.backend_pos.path("device/@path");
                let message = format!("the TPM `{path}` cannot be opened: {error}");
                return Err(crate::rules::TPM_DEVICE.problem(cx.release(), place, message));
            }
            if cx.is_for_shell() {
                return Ok(Backend::Path(path.to_owned().into()));
            }
            let mut set = |wanted| {
                let passed = cx.pass(&wanted, tpm.backend_pos)?;
                Ok(cx.numbers.set(passed))
            };
            let device = set(Descriptor::Tpm { path })?;
            Backend::Passed { device, cancel: set(Descriptor::TpmCancel { path })? }
        }
        // swtpm makes the socket, and it is not started.
        TpmBackend::Emulator(_) if cx.is_for_reader() => Backend::Socket(CharBackend::discarding()),
        TpmBackend::Emulator(emulator) => {
            let path = if let Some(dir) = &cx.directories.shell {
                format!("{dir}/{}.sock", tpm.alias)
            } else {
                let mark = &cx.directories.mark;
                let own = |_| format!("{}/swtpm/{mark}-swtpm.sock", cx.settings().state_dir);
                cx.host.services().tpm_emulator_socket(mark).unwrap_or_else(own)
            };
            let swtpm = swtpm(cx, emulator, passphrase(cx, &tpm, emulator)?);
            Backend::Socket(CharBackend::started(path, Helper::Swtpm(swtpm), None))
        }
        TpmBackend::External { path, .. } => {
            let path = path.as_ref().ok_or_else(|| {
                let message = "`<backend>` of type `external` lacks `path` of `<source>`, the socket";
                broken(cx.release(), &rules::TPM_EXTERNAL, tpm.backend_pos.path("source"), message)
            })?;
            Backend::Socket(CharBackend::connected(path, Process::Peer, None))
        }
    })
}

/// The passphrase of the TPM's state; `None` without encryption, and where the host does not know the secret.
fn passphrase(cx: &Prepare<'_>, tpm: &Tpm, emulator: &TpmEmulator) -> Result<Option<Content>, Problem> {
    let Some(uuid) = emulator.secret.as_deref().and_then(virtargv_model::Uuid::parse) else {
        return Ok(None);
    };
    let key = SecretKey::Uuid(uuid);
    match cx.host.secrets().secret(SecretUse::Vtpm, key) {
        Ok(value) => Ok(Some(Content(value))),
        Err(HostError::Unknown(_)) => Ok(None),
        Err(error) => {
            let place = tpm.backend_pos.path("encryption/@secret");
            let message = error.about("secret", &key.to_string());
            Err(of_class(crate::rules::TPM_SECRET.problem(cx.release(), place, message), &error))
        }
    }
}

/// How swtpm is started.
fn swtpm(cx: &Prepare<'_>, emulator: &TpmEmulator, passphrase: Option<Content>) -> Swtpm {
    let tpm2 = emulator.version != Some(TpmVersion::V1_2);
    // A completed domain has a UUID. Another is kept apart by its name.
    let uuid = cx.domain.uuid.map_or_else(|| cx.directories.mark.clone(), |uuid| uuid.to_string());
    let own = || {
        let base = cx.directories.shell.as_ref().unwrap_or(&cx.settings().swtpm_dir);
        format!("{base}/{uuid}/{}", if tpm2 { "tpm2" } else { "tpm1.2" })
    };
    let storage = emulator.storage.as_ref();
    Swtpm {
        tpm2,
        state: storage.map_or_else(own, |(_, path)| path.clone()),
        file: storage.is_some_and(|(kind, _)| helper::is_file(*kind)),
        keep: storage.is_some() || emulator.persistent_state == Some(YesNo::Yes),
        vmid: format!("{}:{uuid}", cx.directories.name),
        pcr_banks: helper::pcr_banks(&emulator.active_pcr_banks),
        secret: emulator.secret.clone(),
        passphrase,
        profile: emulator.profile.as_ref().and_then(|profile| profile.source.clone()),
        debug: emulator.debug,
    }
}
