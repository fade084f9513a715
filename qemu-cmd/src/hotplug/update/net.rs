//! `<interface>`: the link, and what it is connected to on the host.

use virtargv_model::device::net::{Interface, InterfaceType, LinkState};

use super::{Change, Fixed};
use crate::Props;
use crate::hotplug::command::Command;
use crate::hotplug::{Hotplug, rules};

/// What cannot be changed, in libvirt's order.
const FIXED: &[Fixed<Interface>] = &[
    Fixed { name: "model", differs: |old, new| new.model.is_some() && old.model != new.model },
    Fixed { name: "driver", differs: |old, new| old.driver != new.driver },
    Fixed { name: "script", differs: |old, new| old.script != new.script },
    Fixed {
        name: "target",
        differs: |old, new| {
            new.target
                .as_ref()
                .is_some_and(|t| t.dev.is_some() && old.target.as_ref().map(|o| &o.dev) != Some(&t.dev))
        },
    },
    Fixed { name: "rom", differs: |old, new| old.info.rom != new.info.rom },
    Fixed { name: "boot", differs: |old, new| old.info.boot != new.info.boot },
    Fixed { name: "mtu", differs: |old, new| old.mtu != new.mtu },
    Fixed { name: "alias", differs: |old, new| new.info.alias.is_some() && old.info.alias != new.info.alias },
    Fixed {
        name: "address",
        differs: |old, new| new.info.address.is_some() && old.info.address != new.info.address,
    },
    Fixed { name: "teaming", differs: |old, new| old.teaming != new.teaming },
];

/// Whether an interface of that type is a tap device in a bridge, which the host can put into another.
fn in_bridge(kind: InterfaceType) -> bool {
    matches!(kind, InterfaceType::Bridge | InterfaceType::Network)
}

pub(super) fn update(change: &mut Change<'_>) -> Option<Hotplug> {
    let old = change.running.domain.devices.interfaces.get(change.id.index)?;
    let new = change.new.interfaces.get(change.id.index)?;
    let mac = old.mac.map(|mac| mac.address.to_string()).unwrap_or_default();
    if change.fixed(FIXED, old, new, &format!("interface `{mac}`")) {
        return None;
    }
    let (before, after) = (old.actual_kind(), new.actual_kind());
    let reconnects = before != after && !(in_bridge(before) && in_bridge(after));
    let elsewhere = before == after && !in_bridge(before) && old.source != new.source;
    if reconnects || elsewhere {
        let message = format!(
            "interface `{mac}` cannot be connected by type `{}` while the guest runs",
            new.source.kind()
        );
        change.refuse(&rules::INTERFACE_CONNECTION, message);
        return None;
    }
    let mut commands = Vec::new();
    if old.link != new.link {
        let alias = old.info.alias.clone().unwrap_or_default();
        let up = new.link != Some(LinkState::Down);
        let arguments = Props::object().with("name", alias).with("up", up);
        commands.push(
            Command::new("set_link", arguments).because("the state of the link is no property of the device"),
        );
    }
    let mut domain = change.running.domain.clone();
    let mut changed = new.clone();
    changed.target = changed.target.or_else(|| old.target.clone());
    changed.mac = changed.mac.or(old.mac);
    changed.model = changed.model.or_else(|| old.model.clone());
    *domain.devices.interfaces.get_mut(change.id.index)? = changed;
    Some(Hotplug::new(commands, Vec::new(), domain))
}
