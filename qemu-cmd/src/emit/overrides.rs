//! `<qemu:override>`: properties of devices that the document overrides.

use virtargv_model::qemu_ns::{DeviceOverride, OverrideValue};

use crate::{Props, Value};

/// Applies the overrides of the device that `props` are of, by its alias.
pub(crate) fn apply(overrides: &[DeviceOverride], props: &mut Props) {
    if overrides.is_empty() {
        return;
    }
    let Some(id) = props.text("id").cloned() else { return };
    for property in
        overrides.iter().filter(|device| *device.alias == *id).flat_map(|device| &device.properties)
    {
        let value = match &property.value {
            OverrideValue::String(text) => Value::from(text),
            OverrideValue::Signed(number) => Value::Int(*number),
            OverrideValue::Unsigned(number) => Value::Uint(*number),
            OverrideValue::Bool(on) => Value::Bool(*on),
            OverrideValue::Remove => {
                props.remove(&property.name);
                continue;
            }
        };
        // libvirt removes the property and adds it again.
        props.remove(&property.name);
        props.set(property.name.clone(), value);
    }
}
