//! Whether a guest with teaming can migrate.

use virtargv_host::Request;
use virtargv_model::{Report, Rule};
use virtargv_validate::lint::Levels;
use virtargv_validate::migration as rules;

/// The rules of [`migration`].
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    rules::ALL.iter().copied()
}

/// What keeps the guest of the document or status file `text` from migrating, and what is not known of it before it runs: for each
/// transient device of a teaming pair, whether its persistent virtio interface is there and has the same MAC address, and a note
/// that the guest's support is not known. A document that can be read and has no teaming has no problem here.
///
/// ```
/// use virtargv::{FixedHost, Release, Request, Severity, builtin};
///
/// let caps = builtin::get("qemu-11.1-x86_64", Release::V12_9).expect("a built-in set");
/// let host = FixedHost::default();
/// let text = "<domain type='kvm'><name>demo</name><memory unit='MiB'>512</memory>
///   <os><type arch='x86_64' machine='q35'>hvm</type></os>
///   <devices>
///     <interface type='user'><mac address='52:54:00:00:00:01'/><model type='virtio'/>
///       <teaming type='persistent'/><alias name='ua-net'/></interface>
///     <interface type='hostdev' managed='yes'><mac address='52:54:00:00:00:02'/>
///       <source><address type='pci' domain='0' bus='3' slot='0' function='0'/></source>
///       <teaming type='transient' persistent='ua-net'/></interface>
///   </devices></domain>";
/// let report = virtargv::migration(text, &Request::new(&caps, &host));
/// let found: Vec<_> = report.iter().map(|problem| (problem.id(), problem.severity)).collect();
/// assert_eq!(found, [
///     ("migration-teaming-mac", Severity::Error),
///     ("migration-teaming-guest", Severity::Note),
/// ]);
/// ```
pub fn migration(text: &str, request: &Request<'_>) -> Report {
    let release = request.release();
    let read = virtargv_model::status::parse_running(text, release);
    match read.value {
        Some(running) => rules::check(&running.domain, release),
        None => read.report,
    }
}

/// As [`check`](crate::check), with the problems of [`migration`]. A lint that says the same as one of them is left out.
///
/// ```
/// use virtargv::{FixedHost, Levels, Release, Request, builtin};
///
/// let caps = builtin::get("qemu-11.1-x86_64", Release::V12_9).expect("a built-in set");
/// let host = FixedHost::default();
/// let report = virtargv::check_migration("<domain", &Request::new(&caps, &host), &Levels::default());
/// assert_eq!(report.len(), 1);
/// ```
pub fn check_migration(text: &str, request: &Request<'_>, levels: &Levels) -> Report {
    crate::check_with(text, request, levels, |domain| rules::check(domain, request.release()))
}
