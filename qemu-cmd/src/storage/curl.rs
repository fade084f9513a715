//! HTTP and FTP in all their forms, which QEMU reads with libcurl.

use virtargv_model::device::storage::{Image, NetSource};
use virtargv_model::{Problem, YesNo};

use super::objects::Objects;
use super::protocol::only_host;
use super::uri::uri;
use crate::Props;

/// The properties of the node.
pub(super) fn props(image: &Image, net: &NetSource, objects: &Objects) -> Result<Props, Problem> {
    let host = only_host(image, net)?;
    let url = uri(net, host, None, net.query.as_deref());
    let mut props = Props::new("driver", net.protocol.map_or("", virtargv_model::Spelled::as_str));
    props.set("url", url);
    if let Some(auth) = &objects.auth {
        props.set("username", auth.username.as_str()).set("password-secret", auth.secret());
    }
    props.set_opt("sslverify", net.ssl_verify.map(YesNo::is_yes));
    props.set_opt("cookie-secret", objects.cookies.as_ref().map(|c| c.id.as_str()));
    props.set_opt("timeout", net.timeout);
    props.set_opt("readahead", net.readahead);
    Ok(props)
}
