//! `<smartcard>`: its address alone is compared.

use virtargv_model::device::smartcard::Smartcard;
use virtargv_model::info::DeviceInfo;

use super::compared::{Compared, Row};

impl Compared for Smartcard {
    const ELEMENT: &'static str = "smartcard";
    const ROWS: &'static [Row<Self>] = &[];

    fn info(&self) -> &DeviceInfo {
        &self.info
    }
}
