//! Rules on `<pm>` and on what happens at a guest's end.

use virtargv_caps::{Cap, Convention};
use virtargv_model::lifecycle::Action;

use crate::{Context, Findings};

crate::rules! {
    /// Sleep states are switched only where this QEMU's chipset lets it.
    SLEEP = "pm-sleep": Unsupported, Validate, "properties `disable_s3` and `disable_s4` of the chipset";
    /// A guest is not started again under another name.
    RENAME = "lifecycle-rename-restart": Unsupported, Validate, "QEMU's process keeps its guest's name";
    /// A guest that powers off is not started again where one that restarts is destroyed.
    CONTRADICTION = "lifecycle-contradiction": Unsupported, Validate, "starting again is done by a reset";
}

/// Holds them.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    if cx.guest.release.has(Convention::LifecycleChecked) {
        actions(cx, out);
    }
    let lifecycle = &cx.domain.lifecycle;
    let q35 = cx.guest.is_q35();
    for (given, element, piix, ich9) in [
        (lifecycle.suspend_to_mem, "suspend-to-mem", Cap::PiixDisableS3, Cap::Ich9DisableS3),
        (lifecycle.suspend_to_disk, "suspend-to-disk", Cap::PiixDisableS4, Cap::Ich9DisableS4),
    ] {
        if given.is_some() && !cx.has(piix) && !(q35 && cx.has(ich9)) {
            let message = format!("this QEMU cannot do what element '{element}' asks for");
            out.refuse(&SLEEP, lifecycle.pm_pos.path(element), message);
        }
    }
}

fn actions(cx: &Context<'_>, out: &mut Findings<'_>) {
    let lifecycle = &cx.domain.lifecycle;
    for (action, element) in [
        (lifecycle.on_poweroff, "on_poweroff"),
        (lifecycle.on_reboot, "on_reboot"),
        (lifecycle.on_crash, "on_crash"),
    ] {
        if action == Some(Action::RenameRestart) {
            let message = format!(
                "element '{element}' is 'rename-restart', which none of 'on_reboot', 'on_poweroff' and 'on_crash' can be"
            );
            out.refuse(&RENAME, cx.domain.pos.path(element), message);
        }
    }
    if lifecycle.on_poweroff == Some(Action::Restart) && lifecycle.on_reboot == Some(Action::Destroy) {
        let message = "element 'on_poweroff' is 'restart' while element 'on_reboot' is 'destroy'";
        out.refuse(&CONTRADICTION, cx.domain.pos.path("on_poweroff"), message);
    }
}
