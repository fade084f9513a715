//! `<tpm>`: what QEMU talks to.

use virtargv_host::Descriptor;
use virtargv_model::Problem;
use virtargv_model::device::tpm::{Tpm, TpmBackend, TpmModel};
use virtargv_validate::rules::tpm as rules;

use super::Device;
use super::chardev_source::CharBackend;
use crate::needs::Process;
use crate::prepare::context::{Prepare, must};
use crate::prepare::descriptor::FdSet;
use crate::text::Text;

/// What a TPM is to QEMU.
#[derive(Debug)]
pub(crate) enum Facts {
    /// The host's TPM at this path, past QEMU's own TPM code (`spapr-tpm-proxy`).
    Proxy(Option<Text>),
    /// The host's TPM, which QEMU opens itself; it finds out how a command is cancelled.
    Device(Text),
    /// The host's TPM, of which QEMU inherits descriptors.
    Passed {
        /// The device.
        device: FdSet,
        /// The file that cancels a command.
        cancel: FdSet,
    },
    /// A TPM at the other end of a UNIX socket.
    Socket(CharBackend),
}

/// Settles it.
pub(crate) fn prepare(cx: &mut Prepare<'_>, tpm: Device<'_, Tpm>) -> Result<Facts, Problem> {
    if tpm.model == Some(TpmModel::SpaprProxy) {
        return Ok(Facts::Proxy(match &tpm.backend {
            TpmBackend::Passthrough { path } => path.as_ref().map(Text::from),
            TpmBackend::Emulator(_) | TpmBackend::External { .. } => None,
        }));
    }
    Ok(match &tpm.backend {
        TpmBackend::Passthrough { path } => {
            let path = must(path.as_deref(), &rules::TPM_BACKEND, tpm.backend_pos.path("device"))?;
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
            let path = match &cx.folders.standalone {
                Some(dir) => format!("{dir}/{}.sock", tpm.alias),
                None => cx.host.tpm_emulator_socket(&cx.folders.mark),
            };
            Facts::Socket(CharBackend::connected(path, Process::Swtpm, None))
        }
        TpmBackend::External { path, .. } => {
            let path = must(path.as_ref(), &rules::TPM_EXTERNAL, tpm.backend_pos.path("source"))?;
            Facts::Socket(CharBackend::connected(path, Process::Peer, None))
        }
    })
}
