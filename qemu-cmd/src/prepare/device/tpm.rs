//! `<tpm>`: its backend.

use virtargv_host::Descriptor;
use virtargv_model::Problem;
use virtargv_model::device::tpm::{Tpm, TpmBackend, TpmModel};
use virtargv_validate::rules::tpm as rules;

use super::Device;
use super::chardev_source::CharBackend;
use crate::needs::Process;
use crate::prepare::context::{Prepare, broken};
use crate::prepare::descriptor::FdSet;
use crate::text::Text;

/// A prepared TPM.
#[derive(Debug)]
pub(crate) enum Facts {
    /// `spapr-tpm-proxy`, which passes commands to the host's TPM at this path.
    Proxy(Option<Text>),
    /// The host's TPM at this path, which QEMU opens, with its default `cancel-path=`.
    Device(Text),
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
    if tpm.model == Some(TpmModel::SpaprProxy) {
        return Ok(Facts::Proxy(match &tpm.backend {
            TpmBackend::Passthrough { path } => path.as_ref().map(Text::from),
            TpmBackend::Emulator(_) | TpmBackend::External { .. } => None,
        }));
    }
    Ok(match &tpm.backend {
        TpmBackend::Passthrough { path } => {
            let path = path.as_deref().ok_or_else(|| {
                let message = "element 'backend' of type 'passthrough' lacks 'path' of element 'device'";
                broken(cx.release(), &rules::TPM_BACKEND, tpm.backend_pos.path("device"), message)
            })?;
            if cx.is_standalone() {
                return Ok(Facts::Device(path.to_owned().into()));
            }
            let mut set = |wanted| {
                let passed = cx.numbers.pass(&wanted);
                cx.numbers.set(passed)
            };
            let device = set(Descriptor::Tpm { path });
            Facts::Passed { device, cancel: set(Descriptor::TpmCancel { path }) }
        }
        TpmBackend::Emulator(_) => {
            let path = if let Some(dir) = &cx.directories.standalone {
                format!("{dir}/{}.sock", tpm.alias)
            } else {
                let mark = &cx.directories.mark;
                let own = |_| format!("{}/swtpm/{mark}-swtpm.sock", cx.settings().state_dir);
                cx.host.services().tpm_emulator_socket(mark).unwrap_or_else(own)
            };
            Facts::Socket(CharBackend::connected(path, Process::Swtpm, None))
        }
        TpmBackend::External { path, .. } => {
            let path = path.as_ref().ok_or_else(|| {
                let message =
                    "element 'backend' of type 'external' lacks 'path' of element 'source', the socket";
                broken(cx.release(), &rules::TPM_EXTERNAL, tpm.backend_pos.path("source"), message)
            })?;
            Facts::Socket(CharBackend::connected(path, Process::Peer, None))
        }
    })
}
