//! `<video>`.

use virtargv_model::device::video::{Acceleration, Video};
use virtargv_model::info::DeviceInfo;

use super::compared::{At, Compared, Driver, Out, Row, Value, row};

virtargv_model::rules! {
    /// A video device keeps its model.
    MODEL = "abi-video-model": Unsupported, Validate,
        "`<video><model type=>`: the device that the guest sees",
        help "set `type=` of `<model>` as in the source";
    /// A video device keeps its memory.
    MEMORY = "abi-video-memory": Unsupported, Validate,
        "`<video><model ram= vram= vram64= vgamem=>`: the sizes of BARs",
        help "set the sizes as in the source";
    /// A video device keeps its number of screens.
    HEADS = "abi-video-heads": Unsupported, Validate,
        "`<video><model heads=>`",
        help "set `heads=` as in the source";
    /// A video device keeps its acceleration.
    ACCELERATION = "abi-video-acceleration": Unsupported, Validate,
        "`<video><model><acceleration accel2d= accel3d=>`: what the device offers to the guest",
        help "set `<acceleration>` as in the source";
}

impl Compared for Video {
    const ELEMENT: &'static str = "video";

    const ROWS: &'static [Row<Self>] = &[
        row(&MODEL, "model/@type", |video| Value::word(video.model)),
        row(&MEMORY, "model/@ram", |video| Value::or_zero(video.ram)),
        row(&MEMORY, "model/@vram", |video| Value::or_zero(video.vram)),
        row(&MEMORY, "model/@vram64", |video| Value::or_zero(video.vram64)),
        row(&MEMORY, "model/@vgamem", |video| Value::or_zero(video.vgamem)),
        row(&HEADS, "model/@heads", |video| Value::or_zero(video.heads)),
    ];

    fn info(&self) -> &DeviceInfo {
        &self.info
    }

    fn driver(&self) -> Driver {
        let is_written = self.backend.is_some() || self.vgaconf.is_some() || !self.virtio.is_empty();
        Driver::of(self.virtio, is_written)
    }

    fn more(source: &Self, target: &Self, at: &At, out: &mut Out) {
        let there = |video: &Self| Value::there(video.acceleration.is_some());
        if !out.value(&ACCELERATION, at, "model/acceleration", &there(source), &there(target)) {
            return;
        }
        let (Some(source), Some(target)) = (&source.acceleration, &target.acceleration) else { return };
        let two = |acceleration: &Acceleration| Value::word(acceleration.accel2d);
        let three = |acceleration: &Acceleration| Value::word(acceleration.accel3d);
        out.value(&ACCELERATION, at, "model/acceleration/@accel2d", &two(source), &two(target));
        out.value(&ACCELERATION, at, "model/acceleration/@accel3d", &three(source), &three(target));
    }
}
