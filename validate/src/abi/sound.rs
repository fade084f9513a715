//! `<sound>`.

use virtargv_model::device::sound::Sound;
use virtargv_model::info::DeviceInfo;

use super::compared::{Compared, Row, Value, row};

virtargv_model::rules! {
    /// A sound device keeps its model.
    MODEL = "abi-sound-model": Unsupported, Validate,
        "`<sound model=>`: the device that the guest sees",
        help "set `model=` as in the source";
    /// A USB sound device keeps its number of channels.
    MULTICHANNEL = "abi-sound-multichannel": Unsupported, Validate,
        "`<sound model='usb' multichannel=>`",
        help "set `multichannel=` as in the source", since "9.4";
}

impl Compared for Sound {
    const ELEMENT: &'static str = "sound";

    const ROWS: &'static [Row<Self>] = &[
        row(&MODEL, "@model", |sound| Value::word(Some(sound.model))),
        row(&MULTICHANNEL, "@multichannel", |sound| Value::word(sound.multichannel)),
    ];

    fn info(&self) -> &DeviceInfo {
        &self.info
    }
}
