//! Secrets.

use std::fmt;
use std::sync::Arc;

use virtargv_model::Uuid;

/// What a secret is for (`<secret type=>`, the usage of its definition).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "described", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "described", serde(rename_all = "kebab-case"))]
pub enum SecretUse {
    /// An encrypted volume.
    Volume,
    /// A Ceph user.
    Ceph,
    /// An iSCSI user.
    Iscsi,
    /// A TLS key.
    Tls,
    /// The state of an emulated TPM.
    Vtpm,
}

impl SecretUse {
    /// Every use.
    pub const ALL: &'static [Self] = &[Self::Volume, Self::Ceph, Self::Iscsi, Self::Tls, Self::Vtpm];

    /// The use that a word of `<usage type=>` tells.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|usage| usage.as_str() == word)
    }

    /// The word of `<usage type=>`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Volume => "volume",
            Self::Ceph => "ceph",
            Self::Iscsi => "iscsi",
            Self::Tls => "tls",
            Self::Vtpm => "vtpm",
        }
    }
}

/// Which secret is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SecretKey<'a> {
    /// The one of this UUID.
    Uuid(Uuid),
    /// The one for this usage.
    Usage(&'a str),
}

/// The UUID or the usage.
impl fmt::Display for SecretKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uuid(uuid) => uuid.fmt(f),
            Self::Usage(usage) => f.write_str(usage),
        }
    }
}

type Lookup = dyn Fn(SecretUse, SecretKey<'_>) -> Option<Vec<u8>> + Send + Sync;

/// Finds the value of a secret; `None` where there is none.
#[derive(Clone)]
pub struct SecretLookup(Arc<Lookup>);

impl SecretLookup {
    /// Looks secrets up with `lookup`.
    pub fn new(lookup: impl Fn(SecretUse, SecretKey<'_>) -> Option<Vec<u8>> + Send + Sync + 'static) -> Self {
        Self(Arc::new(lookup))
    }

    /// The value, where there is one.
    pub fn find(&self, usage: SecretUse, key: SecretKey<'_>) -> Option<Vec<u8>> {
        (self.0)(usage, key)
    }
}

impl fmt::Debug for SecretLookup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretLookup")
    }
}
