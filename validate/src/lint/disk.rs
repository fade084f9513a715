//! Lints on disks.

use virtargv_host::HostError;
use virtargv_model::device::storage::Location;

use super::{Context, Found};

virtargv_model::rules! {
    /// The backing chain of an image is known.
    UNKNOWN_CHAIN = "disk-chain-unknown": Plain, Validate,
        "an image such as qcow2 can be an overlay; libvirt reads its header at the start, and gives QEMU a node for each image below",
        help "add `<backingStore/>` where there is none below it, or `<backingStore>` with the image below; or name a host that knows the image", severity Warning;
}

/// The formats whose header can name a backing file.
const OVERLAYS: [&str; 4] = ["qcow2", "qcow", "qed", "vmdk"];

pub(super) fn check(cx: &Context<'_>, out: &mut Found) {
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
