//! `<panic>`.

use virtargv_model::device::panic::Panic;
use virtargv_model::info::DeviceInfo;

use super::compared::{Compared, Row, Value, row};

virtargv_model::rules! {
    /// A panic device keeps its model.
    MODEL = "abi-panic-model": Unsupported, Validate,
        "`<panic model=>`",
        help "set `model=` as in the source, and list the panic devices in the same order";
}

impl Compared for Panic {
    const ELEMENT: &'static str = "panic";
    const ROWS: &'static [Row<Self>] = &[row(&MODEL, "@model", |panic| Value::word(panic.model))];

    fn info(&self) -> &DeviceInfo {
        &self.info
    }
}
