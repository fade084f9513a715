//! `<qemu:capabilities>`: changes of the capabilities.

use virtargv_caps::{Cap, Caps};
use virtargv_model::{Domain, Problem};
use virtargv_validate::rules::qemu_ns as rules;

use super::context::broken;

/// The capabilities `caps` with the changes of `<qemu:capabilities>`.
pub(crate) fn changed_caps(domain: &Domain, caps: &Caps) -> Result<Caps, Problem> {
    let qemu = &domain.qemu;
    if qemu.add_capabilities.is_empty() && qemu.del_capabilities.is_empty() {
        return Ok(caps.clone());
    }
    let flag = |name: &String| {
        name.parse::<Cap>().map_err(|_| {
            let message = format!("`<qemu:capabilities>` has the unknown capability `{name}`");
            broken(caps.release(), &rules::CAPABILITY, domain.pos.path("capabilities"), message)
        })
    };
    let mut changed = caps.edit();
    for name in &qemu.add_capabilities {
        changed = changed.set(flag(name)?);
    }
    for name in &qemu.del_capabilities {
        changed = changed.clear(flag(name)?);
    }
    Ok(changed.build())
}
