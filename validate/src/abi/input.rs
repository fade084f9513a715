//! `<input>`.

use virtargv_model::Domain;
use virtargv_model::device::input::{Input, InputBus, InputType};
use virtargv_model::info::DeviceInfo;

use super::compared::{Compared, Driver, Out, Row, Value, list, row};

virtargv_model::rules! {
    /// An input device keeps its type.
    TYPE = "abi-input-type": Unsupported, Validate,
        "`<input type=>`: tablet, mouse, keyboard; libvirt compares the devices one by one, in the order of the document",
        help "set `type=` as in the source, and list the input devices in the same order";
    /// An input device keeps its bus.
    BUS = "abi-input-bus": Unsupported, Validate,
        "`<input bus=>`",
        help "set `bus=` as in the source";
}

impl Compared for Input {
    const ELEMENT: &'static str = "input";

    const ROWS: &'static [Row<Self>] = &[
        row(&TYPE, "@type", |input| Value::word(input.kind)),
        row(&BUS, "@bus", |input| Value::word(input.bus)),
    ];

    fn info(&self) -> &DeviceInfo {
        &self.info
    }

    fn driver(&self) -> Driver {
        Driver::of(self.virtio, !self.virtio.is_empty())
    }
}

/// Compares the input devices. libvirt compares the definitions that it would send to migrate the guest. They leave out PS/2
/// keyboards; reading such a definition adds the one keyboard that a PC has, behind the others. A PS/2 mouse that libvirt added comes
/// just before it.
pub(super) fn compare(source: &Domain, target: &Domain, out: &mut Out) {
    let is_ps2 = |input: &Input, kind| (input.bus, input.kind) == (Some(InputBus::Ps2), Some(kind));
    let compared = |domain: &'_ Domain| {
        let mut inputs = domain.devices.inputs.clone();
        let keyboard = inputs.iter().find(|input| is_ps2(input, InputType::Keyboard));
        let implied = keyboard.map(|Input { kind, bus, info, .. }| Input {
            kind: *kind,
            bus: *bus,
            info: DeviceInfo { pos: info.pos, ..DeviceInfo::default() },
            ..Input::default()
        });
        inputs.retain(|input| !is_ps2(input, InputType::Keyboard));
        inputs.sort_by_key(|input| is_ps2(input, InputType::Mouse));
        inputs.extend(implied);
        inputs
    };
    list(&compared(source), &compared(target), out);
}
