//! The rules on whether a guest with teaming can migrate.

use virtargv_model::{Domain, Problem, Release, Report};

use crate::lint::teaming;
use crate::teaming::{Persistent, other_mac, transient};

virtargv_model::rules! {
    /// The persistent interface of a teaming pair is a virtio interface of the guest.
    PARTNER = "migration-teaming-partner": Plain, Validate,
        "QEMU unplugs the primary of a failover pair (event UNPLUG_PRIMARY) when the guest migrates, and only where the guest has both devices of the pair",
        help "give the persistent interface `<teaming type='persistent'/>`, the model `virtio` and the alias that `persistent=` names";
    /// Both devices of a teaming pair have the same MAC address.
    MAC = "migration-teaming-mac": Plain, Validate,
        "the guest's `net_failover` driver joins the devices of one MAC address; without it the traffic does not move to the persistent interface",
        help "give both the same `<mac address=>`";
    /// The guest's driver takes part in failover.
    GUEST = "migration-teaming-guest": Plain, Validate,
        "QEMU sends the event FAILOVER_NEGOTIATED when the guest's virtio driver has negotiated `VIRTIO_NET_F_STANDBY`; until then the primary is hidden from the guest",
        help "wait for FAILOVER_NEGOTIATED of each pair before the guest migrates; QEMU then unplugs the primary by itself (UNPLUG_PRIMARY, state `wait-unplug`), and the destination plugs its own",
        severity Note;
}

/// What keeps the guest of `domain` from migrating, and what is not known of it before it runs: for each transient device,
/// whether its persistent virtio interface is there and has the same MAC address, and a note that the guest's support is not
/// known. A domain without teaming has no problem here.
pub fn check(domain: &Domain, release: Release) -> Report {
    let mut report = Report::new();
    let persistent = Persistent::virtio(&domain.devices, true);
    for part in transient(&domain.devices) {
        // `net-teaming-pair` refuses it without `persistent=`.
        let Some(partner) = persistent.of_pair(&part) else { continue };
        match partner {
            Err((place, message)) => report.push(PARTNER.problem(release, place, message)),
            Ok(partner) => {
                if let Some((place, message)) = other_mac(&part, partner) {
                    report.push(MAC.problem(release, place, message));
                }
                let wanted = part.teaming.persistent.as_deref().unwrap_or_default();
                let message =
                    format!("whether the guest supports failover to `{wanted}` is known only when it runs");
                report.push(GUEST.problem(release, part.pos, message));
            }
        }
    }
    report
}

/// Whether the lint `lint` says of a pair what an error of [`check`] at the same element says.
pub fn says(lint: &Problem) -> bool {
    [&teaming::PARTNER, &teaming::MAC].iter().any(|rule| rule.id == lint.id())
}
