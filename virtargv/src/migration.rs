//! Whether a guest with teaming can migrate.

use std::borrow::Cow;
use std::collections::HashMap;

use virtargv_host::Request;
use virtargv_model::device::net::{Interface, Mac, Source, Teaming, TeamingType};
use virtargv_model::{Message, Pos, Problem, Report, Rule};

virtargv_model::rules! {
    /// The persistent interface of a teaming pair is a virtio interface of the guest.
    TEAMING_PARTNER = "migration-teaming-partner": Plain, Validate,
        "QEMU unplugs the primary of a failover pair (event UNPLUG_PRIMARY) when the guest migrates, and only where the pair is whole",
        help "give the persistent interface `<teaming type='persistent'/>`, the model `virtio` and the alias that `persistent=` names";
    /// Both interfaces of a teaming pair have the same MAC address.
    TEAMING_MAC = "migration-teaming-mac": Plain, Validate,
        "the guest's `net_failover` driver joins the interfaces of one MAC address; without it the traffic does not move to the persistent one",
        help "give both interfaces the same `<mac address=>`";
    /// The guest's driver takes part in failover.
    TEAMING_GUEST = "migration-teaming-guest": Plain, Validate,
        "QEMU sends the event FAILOVER_NEGOTIATED when the guest's virtio driver has negotiated `VIRTIO_NET_F_STANDBY`; until then the primary is hidden from the guest",
        help "wait for FAILOVER_NEGOTIATED of each pair before the guest migrates; QEMU then unplugs the primary by itself (UNPLUG_PRIMARY, state `wait-unplug`), and the destination plugs its own",
        severity Note;
}

/// The rules of [`migration`].
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    ALL.iter().copied()
}

/// A transient part of a teaming pair.
struct Transient<'a> {
    pos: Pos,
    teaming: &'a Teaming,
    mac: Option<&'a Mac>,
}

/// What keeps a guest with teaming from migrating, and what is not known of it before it runs: for each transient device, whether
/// its persistent virtio interface is there and has the same MAC address, and a note that the guest's support is not known. A
/// document without teaming has no problem here.
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
    let mut report = Report::new();
    let Some(running) = read.value else { return read.report };
    let devices = &running.domain.devices;
    let interfaces = devices.interfaces.iter().filter_map(|nic| {
        let mac = matches!(nic.source, Source::Hostdev(_)).then_some(nic.mac.as_ref());
        Some(Transient { pos: nic.info.pos, teaming: nic.teaming.as_ref()?, mac: mac.flatten() })
    });
    let hostdevs = devices.hostdevs.iter().filter_map(|device| {
        Some(Transient { pos: device.info.pos, teaming: device.teaming.as_ref()?, mac: None })
    });
    let partners = partners(&devices.interfaces);
    for part in interfaces.chain(hostdevs) {
        if part.teaming.kind == Some(TeamingType::Transient) {
            report.extend(pair(&partners, &part, release));
        }
    }
    report
}

/// The persistent virtio interfaces by alias: the one that the document has, or that a start gives.
fn partners(interfaces: &[Interface]) -> HashMap<Cow<'_, str>, &Interface> {
    let mut partners = HashMap::new();
    for (index, nic) in interfaces.iter().enumerate() {
        if nic.teaming_type() == Some(TeamingType::Persistent) && nic.is_virtio() {
            let given = nic.info.alias.as_deref().map(Cow::Borrowed);
            partners.entry(given.unwrap_or_else(|| format!("net{index}").into())).or_insert(nic);
        }
    }
    partners
}

/// The problems of one pair.
fn pair(
    partners: &HashMap<Cow<'_, str>, &Interface>,
    part: &Transient<'_>,
    release: virtargv_model::Release,
) -> Vec<Problem> {
    let wanted = part.teaming.persistent.as_deref().unwrap_or_default();
    let mut out = Vec::new();
    match partners.get(wanted) {
        None => {
            let message = format!("the guest has no persistent virtio interface with the alias `{wanted}`");
            out.push(TEAMING_PARTNER.problem(release, part.teaming.pos.attr("persistent"), message));
        }
        Some(partner) => {
            if let (Some(mac), Some(other)) = (part.mac, &partner.mac)
                && mac.address != other.address
            {
                let message = Message::new(format!(
                    "the MAC addresses of the teaming pair differ: `{}` and `{}`",
                    mac.address, other.address
                ));
                let message =
                    message.with_label(partner.info.pos.path("mac/@address"), "the persistent interface");
                out.push(TEAMING_MAC.problem(release, part.pos.path("mac/@address"), message));
            }
            let message =
                format!("whether the guest supports failover to `{wanted}` is known when it runs only");
            out.push(TEAMING_GUEST.problem(release, part.pos, message));
        }
    }
    out
}
