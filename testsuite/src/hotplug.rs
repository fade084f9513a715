//! The running guest that devices are attached to in tests.

use virtargv::{Request, Secrets};

/// The document of the guest: a q35 with free ports, made here.
const GUEST: &str = include_str!("../hotplug/guest.xml");

/// The guest as it runs: with all that is implied, aliases and addresses.
///
/// # Errors
/// The problems of the document under the release of `request`, a line each.
pub fn running(request: &Request<'_>) -> Result<String, String> {
    let mut completed = virtargv::complete(GUEST, request).map_err(|report| report.to_string())?;
    completed.assign_aliases(request).map_err(|report| report.to_string())?;
    Ok(completed.to_xml(Secrets::Shown))
}

/// The guest as it is defined: with all that is implied and addresses, but without aliases.
///
/// # Errors
/// As [`running`].
pub fn defined(request: &Request<'_>) -> Result<String, String> {
    let completed = virtargv::complete(GUEST, request).map_err(|report| report.to_string())?;
    Ok(completed.to_xml(Secrets::Shown))
}
