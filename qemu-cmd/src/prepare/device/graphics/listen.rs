//! `<listen>`: the address of a VNC or SPICE display.

use virtargv_host::Fact;
use virtargv_model::Problem;
use virtargv_model::device::graphics::{Listen, ListenType, Listens};
use virtargv_validate::rules::graphics as rules;

use crate::prepare::context::{Prepare, broken};
use crate::text::Text;

/// The address of a display.
#[derive(Debug)]
pub(crate) enum Endpoint {
    /// No address; clients are passed as descriptors over the monitor.
    Nowhere,
    /// A UNIX socket with this path.
    Unix(Text),
    /// TCP, at this address of the host.
    Tcp(Text),
}

/// The driver's settings for a type of display.
pub(super) struct Defaults<'a> {
    /// The name of the socket in the domain's directory, without `.sock`.
    pub socket: &'static str,
    /// Whether a display without an address has a socket.
    pub auto_socket: bool,
    /// The default address.
    pub address: &'a str,
}

impl Endpoint {
    /// The address of a display, from its one `<listen>`.
    pub(super) fn of(cx: &Prepare<'_>, listens: &Listens, defaults: &Defaults<'_>) -> Result<Self, Problem> {
        let listen = &listens.first;
        if let Some(second) = listens.others.first() {
            let message = "`<graphics>` has more than one `<listen>`, QEMU listens on one";
            return Err(broken(cx.release(), &rules::LISTEN_TWICE, second.pos, message));
        }
        let own_socket = || Self::Unix(format!("{}/{}.sock", cx.directories.domain, defaults.socket).into());
        let default = || Self::Tcp(defaults.address.to_owned().into());
        Ok(match listen.kind {
            ListenType::None => Self::Nowhere,
            ListenType::Socket => {
                listen.socket.as_ref().map_or_else(own_socket, |path| Self::Unix(path.into()))
            }
            ListenType::Network => match &listen.network {
                Some(name) => Self::Tcp(network_address(cx, listen, name)?),
                None => default(),
            },
            ListenType::Address => match &listen.address {
                Some(address) => Self::Tcp(address.into()),
                None if defaults.auto_socket => own_socket(),
                None => default(),
            },
        })
    }
}

/// The host's first address on a network.
fn network_address(cx: &Prepare<'_>, listen: &Listen, name: &str) -> Result<Text, Problem> {
    let place = listen.pos.path("@network");
    let network = cx.host.networks().network(name).map_err(|error| {
        let message = error.about("network", name);
        let problem = crate::rules::GRAPHICS_NETWORK.problem(cx.release(), place.clone(), message);
        Fact::Network(name).unanswered(&error, problem)
    })?;
    let address = network.is_of_host().then(|| network.addresses.into_iter().next()).flatten();
    let address = address.ok_or_else(|| {
        let message = format!("the host has no address on network `{name}`, on which the display listens");
        crate::rules::GRAPHICS_NETWORK_ADDRESS.problem(cx.release(), place, message)
    })?;
    Ok(address.into())
}
