//! Rules on `<pm>`, `<on_poweroff>`, `<on_reboot>` and `<on_crash>`.

use virtargv_caps::{Cap, Convention};
use virtargv_model::lifecycle::Action;

use crate::{Context, Findings};

virtargv_model::rules! {
    /// Switching sleep states needs a chipset of this QEMU that has them.
    SLEEP = "pm-sleep": Unsupported, Validate,
        "`<pm><suspend-to-mem>` and `<suspend-to-disk>`: `disable_s3=` and `disable_s4=` of `PIIX4_PM` and `ICH9-LPC`",
        help "remove the element from `<pm>`";
    /// The action `rename-restart` is not supported by QEMU.
    RENAME = "lifecycle-rename-restart": Unsupported, Validate,
        "`<on_poweroff>`, `<on_reboot>` and `<on_crash>`: a QEMU process keeps the name of its guest",
        help "use `restart` or `destroy`",
        since "7.7";
    /// The action `preserve` is for crashes only.
    PRESERVE = "lifecycle-preserve": Unsupported, Validate,
        "`<on_poweroff>` and `<on_reboot>`: a guest that powered off or reboots leaves nothing to inspect",
        help "use `destroy` or `restart`",
        since "7.7";
    /// A guest that restarts after power-off does not end on reboot.
    CONTRADICTION = "lifecycle-contradiction": Unsupported, Validate,
        "`<on_poweroff>restart</on_poweroff>` with `<on_reboot>destroy</on_reboot>`: libvirt restarts by resetting QEMU, which `-no-reboot` ends",
        help "set both to `restart`, or `<on_poweroff>` to `destroy`",
        since "7.7";
    /// The actions that dump memory, or let the guest go on, are for crashes only.
    DUMP = "lifecycle-coredump": Unsupported (ArgumentUnsupported before "11.3"), Validate,
        "`coredump-destroy`, `coredump-restart` and `preserve-running` of `<on_crash>`",
        help "use `destroy` or `restart`";
}

/// Checks that libvirt's QEMU driver supports the actions on power-off, reboot and crash.
pub(crate) fn actions(cx: &Context<'_>, out: &mut Findings<'_>) {
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
                format!(
                    "`<{element}>` is `rename-restart`, which QEMU supports in none of `<on_reboot>`, `<on_poweroff>` and `<on_crash>`"
                ),
            ),
            Some(Action::Preserve) if element != "on_crash" => (
                &PRESERVE,
                format!(
                    "`<{element}>` is `preserve`, which `<on_reboot>` and `<on_poweroff>` do not support"
                ),
            ),
            _ => continue,
        };
        out.refuse(rule, cx.domain.pos.path(element), message);
    }
    if lifecycle.on_poweroff == Some(Action::Restart) && lifecycle.on_reboot == Some(Action::Destroy) {
        let message = "`<on_poweroff>` is `restart` while `<on_reboot>` is `destroy`";
        out.refuse(&CONTRADICTION, cx.domain.pos.path("on_poweroff"), message);
    }
}

/// Checks that only `<on_crash>` dumps memory or lets the guest go on. libvirt does so later than [`actions`].
pub(crate) fn known(cx: &Context<'_>, out: &mut Findings<'_>) {
    let lifecycle = &cx.domain.lifecycle;
    let ends =
        [(lifecycle.on_poweroff, "on_poweroff", "poweroff"), (lifecycle.on_reboot, "on_reboot", "reboot")];
    for (action, element, end) in ends {
        if let Some(action @ (Action::CoredumpDestroy | Action::CoredumpRestart | Action::PreserveRunning)) =
            action
        {
            let message =
                format!("the action `{action}` is not supported for the event `{end}` (`<{element}>`)");
            out.refuse(&DUMP, cx.domain.pos.path(element), message);
        }
    }
}

/// Checks that the chipset can switch sleep states.
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
            let message = format!("`<{element}>` is not supported by this QEMU");
            out.refuse(&SLEEP, lifecycle.pm_pos.path(element), message);
        }
    }
}
