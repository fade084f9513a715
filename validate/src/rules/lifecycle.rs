//! Rules on `<pm>` and on what happens at a guest's end.

use virtargv_caps::{Cap, Convention};
use virtargv_model::lifecycle::Action;

use crate::{Context, Findings};

virtargv_model::rules! {
    /// Sleep states are switched only where this QEMU's chipset lets it.
    SLEEP = "pm-sleep": Unsupported, Validate, "properties `disable_s3` and `disable_s4` of the chipset";
    /// A guest is not started again under another name.
    RENAME = "lifecycle-rename-restart": Unsupported, Validate, "QEMU's process keeps its guest's name";
    /// A guest that powers off or restarts is not kept as it is.
    PRESERVE = "lifecycle-preserve": Unsupported, Validate, "QEMU's process would have nothing left to do";
    /// A guest that powers off is not started again where one that restarts is destroyed.
    CONTRADICTION = "lifecycle-contradiction": Unsupported, Validate, "starting again is done by a reset";
    /// Memory is dumped when the guest crashes.
    DUMP = "lifecycle-coredump": ArgumentUnsupported, Validate, "`<on_crash>`";
}

/// The actions that QEMU can take.
pub(crate) fn actions(cx: &Context<'_>, out: &mut Findings<'_>) {
    if !cx.release.has(Convention::LifecycleChecked) {
        return;
    }
    let lifecycle = &cx.domain.lifecycle;
    let actions = [
        (lifecycle.on_poweroff, "on_poweroff"),
        (lifecycle.on_reboot, "on_reboot"),
        (lifecycle.on_crash, "on_crash"),
    ];
    for (action, element) in actions {
        let (rule, message) = match action {
            Some(Action::RenameRestart) => (
                &RENAME,
                format!("'{element}' is 'rename-restart': not for 'on_reboot', 'on_poweroff' and 'on_crash'"),
            ),
            Some(Action::Preserve) if element != "on_crash" => {
                (&PRESERVE, format!("'{element}' is 'preserve': not for 'on_reboot' and 'on_poweroff'"))
            }
            _ => continue,
        };
        out.refuse(rule, cx.domain.pos.path(element), message);
    }
    if lifecycle.on_poweroff == Some(Action::Restart) && lifecycle.on_reboot == Some(Action::Destroy) {
        let message = "element 'on_poweroff' is 'restart' while element 'on_reboot' is 'destroy'";
        out.refuse(&CONTRADICTION, cx.domain.pos.path("on_poweroff"), message);
    }
}

/// The actions that go with each end.
pub(crate) fn known(cx: &Context<'_>, out: &mut Findings<'_>) {
    let lifecycle = &cx.domain.lifecycle;
    let ends =
        [(lifecycle.on_poweroff, "on_poweroff", "poweroff"), (lifecycle.on_reboot, "on_reboot", "reboot")];
    for (action, element, end) in ends {
        if let Some(action @ (Action::CoredumpDestroy | Action::CoredumpRestart)) = action {
            let message = format!("the action '{action}' is not for the end '{end}' (element '{element}')");
            out.refuse(&DUMP, cx.domain.pos.path(element), message);
        }
    }
}

/// Sleep states.
pub(crate) fn sleep(cx: &Context<'_>, out: &mut Findings<'_>) {
    let lifecycle = &cx.domain.lifecycle;
    let q35 = cx.guest.is_q35();
    let by_arch = cx.release.has(Convention::PcTimersByArch);
    for (given, element, piix, ich9) in [
        (lifecycle.suspend_to_mem, "suspend-to-mem", Cap::PiixDisableS3, Cap::Ich9DisableS3),
        (lifecycle.suspend_to_disk, "suspend-to-disk", Cap::PiixDisableS4, Cap::Ich9DisableS4),
    ] {
        let has = (cx.has(piix) || q35 && cx.has(ich9)) && (!by_arch || cx.guest.arch.is_x86());
        if given.is_some() && !has {
            let message = format!("this QEMU cannot do what element '{element}' asks for");
            out.refuse(&SLEEP, lifecycle.pm_pos.path(element), message);
        }
    }
}
