//! The master key, with which other secrets are encrypted on their way to QEMU.

use aes::cipher::block_padding::Pkcs7;
use aes::cipher::{BlockEncryptMut, KeyIvInit};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use virtargv_caps::Cap;
use virtargv_host::Host;

use crate::Props;
use crate::emit::{Done, Emit};

/// The id of the master key's object.
const MASTER_KEY: &str = "masterKey0";

/// Emits the object of the master key.
pub(crate) fn emit(e: &mut Emit<'_>) -> Done {
    if !e.has(Cap::ObjectSecret) {
        return Ok(());
    }
    let file = format!("{}/master-key.aes", e.plan.domain_dir);
    let object =
        Props::new("qom-type", "secret").with("id", MASTER_KEY).with("format", "raw").with("file", file);
    e.object(&object);
    Ok(())
}

/// An object `id` with `value`, encrypted with the master key so that it does not show on the command line.
pub(crate) fn sealed(host: &dyn Host, id: &str, value: &[u8]) -> Props {
    let (data, iv) = encrypt(host, value);
    Props::new("qom-type", "secret")
        .with("id", id)
        .with("data", data)
        .with("keyid", MASTER_KEY)
        .with("iv", iv)
        .with("format", "base64")
}

/// AES-256-CBC with a fresh vector, both in base64.
fn encrypt(host: &dyn Host, value: &[u8]) -> (String, String) {
    let mut key = [0; 32];
    let mut iv = [0; 16];
    host.random(&mut key);
    host.random(&mut iv);
    let cipher = cbc::Encryptor::<aes::Aes256>::new(&key.into(), &iv.into());
    let sealed = cipher.encrypt_padded_vec_mut::<Pkcs7>(value);
    (BASE64_STANDARD.encode(sealed), BASE64_STANDARD.encode(iv))
}

#[cfg(test)]
mod tests {
    use virtargv_host::FixedHost;

    use super::*;

    #[test]
    fn values_are_sealed_with_the_master_key() {
        // Checked with: printf secret | openssl enc -aes-256-cbc -K 000102..1f -iv 000102..0f -base64
        let props = sealed(&FixedHost::default(), "s0", b"secret");
        assert_eq!(
            props.to_kv(crate::Style::YesNo),
            "secret,id=s0,data=6H5G+J59TZQMdlkJH18ekw==,keyid=masterKey0,iv=AAECAwQFBgcICQoLDA0ODw==,format=base64"
        );
    }
}
