//! Capability flags: what one QEMU binary can do, one bit each.

mod table;

use std::fmt;
use std::str::FromStr;

use table::flag_table;

use virtargv_model::Span;

use crate::Release;

/// What a release of libvirt makes of a flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FlagState {
    /// Asked for: the capabilities file decides.
    Live,
    /// Retired, and the release behaves as if every QEMU had it.
    On,
    /// Retired, and the release behaves as if no QEMU had it.
    Off,
    /// Not known to this release yet; as if no QEMU had it.
    New,
}

impl FlagState {
    /// Whether the release asks the QEMU for it.
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

            /// What it says, in a few words.
            pub const fn doc(self) -> &'static str {
                match self { $(Self::$variant => $doc,)* }
            }

            /// How many flags there are.
            pub const COUNT: usize = Self::ALL.len();

            #[allow(clippy::large_stack_arrays)] // It lives in the program's data, not on a stack.
            pub(crate) const FLAGS: &'static [bitflags::Flag<crate::CapSet>] =
                &[$(bitflags::Flag::new($name, crate::CapSet::of(Self::$variant)),)*];

            /// The name in a capabilities file, such as `virtio-net.failover`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The libvirt's constant, such as `QEMU_CAPS_VIRTIO_NET_FAILOVER`.
            pub const fn constant(self) -> &'static str {
                match self { $(Self::$variant => concat!("QEMU_CAPS_", $constant),)* }
            }

            /// What it says of a QEMU binary, in a few words.
            pub const fn summary(self) -> &'static str {
                match self { $(Self::$variant => $doc,)* }
            }

            /// What `release` makes of this flag.
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

/// Constants that a release named differently: (constant, flag).
const OLD_CONSTANTS: &[(&str, Cap)] = &[("QEMU_CAPS_CHARDEV_FD_PASS", Cap::ChardevFdPassCommandline)];

impl Cap {
    /// The position in the table, and so the bit in a [`CapSet`](crate::CapSet).
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

/// A text that names no flag.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no capability flag '{0}'")]
pub struct UnknownCap(pub String);

impl FromStr for Cap {
    type Err = UnknownCap;

    /// By name or by constant.
    fn from_str(text: &str) -> Result<Self, UnknownCap> {
        let found = if text.starts_with("QEMU_CAPS_") {
            let old = OLD_CONSTANTS.iter().find(|(constant, _)| *constant == text);
            old.map(|(_, cap)| *cap).or_else(|| Self::ALL.iter().copied().find(|cap| cap.constant() == text))
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
