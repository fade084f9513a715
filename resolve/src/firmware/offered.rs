//! The firmware of the host, and why each is taken or not.

use virtargv_caps::Convention;
use virtargv_host::{Answer, Host};
use virtargv_model::Domain;
use virtargv_model::os::Firmware;

use super::{complete_file, descriptor, fits, is_asked, keep_earlier_selection};
use crate::{Guest, ReadOptions, Unfit};

/// The firmware that a document gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// What the document asks for.
    pub asked: Asked,
    /// The firmware descriptors of the host, in the order in which they are tried.
    pub offered: Vec<OfferedFirmware>,
}

/// What a document asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Asked {
    /// Firmware of a kind (`<os firmware=>`): a descriptor has to fit.
    Kind(Firmware),
    /// The image that it names (`<loader>`). Where descriptors are looked at, the first one that fits says what the image is;
    /// without one, it is used all the same.
    Image {
        /// Its path.
        path: String,
        /// Whether descriptors are looked at.
        is_looked_up: bool,
    },
    /// What `<loader>` says, which names no image: that of the first descriptor that fits.
    Loader,
    /// Two things that exclude each other, which rules report.
    Contradiction,
    /// Nothing: the machine type has firmware of its own in QEMU.
    Nothing,
}

impl Asked {
    /// Its name, as in JSON.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Kind(_) => "kind",
            Self::Image { .. } => "image",
            Self::Loader => "loader",
            Self::Contradiction => "contradiction",
            Self::Nothing => "nothing",
        }
    }

    /// Whether descriptors are looked at.
    pub const fn looks_up(&self) -> bool {
        matches!(self, Self::Kind(_) | Self::Loader | Self::Image { is_looked_up: true, .. })
    }
}

impl std::fmt::Display for Asked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Kind(kind) => write!(f, "the document asks for firmware of kind `{kind}`"),
            Self::Image { path, is_looked_up: true } => write!(
                f,
                "the document names the image `{path}`; a descriptor that fits says what it is, and without one it is used all the same"
            ),
            Self::Image { path, is_looked_up: false } => {
                write!(f, "the document names the image `{path}`, which is used whatever the descriptors say")
            }
            Self::Loader => f.write_str("the document has `<loader>` and names no image"),
            Self::Contradiction => f.write_str(
                "what the document says of firmware contradicts itself (`virtargv check` shows where)",
            ),
            Self::Nothing => f.write_str("the document asks for no firmware: the guest has QEMU's own"),
        }
    }
}

/// A firmware descriptor of the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferedFirmware {
    /// The path of the descriptor.
    pub path: String,
    /// Whether it is taken.
    pub verdict: Verdict,
}

/// Whether a firmware is taken, or why not.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// It is taken: it is the first that fits.
    Taken,
    /// It fits, but another one before it is taken.
    Later,
    /// It does not fit.
    Unfit(Unfit),
    /// A file of the same name in an earlier directory hides it.
    Hidden {
        /// The path of that file.
        by: String,
    },
    /// The file is empty, or no descriptor that libvirt reads.
    NoDescriptor,
    /// Descriptors are not looked at ([`Selection::asked`] tells why).
    NotAsked,
}

/// What `domain`, as it was read, asks for, and the firmware descriptors of the host: by file name, where a file hides those with
/// its name in later directories (`$XDG_CONFIG_HOME/qemu/firmware` for the session, `/etc/qemu/firmware`,
/// `/usr/share/qemu/firmware`).
///
/// # Errors
/// The host does not know its files.
pub fn offered(domain: &Domain, guest: &Guest, host: &dyn Host, options: ReadOptions) -> Answer<Selection> {
    let mut domain = domain.clone();
    let mut is_used_as_it_is = false;
    if guest.release.has(Convention::FirmwareWhenDefined) {
        if !options.abi_update {
            keep_earlier_selection(&mut domain.os);
        }
        is_used_as_it_is = complete_file(&mut domain.os, guest.release);
    }
    let is_looked_up = !is_used_as_it_is && is_asked(&domain.os, guest.release);
    let image = domain.os.loader.as_ref().and_then(|loader| loader.path.clone());
    let asked = match (domain.os.firmware, image) {
        (Some(kind), _) if is_looked_up => Asked::Kind(kind),
        (Some(_), _) => Asked::Contradiction,
        (None, Some(path)) => Asked::Image { path, is_looked_up },
        (None, None) if is_looked_up => Asked::Loader,
        (None, None) => Asked::Nothing,
    };
    let mut is_taken = false;
    let verdict = |found: descriptor::Found| {
        let verdict = match (found.hidden_by, found.descriptor) {
            (Some(by), _) => Verdict::Hidden { by },
            (None, None) => Verdict::NoDescriptor,
            (None, Some(_)) if !is_looked_up => Verdict::NotAsked,
            (None, Some(offer)) => match fits(&domain, guest, host, &offer) {
                Err(unfit) => Verdict::Unfit(unfit),
                Ok(()) if is_taken => Verdict::Later,
                Ok(()) => {
                    is_taken = true;
                    Verdict::Taken
                }
            },
        };
        OfferedFirmware { path: found.path, verdict }
    };
    Ok(Selection { offered: descriptor::files(host)?.into_iter().map(verdict).collect(), asked })
}

impl Verdict {
    /// Its name, as in JSON.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Later => "later",
            Self::Unfit(_) => "unfit",
            Self::Hidden { .. } => "hidden",
            Self::NoDescriptor => "no-descriptor",
            Self::NotAsked => "not-asked",
        }
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Taken => f.write_str("taken"),
            Self::Later => f.write_str("fits, but one before it is taken"),
            Self::Unfit(why) => write!(f, "does not fit: {why}"),
            Self::Hidden { by } => write!(f, "hidden by `{by}`, which has the same name"),
            Self::NoDescriptor => f.write_str("empty, or no firmware descriptor"),
            Self::NotAsked => f.write_str("not looked at"),
        }
    }
}
