//! `<hub>`: its address alone is compared, as there is one type.

use virtargv_model::device::hub::Hub;
use virtargv_model::info::DeviceInfo;

use super::compared::{Compared, Row};

impl Compared for Hub {
    const ELEMENT: &'static str = "hub";
    const ROWS: &'static [Row<Self>] = &[];

    fn info(&self) -> &DeviceInfo {
        &self.info
    }
}
