//! `<tpm>`.

use virtargv_caps::Convention;

use super::address;
use super::chardev_source::{Chardev, add_fd};
use crate::Alias;
use crate::Props;
use crate::emit::context::Emit;
use crate::needs::Role;
use crate::prepare::device::tpm::{Backend, Facts};
use crate::text::{Text, text};

/// The id of the character device of an emulated or external TPM.
const CHARDEV: &str = "chrtpm";

/// Emits every `<tpm>`.
pub(crate) fn emit(e: &mut Emit<'_>) {
    for tpm in e.prepared.tpms() {
        e.at(tpm);
        match tpm.facts {
            Facts::Proxy(path) => {
                let props = Props::new("driver", "spapr-tpm-proxy").with("id", tpm.alias);
                e.device(props.with("host-path", path.clone()));
            }
            Facts::Device { driver, backend } => {
                let id = text!("tpm-", tpm.alias);
                self::backend(e, tpm.alias, backend, &id);
                let mut props = Props::new("driver", *driver).with("tpmdev", id).with("id", tpm.alias);
                address::add(&mut props, e, tpm.address);
                e.device(props);
            }
        }
    }
}

fn backend(e: &mut Emit<'_>, alias: &Alias, backend: &Backend, id: &Text) {
    let option = |kind| Props::new("type", kind).with("id", id.clone());
    // `-chardev` and `-add-fd` are emitted before `-tpmdev` or after it, depending on the release of libvirt.
    let first = e.release().has(Convention::TpmBackendFirst);
    match backend {
        Backend::Path(path) => {
            e.need_path(path, Role::Device);
            e.list("-tpmdev", option("passthrough").with("path", path.clone()));
        }
        Backend::Passed { device, cancel } => {
            let option = option("passthrough").with("path", device.path()).with("cancel-path", cancel.path());
            let opaque = e.release().has(Convention::TpmFdsetOpaque);
            let add_sets = |e: &mut Emit<'_>| {
                add_fd(e, device, opaque.then(|| text!(alias, "-tpm")));
                add_fd(e, cancel, opaque.then(|| text!(alias, "-cancel")));
            };
            if first {
                add_sets(e);
                e.list("-tpmdev", option);
            } else {
                e.list("-tpmdev", option);
                add_sets(e);
            }
        }
        Backend::Socket(socket) => {
            let chardev = Chardev::new(socket, alias).with_id(CHARDEV);
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
