//! What the monitor needs other than the command line has, with the reasons.

use virtargv_host::Descriptor;
use virtargv_model::Domain;
use virtargv_model::device::disk::DiskModel;
use virtargv_model::device::{DeviceId, DeviceKind};
use virtargv_model::status::Running;

use super::command::Command;
use crate::prepare::storage::has_managed_reservations;
use crate::prepare::storage::objects::MANAGED_HELPER;
use crate::{ArgValue, Argument, CommandLine, Need, Props, Value};

/// A difference: what it does to the commands, given the arguments that they come from.
type Row = fn(&mut Vec<Command>, &Attaching<'_>);

/// What is attached to what.
pub(super) struct Attaching<'a> {
    line: &'a CommandLine,
    running: &'a Domain,
    domain: &'a Domain,
    device: DeviceId,
}

/// The differences, in the order in which they are made.
const ROWS: &[Row] =
    &[server_first, reservations, watchdog_action, usb_storage_ready, own_socket, after_start];

/// Makes the commands `commands`, which come from `line`, those of attaching `device` to `running`; it is in `domain`.
pub(super) fn attach(
    commands: &mut Vec<Command>,
    line: &CommandLine,
    running: &Running,
    domain: &Domain,
    device: DeviceId,
) {
    let attaching = Attaching { line, running: &running.domain, domain, device };
    for row in ROWS {
        row(commands, &attaching);
    }
}

/// QEMU looks for the backend of a device when the device is added; on the command line it adds all backends first.
#[expect(clippy::ptr_arg, reason = "the rows have one type")]
fn server_first(commands: &mut Vec<Command>, of: &Attaching<'_>) {
    if of.device.kind == DeviceKind::Shmem {
        commands.sort_by_key(|command| command.execute == "device_add");
    }
}

/// All disks with persistent reservations have one helper: it is added with the first of them.
fn reservations(commands: &mut Vec<Command>, of: &Attaching<'_>) {
    if has_managed_reservations(&of.running.devices.disks) {
        commands.retain(|command| !is_reservations_helper(command));
    }
}

/// Whether the command adds the helper for persistent reservations.
pub(super) fn is_reservations_helper(command: &Command) -> bool {
    command.arguments.text("qom-type").is_some_and(|kind| kind.as_str() == "pr-manager-helper")
        && command.arguments.text("id").is_some_and(|id| id.as_str() == MANAGED_HELPER)
}

/// QEMU has one action of all watchdogs, which is set before the first one.
fn watchdog_action(commands: &mut Vec<Command>, of: &Attaching<'_>) {
    let action = |argument: &Argument| match &argument.value {
        ArgValue::Text(action) if argument.option == "-watchdog-action" => Some(action.clone()),
        _ => None,
    };
    if let Some(action) = of.line.arguments.iter().find_map(action)
        && of.running.devices.watchdogs.is_empty()
    {
        let command = Command::new("set-action", Props::object().with("watchdog", action));
        commands.insert(0, command.because("the action is one of QEMU, not of the device"));
    }
}

/// The guest sees a USB host adapter that is hotplugged once `attached` is set, which is done when its unit is there.
fn usb_storage_ready(commands: &mut Vec<Command>, of: &Attaching<'_>) {
    let disk = of.domain.devices.disks.get(of.device.index);
    let disk = disk.filter(|_| of.device.kind == DeviceKind::Disk);
    let adapter =
        commands.iter().find(|c| c.arguments.text("driver").is_some_and(|d| d.as_str() == "usb-bot"));
    if let (Some(DiskModel::UsbBot), Some(adapter)) = (disk.and_then(|disk| disk.model), adapter)
        && let Some(id) = adapter.arguments.text("id").cloned()
    {
        let arguments = Props::object().with("path", id).with("property", "attached").with("value", true);
        let command = Command::new("qom-set", arguments);
        commands.push(command.because("a hotplugged adapter waits for its units before the guest sees it"));
    }
}

/// libvirt does not open the socket of an RNG or of USB redirection that is attached: QEMU does.
fn own_socket(commands: &mut Vec<Command>, of: &Attaching<'_>) {
    if !matches!(of.device.kind, DeviceKind::Rng | DeviceKind::Redirdev) {
        return;
    }
    let path = of.line.needs.iter().find_map(|need| match need {
        Need::Descriptor { what: Descriptor::UnixListen { path }, .. } => Some(path.clone()),
        _ => None,
    });
    let Some(path) = path else { return };
    commands.retain(|command| command.execute != "getfd");
    let address = Props::object().with("type", "unix").with("data", Props::object().with("path", path));
    for command in commands.iter_mut().filter(|command| command.execute == "chardev-add") {
        command.arguments = replaced(&command.arguments, "addr", &address.clone().into());
        command.why = "libvirt opens no socket for an RNG or USB redirection that is attached";
    }
}

/// The properties with another value of `key`, wherever it is.
fn replaced(props: &Props, key: &str, with: &Value) -> Props {
    let mut out = Props::object();
    for (name, value) in props.iter() {
        let value = match value {
            _ if name == key => with.clone(),
            Value::Object(members) => Value::Object(replaced(members, key, with)),
            other => other.clone(),
        };
        out.set(name.to_owned(), value);
    }
    out
}

/// What is not on the command line but follows the start is given after the device.
fn after_start(commands: &mut Vec<Command>, of: &Attaching<'_>) {
    for after in &of.line.after {
        commands.push(Command::new(after.command, after.arguments.clone()).because(after.why));
    }
}
