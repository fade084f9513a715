//! TLS credentials of character devices and displays.

use virtargv_host::{Fact, SecretKey, SecretUse};
use virtargv_model::{Pos, Problem};

use super::context::Prepare;
use super::secret::EncryptedSecret;
use crate::text::Text;

/// A `tls-creds-x509` object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Credentials {
    /// Its id.
    pub id: Text,
    /// The directory of the certificates.
    pub dir: Text,
    /// Whether they are for a server (`endpoint=server`).
    pub listens: bool,
    /// Whether the certificate of the other end is verified; a client always verifies the server's.
    pub verify: bool,
    /// The passphrase of the private key.
    pub secret: Option<EncryptedSecret>,
}

/// Prepares the credentials of a character device, from the driver's settings.
pub(crate) fn chardev(
    cx: &mut Prepare<'_>,
    id: &str,
    listens: bool,
    at: Pos,
) -> Result<Credentials, Problem> {
    let settings = cx.settings();
    let dir = settings.chardev_tls_x509_cert_dir.as_ref().unwrap_or(&settings.default_tls_x509_cert_dir);
    let secret = match settings.chardev_tls_x509_secret_uuid {
        Some(uuid) => {
            let value = cx.host.secrets().secret(SecretUse::Tls, SecretKey::Uuid(uuid)).map_err(|error| {
                let message = format!("no secret `{uuid}` for the TLS key of `{id}`: {error}");
                let problem = crate::rules::TLS_SECRET.problem(cx.release(), at, message);
                Fact::Secret(SecretKey::Uuid(uuid)).unanswered(&error, problem)
            })?;
            Some(cx.encrypt(format!("{id}-secret0"), &value))
        }
        None => None,
    };
    let verify = settings.chardev_tls_x509_verify || !listens;
    Ok(Credentials { id: format!("obj{id}_tls0").into(), dir: dir.into(), listens, verify, secret })
}
