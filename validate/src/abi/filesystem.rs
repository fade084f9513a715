//! `<filesystem>`.

use virtargv_model::Spelled;
use virtargv_model::device::filesystem::{Filesystem, FsModel};
use virtargv_model::info::DeviceInfo;

use super::compared::{Compared, Driver, Row, Value, row};

virtargv_model::rules! {
    /// A file system keeps its mount tag.
    TARGET = "abi-filesystem-target": Unsupported, Validate,
        "`<filesystem><target dir=>`: the name that the guest mounts",
        help "set `dir=` as in the source";
    /// A file system stays writable or read-only.
    READONLY = "abi-filesystem-readonly": Unsupported, Validate,
        "`<filesystem><readonly>`",
        help "add or remove `<readonly/>` as in the source";
    /// A file system keeps its model.
    MODEL = "abi-filesystem-model": Unsupported, Validate,
        "`<filesystem model=>`: which virtio device it is",
        help "set `model=` as in the source";
}

impl Compared for Filesystem {
    const ELEMENT: &'static str = "filesystem";

    const ROWS: &'static [Row<Self>] = &[
        row(&TARGET, "target/@dir", |filesystem| Value::text(filesystem.target.as_ref())),
        row(&READONLY, "readonly", |filesystem| Value::there(filesystem.readonly)),
        row(&MODEL, "@model", |filesystem| Value::Word(filesystem.model.map_or("default", FsModel::as_str))),
    ];

    fn info(&self) -> &DeviceInfo {
        &self.info
    }

    fn name(&self) -> Option<String> {
        self.target.clone()
    }

    fn driver(&self) -> Driver {
        let is_written = self.driver.is_some()
            || self.format.is_some()
            || self.write_policy.is_some()
            || self.queue_size.is_some()
            || !self.virtio.is_empty();
        Driver::of(self.virtio, is_written)
    }
}
