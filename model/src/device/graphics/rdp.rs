//! `<graphics type='rdp'>`.

use super::{Auth, Listens, read_port};
use crate::YesNo;
use crate::read::{El, Reader};
use crate::write::Tag;

/// `<graphics type='rdp'>`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rdp {
    /// `<listen>`, one or more.
    pub listens: Listens,
    /// `port=`, the TCP port; 0 for none.
    pub port: i32,
    /// `autoport=`: whether the port is allocated at the start; `port` is 0 then.
    pub autoport: bool,
    /// `replaceUser=`: whether a new client replaces the present one.
    pub replace_user: bool,
    /// `multiUser=`: whether several clients can connect.
    pub multi_user: bool,
    /// `username=`.
    pub username: Option<String>,
    /// `passwd=`, and the attributes that need it.
    pub auth: Option<Auth>,
}

impl Rdp {
    pub(super) fn read(el: El<'_>, r: &mut Reader) -> Self {
        let mut rdp = Self { listens: Listens::read(el, false, r), ..Self::default() };
        (rdp.port, rdp.autoport) = read_port(el, r);
        // Port 0 stands for automatic allocation.
        rdp.autoport |= r.lenient(el, "autoport") == Some(YesNo::Yes) || rdp.port == 0;
        if rdp.autoport {
            rdp.port = 0;
        }
        rdp.replace_user = r.lenient(el, "replaceUser") == Some(YesNo::Yes);
        rdp.multi_user = r.lenient(el, "multiUser") == Some(YesNo::Yes);
        rdp.username = el.string("username");
        rdp.auth = Auth::read(el, false, r);
        rdp
    }

    pub(super) fn attributes<'w>(&self, tag: Tag<'w>) -> Tag<'w> {
        let yes = |yes: bool| yes.then_some(YesNo::Yes);
        let port = Some(self.port).filter(|port| self.autoport || *port != 0);
        let tag = tag
            .opt("port", port)
            .opt("autoport", yes(self.autoport))
            .opt("replaceUser", yes(self.replace_user))
            .opt("multiUser", yes(self.multi_user))
            .opt("listen", self.listens.first.address.as_ref())
            .opt("username", self.username.as_ref());
        Auth::write(self.auth.as_ref(), tag)
    }
}
