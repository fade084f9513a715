//! `<rng>`.

use virtargv_model::device::rng::Rng;
use virtargv_model::info::DeviceInfo;

use super::compared::{Compared, Driver, Row, Value, row};

virtargv_model::rules! {
    /// A random number generator keeps its model.
    MODEL = "abi-rng-model": Unsupported, Validate,
        "`<rng model=>`: which virtio device it is; `<backend>` is not compared",
        help "set `model=` as in the source";
}

impl Compared for Rng {
    const ELEMENT: &'static str = "rng";
    const ROWS: &'static [Row<Self>] = &[row(&MODEL, "@model", |rng| Value::word(rng.model))];

    fn info(&self) -> &DeviceInfo {
        &self.info
    }

    fn driver(&self) -> Driver {
        Driver::of(self.virtio, !self.virtio.is_empty())
    }
}
