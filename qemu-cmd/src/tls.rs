//! TLS credentials: `tls-creds-x509` objects, and the secrets that open their keys.

use virtargv_model::{Pos, Problem};

use crate::Props;
use crate::emit::Emit;

/// Emits the credentials of a character device `id` as the driver's settings tell, and gives their id.
pub(crate) fn chardev(e: &mut Emit<'_>, id: &str, listens: bool, _at: Pos) -> Result<String, Problem> {
    let config = e.host.config();
    let dir = config.chardev_tls_x509_cert_dir.as_ref().unwrap_or(&config.default_tls_x509_cert_dir);
    let object = format!("obj{id}_tls0");
    let props = x509(&object, dir, listens, config.chardev_tls_x509_verify, None);
    e.object(&props);
    Ok(object)
}

/// A `tls-creds-x509` object: the certificates in `dir`, for the listening end or the connecting one. `verify` asks the
/// other end for a certificate; a client always looks at the server's.
pub(crate) fn x509(id: &str, dir: &str, listens: bool, verify: bool, password: Option<&str>) -> Props {
    Props::new("qom-type", "tls-creds-x509")
        .with("id", id)
        .with("dir", dir)
        .with("endpoint", if listens { "server" } else { "client" })
        .with("verify-peer", verify)
        .opt("passwordid", password)
}
