//! Architectures as the domain format spells them.

use std::fmt;
use std::str::FromStr;

macro_rules! arches {
    ($($variant:ident, $name:literal, $bits:literal, $qemu:literal;)*) => {
        /// A guest or host architecture (`<type arch='...'>` in the domain format).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Arch {
            $(#[doc = concat!("`", $name, "`")] $variant,)*
        }

        impl Arch {
            /// Every architecture.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The spelling in the domain format.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The architecture with this spelling in the domain format.
            fn named(name: &str) -> Option<Self> {
                Some(match name { $($name => Self::$variant,)* _ => return None })
            }

            /// The size of a machine word in bits: 32 or 64.
            pub const fn word_size(self) -> u32 {
                match self { $(Self::$variant => $bits,)* }
            }

            /// The spelling in the name of the QEMU binary (`qemu-system-...`).
            pub const fn qemu_name(self) -> &'static str {
                match self { $(Self::$variant => $qemu,)* }
            }
        }
    };
}

arches! {
    Alpha, "alpha", 64, "alpha";
    Armv6l, "armv6l", 32, "arm";
    Armv7l, "armv7l", 32, "arm";
    Armv7b, "armv7b", 32, "arm";
    Aarch64, "aarch64", 64, "aarch64";
    Cris, "cris", 32, "cris";
    I686, "i686", 32, "i386";
    Ia64, "ia64", 64, "ia64";
    Lm32, "lm32", 32, "lm32";
    Loongarch64, "loongarch64", 64, "loongarch64";
    M68k, "m68k", 32, "m68k";
    Microblaze, "microblaze", 32, "microblaze";
    Microblazeel, "microblazeel", 32, "microblazeel";
    Mips, "mips", 32, "mips";
    Mipsel, "mipsel", 32, "mipsel";
    Mips64, "mips64", 64, "mips64";
    Mips64el, "mips64el", 64, "mips64el";
    Or32, "or32", 32, "or1k";
    Parisc, "parisc", 32, "hppa";
    Parisc64, "parisc64", 64, "hppa";
    Ppc, "ppc", 32, "ppc";
    Ppc64, "ppc64", 64, "ppc64";
    Ppc64le, "ppc64le", 64, "ppc64";
    Ppcemb, "ppcemb", 32, "ppcemb";
    Riscv32, "riscv32", 32, "riscv32";
    Riscv64, "riscv64", 64, "riscv64";
    S390, "s390", 32, "s390";
    S390x, "s390x", 64, "s390x";
    Sh4, "sh4", 32, "sh4";
    Sh4eb, "sh4eb", 32, "sh4eb";
    Sparc, "sparc", 32, "sparc";
    Sparc64, "sparc64", 64, "sparc64";
    Unicore32, "unicore32", 32, "unicore32";
    X86_64, "x86_64", 64, "x86_64";
    Xtensa, "xtensa", 32, "xtensa";
    Xtensaeb, "xtensaeb", 32, "xtensaeb";
}

impl Arch {
    /// The architecture of the QEMU target `name` (`query-target`).
    pub fn from_qemu_name(name: &str) -> Option<Self> {
        // armv6l and armv7l share this binary, which emulates armv7l.
        if name == "arm" {
            return Some(Self::Armv7l);
        }
        Self::ALL.iter().copied().find(|arch| arch.qemu_name() == name)
    }

    /// `i686` or `x86_64`.
    pub const fn is_x86(self) -> bool {
        matches!(self, Self::I686 | Self::X86_64)
    }

    /// 32-bit or 64-bit Arm.
    pub const fn is_arm(self) -> bool {
        matches!(self, Self::Armv6l | Self::Armv7l | Self::Armv7b | Self::Aarch64)
    }

    /// Any PowerPC or POWER.
    pub const fn is_ppc(self) -> bool {
        matches!(self, Self::Ppc | Self::Ppcemb) || self.is_ppc64()
    }

    /// 64-bit POWER, big-endian or little-endian.
    pub const fn is_ppc64(self) -> bool {
        matches!(self, Self::Ppc64 | Self::Ppc64le)
    }

    /// `s390` or `s390x`.
    pub const fn is_s390(self) -> bool {
        matches!(self, Self::S390 | Self::S390x)
    }

    /// 32-bit or 64-bit RISC-V.
    pub const fn is_riscv(self) -> bool {
        matches!(self, Self::Riscv32 | Self::Riscv64)
    }

    /// 64-bit LoongArch.
    pub const fn is_loongarch(self) -> bool {
        matches!(self, Self::Loongarch64)
    }

    /// Any MIPS.
    pub const fn is_mips(self) -> bool {
        matches!(self, Self::Mips | Self::Mipsel | Self::Mips64 | Self::Mips64el)
    }

    /// 32-bit or 64-bit SPARC.
    pub const fn is_sparc(self) -> bool {
        matches!(self, Self::Sparc | Self::Sparc64)
    }
}

impl fmt::Display for Arch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The error for a text that is not the name of an [`Arch`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no architecture `{0}`")]
pub struct UnknownArch(pub String);

impl FromStr for Arch {
    type Err = UnknownArch;

    fn from_str(text: &str) -> Result<Self, UnknownArch> {
        Self::named(text).ok_or_else(|| UnknownArch(text.to_owned()))
    }
}
