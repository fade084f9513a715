//! `<qemu:override>`: properties of devices that the document changes.

use virtargv_caps::{Convention, Release};
use virtargv_model::qemu_ns::{DeviceOverride, OverrideValue};

use crate::{Props, Value};

/// Changes `props` as the document wants the device with their id.
pub(crate) fn apply(overrides: &[DeviceOverride], release: Release, props: &mut Props) {
    if overrides.is_empty() || !release.has(Convention::DeviceOverrides) {
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
        props.replace(property.name.clone(), value);
    }
}
