//! Lints on the machine type.

use virtargv_caps::Machine;
use virtargv_model::Edit;
use virtargv_model::advice::Message;

use super::{Context, Found};

virtargv_model::rules! {
    /// A machine type is not one that QEMU will drop.
    DEPRECATED = "machine-deprecated": Plain, Validate,
        "QEMU reports the machine types that it will remove; a guest cannot start without its machine type",
        help "move the guest to a newer machine type", severity Warning;
    /// A machine type has a version.
    ALIAS = "machine-alias": Plain, Validate,
        "`q35` and `pc` stand for the newest version that a QEMU has, so the hardware of the guest changes with QEMU; libvirt replaces them when a domain is defined",
        help "name the version, such as `pc-q35-10.0`", severity Warning;
}

pub(super) fn check(cx: &Context<'_>, out: &mut Found) {
    let Some(written) = cx.domain.os.machine.as_deref() else { return };
    let Some(machine) = cx.caps.machine(cx.guest.accel, &cx.guest.machine) else { return };
    let place = || cx.domain.os.pos.path("type/@machine");
    if &*machine.name != written {
        let message =
            format!("machine type `{written}` is an alias, which stands for `{}` now", machine.name);
        let message = Message::new(message).with_help(format!("name the version: `{}`", machine.name));
        out.push(&ALIAS, place(), message.with_edit(Edit::value(place(), &*machine.name)));
    }
    if machine.deprecated {
        let message =
            Message::new(format!("machine type `{}` is deprecated: QEMU will remove it", machine.name));
        let newest = replacement(cx, machine);
        out.push(
            &DEPRECATED,
            place(),
            match newest {
                Some(newest) => {
                    message.with_help(format!("use `{}`; the guest sees other hardware then", newest.name))
                }
                None => message,
            },
        );
    }
}

/// The machine type of the same family that an alias stands for, else the newest that is not deprecated.
fn replacement<'a>(cx: &Context<'a>, old: &Machine) -> Option<&'a Machine> {
    let family = family(&old.name);
    let mut current: Vec<_> = cx
        .caps
        .machines(cx.guest.accel)
        .iter()
        .filter(|machine| !machine.deprecated && self::family(&machine.name) == family)
        .collect();
    current.sort_by_key(|machine| (machine.alias.is_some(), version(&machine.name)));
    current.pop()
}

/// The name without its version.
fn family(name: &str) -> &str {
    name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.' || c == '-')
}

/// The numbers of the version.
fn version(name: &str) -> Vec<u32> {
    let version = name.get(family(name).len()..).unwrap_or_default();
    version.split(['.', '-']).filter_map(|number| number.parse().ok()).collect()
}
