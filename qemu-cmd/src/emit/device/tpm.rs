//! `<tpm>`.

use virtargv_caps::Convention;
use virtargv_model::Spelled;
use virtargv_model::device::tpm::{Tpm, TpmModel};

use super::address;
use super::chardev_source::{Chardev, add_fd};
use crate::Props;
use crate::emit::context::Emit;
use crate::needs::Role;
use crate::prepare::device::Device;
use crate::prepare::device::tpm::Facts;
use crate::text::{Text, text};

/// The id of the character device of an emulated or external TPM.
const CHARDEV: &str = "chrtpm";

/// Emits every `<tpm>`.
pub(crate) fn emit(e: &mut Emit<'_>) {
    for tpm in e.prepared.tpms() {
        e.at(tpm);
        if let Facts::Proxy(path) = tpm.facts {
            let props = Props::new("driver", "spapr-tpm-proxy").with("id", tpm.alias);
            e.device(props.opt("host-path", path.clone()));
            continue;
        }
        let id = text!("tpm-", tpm.alias);
        backend(e, tpm, &id);
        let mut props = Props::new("driver", driver(e, &tpm)).with("tpmdev", id).with("id", tpm.alias);
        address::add(&mut props, e, tpm.address);
        e.device(props);
    }
}

/// QEMU's driver. Model `tpm-tis` is `tpm-tis-device` on all architectures but x86, which has an ISA bus.
fn driver(e: &Emit<'_>, tpm: &Tpm) -> &'static str {
    let model = tpm.model.unwrap_or(TpmModel::Tis);
    if model == TpmModel::Tis && !e.guest().arch.is_x86() {
        return "tpm-tis-device";
    }
    model.as_str()
}

fn backend(e: &mut Emit<'_>, tpm: Device<'_, Tpm, Facts>, id: &Text) {
    let option = |kind| Props::new("type", kind).with("id", id.clone());
    // `-chardev` and `-add-fd` are emitted before `-tpmdev` or after it, depending on the release of libvirt.
    let first = e.release().has(Convention::TpmBackendFirst);
    match tpm.facts {
        Facts::Proxy(_) => {}
        Facts::Device(path) => {
            e.need_path(path, Role::Device);
            e.list("-tpmdev", option("passthrough").with("path", path.clone()));
        }
        Facts::Passed { device, cancel } => {
            let option = option("passthrough").with("path", device.path()).with("cancel-path", cancel.path());
            if first {
                add_fd(e, device, Some(text!(tpm.alias, "-tpm")));
                add_fd(e, cancel, Some(text!(tpm.alias, "-cancel")));
                e.list("-tpmdev", option);
            } else {
                e.list("-tpmdev", option);
                add_fd(e, device, None);
                add_fd(e, cancel, None);
            }
        }
        Facts::Socket(socket) => {
            let chardev = Chardev::new(socket, tpm.alias).with_id(CHARDEV);
            let option = option("emulator").with("chardev", CHARDEV);
            if first {
                chardev.emit(e);
                e.list("-tpmdev", option);
            } else {
                e.list("-tpmdev", option);
                chardev.emit(e);
            }
        }
    }
}
