//! The elements of the `qemu:` namespace: `<qemu:commandline>`, `<qemu:capabilities>`, `<qemu:override>`,
//! `<qemu:deprecation>`.

use crate::Pos;
use crate::read::{El, Reader};
use crate::write::{Tag, Writer};

crate::rules! {
    /// A `<qemu:arg>` has a `value`.
    QEMU_ARG_VALUE = "qemu-arg-value": Internal, Read, "`<qemu:commandline><qemu:arg value=>`: one argument of QEMU",
        help "add `value=`";
    /// The name of an environment variable has letters, digits and underscores, and no digit first.
    QEMU_ENV_NAME = "qemu-env-name": Internal, Read,
        "`<qemu:commandline><qemu:env name=>`: the names that POSIX shells accept",
        help "correct `name=`";
    /// A `<qemu:add>` or `<qemu:del>` names a `capability`.
    QEMU_CAPABILITY_NAME = "qemu-capability-name": Internal, Read,
        "`<qemu:capabilities>` changes the capability flags found for the QEMU binary",
        help "add `capability=` with the name of a flag";
    /// An overriding property of type `bool` is `true` or `false`.
    QEMU_OVERRIDE_BOOL = "qemu-override-bool": Xml, Read,
        "`<qemu:override>`: the property becomes a JSON value of `-device`",
        help "use `value='true'` or `value='false'`";
    /// A property that is removed has no value.
    QEMU_OVERRIDE_REMOVED = "qemu-override-removed": Xml, Read,
        "`<qemu:override>`: a property of type `remove` is left out of `-device`",
        help "remove `value=`, or use the type of the value: `string`, `signed`, `unsigned` or `bool`";
}

/// The URI of the `qemu:` namespace.
pub const NAMESPACE: &str = "http://libvirt.org/schemas/domain/qemu/1.0";

/// The elements of the `qemu:` namespace, which pass settings to QEMU directly.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct QemuNamespace {
    /// `<qemu:commandline><qemu:arg value=>`: additional arguments.
    pub args: Vec<QemuArg>,
    /// `<qemu:commandline><qemu:env name= value=>`: environment variables.
    pub env: Vec<(String, Option<String>)>,
    /// `<qemu:override><qemu:device>`: changed properties of devices.
    pub overrides: Vec<DeviceOverride>,
    /// `<qemu:capabilities><qemu:add capability=>`: names of capability flags to be set.
    pub add_capabilities: Vec<String>,
    /// `<qemu:capabilities><qemu:del capability=>`: names of capability flags to be cleared.
    pub del_capabilities: Vec<String>,
    /// `<qemu:deprecation behavior=>`: what QEMU does about deprecated options.
    pub deprecation: Option<String>,
}

/// `<qemu:arg>`
#[derive(Debug, Clone, PartialEq)]
pub struct QemuArg {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `value=`: the argument.
    pub value: String,
}

/// Changes to the properties of a device on the command line.
#[derive(Debug, Clone, PartialEq)]
pub struct DeviceOverride {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `alias=` of the device.
    pub alias: String,
    /// `<qemu:frontend><qemu:property>`: the properties of the frontend (`-device`).
    pub properties: Vec<OverrideProperty>,
}

spelled! {
    /// The type of an overriding property (`type=`).
    pub enum OverrideType {
        /// A text.
        String = "string",
        /// A signed 64-bit number.
        Signed = "signed",
        /// An unsigned 64-bit number.
        Unsigned = "unsigned",
        /// `true` or `false`.
        Bool = "bool",
        /// The property is removed.
        Remove = "remove",
    }
}

/// The value of an overriding property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OverrideValue {
    /// A text.
    String(String),
    /// A signed 64-bit number.
    Signed(i64),
    /// An unsigned 64-bit number.
    Unsigned(u64),
    /// `true` or `false`.
    Bool(bool),
    /// The property is removed.
    Remove,
}

/// `<qemu:property>`
#[derive(Debug, Clone, PartialEq)]
pub struct OverrideProperty {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `name=` of the property.
    pub name: String,
    /// `type=` and `value=`
    pub value: OverrideValue,
}

impl QemuNamespace {
    /// Whether the document has no element of the namespace.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub(crate) fn read(domain: El<'_>, r: &mut Reader) -> Self {
        let mut qemu = Self::default();
        for el in domain.qemu_children("commandline") {
            qemu.read_commandline(el, r);
        }
        for el in domain.qemu_children("capabilities") {
            qemu.add_capabilities = read_flags(el, "add", r);
            qemu.del_capabilities = read_flags(el, "del", r);
        }
        for el in r.qemu_children_since("8.2", domain, "override") {
            let devices = el.children("device");
            qemu.overrides = devices.filter_map(|device| DeviceOverride::read(device, r)).collect();
        }
        for el in r.qemu_children_since("7.3", domain, "deprecation") {
            qemu.deprecation = el.string("behavior");
        }
        qemu
    }

    fn read_commandline(&mut self, el: El<'_>, r: &mut Reader) {
        for arg in el.children("arg") {
            if let Some(value) = arg.string("value") {
                self.args.push(QemuArg { pos: arg.pos(), value });
            } else {
                let mut message = crate::read::missing_attribute(arg, "value");
                "`<qemu:arg>` has no `value=`".clone_into(&mut message.text);
                r.refuse(&QEMU_ARG_VALUE, arg.pos(), message);
            }
        }
        for env in el.children("env") {
            let name = env.string("name").unwrap_or_default();
            let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
            if starts && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
                self.env.push((name, env.string("value")));
                continue;
            }
            let message =
                format!("`name` of `<env>` is `{name}`, expected letters, digits and _, no digit first");
            r.refuse(&QEMU_ENV_NAME, env.pos().attr("name"), message);
        }
    }

    /// Declares the namespace where there is an element of it.
    pub(crate) fn write_namespace<'w>(&self, tag: Tag<'w>) -> Tag<'w> {
        if self.is_empty() { tag } else { tag.attr("xmlns:qemu", NAMESPACE) }
    }

    pub(crate) fn write(&self, w: &mut Writer) {
        w.element("qemu:commandline").children_or_nothing(|w| {
            for arg in &self.args {
                w.element("qemu:arg").attr("value", &arg.value).empty();
            }
            for (name, value) in &self.env {
                w.element("qemu:env").attr("name", name).opt("value", value.as_ref()).empty();
            }
        });
        w.element("qemu:capabilities").children_or_nothing(|w| {
            for (tag, flags) in [("qemu:add", &self.add_capabilities), ("qemu:del", &self.del_capabilities)] {
                for flag in flags {
                    w.element(tag).attr("capability", flag).empty();
                }
            }
        });
        w.element("qemu:override").children_or_nothing(|w| {
            for device in &self.overrides {
                device.write(w);
            }
        });
        if let Some(behavior) = &self.deprecation {
            w.element("qemu:deprecation").attr("behavior", behavior).empty();
        }
    }
}

fn read_flags(el: El<'_>, name: &'static str, r: &mut Reader) -> Vec<String> {
    let mut flags = Vec::new();
    for child in el.children(name) {
        if let Some(flag) = child.string("capability") {
            flags.push(flag);
        } else {
            let message = format!("`<{name}>` of the capabilities has no `capability=`");
            r.refuse(&QEMU_CAPABILITY_NAME, child.pos(), message);
        }
    }
    flags
}

impl DeviceOverride {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let alias = r.required(el, "alias")?;
        let properties = el.children("frontend").flat_map(|frontend| frontend.children("property"));
        let properties = properties.filter_map(|property| OverrideProperty::read(property, r)).collect();
        Some(Self { pos: el.pos(), alias, properties })
    }

    fn write(&self, w: &mut Writer) {
        w.element("qemu:device").attr("alias", &self.alias).children(|w| {
            w.element("qemu:frontend").children_or_nothing(|w| {
                for property in &self.properties {
                    property.write(w);
                }
            });
        });
    }
}

impl OverrideProperty {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let name = r.required(el, "name")?;
        let kind = r.required(el, "type")?;
        let value = match kind {
            OverrideType::String => OverrideValue::String(r.required(el, "value")?),
            OverrideType::Signed => OverrideValue::Signed(r.required(el, "value")?),
            OverrideType::Unsigned => OverrideValue::Unsigned(r.required(el, "value")?),
            OverrideType::Bool => match r.required::<String>(el, "value")?.as_str() {
                "true" => OverrideValue::Bool(true),
                "false" => OverrideValue::Bool(false),
                other => {
                    let message = format!("property `{name}` is `{other}`, expected `true` or `false`");
                    r.refuse(&QEMU_OVERRIDE_BOOL, el.pos().attr("value"), message);
                    return None;
                }
            },
            OverrideType::Remove => {
                if let Some(value) = el.string("value") {
                    let message = format!("property `{name}` is to be removed, and has the value `{value}`");
                    r.refuse(&QEMU_OVERRIDE_REMOVED, el.pos().attr("value"), message);
                }
                OverrideValue::Remove
            }
        };
        Some(Self { pos: el.pos(), name, value })
    }

    fn write(&self, w: &mut Writer) {
        let (kind, value) = match &self.value {
            OverrideValue::String(text) => (OverrideType::String, Some(text.clone())),
            OverrideValue::Signed(number) => (OverrideType::Signed, Some(number.to_string())),
            OverrideValue::Unsigned(number) => (OverrideType::Unsigned, Some(number.to_string())),
            OverrideValue::Bool(on) => (OverrideType::Bool, Some(on.to_string())),
            OverrideValue::Remove => (OverrideType::Remove, None),
        };
        w.element("qemu:property").attr("name", &self.name).attr("type", kind).opt("value", value).empty();
    }
}
