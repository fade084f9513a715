//! One argument of a command line: the option, its value, and where it came from.

use std::borrow::Cow;
use std::fmt;

use virtargv_model::device::DeviceId;
use virtargv_model::{Place, Pos};

use crate::{Form, Props, Text};

/// An option and what it is given.
#[derive(Debug, Clone, PartialEq)]
pub struct Argument {
    /// The option with its dash, such as `-device`. A word of the document (`<qemu:arg>`) stands here as it is.
    pub option: Cow<'static, str>,
    /// What follows it.
    pub value: ArgValue,
    /// What made it.
    pub origin: Origin,
}

/// What follows an option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ArgValue {
    /// Nothing.
    None,
    /// A text.
    Text(Text),
    /// Properties, in the form in which this QEMU is given them.
    Props(Props, Form),
    /// The argument is a single word of the document (`<qemu:arg>`), with no value of its own; with `operand` it belongs
    /// to the option before it, so that listings show both on one line.
    Verbatim {
        /// Whether it is what an option before it is given.
        operand: bool,
    },
}

/// What made an argument.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Origin {
    /// An element of the document.
    Element(Element),
    /// Nothing in the document asks for it.
    Implied {
        /// What does.
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
        /// Which.
        id: DeviceId,
        /// Where it stands.
        pos: Pos,
    },
    /// Another element below `<domain>`.
    Domain {
        /// Where `<domain>` stands.
        pos: Pos,
        /// The names of elements from there.
        path: &'static str,
    },
    /// One of several elements of the same name.
    Numbered {
        /// Where it stands, or where the nearest element above it does whose position is known.
        pos: Pos,
        /// The names of elements from `<domain>`.
        path: &'static str,
        /// Which of them it is, from 0.
        index: usize,
    },
}

impl Element {
    /// Where it stands in the text.
    pub fn place(&self) -> Place {
        match *self {
            Self::Device { pos, .. } | Self::Numbered { pos, .. } => pos.into(),
            Self::Domain { pos, path } => pos.path(path),
        }
    }
}

/// The path from `<domain>` in the domain as it is started, elements of one name counted from 1 as XPath does:
/// `devices/interface[2]`; `.` is `<domain>` itself. In the document the path may be another, for devices were added and
/// put in order since; [`Source::path`](virtargv_model::Source::path) tells it.
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
    /// A single word as it is.
    pub fn word(word: impl Into<Cow<'static, str>>, operand: bool, origin: Origin) -> Self {
        Self { option: word.into(), value: ArgValue::Verbatim { operand }, origin }
    }

    /// Its properties, where its value is made of them.
    pub fn props(&self) -> Option<&Props> {
        if let ArgValue::Props(props, _) = &self.value { Some(props) } else { None }
    }

    /// The `id` that QEMU knows it by, or the `node-name` of a block node.
    pub fn id(&self) -> Option<&str> {
        let props = self.props()?;
        props.text("id").or_else(|| props.text("node-name")).map(Text::as_str)
    }

    /// Adds its value as QEMU is given it, and says whether there is one.
    pub(crate) fn write_value(&self, out: &mut String) -> bool {
        match &self.value {
            ArgValue::None | ArgValue::Verbatim { .. } => return false,
            ArgValue::Text(text) => out.push_str(text),
            ArgValue::Props(props, form) => props.write(*form, out),
        }
        true
    }

    /// Its value as QEMU is given it.
    pub fn value_text(&self) -> Option<String> {
        let mut out = String::new();
        self.write_value(&mut out).then_some(out)
    }
}
