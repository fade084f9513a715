//! Rules on `<memballoon>`.

use virtargv_caps::Cap;
use virtargv_model::device::memballoon::MemballoonModel;

use super::virtio;
use crate::{Context, Findings};

virtargv_model::rules! {
    /// The model of a memory balloon is a virtio model or `none`.
    MEMBALLOON_MODEL = "memballoon-model": Unsupported, Validate,
        "`<memballoon model='xen'>`: QEMU has `virtio-balloon` only",
        help "set `model='virtio'` or `model='none'`";
    /// Deflating the balloon on out of memory needs a QEMU that has it.
    MEMBALLOON_AUTODEFLATE = "memballoon-autodeflate": Unsupported, Validate,
        "`<memballoon autodeflate=>`: `deflate-on-oom=` of `virtio-balloon`",
        help "remove `autodeflate=`, or use a QEMU that has it";
    /// Free page reporting needs a QEMU that has it.
    MEMBALLOON_REPORTING = "memballoon-free-page-reporting": Unsupported, Validate,
        "`<memballoon freePageReporting=>`: `free-page-reporting=` of `virtio-balloon`, new in QEMU 5.1",
        help "remove `freePageReporting=`, or use QEMU 5.1 or later";
}

/// Checks `<memballoon>` against the rules above.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    for balloon in &cx.domain.devices.memballoons {
        let pos = balloon.info.pos;
        match balloon.model {
            None | Some(MemballoonModel::None) => continue,
            Some(model @ MemballoonModel::Xen) => {
                let message = format!("`memballoon` model `{model}` is not supported by QEMU");
                out.refuse(&MEMBALLOON_MODEL, pos.attr("model"), message);
            }
            Some(_) => {}
        }
        virtio::available(cx, balloon.virtio, &pos.path("driver"), out);
        if balloon.autodeflate.is_some() && !cx.has(Cap::VirtioBalloonAutodeflate) {
            let message = "`deflate-on-oom` of the memory balloon is not supported by this QEMU";
            out.refuse(&MEMBALLOON_AUTODEFLATE, pos.attr("autodeflate"), message);
        }
        if balloon.free_page_reporting.is_some() && !cx.has(Cap::VirtioBalloonFreePageReporting) {
            let message = "`free-page-reporting` of the memory balloon is not supported by this QEMU";
            out.refuse(&MEMBALLOON_REPORTING, pos.attr("freePageReporting"), message);
        }
    }
}
