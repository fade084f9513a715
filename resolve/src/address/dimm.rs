//! Slots of memory devices (`<address type='dimm'>`).

use std::collections::BTreeSet;

use virtargv_model::info::{Address, DimmAddress};
use virtargv_model::{Place, Rule};

use crate::{Work, rules};

/// Assigns a slot to every memory module.
pub(super) fn assign(work: &mut Work<'_>) {
    let Some(slots) = work.domain.memory.max.map(|max| max.slots) else { return };
    let mut taken = BTreeSet::new();
    let mut problems: Vec<(&'static Rule, Place, String)> = Vec::new();
    for device in work.domain.devices.memories.iter().filter(|device| device.takes_slot()) {
        let Some(Address::Dimm(DimmAddress { slot: Some(slot), .. })) = device.info.address else { continue };
        if slot >= slots {
            let message = format!("memory device slot `{slot}` is not below the number of slots `{slots}`");
            problems.push((&rules::MEMORY_DEVICE_SLOT_RANGE, device.info.pos.path("address/@slot"), message));
        } else if !taken.insert(slot) {
            let message = format!("memory device slot `{slot}` is taken by more than one device");
            problems.push((&rules::MEMORY_DEVICE_SLOT_TAKEN, device.info.pos.path("address/@slot"), message));
        }
    }
    let mut next = 0;
    for device in work.domain.devices.memories.iter_mut().filter(|device| device.takes_slot()) {
        let mut address = match device.info.address {
            Some(Address::Dimm(address)) => address,
            None => DimmAddress::default(),
            Some(_) => continue,
        };
        if address.slot.is_some() {
            continue;
        }
        while taken.contains(&next) {
            next += 1;
        }
        if next >= slots {
            let message = format!("none of the `{slots}` memory device slots is free");
            problems.push((&rules::MEMORY_DEVICE_SLOTS_FULL, device.info.pos.into(), message));
            break;
        }
        taken.insert(next);
        address.slot = Some(next);
        device.info.address = Some(Address::Dimm(address));
    }
    // Without any slots, that is one mistake.
    if slots == 0 {
        problems.truncate(1);
    }
    for (rule, place, message) in problems {
        work.refuse(rule, place, message);
    }
}
