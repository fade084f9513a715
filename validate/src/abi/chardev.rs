//! `<serial>`, `<parallel>`, `<channel>` and `<console>`: their frontends.

use virtargv_model::device::chardev::{Channel, ChannelTarget, Console, Parallel, Serial};
use virtargv_model::info::DeviceInfo;

use super::compared::{At, Compared, Out, Row, Value, key, row};

virtargv_model::rules! {
    /// A serial port keeps its type and model.
    SERIAL = "abi-serial-target": Unsupported, Validate,
        "`<serial><target type=>` and `<model name=>`: the device that the guest sees",
        help "set `<target>` as in the source";
    /// A serial or parallel port keeps its number.
    PORT = "abi-chardev-port": Unsupported, Validate,
        "`<serial><target port=>` and `<parallel><target port=>`: which port it is in the guest",
        help "set `port=` as in the source, and list the ports in the same order";
    /// A channel keeps its type.
    CHANNEL_TYPE = "abi-channel-type": Unsupported, Validate,
        "`<channel><target type=>`",
        help "set `type=` of `<target>` as in the source";
    /// A channel keeps its name.
    CHANNEL_NAME = "abi-channel-name": Unsupported, Validate,
        "`<channel><target name=>`: what the guest opens",
        help "set `name=` of `<target>` as in the source, and list the channels in the same order";
    /// A forwarded channel keeps its address.
    CHANNEL_ADDRESS = "abi-channel-address": Unsupported, Validate,
        "`<channel><target type='guestfwd' address= port=>`: what the guest connects to",
        help "set `address=` and `port=` of `<target>` as in the source";
    /// A console keeps its type.
    CONSOLE = "abi-console-type": Unsupported, Validate,
        "`<console><target type=>`",
        help "set `type=` of `<target>` as in the source";
}

impl Compared for Serial {
    const ELEMENT: &'static str = "serial";
    const ROWS: &'static [Row<Self>] = &[
        row(&SERIAL, "target/@type", |serial| Value::word(serial.target)),
        row(&SERIAL, "target/model/@name", |serial| Value::word(serial.model)),
        row(&PORT, "target/@port", |serial| Value::number(serial.port)),
    ];

    fn info(&self) -> &DeviceInfo {
        &self.info
    }
}

impl Compared for Parallel {
    const ELEMENT: &'static str = "parallel";
    const ROWS: &'static [Row<Self>] = &[row(&PORT, "target/@port", |port| Value::number(port.port))];

    fn info(&self) -> &DeviceInfo {
        &self.info
    }
}

impl Compared for Channel {
    const ELEMENT: &'static str = "channel";
    const ROWS: &'static [Row<Self>] =
        &[key(&CHANNEL_TYPE, "target/@type", |channel| Value::word(channel.target.kind()))];

    fn info(&self) -> &DeviceInfo {
        &self.info
    }

    fn more(source: &Self, target: &Self, at: &At, out: &mut Out) {
        let name = |channel: &Self| match &channel.target {
            ChannelTarget::Virtio { name, .. } | ChannelTarget::Xen { name } => Value::text(name.as_ref()),
            _ => Value::Absent,
        };
        out.value(&CHANNEL_NAME, at, "target/@name", &name(source), &name(target));
        let address = |channel: &Self| match &channel.target {
            ChannelTarget::Guestfwd { address, port } => Value::Text(format!("{address}:{port}")),
            _ => Value::Absent,
        };
        out.value(&CHANNEL_ADDRESS, at, "target/@address", &address(source), &address(target));
    }
}

impl Compared for Console {
    const ELEMENT: &'static str = "console";
    const ROWS: &'static [Row<Self>] =
        &[row(&CONSOLE, "target/@type", |console| Value::word(console.target))];

    fn info(&self) -> &DeviceInfo {
        &self.info
    }
}
