//! `<pstore>`.

use virtargv_model::device::pstore::Pstore;
use virtargv_model::info::DeviceInfo;

use super::compared::{Compared, Row, row};
use super::memory::kib;

virtargv_model::rules! {
    /// A pstore device keeps its size.
    SIZE = "abi-pstore-size": Unsupported, Validate,
        "`<pstore><size>`",
        help "set `<size>` as in the source", since "10.6";
}

impl Compared for Pstore {
    const ELEMENT: &'static str = "pstore";
    const ROWS: &'static [Row<Self>] = &[row(&SIZE, "size", |pstore| kib(pstore.size))];

    fn info(&self) -> &DeviceInfo {
        &self.info
    }
}
