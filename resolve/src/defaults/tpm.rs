//! Defaults of `<tpm>`.

use virtargv_caps::{Convention, Release};
use virtargv_model::device::chardev_source::SourceMode;
use virtargv_model::device::tpm::{Tpm, TpmBackend, TpmModel, TpmVersion};

use crate::{Guest, Work};

/// The default TPM device of the host.
const HOST_DEVICE: &str = "/dev/tpm0";

/// Fills in every `<tpm>`.
pub(crate) fn apply(work: &mut Work<'_>) {
    for tpm in &mut work.domain.devices.tpms {
        complete(tpm, &work.guest, work.release);
    }
}

fn complete(tpm: &mut Tpm, guest: &Guest, release: Release) {
    let written = tpm.model;
    let default = if guest.arch.is_ppc64() { TpmModel::Spapr } else { TpmModel::Tis };
    let model = *tpm.model.get_or_insert(default);
    match &mut tpm.backend {
        TpmBackend::Passthrough { path } => {
            path.get_or_insert_with(|| HOST_DEVICE.to_owned());
        }
        TpmBackend::Emulator(emulator) => {
            let is_1_2 = if release.has(Convention::TpmVersionByDevice) {
                model == TpmModel::Tis && guest.arch.is_x86()
            } else {
                !matches!(written, Some(TpmModel::Spapr | TpmModel::Crb))
            };
            emulator.version.get_or_insert(if is_1_2 { TpmVersion::V1_2 } else { TpmVersion::V2_0 });
        }
        TpmBackend::External { mode, .. } => {
            mode.get_or_insert(SourceMode::Connect);
        }
    }
}
