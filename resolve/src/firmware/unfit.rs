//! Why firmware does not fit a document.

use std::fmt;

/// The first reason for which a firmware is not taken, in the order in which they are looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unfit {
    /// It is not of the kind that the document asks for (`<os firmware=>`, `<loader type=>`).
    Kind,
    /// Its file is not the one in the document (`<loader>`, `<kernel>`).
    File {
        /// The file of the firmware.
        path: String,
    },
    /// Its template is not the one in the document (`<nvram template=>`, `<varstore template=>`).
    Template {
        /// The template of the firmware; `None` where it has none.
        path: Option<String>,
    },
    /// It is not for the architecture and machine type of the guest.
    Machine,
    /// It lacks a feature that the document asks for.
    Lacks {
        /// The feature, as in the descriptor.
        feature: &'static str,
    },
    /// It has a feature that the document does not want.
    Has {
        /// The feature, as in the descriptor.
        feature: &'static str,
    },
    /// It needs SMM, which the document switches off or does not want (`<smm state='off'>`, `<loader secure='no'>`).
    NeedsSmm,
    /// The document wants firmware that needs SMM (`<loader secure='yes'>`), and this does not.
    NoSmm,
    /// It is mapped into the guest, or keeps its variables, in another way than the document says (`type=`, `readonly=`, `stateless=`
    /// of `<loader>`, `<nvram>`, `<varstore>`).
    Mapping,
    /// Its images, or the template, have another format than the document says, or one that libvirt does not know.
    Format,
}

impl Unfit {
    /// Its name, as in JSON.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Kind => "kind",
            Self::File { .. } => "file",
            Self::Template { .. } => "template",
            Self::Machine => "machine",
            Self::Lacks { .. } => "lacks-feature",
            Self::Has { .. } => "has-feature",
            Self::NeedsSmm => "needs-smm",
            Self::NoSmm => "no-smm",
            Self::Mapping => "mapping",
            Self::Format => "format",
        }
    }
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kind => f.write_str("it is of another kind than `<os firmware=>` or `<loader type=>`"),
            Self::File { path } => write!(f, "its file is `{path}`, not the one of the document"),
            Self::Template { path: Some(path) } => {
                write!(f, "its template is `{path}`, not the one of the document")
            }
            Self::Template { path: None } => f.write_str("it has no template, and the document names one"),
            Self::Machine => f.write_str("it is not for the architecture and machine type of the guest"),
            Self::Lacks { feature } => write!(f, "it lacks `{feature}`"),
            Self::Has { feature } => write!(f, "it has `{feature}`"),
            Self::NeedsSmm => f.write_str("it needs SMM, which the document does not want"),
            Self::NoSmm => f.write_str("it does not need SMM, and the document has `<loader secure='yes'>`"),
            Self::Mapping => {
                f.write_str("it is mapped, or keeps its variables, in another way than the document says")
            }
            Self::Format => f.write_str("its files have another format"),
        }
    }
}

/// Whether firmware fits.
pub(super) type Fit = Result<(), Unfit>;

/// `unfit` unless `holds`.
pub(super) fn require(holds: bool, unfit: impl FnOnce() -> Unfit) -> Fit {
    if holds { Ok(()) } else { Err(unfit()) }
}
