//! Defaults of `<vcpu>` and `<vcpus>`.

use std::collections::BTreeMap;

use virtargv_model::vcpu::{Placement, Vcpu};
use virtargv_model::{Pos, YesNo};

use crate::Work;

/// The most vCPUs for which `<vcpus>` is completed with those that it does not have.
const LISTED: u32 = 8192;

/// Fills in `<vcpu>` and `<vcpus>`.
pub(crate) fn apply(work: &mut Work<'_>) {
    let vcpus = &mut work.domain.vcpus;
    let max = *vcpus.max.get_or_insert(1);
    vcpus.placement.get_or_insert(Placement::Static);
    if vcpus.individual.is_empty() {
        return;
    }
    vcpus.current = None;
    for vcpu in &mut vcpus.individual {
        let removable = !vcpu.enabled.is_yes();
        vcpu.hotpluggable.get_or_insert(YesNo::from(removable));
    }
    if max <= LISTED {
        list_all(&mut vcpus.individual, max);
    }
    let online = vcpus.online();
    vcpus.current = Some(online).filter(|online| *online != max);
}

/// Adds the missing vCPUs and sorts by id. Of two with the same id the last one is kept.
fn list_all(individual: &mut Vec<Vcpu>, max: u32) {
    let mut by_id: BTreeMap<u32, Vcpu> = (0..max)
        .map(|id| {
            let absent =
                Vcpu { pos: Pos::NONE, id, enabled: YesNo::No, hotpluggable: Some(YesNo::Yes), order: None };
            (id, absent)
        })
        .collect();
    by_id.extend(individual.drain(..).map(|vcpu| (vcpu.id, vcpu)));
    individual.extend(by_id.into_values());
}
