//! Rules on `<memballoon>`.

use virtargv_caps::Cap;
use virtargv_model::device::memballoon::MemballoonModel;

use super::virtio;
use crate::{Context, Findings};

virtargv_model::rules! {
    /// There is one balloon.
    MEMBALLOON_SINGLE = "memballoon-single": Xml, Complete, "a guest's memory is one";
    /// The balloon is of a model that QEMU has.
    MEMBALLOON_MODEL = "memballoon-model": Unsupported, Validate, "`virtio-balloon`";
    /// Memory is given back to a guest that runs out by a QEMU that can.
    MEMBALLOON_AUTODEFLATE = "memballoon-autodeflate": Unsupported, Validate, "`deflate-on-oom=` of `virtio-balloon`";
    /// The guest tells what it does not use to a QEMU that listens.
    MEMBALLOON_REPORTING = "memballoon-free-page-reporting": Unsupported, Validate, "`free-page-reporting=` of `virtio-balloon`";
}

/// Holds them.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    let balloons = &cx.domain.devices.memballoons;
    if let Some(extra) = balloons.get(1) {
        out.refuse(&MEMBALLOON_SINGLE, extra.info.pos, "a guest has one 'memballoon'");
    }
    for balloon in balloons {
        let pos = balloon.info.pos;
        match balloon.model {
            None | Some(MemballoonModel::None) => continue,
            Some(model @ MemballoonModel::Xen) => {
                let message = format!("QEMU has no 'memballoon' of model '{model}'");
                out.refuse(&MEMBALLOON_MODEL, pos.attr("model"), message);
            }
            Some(_) => {}
        }
        virtio::available(cx, balloon.virtio, &pos.path("driver"), out);
        if balloon.autodeflate.is_some() && !cx.has(Cap::VirtioBalloonAutodeflate) {
            let message = "the balloon of this QEMU has no 'deflate-on-oom'";
            out.refuse(&MEMBALLOON_AUTODEFLATE, pos.attr("autodeflate"), message);
        }
        if balloon.free_page_reporting.is_some() && !cx.has(Cap::VirtioBalloonFreePageReporting) {
            let message = "the balloon of this QEMU has no 'free-page-reporting'";
            out.refuse(&MEMBALLOON_REPORTING, pos.attr("freePageReporting"), message);
        }
    }
}
