//! Capability flags: what a QEMU binary supports, one bit each.

mod table;

use std::fmt;
use std::str::FromStr;

use table::flag_table;

use virtargv_model::Span;
use virtargv_model::advice::nearest;

use crate::Release;

/// How a release of libvirt treats a capability flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FlagState {
    /// The release probes for it, so the capabilities file decides.
    Live,
    /// The release retired it, and behaves as if every QEMU had it.
    On,
    /// The release retired it, and behaves as if no QEMU had it.
    Off,
    /// A later release added it, so this one behaves as if no QEMU had it.
    New,
}

impl FlagState {
    /// Whether the release probes for it.
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Live)
    }
}

macro_rules! generate {
    ($($variant:ident, $constant:literal, $name:literal,
        $state:ident $(=> $later:ident since $since:literal)*, $doc:literal;)*) => {
        /// A capability flag of a QEMU binary.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u16)]
        pub enum Cap {
            $(#[doc = concat!("`", $name, "`: ", $doc, ".")] $variant,)*
        }

        impl Cap {
            /// Every flag, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The number of flags.
            pub const COUNT: usize = Self::ALL.len();

            #[allow(clippy::large_stack_arrays)] // It is static data, not on a stack.
            pub(crate) const FLAGS: &'static [bitflags::Flag<crate::CapSet>] =
                &[$(bitflags::Flag::new($name, crate::CapSet::of(Self::$variant)),)*];

            /// The name in a capabilities file, such as `virtio-net.failover`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// libvirt's constant, such as `QEMU_CAPS_VIRTIO_NET_FAILOVER`.
            pub const fn constant(self) -> &'static str {
                match self { $(Self::$variant => concat!("QEMU_CAPS_", $constant),)* }
            }

            /// What QEMU supports, in a few words.
            pub const fn summary(self) -> &'static str {
                match self { $(Self::$variant => $doc,)* }
            }

            /// How `release` treats the flag.
            pub const fn state(self, release: Release) -> FlagState {
                match self {
                    $(Self::$variant => {
                        // Changes are in order, so the last that the release has counts.
                        #[allow(unused_mut)]
                        let mut state = FlagState::$state;
                        $(if const { Span::ALWAYS.since($since) }.contains(release) {
                            state = FlagState::$later;
                        })*
                        state
                    })*
                }
            }
        }
    };
}

flag_table!(generate);

/// Constants that had another name in a release, and their flags.
const EARLIER_CONSTANTS: &[(&str, Cap)] = &[("QEMU_CAPS_CHARDEV_FD_PASS", Cap::ChardevFdPassCommandline)];

impl Cap {
    /// The index in the table, which is the bit in a [`CapSet`](crate::CapSet).
    pub const fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Cap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for Cap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cap({})", self.name())
    }
}

/// The error for a text that is not the name or constant of a [`Cap`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no capability flag `{0}`{meant}", meant = meant(.0))]
pub struct UnknownCap(pub String);

/// The question whether the nearest flag was meant.
fn meant(text: &str) -> String {
    let is_constant = text.starts_with("QEMU_CAPS_");
    let known = Cap::ALL.iter().map(|cap| if is_constant { cap.constant() } else { cap.name() });
    let found = nearest(text, known);
    found.map_or(String::new(), |found| format!("; did you mean `{}`?", found.word))
}

impl FromStr for Cap {
    type Err = UnknownCap;

    /// Parses a name or a constant.
    fn from_str(text: &str) -> Result<Self, UnknownCap> {
        let found = if text.starts_with("QEMU_CAPS_") {
            let earlier = EARLIER_CONSTANTS.iter().find(|(constant, _)| *constant == text);
            earlier
                .map(|(_, cap)| *cap)
                .or_else(|| Self::ALL.iter().copied().find(|cap| cap.constant() == text))
        } else {
            Self::ALL.iter().copied().find(|cap| cap.name() == text)
        };
        found.ok_or_else(|| UnknownCap(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_constants_are_unique_and_parse_back() {
        for cap in Cap::ALL {
            assert_eq!(cap.name().parse(), Ok(*cap));
            assert_eq!(cap.constant().parse(), Ok(*cap));
        }
        assert_eq!("QEMU_CAPS_CHARDEV_FD_PASS".parse(), Ok(Cap::ChardevFdPassCommandline));
        assert_eq!("QEMU_CAPS_NONE".parse::<Cap>(), Err(UnknownCap("QEMU_CAPS_NONE".into())));
    }
}
