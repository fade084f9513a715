//! What the document says to QEMU directly.

use virtargv_caps::{Cap, Caps, Convention};
use virtargv_model::qemu_ns::OverrideValue;
use virtargv_model::{Domain, Kind, Problem};

use crate::emit::{Done, Emit, problem};
use crate::{Props, Value};

/// Emits the arguments and environment that the document adds.
pub(crate) fn emit(e: &mut Emit<'_>) -> Done {
    let qemu = &e.domain().qemu;
    for arg in &qemu.args {
        e.line.arg(arg);
    }
    for (name, value) in &qemu.env {
        e.line.env(name, value.clone().unwrap_or_default());
    }
    Ok(())
}

/// Emits what QEMU does about deprecated things that it is told.
pub(crate) fn deprecation(e: &mut Emit<'_>) -> Done {
    if !e.has(Cap::CompatDeprecated) {
        return Ok(());
    }
    let input = match e.domain().qemu.deprecation.as_deref() {
        Some("omit") => None,
        Some("reject") => Some("reject"),
        Some("crash") => Some("crash"),
        _ => return Ok(()),
    };
    let props = Props::object().with("deprecated-output", "hide").opt("deprecated-input", input);
    e.line.option("-compat", props.to_json());
    Ok(())
}

/// What the QEMU can do as the document has it, where that differs.
pub(crate) fn changed_caps(domain: &Domain, caps: &Caps) -> Result<Option<Caps>, Problem> {
    let qemu = &domain.qemu;
    if qemu.add_capabilities.is_empty() && qemu.del_capabilities.is_empty() {
        return Ok(None);
    }
    let flag = |name: &String| {
        name.parse::<Cap>().map_err(|_| {
            let message = format!("'{name}' of the document's 'capabilities' is none that a QEMU can have");
            problem(Kind::Internal, "qemu-capability", domain.pos.path("capabilities"), message)
        })
    };
    let mut changed = caps.edit();
    for name in &qemu.add_capabilities {
        changed = changed.set(flag(name)?);
    }
    for name in &qemu.del_capabilities {
        changed = changed.clear(flag(name)?);
    }
    Ok(Some(changed.build()))
}

/// The device as the document wants it, where it has something to change.
pub(crate) fn overridden(e: &Emit<'_>, props: &Props) -> Option<Props> {
    let overrides = &e.plan.domain.qemu.overrides;
    if overrides.is_empty() || !e.release().has(Convention::DeviceOverrides) {
        return None;
    }
    let Some(Value::Str(id)) = props.get("id") else { return None };
    let mut changed = props.clone();
    for property in
        overrides.iter().filter(|device| device.alias == *id).flat_map(|device| &device.properties)
    {
        let value = match &property.value {
            OverrideValue::String(text) => Value::Str(text.clone()),
            OverrideValue::Signed(number) => Value::Int(*number),
            OverrideValue::Unsigned(number) => Value::Uint(*number),
            OverrideValue::Bool(on) => Value::Bool(*on),
            OverrideValue::Remove => {
                changed.remove(&property.name);
                continue;
            }
        };
        changed.replace(property.name.clone(), value);
    }
    Some(changed)
}
