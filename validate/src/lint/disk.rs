//! Lints on disks.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use virtargv_host::HostError;
use virtargv_model::Message;
use virtargv_model::device::disk::{Disk, DiskBus, DiskName};
use virtargv_model::device::storage::Location;

use super::{Context, Found};

virtargv_model::rules! {
    /// The backing chain of an image is known.
    UNKNOWN_CHAIN = "disk-chain-unknown": Plain, Validate,
        "an image such as qcow2 can be an overlay; libvirt reads its header at the start, and gives QEMU a node for each image below",
        help "add `<backingStore/>` where there is none below it, or `<backingStore>` with the image below; or name a host that knows the image", severity Warning;
    /// No two disks get the same alias.
    SAME_ALIAS = "disk-alias-same": Plain, Validate,
        "the alias of a virtio or USB disk is made of its bus and the letters of its target name, so that `vda` and `sda` on bus `virtio` are both `virtio-disk0`; QEMU refuses the second device with an id",
        help "give one of them a target name with other letters, or an `<alias name=>` that begins with `ua-`", severity Warning;
}

/// The formats whose header can name a backing file.
const OVERLAYS: [&str; 4] = ["qcow2", "qcow", "qed", "vmdk"];

/// Warns of disks whose aliases, which libvirt makes of bus and target name, are the same.
fn check_aliases(cx: &Context<'_>, out: &mut Found) {
    let mut seen: HashMap<(DiskBus, u32), &Disk> = HashMap::new();
    for disk in cx.domain.devices.disks.iter().filter(|disk| disk.info.alias.is_none()) {
        let by_name = || disk.dst().starts_with("vd").then_some(DiskBus::Virtio);
        let bus = disk.bus().or_else(by_name).filter(|bus| matches!(bus, DiskBus::Virtio | DiskBus::Usb));
        let (Some(bus), Some(index)) = (bus, DiskName::index(disk.dst())) else { continue };
        match seen.entry((bus, index)) {
            Entry::Vacant(free) => {
                free.insert(disk);
            }
            // Disks of one name are refused.
            Entry::Occupied(first) if first.get().dst() == disk.dst() => {}
            Entry::Occupied(first) => {
                let first = first.get();
                let message = format!(
                    "disks `{}` and `{}` both get the alias `{bus}-disk{index}`",
                    first.dst(),
                    disk.dst()
                );
                let message = Message::new(message).with_first(first.target_pos.attr("dev"));
                out.push(&SAME_ALIAS, disk.target_pos.attr("dev"), message);
            }
        }
    }
}

pub(super) fn check(cx: &Context<'_>, out: &mut Found) {
    check_aliases(cx, out);
    for disk in &cx.domain.devices.disks {
        let Location::File { path: Some(path), .. } = &disk.image.location else { continue };
        let format = disk.image.format.map(|format| format.to_string()).unwrap_or_default();
        let is_open = disk.backing.images.is_empty() && !disk.backing.ended;
        if is_open
            && OVERLAYS.contains(&format.as_str())
            && matches!(cx.host.files().stat(path), Err(HostError::Unknown(_)))
        {
            let message = format!(
                "image `{path}` can be an overlay, and the document does not say what is below it: the host is not known"
            );
            out.push(&UNKNOWN_CHAIN, disk.image.pos, message);
        }
    }
}
