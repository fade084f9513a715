//! Channel I/O addresses (s390).

use foldhash::HashSet;
use virtargv_caps::Cap;
use virtargv_model::device::hostdev::MdevModel;
use virtargv_model::info::{Address, CcwAddress};

use super::{bus, default_virtio};
use crate::{Work, rules};

/// The channel subsystem image of virtual devices.
const CSSID: u32 = 0xfe;

/// Assigns a CCW address to every virtio device and every other CCW device without one.
pub(super) fn assign(work: &mut Work<'_>) {
    if !(work.guest.is_s390_ccw() && work.caps.has(Cap::Ccw)) {
        if work.caps.has(Cap::VirtioS390) {
            default_virtio(work, &Address::VirtioS390, false);
        }
        return;
    }
    if work.caps.has(Cap::DeviceVfioCcw) {
        for hostdev in &mut work.domain.devices.hostdevs {
            if bus::is_mdev(hostdev, MdevModel::VfioCcw) {
                hostdev.info.address.get_or_insert(Address::Ccw(None));
            }
            if bus::is_mdev(hostdev, MdevModel::VfioAp) {
                hostdev.info.address = None;
            }
        }
    }
    default_virtio(work, &Address::Ccw(None), true);
    number(work);
}

fn number(work: &mut Work<'_>) {
    let mut taken = HashSet::default();
    let given = work.domain.devices.infos().filter_map(|(_, info)| match info.address {
        Some(Address::Ccw(Some(ccw))) => Some((info.pos, ccw)),
        _ => None,
    });
    let twice = given.into_iter().find(|(_, ccw)| !taken.insert(*ccw));
    if let Some((pos, ccw)) = twice {
        let message = format!("two devices have the CCW address `{ccw}`");
        work.refuse(&rules::CCW_ADDRESS_TWICE, pos.path("address"), message);
        return;
    }
    let mut next =
        (0..=3u32).flat_map(|ssid| (0..=0xffff).map(move |devno| CcwAddress { cssid: CSSID, ssid, devno }));
    let mut full = None;
    work.domain.devices.for_each_info_mut(&mut |_, info| {
        if info.address != Some(Address::Ccw(None)) {
            return;
        }
        match next.find(|ccw| !taken.contains(ccw)) {
            Some(ccw) => info.address = Some(Address::Ccw(Some(ccw))),
            None => full = full.or(Some(info.pos)),
        }
    });
    if let Some(pos) = full {
        work.refuse(&rules::CCW_ADDRESS_FULL, pos, "all CCW addresses are taken");
    }
}
