//! `<qemu:override>`: properties of devices that the document overrides.

use foldhash::HashMap;
use virtargv_model::qemu_ns::{DeviceOverride, OverrideProperty, OverrideValue};

use crate::{Props, Value};

/// The overriding properties of a domain, by the alias of their device.
#[derive(Debug, Default)]
pub(crate) struct Overrides<'d>(HashMap<&'d str, Vec<&'d OverrideProperty>>);

impl<'d> Overrides<'d> {
    pub(crate) fn of(devices: &'d [DeviceOverride]) -> Self {
        let mut all: HashMap<&str, Vec<_>> = HashMap::default();
        for device in devices {
            all.entry(&device.alias).or_default().extend(&device.properties);
        }
        Self(all)
    }

    /// Applies those of the device that `props` are of, by its alias.
    pub(crate) fn apply(&self, props: &mut Props) {
        if self.0.is_empty() {
            return;
        }
        let properties = props.text("id").and_then(|id| self.0.get(&**id));
        let Some(properties) = properties else { return };
        // libvirt removes a property and adds it again: the last of a name counts, at its place.
        let last: HashMap<&str, usize> =
            properties.iter().zip(0..).map(|(property, at)| (&*property.name, at)).collect();
        props.retain(|name| !last.contains_key(name));
        for (at, property) in properties.iter().enumerate() {
            if last.get(&*property.name) != Some(&at) {
                continue;
            }
            let value = match &property.value {
                OverrideValue::String(text) => Value::from(text),
                OverrideValue::Signed(number) => Value::Int(*number),
                OverrideValue::Unsigned(number) => Value::Uint(*number),
                OverrideValue::Bool(on) => Value::Bool(*on),
                OverrideValue::Remove => continue,
            };
            props.set(property.name.clone(), value);
        }
    }
}
