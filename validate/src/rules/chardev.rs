//! Rules on `<serial>`, `<parallel>`, `<console>`, `<channel>`.

use virtargv_caps::Cap;
use virtargv_model::Spelled;
use virtargv_model::device::chardev::{
    Channel, ChannelTarget, Console, ConsoleTarget, Serial, SerialModel, SerialTarget,
};
use virtargv_model::device::chardev_source::SourceType;
use virtargv_model::device::graphics::GraphicsType;
use virtargv_model::info::{Address, DeviceInfo};

use super::chardev_source;
use crate::{Context, Findings};

virtargv_model::rules! {
    /// Only the first console has a target of type `serial`.
    CONSOLE_SERIAL = "console-serial-first": Unsupported, Complete,
        "`<console><target type='serial'/>`: the first console is another name for the first `<serial>`",
        help "use `<target type='virtio'/>` for the others";
    /// The target type of a console is one that this QEMU has.
    CONSOLE_TARGET = "console-target-type": Unsupported, Validate,
        "`<console><target type=>`: `virtconsole`, `sclpconsole` and `sclplmconsole`; `xen`, `uml`, `lxc` and `openvz` are for other hypervisors",
        help "use `<target type='virtio'/>`";
    /// A channel has a target type.
    CHANNEL_TARGET = "channel-target": Xml, Validate,
        "`<channel><target type=>`: it has no default",
        help "add `<target type='virtio' name='org.qemu.guest_agent.0'/>` to `<channel>`, with the name of your channel";
    /// The address of a serial port is of the type of its target.
    SERIAL_ADDRESS = "serial-address-type": Unsupported, Validate,
        "`<serial><target type=>`: `isa-serial` and `isa-debug` have an ISA address, `usb-serial` USB, `pci-serial` PCI, `spapr-vio-serial` spapr-vio; `system-serial` and `sclp-serial` have none",
        help "use that type, or remove the `<address>`";
    /// The model of a serial port is one of its target type.
    SERIAL_MODEL = "serial-model-target": Unsupported, Validate,
        "`<serial><target type=><model name=>`",
        help "remove `<model>`, or use the target type that the message names";
    /// The model of a serial port is one of the machine type.
    SERIAL_MACHINE = "serial-machine": Unsupported, Validate,
        "`<serial><target><model name=>`: `pl011` is of Arm `virt`, `16550a` of RISC-V and LoongArch `virt`, `spapr-vty` of pseries, `sclpconsole` and `sclplmconsole` of s390x",
        help "remove `<target>`, so that the machine's default is used";
    /// A parallel port needs a machine type with ISA.
    PARALLEL_MACHINE = "parallel-machine": Unsupported, Validate,
        "`<parallel>`: `-device isa-parallel`, which pseries and s390x do not have",
        help "remove `<parallel>`";
    /// The model of a serial port is one that this QEMU has.
    MODEL_MISSING = "serial-model-missing": Unsupported, Build,
        "`<serial><target><model name=>`: `isa-serial`, `usb-serial`, `pci-serial`, `spapr-vty`, `isa-debugcon` and the like",
        help "use another `name=`, or a QEMU that has the device";
    /// A serial port with a target type has a model.
    NO_SERIAL_MODEL = "serial-model": Internal, Build,
        "`<serial><target type=><model name=>`: the default is that of the machine type, and not every machine type has one",
        help "add `<model name=>` to `<target>`, or use another `type=`";
    /// The name of a channel of type `spicevmc` is `com.redhat.spice.0`.
    CHANNEL_AGENT = "channel-spicevmc-name": Unsupported, Build,
        "`<channel type='spicevmc'><target name=>`: the port that the SPICE agent opens in the guest",
        help "set `name='com.redhat.spice.0'`, or remove `name=`";
    /// The target type of a channel is `virtio` or `guestfwd`.
    CHANNEL_TYPE = "channel-type": Plain, Build,
        "`<channel><target type=>`: `virtserialport`, and `guestfwd=` of `-netdev user`; `xen` is for Xen",
        help "use `<target type='virtio'/>`";
    /// A virtio channel or console has an address of type `virtio-serial`.
    PORT_ADDRESS = "virtio-port-address": Internal, Build,
        "`<channel><address type=>` and `<console><address type=>`: `virtserialport` and `virtconsole` are ports of a virtio-serial controller",
        help "use `type='virtio-serial'`, or remove the `<address>`";
}

/// Checks consoles, serial and parallel ports and channels against the rules above.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    let devices = &cx.domain.devices;
    for (n, console) in devices.consoles.iter().enumerate() {
        check_console(cx, console, n == 0, out);
    }
    for serial in &devices.serials {
        chardev_source::check(cx, &serial.source, false, out);
        check_serial(cx, serial, out);
    }
    for parallel in &devices.parallels {
        chardev_source::check(cx, &parallel.source, false, out);
        if cx.guest.arch.is_s390() || cx.guest.is_pseries() {
            let message =
                format!("`<parallel>` ports are not supported for machine type `{}`", cx.guest.machine);
            out.refuse(&PARALLEL_MACHINE, parallel.info.pos, message);
        }
    }
    for channel in &devices.channels {
        // libvirt generates the path of such a channel's socket; of a channel without a target nothing is known.
        let path_is_generated = !matches!(channel.target, ChannelTarget::Guestfwd { .. });
        chardev_source::check(cx, &channel.source, path_is_generated, out);
        if channel.target == ChannelTarget::None {
            let message = "`<channel>` has no `<target type=>`";
            out.refuse(&CHANNEL_TARGET, channel.info.pos, message);
        }
    }
}

fn check_console(cx: &Context<'_>, console: &Console, is_first: bool, out: &mut Findings<'_>) {
    let place = console.info.pos.path("target/@type");
    let missing = match console.target {
        Some(ConsoleTarget::Serial) if is_first => return,
        Some(ConsoleTarget::Serial) => {
            let message = "a `<target>` of type `serial` is only supported for the first `console`";
            out.refuse(&CONSOLE_SERIAL, place, message);
            return;
        }
        Some(ConsoleTarget::Virtio) | None => false,
        Some(ConsoleTarget::Sclp) => !cx.has(Cap::DeviceSclpconsole),
        Some(ConsoleTarget::Sclplm) => !cx.has(Cap::DeviceSclplmconsole),
        Some(ConsoleTarget::Xen | ConsoleTarget::Uml | ConsoleTarget::Lxc | ConsoleTarget::Openvz) => true,
    };
    if let Some(target) = console.target.filter(|_| missing) {
        let message =
            format!("a `<console>` with a `<target>` of type `{target}` is not supported by this QEMU");
        out.refuse(&CONSOLE_TARGET, place, message);
    }
    chardev_source::check(cx, &console.source, false, out);
}

fn check_serial(cx: &Context<'_>, serial: &Serial, out: &mut Findings<'_>) {
    let target_place = serial.info.pos.path("target/@type");
    let (fits, wanted) = match (serial.target, &serial.info.address) {
        (None, _) | (_, None) => (true, ""),
        (Some(SerialTarget::Isa | SerialTarget::IsaDebug), address) => {
            (matches!(address, Some(Address::Isa(_))), "it must be of type `isa`")
        }
        (Some(SerialTarget::Usb), address) => {
            (matches!(address, Some(Address::Usb(_))), "it must be of type `usb`")
        }
        (Some(SerialTarget::Pci), address) => {
            (matches!(address, Some(Address::Pci(_))), "it must be of type `pci`")
        }
        (Some(SerialTarget::SpaprVio), address) => {
            (matches!(address, Some(Address::SpaprVio { .. })), "it must be of type `spapr-vio`")
        }
        (Some(SerialTarget::System | SerialTarget::Sclp), Some(_)) => (false, "that target takes none"),
    };
    let target = serial.target.map_or("none", Spelled::as_str);
    if let Some(address) = serial.info.address.as_ref().filter(|_| !fits) {
        let message = format!(
            "a `<serial>` with target `{target}` has an address of type `{}`, {wanted}",
            address.kind()
        );
        out.refuse(&SERIAL_ADDRESS, serial.info.pos.path("address/@type"), message);
    }
    let Some(model) = serial.model else { return };
    let expected = target_of(model);
    if serial.target != Some(expected) {
        let message = format!("serial model `{model}` needs target type `{expected}`, not `{target}`");
        out.refuse(&SERIAL_MODEL, serial.info.pos.path("target/model/@name"), message);
        return;
    }
    let guest = cx.guest;
    let compatible = match model {
        SerialModel::Pl011 => guest.is_arm_virt(),
        SerialModel::N16550a => guest.is_riscv_virt() || guest.is_loongarch_virt(),
        SerialModel::SpaprVty => guest.is_pseries(),
        SerialModel::SclpConsole | SerialModel::SclplmConsole => guest.arch.is_s390(),
        SerialModel::IsaSerial
        | SerialModel::UsbSerial
        | SerialModel::PciSerial
        | SerialModel::IsaDebugcon => true,
    };
    if !compatible {
        let message = format!(
            "machine type `{}` does not support a serial port with target `{target}` and model `{model}`",
            guest.machine
        );
        out.refuse(&SERIAL_MACHINE, target_place, message);
    }
}

/// The target type of each model.
fn target_of(model: SerialModel) -> SerialTarget {
    match model {
        SerialModel::IsaSerial => SerialTarget::Isa,
        SerialModel::UsbSerial => SerialTarget::Usb,
        SerialModel::PciSerial => SerialTarget::Pci,
        SerialModel::SpaprVty => SerialTarget::SpaprVio,
        SerialModel::Pl011 | SerialModel::N16550a => SerialTarget::System,
        SerialModel::SclpConsole | SerialModel::SclplmConsole => SerialTarget::Sclp,
        SerialModel::IsaDebugcon => SerialTarget::IsaDebug,
    }
}

/// The name that a channel of SPICE's agent has.
const SPICE_AGENT: &str = "com.redhat.spice.0";

/// Checks what libvirt finds only when it builds the command line: serial and parallel ports, channels, consoles.
pub(crate) fn build(cx: &Context<'_>, out: &mut Findings<'_>) {
    let devices = &cx.domain.devices;
    let spice = cx.known.has_display(GraphicsType::Spice);
    for serial in devices.serials.iter().filter(|s| spice || s.source.kind() != SourceType::SpicePort) {
        chardev_source::build(cx, &serial.source, out);
        match serial.model {
            Some(model) if cap_of(model).is_some_and(|cap| !cx.has(cap)) => {
                let message = format!("this QEMU has no serial port of model `{model}`");
                out.refuse(&MODEL_MISSING, serial.info.pos.path("target/model/@name"), message);
            }
            None if serial.target.is_some() => {
                let message = "`<serial>` has no `<model>`, for which this machine type has no default";
                out.refuse(&NO_SERIAL_MODEL, serial.info.pos, message);
            }
            _ => {}
        }
    }
    devices.parallels.iter().for_each(|parallel| chardev_source::build(cx, &parallel.source, out));
    devices.channels.iter().for_each(|channel| build_channel(cx, channel, out));
    for console in &devices.consoles {
        if matches!(console.target, None | Some(ConsoleTarget::Serial)) {
            continue;
        }
        chardev_source::build(cx, &console.source, out);
        if console.target == Some(ConsoleTarget::Virtio) {
            check_port(&console.info, out);
        }
    }
}

fn build_channel(cx: &Context<'_>, channel: &Channel, out: &mut Findings<'_>) {
    chardev_source::build(cx, &channel.source, out);
    match &channel.target {
        ChannelTarget::Guestfwd { .. } => {}
        ChannelTarget::Virtio { name, .. } => {
            check_port(&channel.info, out);
            if let Some(name) = name
                && channel.source.kind() == SourceType::SpiceVmc
                && name != SPICE_AGENT
            {
                let message =
                    format!("a `spicevmc` channel must have the name `{SPICE_AGENT}`, not `{name}`");
                out.refuse(&CHANNEL_AGENT, channel.info.pos.path("target/@name"), message);
            }
        }
        ChannelTarget::Xen { .. } | ChannelTarget::None => {
            let kind = channel.target.kind().map_or("none", Spelled::as_str);
            let message = format!("QEMU has no `<channel>` whose `<target>` is of type `{kind}`");
            out.refuse(&CHANNEL_TYPE, channel.info.pos.path("target/@type"), message);
        }
    }
}

fn check_port(info: &DeviceInfo, out: &mut Findings<'_>) {
    if !matches!(info.address, None | Some(Address::VirtioSerial(_) | Address::Ccw(_) | Address::VirtioS390))
    {
        let message =
            "a port of a virtio-serial controller has an address of another type than `virtio-serial`";
        out.refuse(&PORT_ADDRESS, info.pos.path("address"), message);
    }
}

/// The capability flag of the device of a model; `None` where libvirt checks none.
fn cap_of(model: SerialModel) -> Option<Cap> {
    Some(match model {
        SerialModel::IsaSerial => Cap::DeviceIsaSerial,
        SerialModel::UsbSerial => Cap::DeviceUsbSerial,
        SerialModel::PciSerial => Cap::DevicePciSerial,
        SerialModel::SpaprVty => Cap::DeviceSpaprVty,
        SerialModel::SclpConsole => Cap::DeviceSclpconsole,
        SerialModel::SclplmConsole => Cap::DeviceSclplmconsole,
        SerialModel::Pl011 => Cap::DevicePl011,
        SerialModel::N16550a | SerialModel::IsaDebugcon => return None,
    })
}
