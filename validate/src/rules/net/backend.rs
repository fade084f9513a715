//! Rules on `<backend>` of `<interface>`, and on the backend that the type implies.

use virtargv_caps::Cap;
use virtargv_model::device::net::{Backend, BackendType, Interface, InterfaceType};

use super::actual::Actual;
use crate::{Context, Findings};

virtargv_model::rules! {
    /// An interface of type `user` with backend `passt` needs QEMU's network backend `stream`.
    PASST_STREAM = "net-passt-stream": Unsupported, Validate,
        "`<interface type='user'><backend type='passt'/>`: QEMU reaches passt through `-netdev stream`, new in QEMU 7.2",
        help "use QEMU 7.2 or later, or remove `<backend type='passt'/>`";
    /// An interface of type `user` without `<backend type='passt'/>` needs a QEMU that was built with libslirp.
    USER_BACKEND = "net-user-backend": Unsupported, Validate,
        "`<interface type='user'>` is `-netdev user`, which a QEMU that was built without libslirp lacks",
        help "add `<backend type='passt'/>`, or use a QEMU that was built with libslirp",
        since "10.6";
    /// Only the backend `passt` has names for the guest.
    PASST_NAMES = "net-passt-names": Unsupported, Validate,
        "`<interface><backend hostname= fqdn=>`: `--hostname` and `--fqdn` of passt",
        help "set `type='passt'`, or remove the attributes", since "11.8";
    /// Only interfaces of type `user` and `vhostuser` have the backend `passt`.
    PASST_TYPE = "net-passt-type": Unsupported, Validate,
        "`<interface><backend type='passt'/>`: passt speaks QEMU's stream protocol and vhost-user",
        help "use `type='user'` or `type='vhostuser'`, or remove `<backend type='passt'/>`";
    /// Only an interface of type `network`, `bridge` or `ethernet` names the device that creates its tap device.
    TAP_PATH = "net-tap-path": Unsupported, Build,
        "`<interface><backend tap=>`: the file that libvirt opens to create a tap device, by default `/dev/net/tun`",
        help "remove `tap=` from `<backend>`";
}

/// Checks that this QEMU has the network backend of an interface of type `user`.
pub(super) fn check_user(cx: &Context<'_>, nic: &Interface, passt: bool, out: &mut Findings<'_>) {
    if passt && !cx.has(Cap::NetdevStream) {
        let message = "backend `passt` needs network backend `stream`, which this QEMU lacks";
        out.refuse(&PASST_STREAM, nic.info.pos.path("backend/@type"), message);
    }
    if !passt && !cx.has(Cap::NetdevUser) {
        let message = "backend `default` needs network backend `user`, which this QEMU lacks";
        out.refuse(&USER_BACKEND, nic.info.pos.path("@type"), message);
    }
}

/// Checks that only the backend `passt` has names for the guest.
pub(super) fn check_names(nic: &Interface, out: &mut Findings<'_>) {
    let Backend { kind, hostname, fqdn, .. } = &nic.backend;
    if let Some(name) = fqdn.as_ref().or(hostname.as_ref()).filter(|_| *kind != Some(BackendType::Passt)) {
        let message =
            format!("the attributes `hostname` and `fqdn` (`{name}`) of `<backend>` need type `passt`");
        out.refuse(&PASST_NAMES, nic.info.pos.path("backend"), message);
    }
}

/// Checks that only types `user` and `vhostuser` have the backend `passt`.
pub(super) fn check_type(nic: &Interface, out: &mut Findings<'_>) {
    let kind = nic.kind();
    if nic.backend.kind == Some(BackendType::Passt)
        && !matches!(kind, InterfaceType::User | InterfaceType::Vhostuser)
    {
        let message = format!("backend `passt` needs interface type `user` or `vhostuser`, not `{kind}`");
        out.refuse(&PASST_TYPE, nic.info.pos.path("backend/@type"), message);
    }
}

/// Checks that only an interface with a tap device of libvirt's names what creates it. A command line that is to be read
/// creates none.
pub(super) fn check_tap(cx: &Context<'_>, actual: &Actual<'_>, out: &mut Findings<'_>) {
    if cx.for_reader {
        return;
    }
    let Actual { nic, kind, name, .. } = actual;
    if let Some(path) = nic.backend.tap.as_ref().filter(|_| !kind.takes_filter()) {
        let message = format!("`tap` (`{path}`) of interface `{name}` is not supported for type `{kind}`");
        out.refuse(&TAP_PATH, nic.info.pos.path("backend/@tap"), message);
    }
}
