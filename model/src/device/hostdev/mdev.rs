//! Mediated devices of the host: virtual devices that the driver of a physical device makes.

use crate::read::{El, Reader};
use crate::write::Writer;
use crate::{OnOff, Pos, Uuid};

crate::rules! {
    /// The `uuid` of a mediated device is a UUID.
    HOSTDEV_MDEV_UUID_FORM = "hostdev-mdev-uuid-form": Internal, Read,
        "`<source><address uuid=>`: the kernel names mediated devices by UUID",
        help "write a UUID as under `/sys/bus/mdev/devices`";
    /// A mediated device has an `<address>`.
    HOSTDEV_MDEV_NO_ADDRESS = "hostdev-mdev-no-address": Unsupported, Read,
        "`<hostdev type='mdev'><source><address uuid=>`: the kernel names mediated devices by UUID",
        help "add `<address uuid=>` with a UUID as under `/sys/bus/mdev/devices`";
    /// The `<address>` of a mediated device has `uuid`.
    HOSTDEV_MDEV_UUID = "hostdev-mdev-uuid": Xml (Unsupported before "12.9"), Read,
        "`<hostdev type='mdev'><source><address uuid=>`: the kernel names mediated devices by UUID",
        help "add `<address uuid=>` with a UUID as under `/sys/bus/mdev/devices`";
}

spelled! {
    /// `model=` of a mediated device: what the guest sees.
    pub enum MdevModel {
        /// A PCI device.
        VfioPci = "vfio-pci",
        /// A channel I/O device (s390).
        VfioCcw = "vfio-ccw",
        /// Cryptographic adapters (s390).
        VfioAp = "vfio-ap",
    }
}

/// A mediated device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mdev {
    /// Place of `<source>` in the text.
    pub pos: Pos,
    /// `model=`.
    pub model: MdevModel,
    /// `display=`: whether the device's output is shown by the guest's displays.
    pub display: Option<OnOff>,
    /// `ramfb=`: whether there is a framebuffer before the guest's driver runs.
    pub ramfb: Option<OnOff>,
    /// `<address uuid=>`.
    pub uuid: Uuid,
}

impl Mdev {
    pub(super) fn read(el: El<'_>, source: El<'_>, r: &mut Reader) -> Option<Self> {
        let model = r.required(el, "model");
        let (display, ramfb) = (r.attr(el, "display"), r.attr(el, "ramfb"));
        let Some(address) = source.child("address") else {
            let message = "`<source>` of a mediated device has no `<address>`";
            r.refuse(&HOSTDEV_MDEV_NO_ADDRESS, source.pos(), message);
            return None;
        };
        let Some(text) = address.get("uuid") else {
            let message = "`<address>` of a mediated device has no `uuid=`";
            r.refuse(&HOSTDEV_MDEV_UUID, address.pos(), message);
            return None;
        };
        let uuid = Uuid::parse(text);
        if uuid.is_none() {
            let message = format!("`uuid` of `<address>` is `{text}`, expected a UUID");
            r.refuse(&HOSTDEV_MDEV_UUID_FORM, address.pos().attr("uuid"), message);
        }
        Some(Self { pos: source.pos(), model: model?, display, ramfb, uuid: uuid? })
    }

    pub(super) fn write(&self, w: &mut Writer) {
        w.element("source").children(|w| w.element("address").attr("uuid", self.uuid).empty());
    }
}
