//! `<hostdev>`.

use virtargv_model::Domain;
use virtargv_model::device::hostdev::{Hostdev, HostdevType};
use virtargv_model::info::DeviceInfo;

use super::compared::{self, At, Compared, Out, Row, Value, list};

virtargv_model::rules! {
    /// A host device keeps its type, where PCI devices and mediated devices are of one type.
    TYPE = "abi-hostdev-type": Unsupported, Validate,
        "`<hostdev type=>`: the device that the guest sees; which device of the host it is does not matter",
        help "set `type=` as in the source";
}

impl Compared for Hostdev {
    const ELEMENT: &'static str = "hostdev";

    const ROWS: &'static [Row<Self>] = &[];

    fn info(&self) -> &DeviceInfo {
        &self.info
    }

    fn more(source: &Self, target: &Self, at: &At, out: &mut Out) {
        let (before, after) = (source.source.kind(), target.source.kind());
        let is_pci = |kind| matches!(kind, HostdevType::Pci | HostdevType::Mdev);
        if !(is_pci(before) && is_pci(after)) {
            out.value(&TYPE, at, "@type", &Value::word(Some(before)), &Value::word(Some(after)));
        }
    }
}

/// Compares the host devices. Interfaces of type `hostdev` are counted among them.
pub(super) fn compare(source: &Domain, target: &Domain, out: &mut Out) {
    let (before, after) = (&source.devices.hostdevs, &target.devices.hostdevs);
    let [was, is] = [source, target].map(|domain| domain.devices.assigned().count());
    if was != is && before.len() == after.len() {
        let at = At::of("devices", source.pos, target.pos);
        out.counts(&compared::COUNT, &at, "host devices", was, is);
    } else {
        list(before, after, out);
    }
}
