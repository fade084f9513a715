//! A document with a single device, such as `virsh attach-device` takes.

use super::{DeviceId, DeviceKind, Devices};
use crate::domain::{DOCUMENT_SIZE, NOT_XML};
use crate::read::{Elements, MAX_DOCUMENT, Reader, tree};
use crate::{Message, Outcome, Place, Release};

crate::rules! {
    /// The root element of a device document is a device.
    DEVICE_UNKNOWN = "device-unknown": Unsupported, Read,
        "the elements below `<devices>` that are devices of a guest",
        help "pass one element as it is below `<devices>`, such as `<disk>` or `<interface>`";
}

/// A device that was read alone.
#[derive(Debug, Clone, PartialEq)]
pub struct OneDevice {
    kind: DeviceKind,
    devices: Devices,
}

impl OneDevice {
    /// Device `id` of `devices`; `None` where it is not there.
    pub fn of(devices: &Devices, id: DeviceId) -> Option<Self> {
        devices.info(id)?;
        Some(Self { kind: id.kind, devices: devices.only(id) })
    }

    /// Its kind.
    pub fn kind(&self) -> DeviceKind {
        self.kind
    }

    /// Its id in [`OneDevice::devices`].
    pub fn id(&self) -> DeviceId {
        DeviceId { kind: self.kind, index: 0 }
    }

    /// The device, in the list of its kind.
    pub fn devices(&self) -> &Devices {
        &self.devices
    }

    /// As [`OneDevice::devices`], to be changed.
    pub fn devices_mut(&mut self) -> &mut Devices {
        &mut self.devices
    }

    /// As [`OneDevice::devices`], by value.
    pub fn into_devices(self) -> Devices {
        self.devices
    }
}

/// Reads the document of a device as `release` does. Its places are those of a text that stands `base` bytes behind the start
/// of another, so that both are told apart; 0 for the places in `text`.
///
/// ```
/// use virtargv_model::device::{DeviceKind, one::parse_device};
/// use virtargv_model::Release;
///
/// let read = parse_device("<rng model='virtio'><backend model='builtin'/></rng>", Release::V12_9, 0);
/// assert_eq!(read.value.map(|device| device.kind()), Some(DeviceKind::Rng));
/// ```
pub fn parse_device(text: &str, release: Release, base: usize) -> Outcome<OneDevice> {
    let mut r = Reader::new(release);
    if text.len() > MAX_DOCUMENT {
        let message =
            format!("the device has {} bytes, more than the `{MAX_DOCUMENT}` that are read", text.len());
        r.refuse(&DOCUMENT_SIZE, Place::byte(base), message);
        return Outcome { value: None, report: r.report };
    }
    let mut tree = match tree(text) {
        Ok(tree) => tree,
        Err(error) => {
            r.refuse(&NOT_XML, Place::byte(error.offset.saturating_add(base)), error.message);
            return Outcome { value: None, report: r.report };
        }
    };
    let elements = Elements::of(&mut tree).behind(base);
    let Some(root) = elements.root() else { return Outcome { value: None, report: r.report } };
    let known = match root.name() {
        "crypto" => r.knows("9.1"),
        "pstore" => r.knows("10.6"),
        _ => true,
    };
    let read = if known { Devices::read_one(root, &mut r) } else { None };
    let Some((kind, devices)) = read else {
        let name = root.name();
        let message = Message::new(format!("`<{name}>` is no device"));
        let names = DeviceKind::ALL.iter().map(|kind| kind.element());
        let message = match crate::advice::nearest(name, names) {
            Some(near) => message.with_help(format!("did you mean `<{}>`?", near.word)),
            None => message,
        };
        r.refuse(&DEVICE_UNKNOWN, root.pos(), message);
        return Outcome { value: None, report: r.report };
    };
    let one = OneDevice { kind, devices };
    let value = one.devices.info(one.id()).is_some().then_some(one);
    Outcome { value, report: r.report }
}
