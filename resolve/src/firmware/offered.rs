//! The firmware of the host, and why each is taken or not.

use virtargv_caps::Convention;
use virtargv_host::{Answer, Host};
use virtargv_model::Domain;

use super::{complete_file, descriptor, fits, is_asked, keep_earlier_selection};
use crate::{Guest, ReadOptions, Unfit};

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
    /// The document does not ask for firmware by descriptors.
    NotAsked,
}

/// The firmware descriptors of the host, in the order in which they are tried, for `domain` as it was read: by file name, where a file
/// hides those with its name in later directories (`$XDG_CONFIG_HOME/qemu/firmware` for the session, `/etc/qemu/firmware`,
/// `/usr/share/qemu/firmware`).
///
/// # Errors
/// The host does not know its files.
pub fn offered(
    domain: &Domain,
    guest: &Guest,
    host: &dyn Host,
    options: ReadOptions,
) -> Answer<Vec<OfferedFirmware>> {
    let mut domain = domain.clone();
    let mut is_asked_for = true;
    if guest.release.has(Convention::FirmwareWhenDefined) {
        if !options.abi_update {
            keep_earlier_selection(&mut domain.os);
        }
        is_asked_for = !complete_file(&mut domain.os, guest.release);
    }
    is_asked_for &= is_asked(&domain.os, guest.release);
    let mut is_taken = false;
    let verdict = |found: descriptor::Found| {
        let verdict = match (found.hidden_by, found.descriptor) {
            (Some(by), _) => Verdict::Hidden { by },
            (None, None) => Verdict::NoDescriptor,
            (None, Some(_)) if !is_asked_for => Verdict::NotAsked,
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
    Ok(descriptor::files(host)?.into_iter().map(verdict).collect())
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
            Self::NotAsked => f.write_str("the document does not ask for it"),
        }
    }
}
