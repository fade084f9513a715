//! `<tpm>`.

use virtargv_caps::Convention;
use virtargv_host::Descriptor;
use virtargv_model::device::chardev_source::{Backend, ChardevSource, SourceMode, Unix};
use virtargv_model::device::tpm::{Tpm, TpmBackend, TpmModel};
use virtargv_model::{Kind, Problem, Spelled};

use super::address;
use super::chardev_source::{HostEnd, add_fd};
use crate::emit::{Done, Emit, problem};
use crate::needs::{Process, Role};
use crate::plan::short_name;
use crate::{Props, Style};

/// The character device of an emulated TPM.
const CHARDEV: &str = "chrtpm";

/// Emits `<tpm>`.
pub(crate) fn emit(e: &mut Emit<'_>) -> Done {
    for tpm in &e.domain().devices.tpms {
        let alias = tpm.info.alias.as_deref().unwrap_or_default();
        let props = if tpm.model == Some(TpmModel::SpaprProxy) {
            // It goes past QEMU's own TPM code.
            let path = match &tpm.backend {
                TpmBackend::Passthrough { path } => path.as_ref(),
                TpmBackend::Emulator(_) | TpmBackend::External { .. } => None,
            };
            Props::new("driver", "spapr-tpm-proxy").with("id", alias).opt("host-path", path)
        } else {
            let backend_id = format!("tpm-{alias}");
            backend(e, tpm, alias, &backend_id)?;
            let mut props = Props::new("driver", driver(e, tpm)).with("tpmdev", backend_id).with("id", alias);
            address::add(&mut props, e, &tpm.info)?;
            props
        };
        e.device(&props);
    }
    Ok(())
}

/// QEMU's driver: where there is no ISA bus, the one of the board.
fn driver(e: &Emit<'_>, tpm: &Tpm) -> &'static str {
    let model = tpm.model.unwrap_or(TpmModel::Tis);
    if model == TpmModel::Tis && !e.guest().arch.is_x86() {
        return "tpm-tis-device";
    }
    model.as_str()
}

fn backend(e: &mut Emit<'_>, tpm: &Tpm, alias: &str, id: &str) -> Done {
    match &tpm.backend {
        TpmBackend::Passthrough { path } => passthrough(e, tpm, alias, id, path.as_deref().unwrap_or("")),
        TpmBackend::Emulator(_) => {
            let path = match &e.plan.standalone {
                Some(dir) => format!("{dir}/{alias}.sock"),
                None => {
                    let domain = short_name(e.domain());
                    let own = |_| format!("{}/swtpm/{domain}-swtpm.sock", e.host.config().state_dir);
                    e.host.services().tpm_emulator_socket(&domain).unwrap_or_else(own)
                }
            };
            socket(e, alias, id, path, Process::Swtpm)
        }
        TpmBackend::External { path, .. } => {
            socket(e, alias, id, path.clone().unwrap_or_default(), Process::Peer)
        }
    }
}

/// A TPM at the other end of a UNIX socket.
fn socket(e: &mut Emit<'_>, alias: &str, id: &str, path: String, process: Process) -> Done {
    let socket = Unix { mode: Some(SourceMode::Connect), path: Some(path), reconnect: None };
    let source = ChardevSource { backend: Backend::Unix(socket), ..ChardevSource::default() };
    let end = HostEnd::new(&source, alias).with_id(CHARDEV.to_owned()).with_peer(process);
    let option = Props::new("type", "emulator").with("id", id).with("chardev", CHARDEV);
    let option = option.to_kv(Style::OnOff);
    if e.release().has(Convention::TpmBackendFirst) {
        end.emit(e)?;
        e.line.option("-tpmdev", option);
    } else {
        e.line.option("-tpmdev", option);
        end.emit(e)?;
    }
    Ok(())
}

/// The host's own TPM, through descriptors of it and of what cancels a command.
fn passthrough(e: &mut Emit<'_>, tpm: &Tpm, alias: &str, id: &str, path: &str) -> Done {
    let option = |device: &str, cancel: Option<&str>| {
        Props::new("type", "passthrough")
            .with("id", id)
            .with("path", device)
            .opt("cancel-path", cancel)
            .to_kv(Style::OnOff)
    };
    if e.is_standalone() {
        // QEMU finds out itself how a command is cancelled.
        e.need_path(path, Role::Device);
        e.line.option("-tpmdev", option(path, None));
        return Ok(());
    }
    let failed = |error: &virtargv_host::HostError| -> Problem {
        let message = format!("no descriptor for the TPM '{path}': {error}");
        problem(Kind::Internal, "tpm-descriptor", tpm.backend_pos.path("device/@path"), message)
    };
    let device = e.descriptor(&Descriptor::Tpm { path }).map_err(|error| failed(&error))?;
    let cancel = e.descriptor(&Descriptor::TpmCancel { path }).map_err(|error| failed(&error))?;
    if e.release().has(Convention::TpmBackendFirst) {
        let device = add_fd(e, device, Some(&format!("{alias}-tpm")));
        let cancel = add_fd(e, cancel, Some(&format!("{alias}-cancel")));
        e.line.option("-tpmdev", option(&device, Some(&cancel)));
    } else {
        // The sets are numbered before they are written.
        let at = e.line.args.len();
        let device = add_fd(e, device, None);
        let cancel = add_fd(e, cancel, None);
        let sets = e.line.args.split_off(at);
        e.line.option("-tpmdev", option(&device, Some(&cancel)));
        e.line.args.extend(sets);
    }
    Ok(())
}
