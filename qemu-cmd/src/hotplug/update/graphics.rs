//! `<graphics>`: the password.

use virtargv_model::device::graphics::auth::Auth;
use virtargv_model::device::graphics::{Display, Graphics};

use super::{Change, Fixed};
use crate::emit::password_commands;
use crate::hotplug::Hotplug;
use crate::hotplug::command::Command;

/// What cannot be changed, in libvirt's order.
const FIXED: &[Fixed<Graphics>] = &[
    Fixed { name: "listen", differs: other_listen },
    Fixed { name: "port", differs: other_port },
    Fixed { name: "keymap", differs: |old, new| keymap(old) != keymap(new) },
];

fn other_listen(old: &Graphics, new: &Graphics) -> bool {
    let of = |graphics: &Graphics| -> Vec<_> {
        graphics.listens().map(|l| (l.kind, l.address.clone(), l.network.clone(), l.socket.clone())).collect()
    };
    of(old) != of(new)
}

fn other_port(old: &Graphics, new: &Graphics) -> bool {
    match (&old.display, &new.display) {
        (Display::Vnc(old), Display::Vnc(new)) => {
            old.autoport != new.autoport || (!new.autoport && old.port != new.port)
        }
        (Display::Spice(old), Display::Spice(new)) => {
            let fixed = !new.autoport && (old.port != new.port || old.tls_port != new.tls_port);
            old.autoport != new.autoport || fixed
        }
        _ => false,
    }
}

fn keymap(graphics: &Graphics) -> Option<&String> {
    match &graphics.display {
        Display::Vnc(vnc) => vnc.keymap.as_ref(),
        Display::Spice(spice) => spice.keymap.as_ref(),
        _ => None,
    }
}

fn auth(graphics: &Graphics) -> Option<&Auth> {
    match &graphics.display {
        Display::Vnc(vnc) => vnc.auth.as_ref(),
        Display::Spice(spice) => spice.auth.as_ref(),
        _ => None,
    }
}

pub(super) fn update(change: &mut Change<'_>) -> Option<Hotplug> {
    let old = change.running.domain.devices.graphics.get(change.id.index)?;
    let new = change.new.graphics.get(change.id.index)?;
    if change.fixed(FIXED, old, new, &format!("display `{}`", old.kind())) {
        return None;
    }
    let (before, after) = (auth(old), auth(new));
    let expires = |auth: Option<&Auth>| auth.is_some_and(|auth| auth.valid_to.is_some());
    let connected = |auth: Option<&Auth>| auth.and_then(|auth| auth.connected);
    let password = |auth: Option<&Auth>| auth.map(|auth| auth.password.clone());
    // A password that expires is set again, so that its time begins anew.
    let sets = expires(before)
        || expires(after)
        || (connected(after).is_some() && connected(before) != connected(after))
        || password(before) != password(after);
    let commands = if sets { password_commands(new, change.request.host.config()) } else { Vec::new() };
    let commands =
        commands.into_iter().map(|(name, arguments, why)| Command::new(name, arguments).because(why));
    let commands = commands.collect();
    let mut domain = change.running.domain.clone();
    let graphics = domain.devices.graphics.get_mut(change.id.index)?;
    match (&mut graphics.display, &new.display) {
        (Display::Vnc(here), Display::Vnc(new)) => here.auth.clone_from(&new.auth),
        (Display::Spice(here), Display::Spice(new)) => here.auth.clone_from(&new.auth),
        _ => {}
    }
    Some(Hotplug::new(commands, Vec::new(), domain))
}
