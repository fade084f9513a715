//! Lints on teaming pairs.

use foldhash::HashMap;
use virtargv_model::advice::{Message, nearest};
use virtargv_model::device::net::{Interface, Mac, Source, Teaming, TeamingType};
use virtargv_model::{Edit, Pos, YesNo};

use super::{Context, Found};

virtargv_model::rules! {
    /// The persistent interface of a teaming pair exists.
    PARTNER = "net-teaming-partner": Plain, Validate,
        "`<teaming type='transient' persistent=>` is the alias of the persistent interface: a user alias, which begins with `ua-`, or `net0`",
        help "give the persistent interface `<alias name='ua-...'/>`, and name it", severity Warning;
    /// The interfaces of a teaming pair have one MAC address.
    MAC = "net-teaming-mac": Plain, Validate,
        "the guest's `net_failover` driver joins the interfaces of one MAC address",
        help "give both interfaces the same `<mac address=>`", severity Warning;
    /// The host device of a teaming pair is managed.
    MANAGED = "net-teaming-managed": Plain, Validate,
        "the host device is unplugged for a migration and plugged again after it, which libvirt does for managed devices only",
        help "add `managed='yes'`", severity Warning;
}

/// A transient part of a pair.
struct Transient<'a> {
    pos: Pos,
    teaming: &'a Teaming,
    mac: Option<&'a Mac>,
    managed: Option<YesNo>,
    is_hostdev: bool,
}

pub(super) fn check(cx: &Context<'_>, out: &mut Found) {
    let devices = &cx.domain.devices;
    let interfaces = devices.interfaces.iter().filter_map(|nic| {
        let teaming = nic.teaming.as_ref()?;
        let (is_hostdev, managed) = match &nic.source {
            Source::Hostdev(host) => (true, host.managed),
            _ => (false, None),
        };
        Some(Transient { pos: nic.info.pos, teaming, mac: nic.mac.as_ref(), managed, is_hostdev })
    });
    let hostdevs = devices.hostdevs.iter().filter_map(|dev| {
        let teaming = dev.teaming.as_ref()?;
        Some(Transient { pos: dev.info.pos, teaming, mac: None, managed: dev.managed, is_hostdev: true })
    });
    let persistent = devices.interfaces.iter().enumerate();
    let persistent = persistent.filter(|(_, nic)| nic.teaming_type() == Some(TeamingType::Persistent));
    let named: Vec<(String, &Interface)> = persistent.map(|(index, nic)| (alias(index, nic), nic)).collect();
    let mut by_alias: HashMap<&str, &Interface> = HashMap::default();
    for (alias, nic) in &named {
        by_alias.entry(alias).or_insert(nic);
    }
    // Among more, a name that is near is no hint, and looking for it for each device would take square time.
    let offered = named.get(..MOST_OFFERED.min(named.len())).unwrap_or_default();
    for part in interfaces.chain(hostdevs).filter(|part| part.teaming.kind == Some(TeamingType::Transient)) {
        check_part(&by_alias, offered, &part, out);
    }
}

/// The most persistent interfaces whose aliases are compared with one that does not exist.
const MOST_OFFERED: usize = 64;

/// Checks a transient part against the persistent interfaces `by_alias`, some of which are `named` as what can be meant.
fn check_part(
    by_alias: &HashMap<&str, &Interface>,
    named: &[(String, &Interface)],
    part: &Transient<'_>,
    out: &mut Found,
) {
    if part.is_hostdev && !part.managed.is_some_and(YesNo::is_yes) {
        let message = Message::new("the transient device of a teaming pair is not `managed`");
        out.push(&MANAGED, part.pos, message.with_edit(Edit::attribute(part.pos, "managed", "yes")));
    }
    let Some(wanted) = part.teaming.persistent.as_deref() else { return };
    let Some(partner) = by_alias.get(wanted) else {
        let place = part.teaming.pos.attr("persistent");
        let mut message = Message::new(format!("no persistent interface has the alias `{wanted}`"));
        let found = nearest(wanted, named.iter().map(|(alias, _)| alias.as_str()));
        if let Some(alias) = found.map(|found| found.word).or(named.first().map(|(alias, _)| alias.as_str()))
        {
            message = message.with_help(format!("use `persistent='{alias}'`"));
        }
        if let [(alias, nic)] = named {
            message = message
                .with_label(nic.info.pos, format!("this one is `{alias}`"))
                .with_edit(Edit::value(place.clone(), alias.as_str()));
        }
        out.push(&PARTNER, place, message);
        return;
    };
    if let (Some(mac), Some(other)) = (part.mac, &partner.mac)
        && mac.address != other.address
    {
        let message = Message::new(format!(
            "the MAC addresses of the teaming pair differ: `{}` and `{}`",
            mac.address, other.address
        ));
        let message = message
            .with_label(partner.info.pos.path("mac/@address"), "the persistent interface")
            .with_edit(Edit::value(part.pos.path("mac/@address"), other.address.to_string()));
        out.push(&MAC, part.pos.path("mac/@address"), message);
    }
}

/// The alias that an interface gets: its own, where the user gave it one, else that of its number.
fn alias(index: usize, nic: &Interface) -> String {
    let own = nic.info.alias.as_deref().filter(|alias| alias.starts_with("ua-"));
    own.map_or_else(|| format!("net{index}"), str::to_owned)
}
