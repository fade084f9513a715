//! `<vsock>`.

use virtargv_model::device::vsock::Vsock;
use virtargv_model::info::DeviceInfo;

use super::compared::{Compared, Driver, Row, Value, row};

virtargv_model::rules! {
    /// A vsock device keeps its model.
    MODEL = "abi-vsock-model": Unsupported, Validate,
        "`<vsock model=>`: which virtio device it is; its context id may change",
        help "set `model=` as in the source";
}

impl Compared for Vsock {
    const ELEMENT: &'static str = "vsock";
    const ROWS: &'static [Row<Self>] = &[row(&MODEL, "@model", |vsock| Value::word(vsock.model))];

    fn info(&self) -> &DeviceInfo {
        &self.info
    }

    fn driver(&self) -> Driver {
        Driver::of(self.virtio, !self.virtio.is_empty())
    }
}
