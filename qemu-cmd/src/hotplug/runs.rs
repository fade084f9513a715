//! Whether a document is that of a running domain, whose devices have aliases.

use virtargv_model::device::{DeviceId, DeviceKind};
use virtargv_model::{Domain, Problem, Release};

use super::rules;

/// The kinds of devices that have no alias while a guest runs.
const WITHOUT_ALIAS: &[DeviceKind] = &[DeviceKind::Lease, DeviceKind::Graphics];

/// Checks that the devices of `domain`, to which a device is attached, have aliases: that it is a running one.
///
/// # Errors
/// Devices have none, and no device has one that libvirt has given it at the start.
pub fn check_running(domain: &Domain, release: Release) -> Result<(), Problem> {
    let infos = || domain.devices.infos().filter(|(id, _)| !WITHOUT_ALIAS.contains(&id.kind));
    let started = infos().any(|(_, info)| info.alias.is_some() && info.user_alias().is_none());
    if started || infos().all(|(_, info)| info.alias.is_some()) {
        return Ok(());
    }
    let message = "this is the document of a domain that is not running: its devices have no aliases";
    Err(rules::ALIAS.problem(release, domain.pos, message))
}

/// Checks that device `id` of `domain`, which is detached or changed, has the alias by which the monitor knows it.
///
/// # Errors
/// It has none, or the document is not that of a running domain.
pub fn check_alias(domain: &Domain, id: DeviceId, release: Release) -> Result<(), Problem> {
    let Some(info) = domain.devices.info(id) else { return Ok(()) };
    if info.alias.is_some() || WITHOUT_ALIAS.contains(&id.kind) {
        return check_running(domain, release);
    }
    let message =
        format!("this `<{}>` has no alias; a device of a running domain has one", id.kind.element());
    Err(rules::ALIAS.problem(release, info.pos, message))
}
