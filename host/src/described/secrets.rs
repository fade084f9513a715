//! `secrets`: the values of secrets.

use serde::{Deserialize, Serialize};
use virtargv_model::Uuid;

use super::files::Bytes;
use super::{DescribedHost, Failure, told};
use crate::{Answer, HostError, SecretKey, SecretUse, Secrets};

/// A secret.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Secret {
    /// Its UUID.
    pub(crate) uuid: Option<Uuid>,
    /// What it is used for, as its definition says.
    pub(crate) usage: Option<String>,
    /// The kind of usage; without it, any.
    #[serde(rename = "type")]
    pub(crate) kind: Option<SecretUse>,
    /// The value.
    pub(crate) value: Option<Bytes>,
    /// Why there is none.
    pub(crate) error: Option<Failure>,
}

impl Secret {
    /// The secret that was asked for, without a value.
    pub(crate) fn asked(kind: SecretUse, key: SecretKey<'_>) -> Self {
        match key {
            SecretKey::Uuid(uuid) => Self { uuid: Some(uuid), kind: Some(kind), ..Self::default() },
            SecretKey::Usage(usage) => {
                Self { usage: Some(usage.to_owned()), kind: Some(kind), ..Self::default() }
            }
        }
    }

    /// Gives the value.
    pub(crate) fn set(&mut self, value: &[u8]) {
        self.value = Some(Bytes(value.to_vec()));
    }

    fn is(&self, kind: SecretUse, key: SecretKey<'_>) -> bool {
        self.kind.is_none_or(|known| known == kind)
            && match key {
                SecretKey::Uuid(uuid) => self.uuid == Some(uuid),
                SecretKey::Usage(usage) => self.usage.as_deref() == Some(usage),
            }
    }
}

impl Secrets for DescribedHost {
    fn secret(&self, kind: SecretUse, key: SecretKey<'_>) -> Answer<Vec<u8>> {
        const UNKNOWN: &str = "its secrets";
        let secret = self.told.secrets.iter().find(|secret| secret.is(kind, key));
        let secret = secret.ok_or(HostError::Unknown(UNKNOWN))?;
        let value = secret.value.as_ref().map(|bytes| bytes.0.clone());
        told(value, secret.error.as_ref(), "secret", &key.to_string(), UNKNOWN)
    }
}
