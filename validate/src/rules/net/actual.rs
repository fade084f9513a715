//! Rules that depend on what the host's network connects an interface to: libvirt checks them when it starts the guest.

use virtargv_caps::Convention;
use virtargv_model::device::net::{
    BridgeMode, Interface, InterfaceType, MacAddress, Source, VirtualPortType,
};
use virtargv_model::{Place, YesNo};

use super::{backend, driver, source, teaming};
use crate::{Context, Findings};

/// Checks `nic` with the connection that its network has given it.
pub(super) fn check(cx: &Context<'_>, nic: &Interface, out: &mut Findings<'_>) {
    if !source::check_network(cx, nic, out) {
        return;
    }
    let actual =
        Actual { cx, nic, kind: nic.actual_kind(), name: nic.mac.map(|mac| mac.address).unwrap_or_default() };
    actual.check_connection(out);
    driver::check_queues(&actual, out);
    actual.check_filter(out);
    backend::check_tap(cx, &actual, out);
    teaming::check_actual(&actual, out);
    if nic.is_virtio() && actual.kind != InterfaceType::Hostdev {
        driver::check_tx_mode(cx, nic, out);
    }
}

/// An interface and its actual type: that of its network's connection.
pub(super) struct Actual<'a> {
    pub(super) cx: &'a Context<'a>,
    pub(super) nic: &'a Interface,
    pub(super) kind: InterfaceType,
    /// The MAC address, by which messages name the interface.
    pub(super) name: MacAddress,
}

impl Actual<'_> {
    fn place(&self, path: &'static str) -> Place {
        self.nic.info.pos.path(path)
    }

    /// VLAN tags, bandwidth and port isolation.
    fn check_connection(&self, out: &mut Findings<'_>) {
        let Self { nic, kind, name, .. } = self;
        let port = nic.actual_virtual_port().and_then(|p| p.kind);
        if nic.actual_vlan().is_some() && !self.handles_vlan(port) {
            let message = format!("VLAN tags of interface `{name}` are not supported for type `{kind}`");
            out.refuse(&super::VLAN, self.place("vlan"), message);
        }
        if nic.actual_bandwidth().is_some() && *kind == InterfaceType::Hostdev {
            let message =
                format!("`<bandwidth>` limits of interface `{name}` are not supported for type `{kind}`");
            out.refuse(&super::BANDWIDTH_HOSTDEV, self.place("bandwidth"), message);
        }
        let on_bridge = matches!(kind, InterfaceType::Network | InterfaceType::Bridge) && port.is_none();
        if nic.kind() == InterfaceType::Network && nic.actual_isolated() == Some(YesNo::Yes) && !on_bridge {
            let message =
                format!("an isolated port of interface `{name}` is not supported for type `{kind}`");
            out.refuse(&super::ACTUAL_ISOLATED, self.place("port/@isolated"), message);
        }
    }

    /// Whether VLAN tags are handled by what the interface is connected to.
    fn handles_vlan(&self, port: Option<VirtualPortType>) -> bool {
        match self.nic.actual_source() {
            Source::Hostdev(_) => true,
            Source::Direct { mode, .. } => *mode == Some(BridgeMode::Passthrough),
            Source::Bridge { .. } => match port {
                Some(port) => port == VirtualPortType::OpenVswitch,
                None => self.cx.release.has(Convention::BridgeVlan),
            },
            Source::Network(_) => self.cx.release.has(Convention::BridgeVlan),
            _ => false,
        }
    }

    /// Network filters.
    fn check_filter(&self, out: &mut Findings<'_>) {
        let Self { nic, kind, name, .. } = self;
        let Some(filter) = &nic.filter else { return };
        let filter = &filter.filter;
        let port = nic.actual_virtual_port().and_then(|p| p.kind);
        if !kind.takes_filter() {
            let message =
                format!("filter `{filter}` of interface `{name}` is not supported for type `{kind}`");
            out.refuse(&super::FILTER, self.place("filterref"), message);
        } else if let Some(port) = port {
            let message = format!(
                "filter `{filter}` of interface `{name}` is not supported for virtualport type `{port}`"
            );
            out.refuse(&super::FILTER, self.place("filterref"), message);
        }
    }
}
