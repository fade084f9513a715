//! The parts of teaming pairs, of which lints and the rules of migration tell.

use std::borrow::Cow;

use foldhash::HashMap;
use virtargv_model::advice::{Message, nearest};
use virtargv_model::device::Devices;
use virtargv_model::device::net::{Interface, Mac, Source, Teaming, TeamingType};
use virtargv_model::{Edit, Place, Pos, YesNo};

/// The most persistent interfaces whose aliases are compared with one that does not exist. Among more, a name that is near is no
/// hint, and looking for it for each device would take square time.
const MOST_OFFERED: usize = 64;

/// The transient device of a pair.
pub(crate) struct Transient<'a> {
    pub pos: Pos,
    pub teaming: &'a Teaming,
    pub mac: Option<&'a Mac>,
    /// Whether it is a host device without `managed='yes'`.
    pub is_unmanaged: bool,
}

/// The transient devices of all pairs.
pub(crate) fn transient(devices: &Devices) -> impl Iterator<Item = Transient<'_>> {
    let is_unmanaged = |managed: Option<YesNo>| !managed.is_some_and(YesNo::is_yes);
    let interfaces = devices.interfaces.iter().filter_map(move |nic| {
        let teaming = nic.teaming.as_ref()?;
        let is_unmanaged = matches!(&nic.source, Source::Hostdev(host) if is_unmanaged(host.managed));
        Some(Transient { pos: nic.info.pos, teaming, mac: nic.mac.as_ref(), is_unmanaged })
    });
    let hostdevs = devices.hostdevs.iter().filter_map(move |device| {
        let teaming = device.teaming.as_ref()?;
        let is_unmanaged = is_unmanaged(device.managed);
        Some(Transient { pos: device.info.pos, teaming, mac: None, is_unmanaged })
    });
    interfaces.chain(hostdevs).filter(|part| part.teaming.kind == Some(TeamingType::Transient))
}

/// The persistent interfaces of all pairs, by alias.
pub(crate) struct Persistent<'a> {
    /// What they are called.
    what: &'static str,
    named: Vec<(Cow<'a, str>, &'a Interface)>,
    by_alias: HashMap<Cow<'a, str>, &'a Interface>,
}

impl<'a> Persistent<'a> {
    /// Those of `devices`. In the document of a domain that `runs` the alias is the one that it has; else it is one of the user,
    /// or the one that a start gives.
    pub(crate) fn of(devices: &'a Devices, runs: bool) -> Self {
        Self::those(devices, runs, "persistent interface", |_| true)
    }

    /// As [`Persistent::of`], of those of model `virtio` only.
    pub(crate) fn virtio(devices: &'a Devices, runs: bool) -> Self {
        Self::those(devices, runs, "persistent virtio interface", Interface::is_virtio)
    }

    fn those(devices: &'a Devices, runs: bool, what: &'static str, is_one: fn(&Interface) -> bool) -> Self {
        let alias = |index: usize, nic: &'a Interface| {
            let own = if runs { nic.info.alias.as_deref() } else { nic.info.user_alias() };
            own.map_or_else(|| format!("net{index}").into(), Cow::Borrowed)
        };
        let all = devices.interfaces.iter().enumerate();
        let found = all.filter(|(_, nic)| nic.teaming_type() == Some(TeamingType::Persistent) && is_one(nic));
        let named: Vec<(Cow<'a, str>, &Interface)> =
            found.map(|(index, nic)| (alias(index, nic), nic)).collect();
        let mut by_alias = HashMap::default();
        for (alias, nic) in &named {
            by_alias.entry(alias.clone()).or_insert(*nic);
        }
        Self { what, named, by_alias }
    }

    /// The one of the pair of `part`; what is told where there is none, at its place.
    pub(crate) fn of_pair(&self, part: &Transient<'_>) -> Option<Result<&'a Interface, (Place, Message)>> {
        let wanted = part.teaming.persistent.as_deref()?;
        let found = self.by_alias.get(wanted).copied();
        Some(found.ok_or_else(|| (part.teaming.pos.attr("persistent"), self.missing(part, wanted))))
    }

    fn missing(&self, part: &Transient<'_>, wanted: &str) -> Message {
        let message = Message::new(format!("no {} has the alias `{wanted}`", self.what));
        let offered = self.named.iter().take(MOST_OFFERED).map(|(alias, _)| alias.as_ref());
        let found = nearest(wanted, offered.clone()).map(|found| found.word.to_owned());
        let meant = found.or_else(|| offered.clone().next().map(str::to_owned));
        let message = match meant {
            Some(alias) => message.with_help(format!("use `persistent='{alias}'`")),
            None => message,
        };
        match self.named.as_slice() {
            [(alias, nic)] => message
                .with_label(nic.info.pos, format!("this one is `{alias}`"))
                .with_edit(Edit::value(part.teaming.pos.attr("persistent"), alias.as_ref())),
            _ => message,
        }
    }
}

/// What is told where the MAC address of `part` is another than that of its `partner`, at its place.
pub(crate) fn other_mac(part: &Transient<'_>, partner: &Interface) -> Option<(Place, Message)> {
    let (mac, other) = (part.mac?.address, partner.mac.as_ref()?.address);
    if mac == other {
        return None;
    }
    let place = part.pos.path("mac/@address");
    let message = format!("the MAC addresses of the teaming pair differ: `{mac}` and `{other}`");
    let message = Message::new(message)
        .with_label(partner.info.pos.path("mac/@address"), "the persistent interface")
        .with_edit(Edit::value(place.clone(), other.to_string()));
    Some((place, message))
}
