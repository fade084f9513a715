//! Identifiers in QEMU, each kind a type of its own, so that one cannot be used as another.

use std::fmt;

use crate::text::{Piece, Sink, Text};

macro_rules! identifiers {
    ($($(#[doc = $doc:literal])+ $name:ident;)+) => {$(
        $(#[doc = $doc])+
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Text);

        impl $name {
            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::ops::Deref for $name {
            type Target = str;
            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(Text::copied(text))
            }
        }
        impl From<Text> for $name {
            fn from(text: Text) -> Self {
                Self(text)
            }
        }
        impl From<&$name> for Text {
            fn from(name: &$name) -> Self {
                name.0.clone()
            }
        }
        impl From<$name> for Text {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl Piece for $name {
            fn add(&self, out: &mut impl Sink) {
                out.push_str(self);
            }
        }
    )+};
}

identifiers! {
    /// The alias of a device, its id in QEMU, such as `net0` (`<alias name=>`).
    Alias;
    /// The node name of a block node, such as `libvirt-1-format` (`node-name=`).
    NodeName;
}

/// The world wide name of a disk (`<wwn>`), 64 bits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wwn {
    /// The number.
    pub number: u64,
    /// Its 16 hexadecimal digits as the document has them.
    pub digits: String,
}

impl Wwn {
    /// Parses 16 hexadecimal digits, with or without `0x` before them. `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix("0x").unwrap_or(text);
        let number = u64::from_str_radix(digits, 16).ok()?;
        (digits.len() == 16).then(|| Self { number, digits: digits.to_owned() })
    }
}
