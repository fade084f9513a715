//! `<interface>`: the network backend and the network device.

mod backend;
mod device;

use virtargv_model::device::net::Interface;

use crate::emit::context::Emit;
use crate::prepare::device::Device;
use crate::prepare::device::net::{Facts, NetDevice, Nic};

/// An interface that is emitted.
type NicDevice<'p> = Device<'p, Interface, Facts>;

/// Emits every `<interface>`, except host devices, which are emitted with `<hostdev>`.
pub(crate) fn emit(e: &mut Emit<'_>) {
    for nic in e.prepared.interfaces() {
        if let Facts::Nic(facts) = nic.facts {
            e.at(nic);
            one(e, nic, facts);
        }
    }
}

fn one(e: &mut Emit<'_>, nic: NicDevice<'_>, facts: &Nic) {
    let netdev = backend::props(e, nic, &facts.backend);
    e.netdev(netdev);
    match &facts.device {
        NetDevice::OnBoard => e.list("-net", device::on_board(nic)),
        device => {
            let props = device::props(e, nic, device);
            e.device(props);
        }
    }
}
