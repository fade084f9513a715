//! The commands that QEMU gets on its monitor after it has started.
//!
//! They are the beginning of what libvirt does between the start of QEMU and that of the guest's CPUs: what has no option,
//! or must not be on the command line.

use virtargv_caps::Cap;
use virtargv_host::DriverConfig;
use virtargv_model::device::disk::DiskBus;
use virtargv_model::device::graphics::auth::Auth;
use virtargv_model::device::graphics::{Display, Graphics};
use virtargv_model::device::net::LinkState;
use virtargv_model::device::{DeviceId, DeviceKind};
use virtargv_model::lifecycle::Action;
use virtargv_model::{Kib, Spelled};

use super::context::Emit;
use super::vcpu;
use crate::prepare::device::disk::Backend;
use crate::prepare::device::memballoon::Balloon;
use crate::prepare::device::net;
use crate::text::text;
use crate::{Lifecycle, Props};

/// The commands, in libvirt's order.
pub(super) const COMMANDS: &[fn(&mut Emit<'_>)] =
    &[vcpu::plugged, passwords, link_states, lifecycle, balloon, throttling];

/// The passwords of VNC and SPICE displays, which everyone could read on the command line.
fn passwords(e: &mut Emit<'_>) {
    for (index, graphics) in e.domain().devices.graphics.iter().enumerate() {
        for (command, arguments, why) in password(graphics, e.settings()) {
            e.at_nameless(DeviceId { kind: DeviceKind::Graphics, index }, &graphics.info);
            e.after(command, arguments, why);
        }
    }
}

/// The commands that set the password of a display, each with its reason; none for a display without one.
pub(crate) fn password(
    graphics: &Graphics,
    settings: &DriverConfig,
) -> Vec<(&'static str, Props, &'static str)> {
    let (protocol, auth, default) = match &graphics.display {
        Display::Vnc(vnc) => ("vnc", vnc.auth.as_ref(), settings.vnc_password.as_deref()),
        Display::Spice(spice) => ("spice", spice.auth.as_ref(), settings.spice_password.as_deref()),
        _ => return Vec::new(),
    };
    let Some(password) = auth.map(|auth| auth.password.as_str()).or(default) else { return Vec::new() };
    let connected = auth.and_then(|auth| auth.connected).map_or("keep", Spelled::as_str);
    let set = Props::object()
        .with("protocol", protocol)
        .with("password", password.to_owned())
        .with("connected", connected);
    let time = match auth.and_then(|auth| auth.valid_to.as_deref()).and_then(Auth::seconds) {
        // An empty password is one that nobody can log in with.
        _ if password.is_empty() => "now".to_owned(),
        Some(seconds) => seconds.to_string(),
        None => "never".to_owned(),
    };
    let expire = Props::object().with("protocol", protocol).with("time", time);
    vec![
        ("set_password", set, "a password must not be on the command line"),
        ("expire_password", expire, "a password is valid until it is set to expire"),
    ]
}

/// `<link state='down'>`.
fn link_states(e: &mut Emit<'_>) {
    for nic in e.prepared.interfaces() {
        let has_link = matches!(nic.facts, net::Facts::Nic(_));
        if has_link && nic.link == Some(LinkState::Down) {
            e.at(nic);
            let arguments = Props::object().with("name", nic.alias).with("up", false);
            e.after("set_link", arguments, "no option of a network device has the state of its link");
        }
    }
}

/// The actions on lifecycle events. With `set-action`, `-no-reboot` is not on the command line.
fn lifecycle(e: &mut Emit<'_>) {
    let of = &e.domain().lifecycle;
    let default = Lifecycle::default();
    let lifecycle = Lifecycle {
        poweroff: of.on_poweroff.unwrap_or(default.poweroff),
        reboot: of.on_reboot.unwrap_or(default.reboot),
        crash: of.on_crash.unwrap_or(default.crash),
    };
    e.lifecycle(lifecycle);
    if e.has(Cap::SetAction) && lifecycle.reboot == Action::Destroy {
        e.at_element("on_reboot");
        let arguments = Props::object().with("reboot", "shutdown");
        e.after("set-action", arguments, "a reboot ends the guest");
    }
}

/// `<currentMemory>` and `<memballoon><stats period=>`.
fn balloon(e: &mut Emit<'_>) {
    if e.prepared.incoming.is_some() {
        return;
    }
    let is_device = |facts: &Balloon| matches!(facts, Balloon::Virtio(_));
    let Some(balloon) = e.prepared.memballoons().find(|balloon| is_device(balloon.facts)) else { return };
    e.at(balloon);
    if let Some(period) = balloon.stats_period {
        let arguments = Props::object()
            .with("path", text!("/machine/peripheral/", balloon.alias))
            .with("property", "guest-stats-polling-interval")
            .with("value", period);
        e.after("qom-set", arguments, "no option of the balloon has the interval of its statistics");
    }
    let Some(Kib(current)) = e.domain().memory.current else { return };
    e.at_element("currentMemory");
    let arguments = Props::object().with("value", current.saturating_mul(1024));
    e.after("balloon", arguments, "the balloon is asked for the size that it leaves the guest");
}

/// `<iotune>` of disks with block nodes. `-drive` has the limits on the command line.
fn throttling(e: &mut Emit<'_>) {
    for disk in e.prepared.disks() {
        let Some(tune) = disk.iotune.as_ref().filter(|tune| tune.is_limited()) else { continue };
        let Some(Backend::Nodes(chain)) = disk.facts.as_ref().map(|facts| &facts.backend) else { continue };
        if chain.images.is_empty() {
            continue;
        }
        let id = match disk.bus() {
            Some(DiskBus::Virtio) => text!("/machine/peripheral/", disk.alias, "/virtio-backend"),
            Some(DiskBus::Usb) => {
                text!("/machine/peripheral/", disk.alias, "/", disk.alias, ".0/legacy[0]")
            }
            _ => text!(disk.alias),
        };
        e.at(disk);
        let mut arguments = Props::object().with("id", id);
        let group = tune.group_name.as_ref();
        for (name, limit) in tune.limits() {
            let length = name.ends_with("_length");
            if !length || limit > 0 {
                arguments.set(argument(name), limit);
            }
        }
        arguments.set_opt("group", group);
        e.after("block_set_io_throttle", arguments, "no option of a block node has the limits of `<iotune>`");
    }
}

/// The argument for a limit of `<iotune>`: `read_bytes_sec_max` is `bps_rd_max`.
fn argument(name: &str) -> String {
    if name == "size_iops_sec" {
        return "iops_size".to_owned();
    }
    let (which, rest) = name.split_once('_').unwrap_or(("", name));
    let (unit, rest) = match rest.strip_prefix("bytes_sec") {
        Some(rest) => ("bps", rest),
        None => ("iops", rest.strip_prefix("iops_sec").unwrap_or(rest)),
    };
    let which = match which {
        "read" => "_rd",
        "write" => "_wr",
        _ => "",
    };
    format!("{unit}{which}{rest}")
}

#[cfg(test)]
mod tests {
    use super::argument;

    fn check(name: &str, expected: &str) {
        assert_eq!(argument(name), expected);
    }

    #[test]
    fn limits_have_other_names_on_the_monitor() {
        check("total_bytes_sec", "bps");
        check("read_bytes_sec_max", "bps_rd_max");
        check("write_iops_sec_max_length", "iops_wr_max_length");
        check("total_iops_sec", "iops");
        check("size_iops_sec", "iops_size");
    }
}
