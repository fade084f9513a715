//! `<memory>`: the size that the guest is asked to plug of a virtio-mem device.

use virtargv_model::device::memory_device::{MemoryDevice, MemoryModel};

use super::{Change, Fixed};
use crate::Props;
use crate::hotplug::command::Command;
use crate::hotplug::{Hotplug, rules};
use crate::text::text;

/// What cannot be changed.
const FIXED: &[Fixed<MemoryDevice>] = &[
    Fixed { name: "model", differs: |old, new| old.model() != new.model() },
    Fixed { name: "node", differs: |old, new| old.target.node != new.target.node },
    Fixed { name: "size", differs: |old, new| old.target.size != new.target.size },
    Fixed { name: "block", differs: |old, new| old.target.block != new.target.block },
    Fixed { name: "source", differs: |old, new| old.source != new.source },
];

pub(super) fn update(change: &mut Change<'_>) -> Option<Hotplug> {
    let old = change.running.domain.devices.memories.get(change.id.index)?;
    let new = change.new.memories.get(change.id.index)?;
    if change.fixed(FIXED, old, new, "a memory device") {
        return None;
    }
    if old.model() != MemoryModel::VirtioMem {
        let message = format!("nothing of a memory device of model `{}` can be changed", old.model());
        change.refuse(&rules::MEMORY_REQUESTED, message);
        return None;
    }
    let requested = new.target.requested?;
    let alias = old.info.alias.clone().unwrap_or_default();
    let arguments = Props::object()
        .with("path", text!("/machine/peripheral/", alias.as_str()))
        .with("property", "requested-size")
        .with("value", requested.bytes());
    let mut domain = change.running.domain.clone();
    domain.devices.memories.get_mut(change.id.index)?.target.requested = Some(requested);
    let command =
        Command::new("qom-set", arguments).because("the guest plugs or unplugs blocks up to this size");
    Some(Hotplug::new(vec![command], Vec::new(), domain))
}
