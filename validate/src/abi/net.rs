//! `<interface>`.

use virtargv_model::device::net::{self, Interface, NicModel};
use virtargv_model::info::DeviceInfo;

use super::compared::{At, Compared, Driver, Out, Row, Value, row};

virtargv_model::rules! {
    /// An interface keeps its MAC address.
    MAC = "abi-interface-mac": Unsupported, Validate,
        "`<interface><mac address=>`",
        help "set `address=` of `<mac>` as in the source, and list the interfaces in the same order";
    /// An interface keeps its model.
    MODEL = "abi-interface-model": Unsupported, Validate,
        "`<interface><model type=>`: the device that the guest sees",
        help "set `type=` of `<model>` as in the source";
    /// An interface keeps its MTU.
    MTU = "abi-interface-mtu": Unsupported, Validate,
        "`<interface><mtu size=>`: `host_mtu=` of `virtio-net`, which the guest reads",
        help "set `size=` of `<mtu>` as in the source";
    /// An interface of model virtio keeps its number of queues.
    QUEUES = "abi-interface-queues": Unsupported, Validate,
        "`<interface><driver queues=>`: `mq=` and `vectors=` of `virtio-net`",
        help "set `queues=` as in the source", since "12.9";
}

impl Compared for Interface {
    const ELEMENT: &'static str = "interface";

    const ROWS: &'static [Row<Self>] = &[
        row(&MAC, "mac/@address", |nic| Value::text(nic.mac.as_ref().map(|mac| &mac.address))),
        row(&MODEL, "model/@type", |nic| match &nic.model {
            None => Value::Absent,
            Some(NicModel::Known(known)) => Value::word(Some(*known)),
            Some(NicModel::Other(name)) => Value::Text(name.clone()),
        }),
        row(&MTU, "mtu/@size", |nic| Value::or_zero(nic.mtu)),
    ];

    fn info(&self) -> &DeviceInfo {
        &self.info
    }

    fn name(&self) -> Option<String> {
        self.mac.as_ref().map(|mac| mac.address.to_string())
    }

    fn driver(&self) -> Driver {
        Driver::of(self.driver.virtio, self.driver != net::Driver::default())
    }

    fn more(source: &Self, target: &Self, at: &At, out: &mut Out) {
        if source.is_virtio() && target.is_virtio() {
            let queues = |nic: &Self| Value::or_zero(nic.driver.queues);
            out.value(&QUEUES, at, "driver/@queues", &queues(source), &queues(target));
        }
    }
}
