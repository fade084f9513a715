//! `-object secret`: the master key, and the secrets that are encrypted with it.

use super::context::Emit;
use crate::Props;
use crate::needs::{Content, Need};
use crate::prepare::secret::EncryptedSecret;

/// The id of the master key.
const MASTER_KEY: &str = "masterKey0";

/// Emits the master key.
pub(crate) fn emit(e: &mut Emit<'_>) {
    let Some(key) = &e.prepared.master_key else { return };
    e.at_implied("no secret is given to QEMU unencrypted");
    let path = [e.directory(), "/master-key.aes"].concat();
    let content = Content(key.bytes());
    let purpose = "the master key of all secrets, readable by QEMU only";
    e.need(Need::Content { path: path.clone(), content, purpose });
    e.object(
        Props::new("qom-type", "secret").with("id", MASTER_KEY).with("format", "raw").with("file", path),
    );
}

/// Emits a secret that is encrypted with the master key.
pub(crate) fn encrypted(e: &mut Emit<'_>, secret: &EncryptedSecret) {
    e.object(
        Props::new("qom-type", "secret")
            .with("id", secret.id.clone())
            .with("data", &secret.data)
            .with("keyid", MASTER_KEY)
            .with("iv", &secret.iv)
            .with("format", "base64"),
    );
}
