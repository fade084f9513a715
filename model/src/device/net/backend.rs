//! `<backend>` of an interface: what connects it on the host.

use crate::read::{El, Reader};
use crate::write::Writer;

spelled! {
    /// `type=` of `<backend>`.
    pub enum BackendType {
        /// The user networking of QEMU.
        Default = "default",
        /// A passt process, which libvirt starts.
        Passt = "passt",
    }
}

/// `<backend>`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Backend {
    /// `type=`.
    pub kind: Option<BackendType>,
    /// `tap=`: the path of the device that creates tap devices, such as `/dev/net/tun`.
    pub tap: Option<String>,
    /// `vhost=`: the path of the vhost-net device, such as `/dev/vhost-net`.
    pub vhost: Option<String>,
    /// `logFile=`: the path of the log file of passt.
    pub log_file: Option<String>,
    /// `hostname=`: the host name that passt tells the guest.
    pub hostname: Option<String>,
    /// `fqdn=`: the fully qualified domain name that passt tells the guest.
    pub fqdn: Option<String>,
}

impl Backend {
    pub(super) fn read(el: El<'_>, r: &mut Reader) -> Self {
        Self {
            kind: r.attr_since("9.0", el, "type"),
            tap: el.string("tap").map(|p| normalized(&p)),
            vhost: el.string("vhost").map(|p| normalized(&p)),
            log_file: r.string_since("9.0", el, "logFile"),
            hostname: r.string_since("11.8", el, "hostname"),
            fqdn: r.string_since("11.8", el, "fqdn"),
        }
    }

    pub(super) fn write(&self, w: &mut Writer) {
        if *self != Self::default() {
            w.element("backend")
                .opt("type", self.kind)
                .opt("tap", self.tap.as_ref())
                .opt("vhost", self.vhost.as_ref())
                .opt("logFile", self.log_file.as_ref())
                .opt("hostname", self.hostname.as_ref())
                .opt("fqdn", self.fqdn.as_ref())
                .empty();
        }
    }
}

/// Normalizes a path as libvirt does: repeated slashes become one, and a slash at the end is removed. Exactly two
/// leading slashes are kept, as POSIX gives them a meaning of their own.
fn normalized(path: &str) -> String {
    let leading = path.len() - path.trim_start_matches('/').len();
    let start = match leading {
        0 => "",
        2 => "//",
        _ => "/",
    };
    let steps: Vec<&str> = path.split('/').filter(|s| !s.is_empty()).collect();
    format!("{start}{}", steps.join("/"))
}
