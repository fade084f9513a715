//! `<hub>`.

use virtargv_model::device::hub::Hub;
use virtargv_model::info::DeviceInfo;

use super::compared::{Compared, Row, Value, row};

virtargv_model::rules! {
    /// A hub keeps its type.
    TYPE = "abi-hub-type": Unsupported, Validate,
        "`<hub type=>`",
        help "set `type=` as in the source";
}

impl Compared for Hub {
    const ELEMENT: &'static str = "hub";
    const ROWS: &'static [Row<Self>] = &[row(&TYPE, "@type", |hub| Value::word(hub.kind))];

    fn info(&self) -> &DeviceInfo {
        &self.info
    }
}
