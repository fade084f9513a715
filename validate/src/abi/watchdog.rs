//! `<watchdog>`.

use virtargv_model::device::watchdog::Watchdog;
use virtargv_model::info::DeviceInfo;

use super::compared::{Compared, Row, Value, row};

virtargv_model::rules! {
    /// A watchdog keeps its model.
    MODEL = "abi-watchdog-model": Unsupported, Validate,
        "`<watchdog model=>`: the device that the guest sees; `action=` is not compared",
        help "set `model=` as in the source";
}

impl Compared for Watchdog {
    const ELEMENT: &'static str = "watchdog";
    const ROWS: &'static [Row<Self>] = &[row(&MODEL, "@model", |watchdog| Value::word(watchdog.model))];

    fn info(&self) -> &DeviceInfo {
        &self.info
    }
}
