//! `<backend>`: who moves the packets on the host.

use crate::read::{El, Reader};
use crate::write::Writer;

spelled! {
    /// `type=` of `<backend>`.
    pub enum BackendType {
        /// What QEMU has built in.
        Default = "default",
        /// A passt process.
        Passt = "passt",
    }
}

/// `<backend>`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Backend {
    /// `type=`.
    pub kind: Option<BackendType>,
    /// `tap=`: the path of the device that makes taps.
    pub tap: Option<String>,
    /// `vhost=`: the path of the vhost-net device.
    pub vhost: Option<String>,
    /// `logFile=` of passt.
    pub log_file: Option<String>,
}

impl Backend {
    pub(super) fn read(el: El<'_>, r: &mut Reader) -> Self {
        Self {
            kind: r.attr_since("9.0", el, "type"),
            tap: el.string("tap").map(|p| tidy(&p)),
            vhost: el.string("vhost").map(|p| tidy(&p)),
            log_file: r.string_since("9.0", el, "logFile"),
        }
    }

    pub(super) fn write(&self, w: &mut Writer) {
        if *self != Self::default() {
            w.element("backend")
                .opt("type", self.kind)
                .opt("tap", self.tap.as_ref())
                .opt("vhost", self.vhost.as_ref())
                .opt("logFile", self.log_file.as_ref())
                .empty();
        }
    }
}

/// A path with runs of slashes folded into one, without one at its end. Exactly two leading ones mean something of
/// their own and stay.
fn tidy(path: &str) -> String {
    let leading = path.len() - path.trim_start_matches('/').len();
    let start = match leading {
        0 => "",
        2 => "//",
        _ => "/",
    };
    let steps: Vec<&str> = path.split('/').filter(|s| !s.is_empty()).collect();
    format!("{start}{}", steps.join("/"))
}
