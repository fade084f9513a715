//! One argument of a command line: the option, its value and its origin.

use std::borrow::Cow;
use std::fmt;

use virtargv_model::device::DeviceId;
use virtargv_model::{Place, Pos};

use crate::{Form, Props, Text};

/// An option with its value and its origin.
#[derive(Debug, Clone, PartialEq)]
pub struct Argument {
    /// The option with its dash, such as `-device`. A word of `<qemu:arg>` is here as it is in the document.
    pub option: Cow<'static, str>,
    /// Its value.
    pub value: ArgValue,
    /// The element, reason or setting that it comes from.
    pub origin: Origin,
}

/// The value of an option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ArgValue {
    /// The option has no value.
    None,
    /// A text.
    Text(Text),
    /// Properties, and the form in which they are written for this QEMU.
    Props(Props, Form),
    /// The argument is a single word of the document (`<qemu:arg>`), an option or the value of one, which only QEMU
    /// tells apart.
    Verbatim,
}

/// The origin of an argument.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Origin {
    /// An element of the document.
    Element(Element),
    /// No element of the document asks for it.
    Implied {
        /// The reason for the argument.
        by: &'static str,
    },
    /// The driver's settings (`qemu.conf`).
    Settings {
        /// The name of the setting.
        key: &'static str,
    },
}

/// An element of the document.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Element {
    /// A device.
    Device {
        /// The device.
        id: DeviceId,
        /// Where the element is in the document.
        pos: Pos,
    },
    /// Another element below `<domain>`.
    Domain {
        /// Where `<domain>` is in the document.
        pos: Pos,
        /// The names of the elements below `<domain>`, separated by `/`.
        path: &'static str,
    },
    /// One of several elements of the same name.
    Numbered {
        /// Where it is in the document, or where its nearest parent is whose offset is known.
        pos: Pos,
        /// The names of the elements below `<domain>`, separated by `/`.
        path: &'static str,
        /// Its index among them, from 0.
        index: usize,
    },
}

impl Element {
    /// Its place in the document.
    pub fn place(&self) -> Place {
        match *self {
            Self::Device { pos, .. } | Self::Numbered { pos, .. } => pos.into(),
            Self::Domain { pos, path } => pos.path(path),
        }
    }
}

/// The path below `<domain>` in the domain as it is started, with elements of the same name numbered from 1 as in
/// XPath: `devices/interface[2]`; `.` is `<domain>` itself. The path in the document can be another, because completing
/// adds and sorts devices; [`Source::path`](virtargv_model::Source::path) finds it.
impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Device { id, .. } => {
                write!(f, "devices/{}[{}]", id.kind.element(), id.index.saturating_add(1))
            }
            Self::Domain { path: "", .. } => f.write_str("domain"),
            Self::Domain { path, .. } => f.write_str(path),
            Self::Numbered { path, index, .. } => write!(f, "{path}[{}]", index.saturating_add(1)),
        }
    }
}

impl Argument {
    /// A single word of the command line, written as it is.
    pub fn word(word: impl Into<Cow<'static, str>>, origin: Origin) -> Self {
        Self { option: word.into(), value: ArgValue::Verbatim, origin }
    }

    /// Its properties; `None` where its value is no list of properties.
    pub fn props(&self) -> Option<&Props> {
        if let ArgValue::Props(props, _) = &self.value { Some(props) } else { None }
    }

    /// The value of its property `id`, or `node-name` of a block node.
    pub fn id(&self) -> Option<&str> {
        let props = self.props()?;
        props.text("id").or_else(|| props.text("node-name")).map(Text::as_str)
    }

    /// Adds its value to `out` as on QEMU's command line. Returns whether there is one.
    pub(crate) fn write_value(&self, out: &mut String) -> bool {
        match &self.value {
            ArgValue::None | ArgValue::Verbatim => return false,
            ArgValue::Text(text) => out.push_str(text),
            ArgValue::Props(props, form) => props.write(*form, out),
        }
        true
    }

    /// Its value as on QEMU's command line.
    pub fn value_text(&self) -> Option<String> {
        let mut out = String::new();
        self.write_value(&mut out).then_some(out)
    }
}
