//! Secrets, encrypted with a master key that QEMU reads from a file.

use std::fmt;

use aes::cipher::block_padding::Pkcs7;
use aes::cipher::{BlockEncryptMut, KeyIvInit};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use virtargv_host::Host;

use crate::text::Text;

/// The AES-256 key that all secrets of a command line are encrypted with.
#[derive(Clone)]
pub(crate) struct MasterKey([u8; 32]);

/// An encrypted secret (`-object secret`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EncryptedSecret {
    /// The id of the object.
    pub id: Text,
    /// The encrypted secret, in base64.
    pub data: String,
    /// The initialization vector, in base64.
    pub iv: String,
}

impl MasterKey {
    /// Asks the host for a random key.
    pub fn generate(host: &dyn Host) -> Self {
        let mut key = [0; 32];
        host.random(&mut key);
        Self(key)
    }

    /// The key that a guest has already.
    pub fn of(key: &virtargv_host::MasterKey) -> Self {
        Self(key.0)
    }

    /// The bytes of the key.
    pub fn bytes(&self) -> Vec<u8> {
        self.0.to_vec()
    }

    /// Encrypts `value` with a random initialization vector.
    pub fn secret(&self, host: &dyn Host, id: Text, value: &[u8]) -> EncryptedSecret {
        let mut iv = [0; 16];
        host.random(&mut iv);
        let data = BASE64_STANDARD.encode(self.encrypt(iv, value));
        EncryptedSecret { id, data, iv: BASE64_STANDARD.encode(iv) }
    }

    /// Encrypts `value` by AES-256-CBC.
    fn encrypt(&self, iv: [u8; 16], value: &[u8]) -> Vec<u8> {
        let cipher = cbc::Encryptor::<aes::Aes256>::new(&self.0.into(), &iv.into());
        cipher.encrypt_padded_vec_mut::<Pkcs7>(value)
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey")
    }
}

#[cfg(test)]
mod tests {
    use virtargv_host::FixedHost;

    use super::*;

    #[test]
    fn secrets_are_encrypted_with_the_master_key() {
        // Checked with: printf secret | openssl enc -aes-256-cbc -K 000102..1f -iv 000102..0f -base64
        let host = FixedHost::default();
        let encrypted = MasterKey::generate(&host).secret(&host, "s0".into(), b"secret");
        assert_eq!(encrypted.data, "6H5G+J59TZQMdlkJH18ekw==");
        assert_eq!(encrypted.iv, "AAECAwQFBgcICQoLDA0ODw==");
    }
}
