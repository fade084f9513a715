//! `-no-shutdown`, `-no-reboot`, `-no-acpi`, sleep states, `-enable-fips`, `-run-with async-teardown=`.

use virtargv_caps::{Arch, Cap, Tristate};
use virtargv_model::lifecycle::{Action, Lifecycle};
use virtargv_model::{Convention, YesNo};

use super::context::Emit;
use crate::{Props, text::text};

/// Emits the lifecycle actions and the sleep states.
pub(crate) fn emit(e: &mut Emit<'_>) {
    let lifecycle = &e.domain().lifecycle;
    // With `set-action` libvirt sets the action on reboot over the monitor.
    if e.has(Cap::SetAction) || !all_destroy(lifecycle) {
        e.at_implied("the driver performs <on_poweroff>, <on_reboot> and <on_crash>");
        e.flag("-no-shutdown");
    } else {
        e.at_element("on_reboot");
        e.flag("-no-reboot");
    }
    no_acpi(e);
    for (state, path, enabled, cap) in [
        ("s3", "pm/suspend-to-mem", lifecycle.suspend_to_mem, Cap::Ich9DisableS3),
        ("s4", "pm/suspend-to-disk", lifecycle.suspend_to_disk, Cap::Ich9DisableS4),
    ] {
        if let Some(enabled) = enabled {
            // Without the properties of ICH9 libvirt sets those of PIIX4, which have no effect on Q35.
            let object = if e.guest().is_q35() && e.has(cap) { "ICH9-LPC" } else { "PIIX4_PM" };
            let disabled = u32::from(enabled == YesNo::No);
            e.at_element(path);
            e.global(text!(object, ".disable_", state), disabled);
        }
    }
}

/// Whether all lifecycle actions are `destroy`.
fn all_destroy(lifecycle: &Lifecycle) -> bool {
    let crash = matches!(lifecycle.on_crash, None | Some(Action::Destroy | Action::CoredumpDestroy));
    lifecycle.on_reboot == Some(Action::Destroy)
        && matches!(lifecycle.on_poweroff, None | Some(Action::Destroy))
        && crash
}

/// Emits `-no-acpi`, where ACPI is not switched by `-machine acpi=`.
fn no_acpi(e: &mut Emit<'_>) {
    let machine = e.caps().machine(e.guest().accel, &e.guest().machine);
    let unknown = !e.release().has(Convention::MachineAcpi)
        || machine.is_none_or(|machine| machine.acpi == Tristate::Absent);
    let arch = matches!(e.guest().arch, Arch::I686 | Arch::X86_64 | Arch::Aarch64);
    if unknown && arch && !e.domain().features.acpi {
        e.at_implied("there is no <features><acpi/>");
        e.flag("-no-acpi");
    }
}

/// Emits `-enable-fips`.
pub(crate) fn fips(e: &mut Emit<'_>) {
    if e.prepared.fips && e.has(Cap::EnableFips) {
        e.at_implied("the host's kernel is in FIPS mode");
        e.flag("-enable-fips");
    }
}

/// Emits `-run-with async-teardown=`.
pub(crate) fn teardown(e: &mut Emit<'_>) {
    if let Some(enabled) = e.domain().features.async_teardown
        && e.has(Cap::RunWithAsyncTeardown)
    {
        e.at_element("features/async-teardown");
        e.pairs("-run-with", Props::object().with("async-teardown", enabled.is_yes()));
    }
}

/// Records the limits of QEMU's process.
pub(super) fn limits(e: &mut Emit<'_>) {
    for limit in &e.prepared.facts.limits {
        e.need(limit.clone());
    }
}
