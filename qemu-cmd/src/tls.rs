//! TLS credentials: `tls-creds-x509` objects, and the secrets that open their keys.

use virtargv_caps::Cap;
use virtargv_host::{SecretKey, SecretUse};
use virtargv_model::{Kind, Pos, Problem};

use crate::Props;
use crate::emit::{Done, Emit, problem};
use crate::needs::Role;
use crate::secret::sealed;

/// Emits the credentials of character device `id` as the driver's settings tell, and gives their id. `at` is the
/// device's place.
pub(crate) fn chardev(e: &mut Emit<'_>, id: &str, listens: bool, at: Pos) -> Result<String, Problem> {
    need_objects(e, at)?;
    let config = e.host.config();
    let dir = config.chardev_tls_x509_cert_dir.as_ref().unwrap_or(&config.default_tls_x509_cert_dir);
    let password = match &config.chardev_tls_x509_secret_uuid {
        Some(uuid) => Some(emit_secret(e, id, uuid, at)?),
        None => None,
    };
    let credentials = format!("obj{id}_tls0");
    let props = x509(e, &credentials, dir, listens, config.chardev_tls_x509_verify, password.as_deref());
    e.object(&props);
    Ok(credentials)
}

/// Refuses TLS where QEMU has no objects for credentials.
pub(crate) fn need_objects(e: &Emit<'_>, at: Pos) -> Done {
    if e.has(Cap::ObjectTlsCredsX509) {
        return Ok(());
    }
    let message = "this QEMU has no 'tls-creds-x509' objects, which TLS takes";
    Err(problem(Kind::Unsupported, "tls-objects", at, message))
}

/// Emits the secret `uuid` that opens the key of `owner`, and gives the id of its object.
pub(crate) fn emit_secret(e: &mut Emit<'_>, owner: &str, uuid: &str, at: Pos) -> Result<String, Problem> {
    let value = e.host.secrets().secret(SecretUse::Tls, SecretKey::Uuid(uuid)).map_err(|error| {
        let message = format!("no secret '{uuid}' for the TLS key of '{owner}': {error}");
        problem(Kind::SecretMissing, "tls-secret", at, message)
    })?;
    let id = format!("{owner}-secret0");
    let props = sealed(e, &id, &value);
    e.object(&props);
    Ok(id)
}

/// A `tls-creds-x509` object: the certificates in `dir`, for the listening end or the connecting one. `verify` asks the
/// other end for a certificate; a client always looks at the server's.
pub(crate) fn x509(
    e: &Emit<'_>,
    id: &str,
    dir: &str,
    listens: bool,
    verify: bool,
    password: Option<&str>,
) -> Props {
    e.need_path(dir, Role::Certificates);
    Props::new("qom-type", "tls-creds-x509")
        .with("id", id)
        .with("dir", dir)
        .with("endpoint", if listens { "server" } else { "client" })
        .with("verify-peer", verify || !listens)
        .opt("passwordid", password)
}
