//! TLS credentials: `tls-creds-x509` objects, and the secrets of their private keys.

use super::context::Emit;
use super::secret;
use crate::Props;
use crate::needs::Role;
use crate::prepare::tls::Credentials;

/// Emits credentials, after the secret of their private key.
pub(crate) fn emit(e: &mut Emit<'_>, credentials: &Credentials) {
    if let Some(secret) = &credentials.secret {
        secret::encrypted(e, secret);
    }
    e.need_path(&credentials.dir, Role::Certificates);
    let props = Props::new("qom-type", "tls-creds-x509")
        .with("id", credentials.id.clone())
        .with("dir", credentials.dir.clone())
        .with("endpoint", if credentials.listens { "server" } else { "client" })
        .with("verify-peer", credentials.verify)
        .opt("passwordid", credentials.secret.as_ref().map(|secret| secret.id.clone()));
    e.object(props);
}
