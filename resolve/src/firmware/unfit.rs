//! Why firmware does not fit a document.

use std::fmt;

use virtargv_model::Spelled as _;
use virtargv_model::os::{Firmware, FlashFormat};

/// The first reason for which a firmware is not taken, in the order in which libvirt looks. Each has what the firmware is, and
/// what the document asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unfit {
    /// It is not of the kind that the document asks for.
    Kind {
        /// The kinds of the firmware (`interface-types`), as far as a document can ask for them.
        kinds: Vec<Firmware>,
        /// What the document says: `<os firmware=>`, or `<loader type=>`.
        wanted: String,
    },
    /// Its image is not the one in the document (`<loader>`, `<kernel>`).
    File {
        /// The image of the firmware.
        path: String,
        /// The image in the document.
        wanted: String,
    },
    /// Its template is not the one in the document (`<nvram template=>`, `<varstore template=>`).
    Template {
        /// The template of the firmware; `None` where it has none.
        path: Option<String>,
        /// The template in the document.
        wanted: String,
    },
    /// It is not for the architecture and machine type of the guest.
    Machine {
        /// Architectures and patterns of machine types (`targets`).
        targets: Vec<String>,
        /// Those of the guest.
        guest: String,
    },
    /// It lacks a feature that the document asks for.
    Lacks {
        /// The feature, as in the descriptor.
        feature: &'static str,
        /// The features that it has.
        features: Vec<String>,
        /// What asks for the feature.
        asked: &'static str,
    },
    /// It has a feature that the document excludes.
    Has {
        /// The feature, as in the descriptor.
        feature: &'static str,
    },
    /// It needs SMM, which the document switches off or does not want (`<smm state='off'>`, `<loader secure='no'>`).
    NeedsSmm,
    /// The document wants firmware that needs SMM (`<loader secure='yes'>`), and this does not.
    NoSmm,
    /// It is mapped into the guest, or keeps its variables, in another way than the document says.
    Mapping {
        /// How the firmware is mapped.
        mapping: &'static str,
        /// What the document says: `type=`, `readonly=` and `stateless=` of `<loader>`, `<nvram>`, `<varstore>`.
        wanted: String,
    },
    /// An image has another format than the document says, or one that libvirt does not know.
    Format {
        /// Which: the `image` or the `template` of the variable store.
        file: &'static str,
        /// Its format; `None` for one that libvirt does not know.
        format: Option<FlashFormat>,
        /// The format in the document; `None` where it says none.
        wanted: Option<FlashFormat>,
    },
}

impl Unfit {
    /// Its name, as in JSON.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Kind { .. } => "kind",
            Self::File { .. } => "file",
            Self::Template { .. } => "template",
            Self::Machine { .. } => "machine",
            Self::Lacks { .. } => "lacks-feature",
            Self::Has { .. } => "has-feature",
            Self::NeedsSmm => "needs-smm",
            Self::NoSmm => "no-smm",
            Self::Mapping { .. } => "mapping",
            Self::Format { .. } => "format",
        }
    }
}

/// `words` in backticks, with commas.
fn quoted<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kind { kinds, wanted } if kinds.is_empty() => {
                write!(f, "it is of no kind that a document can ask for, and the document has {wanted}")
            }
            Self::Kind { kinds, wanted } => {
                let kinds = quoted(kinds.iter().map(|kind| kind.as_str()));
                write!(f, "its kind is {kinds}, and the document has {wanted}")
            }
            Self::File { path, wanted } => {
                write!(f, "its image is `{path}`, and the document names `{wanted}`")
            }
            Self::Template { path: Some(path), wanted } => {
                write!(f, "its template is `{path}`, and the document names `{wanted}`")
            }
            Self::Template { path: None, wanted } => {
                write!(f, "it has no template, and the document names `{wanted}`")
            }
            Self::Machine { targets, guest } if targets.is_empty() => {
                write!(f, "it is for no machine type, and the guest has `{guest}`")
            }
            Self::Machine { targets, guest } => {
                let targets = quoted(targets.iter().map(String::as_str));
                write!(f, "it is for {targets}, and the guest has `{guest}`")
            }
            Self::Lacks { feature, features, asked } => {
                write!(f, "it lacks the feature `{feature}`, which {asked} asks for; ")?;
                if features.is_empty() {
                    return f.write_str("it has none");
                }
                write!(f, "it has {}", quoted(features.iter().map(String::as_str)))
            }
            Self::Has { feature } => {
                write!(f, "it has the feature `{feature}`, and the document says `enabled='no'` for it")
            }
            Self::NeedsSmm => f.write_str(
                "it has the feature `requires-smm`, and the document has `<smm state='off'>` or `<loader secure='no'>`",
            ),
            Self::NoSmm => f.write_str(
                "it lacks the feature `requires-smm`, which `<loader secure='yes'>` asks for",
            ),
            Self::Mapping { mapping, wanted } => write!(f, "it is {mapping}, and the document has {wanted}"),
            Self::Format { file, format: None, .. } => {
                write!(f, "its {file} has a format that libvirt does not know")
            }
            Self::Format { file, format: Some(format), wanted } => {
                let wanted = wanted.map_or("another one", |wanted| wanted.as_str());
                write!(f, "its {file} has format `{format}`, and the document says `{wanted}`")
            }
        }
    }
}

/// Whether firmware fits.
pub(super) type Fit = Result<(), Unfit>;

/// `unfit` unless `holds`.
pub(super) fn require(holds: bool, unfit: impl FnOnce() -> Unfit) -> Fit {
    if holds { Ok(()) } else { Err(unfit()) }
}
