//! `<disk>`.

use virtargv_model::Spelled;
use virtargv_model::device::disk::{Disk, DiskModel};
use virtargv_model::info::DeviceInfo;

use super::compared::{Compared, Driver, Row, Value, row};

virtargv_model::rules! {
    /// A disk keeps its kind of drive.
    DEVICE = "abi-disk-device": Unsupported, Validate,
        "`<disk device=>`: hard disk, CD-ROM drive, floppy drive or logical unit",
        help "set `device=` as in the source";
    /// A disk keeps its bus.
    BUS = "abi-disk-bus": Unsupported, Validate,
        "`<disk><target bus=>`",
        help "set `bus=` as in the source";
    /// A disk keeps its name.
    TARGET = "abi-disk-target": Unsupported, Validate,
        "`<disk><target dev=>`: the order of the disks, and by default their addresses",
        help "set `dev=` as in the source, and list the disks in the same order";
    /// A disk keeps its serial number.
    SERIAL = "abi-disk-serial": Unsupported, Validate,
        "`<disk><serial>`: guests can find the disk by it",
        help "set `<serial>` as in the source";
    /// A disk keeps its World Wide Name.
    WWN = "abi-disk-wwn": Unsupported, Validate,
        "`<disk><wwn>`: guests can find the disk by it",
        help "set `<wwn>` as in the source";
    /// A disk stays writable or read-only.
    READONLY = "abi-disk-readonly": Unsupported, Validate,
        "`<disk><readonly>`: whether the guest can write",
        help "add or remove `<readonly/>` as in the source";
    /// A disk keeps its model.
    MODEL = "abi-disk-model": Unsupported, Validate,
        "`<disk model=>`: which virtio device it is, or the model of a USB disk",
        help "set `model=` as in the source";
    /// A disk keeps its rotation rate.
    ROTATION = "abi-disk-rotation": Unsupported, Validate,
        "`<disk><target rotation_rate=>`",
        help "set `rotation_rate=` as in the source";
    /// A disk keeps its number of virtqueues.
    QUEUES = "abi-disk-queues": Unsupported, Validate,
        "`<disk><driver queues=>`: `num-queues=` of `virtio-blk`",
        help "set `queues=` as in the source";
    /// A disk keeps the size of its virtqueues.
    QUEUE_SIZE = "abi-disk-queue-size": Unsupported, Validate,
        "`<disk><driver queue_size=>`: `queue-size=` of `virtio-blk`",
        help "set `queue_size=` as in the source", since "7.8";
    /// A disk keeps the size of its logical blocks.
    LOGICAL = "abi-disk-logical-block": Unsupported, Validate,
        "`<disk><blockio logical_block_size=>`: the size of the sectors that the guest addresses",
        help "set `logical_block_size=` as in the source";
    /// A disk keeps the size of its physical blocks.
    PHYSICAL = "abi-disk-physical-block": Unsupported, Validate,
        "`<disk><blockio physical_block_size=>`",
        help "set `physical_block_size=` as in the source";
    /// A disk keeps its discard granularity.
    DISCARD = "abi-disk-discard-granularity": Unsupported, Validate,
        "`<disk><blockio discard_granularity=>`",
        help "set `discard_granularity=` as in the source", since "9.7";
}

impl Compared for Disk {
    const ELEMENT: &'static str = "disk";

    const ROWS: &'static [Row<Self>] = &[
        row(&DEVICE, "@device", |disk| Value::word(Some(disk.device()))),
        row(&BUS, "target/@bus", |disk| Value::word(disk.bus())),
        row(&TARGET, "target/@dev", |disk| Value::text(disk.target.dev.as_ref())),
        row(&SERIAL, "serial", |disk| Value::text(disk.serial.as_ref())),
        row(&WWN, "wwn", |disk| Value::text(disk.wwn.as_ref())),
        row(&READONLY, "readonly", |disk| Value::there(disk.is_readonly())),
        row(&MODEL, "@model", |disk| Value::Word(disk.model.map_or("default", DiskModel::as_str))),
        row(&ROTATION, "target/@rotation_rate", |disk| Value::or_zero(disk.target.rotation_rate)),
        row(&QUEUES, "driver/@queues", |disk| Value::or_zero(disk.driver.queues)),
        row(&QUEUE_SIZE, "driver/@queue_size", |disk| Value::or_zero(disk.driver.queue_size)),
    ];

    const LAST: &'static [Row<Self>] = &[
        row(&LOGICAL, "blockio/@logical_block_size", |disk| {
            Value::or_zero(disk.blockio.as_ref().and_then(|blocks| blocks.logical))
        }),
        row(&PHYSICAL, "blockio/@physical_block_size", |disk| {
            Value::or_zero(disk.blockio.as_ref().and_then(|blocks| blocks.physical))
        }),
        row(&DISCARD, "blockio/@discard_granularity", |disk| {
            Value::number(disk.blockio.as_ref().and_then(|blocks| blocks.discard_granularity))
        }),
    ];

    fn info(&self) -> &DeviceInfo {
        &self.info
    }

    fn name(&self) -> Option<String> {
        self.target.dev.clone()
    }

    /// A completed disk always has a `<driver>`.
    fn driver(&self) -> Driver {
        Driver::Options(self.driver.virtio)
    }
}
