//! Where a remote display is served.

use virtargv_model::device::graphics::{Graphics, Listen, ListenType};
use virtargv_model::{Kind, Problem};

use crate::emit::{Emit, problem};

/// Where a display is served.
pub(super) enum Endpoint {
    /// Nowhere; a client is handed in.
    Nowhere,
    /// On a UNIX socket.
    Unix(String),
    /// On TCP, at this address of the host.
    Tcp(String),
}

/// What the driver's settings say of a kind of display.
pub(super) struct Defaults<'a> {
    /// The name of the socket in the domain's folder.
    pub socket: &'static str,
    /// Whether a display without an address is on a socket.
    pub auto_socket: bool,
    /// The address of a display without one.
    pub address: &'a str,
}

/// Where the first `<listen>` of `graphics` leads.
pub(super) fn endpoint(
    e: &Emit<'_>,
    graphics: &Graphics,
    defaults: &Defaults<'_>,
) -> Result<Endpoint, Problem> {
    let listens = graphics.listens();
    let Some(listen) = listens.first() else {
        let message = "element 'graphics' lacks its child 'listen'";
        return Err(problem(Kind::Internal, "graphics-listen-missing", graphics.info.pos, message));
    };
    if let Some(second) = listens.get(1) {
        let message = "element 'graphics' has more than one 'listen', QEMU serves a display at one place";
        return Err(problem(Kind::Unsupported, "graphics-listen-twice", second.pos, message));
    }
    let own_socket = || Endpoint::Unix(format!("{}/{}.sock", e.plan.domain_dir, defaults.socket));
    Ok(match listen.kind {
        ListenType::None => Endpoint::Nowhere,
        ListenType::Socket => listen.socket.clone().map_or_else(own_socket, Endpoint::Unix),
        ListenType::Network => Endpoint::Tcp(network_address(e, listen, defaults)?),
        ListenType::Address => match &listen.address {
            Some(address) => Endpoint::Tcp(address.clone()),
            None if defaults.auto_socket => own_socket(),
            None => Endpoint::Tcp(defaults.address.to_owned()),
        },
    })
}

/// The host's first address on a network.
fn network_address(e: &Emit<'_>, listen: &Listen, defaults: &Defaults<'_>) -> Result<String, Problem> {
    let Some(name) = &listen.network else { return Ok(defaults.address.to_owned()) };
    let place = listen.pos.path("@network");
    let network = e
        .host
        .networks()
        .network(name)
        .map_err(|error| problem(Kind::Internal, "graphics-network", place.clone(), error.to_string()))?;
    let address = network.is_of_host().then(|| network.addresses.into_iter().next()).flatten();
    address.ok_or_else(|| {
        let message = format!("the host has no address on network '{name}' to serve a display at");
        problem(Kind::Internal, "graphics-network-address", place, message)
    })
}
