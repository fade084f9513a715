//! `<memballoon>`.

use virtargv_model::device::memballoon::Memballoon;
use virtargv_model::info::DeviceInfo;

use super::compared::{Compared, Driver, Row, Value, row};

virtargv_model::rules! {
    /// The memory balloon keeps its model.
    MODEL = "abi-memballoon-model": Unsupported, Validate,
        "`<memballoon model=>`",
        help "set `model=` as in the source";
    /// The memory balloon keeps whether it is deflated when the guest runs out of memory.
    AUTODEFLATE = "abi-memballoon-autodeflate": Unsupported, Validate,
        "`<memballoon autodeflate=>`: the feature `VIRTIO_BALLOON_F_DEFLATE_ON_OOM`",
        help "set `autodeflate=` as in the source";
    /// The memory balloon keeps whether it reports free pages.
    REPORTING = "abi-memballoon-reporting": Unsupported, Validate,
        "`<memballoon freePageReporting=>`: the feature `VIRTIO_BALLOON_F_REPORTING`",
        help "set `freePageReporting=` as in the source";
}

impl Compared for Memballoon {
    const ELEMENT: &'static str = "memballoon";
    const ROWS: &'static [Row<Self>] = &[
        row(&MODEL, "@model", |balloon| Value::word(balloon.model)),
        row(&AUTODEFLATE, "@autodeflate", |balloon| Value::word(balloon.autodeflate)),
        row(&REPORTING, "@freePageReporting", |balloon| Value::word(balloon.free_page_reporting)),
    ];

    fn info(&self) -> &DeviceInfo {
        &self.info
    }

    fn driver(&self) -> Driver {
        Driver::of(self.virtio, !self.virtio.is_empty())
    }
}
