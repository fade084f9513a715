//! The objects of an image: secrets, TLS credentials, `pr-manager-helper`.

use crate::emit::context::Emit;
use crate::emit::{secret, tls};
use crate::needs::Process;
use crate::prepare::storage::has_managed_reservations;
use crate::prepare::storage::objects::{Login, MANAGED_HELPER, Objects};
use crate::{Props, Text};

/// Emits the objects of an image.
pub(crate) fn emit(e: &mut Emit<'_>, objects: &Objects) {
    if let Some(helper) = &objects.reservations
        && let Some(path) = &helper.path
    {
        self::helper(e, helper.id.clone(), path.clone());
    }
    let login = objects.auth.as_deref().and_then(Login::object);
    for secret in login.into_iter().chain(objects.cookies.as_deref()).chain(&objects.encryption) {
        secret::encrypted(e, secret);
    }
    if let Some(credentials) = &objects.tls {
        tls::emit(e, credentials);
    }
}

fn helper(e: &mut Emit<'_>, id: Text, path: Text) {
    e.need_listener(&path, Process::PrHelper);
    e.object(Props::new("qom-type", "pr-manager-helper").with("id", id).with("path", path));
}

/// The reason for the helper.
pub(crate) const MANAGED_RESERVATIONS: &str = "<reservations managed='yes'> of disks";

/// Emits the `pr-manager-helper` that libvirt manages, if a disk uses it.
pub(crate) fn managed_helper(e: &mut Emit<'_>) {
    if has_managed_reservations(&e.domain().devices.disks) {
        e.at_implied(MANAGED_RESERVATIONS);
        let path = format!("{}/{MANAGED_HELPER}.sock", e.directory());
        helper(e, MANAGED_HELPER.into(), path.into());
    }
}
