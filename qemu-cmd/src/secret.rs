//! The master key, with which other secrets are encrypted on their way to QEMU.

use std::fmt;

use aes::cipher::block_padding::Pkcs7;
use aes::cipher::{BlockEncryptMut, KeyIvInit};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use virtargv_caps::Cap;
use virtargv_host::Host;

use crate::emit::{Done, Emit};
use crate::needs::{Content, Need};
use crate::{CommandLine, Props};

/// The id of the master key's object.
const MASTER_KEY: &str = "masterKey0";

/// The key that all secrets of one command line are encrypted with; QEMU reads it from a file.
#[derive(Clone)]
pub(crate) struct MasterKey([u8; 32]);

impl MasterKey {
    /// A fresh key.
    pub fn draw(host: &dyn Host) -> Self {
        let mut key = [0; 32];
        host.random(&mut key);
        Self(key)
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey")
    }
}

/// Emits the object of the master key. A line that runs without a launcher gets it only when a secret is about to be
/// encrypted with it: nobody would write the file otherwise.
pub(crate) fn emit(e: &mut Emit<'_>) -> Done {
    if !e.has(Cap::ObjectSecret) {
        return Ok(());
    }
    if e.is_standalone() {
        e.counters.master_key_at = Some(e.line.args.len());
    } else {
        emit_key(e);
    }
    Ok(())
}

fn emit_key(e: &mut Emit<'_>) {
    let path = format!("{}/master-key.aes", e.plan.domain_dir);
    let object = Props::new("qom-type", "secret")
        .with("id", MASTER_KEY)
        .with("format", "raw")
        .with("file", path.as_str());
    e.object(&object);
    let content = Content(e.plan.master_key.0.to_vec());
    e.need(Need::Content { path, content, purpose: "the key of all secrets, for nobody but QEMU to read" });
}

/// An object `id` with `value`, encrypted with the master key so that it does not show on the command line.
pub(crate) fn sealed(e: &mut Emit<'_>, id: &str, value: &[u8]) -> Props {
    if let Some(at) = e.counters.master_key_at.take() {
        // The key's object goes where it would have stood, before all that refer to it.
        let line = std::mem::take(&mut e.line);
        emit_key(e);
        let key = std::mem::replace(&mut e.line, line);
        insert(&mut e.line, at, key);
    }
    seal(&e.plan.master_key, e.host, id, value)
}

fn insert(line: &mut CommandLine, at: usize, other: CommandLine) {
    let rest = line.args.split_off(at.min(line.args.len()));
    line.args.extend(other.args);
    line.args.extend(rest);
}

fn seal(key: &MasterKey, host: &dyn Host, id: &str, value: &[u8]) -> Props {
    let mut iv = [0; 16];
    host.random(&mut iv);
    Props::new("qom-type", "secret")
        .with("id", id)
        .with("data", BASE64_STANDARD.encode(encrypt(key, iv, value)))
        .with("keyid", MASTER_KEY)
        .with("iv", BASE64_STANDARD.encode(iv))
        .with("format", "base64")
}

/// AES-256-CBC.
fn encrypt(key: &MasterKey, iv: [u8; 16], value: &[u8]) -> Vec<u8> {
    let cipher = cbc::Encryptor::<aes::Aes256>::new(&key.0.into(), &iv.into());
    cipher.encrypt_padded_vec_mut::<Pkcs7>(value)
}

#[cfg(test)]
mod tests {
    use virtargv_host::FixedHost;

    use super::*;

    #[test]
    fn values_are_sealed_with_the_master_key() {
        // Checked with: printf secret | openssl enc -aes-256-cbc -K 000102..1f -iv 000102..0f -base64
        let host = FixedHost::default();
        let props = seal(&MasterKey::draw(&host), &host, "s0", b"secret");
        assert_eq!(
            props.to_kv(crate::Style::YesNo),
            "secret,id=s0,data=6H5G+J59TZQMdlkJH18ekw==,keyid=masterKey0,iv=AAECAwQFBgcICQoLDA0ODw==,format=base64"
        );
    }
}
