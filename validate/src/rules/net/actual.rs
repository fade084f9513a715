//! Rules that can be held only once it is known what a network is. The reference holds them as it starts the guest.

use virtargv_caps::{Cap, Convention};
use virtargv_model::device::net::{
    BridgeMode, Interface, InterfaceType, Source, TeamingType, VirtualPortType,
};
use virtargv_model::{Place, YesNo};

use crate::{Context, Findings};

/// Holds them.
pub(super) fn check(cx: &Context<'_>, nic: &Interface, out: &mut Findings<'_>) {
    if let Source::Network(network) = &nic.source
        && nic.actual.is_none()
    {
        let message = format!("network '{}' is not known, or has nothing to connect to", network.network);
        out.refuse(&super::NETWORK_UNKNOWN, nic.info.pos.path("source/@network"), message);
        return;
    }
    let held = Held { cx, nic, kind: nic.actual_kind(), name: mac(nic) };
    held.connection(out);
    held.card(out);
    held.teaming(out);
    if nic.is_virtio() && held.kind != InterfaceType::Hostdev {
        held.options(out);
    }
}

fn mac(nic: &Interface) -> String {
    nic.mac.map(|m| m.address.to_string()).unwrap_or_default()
}

/// An interface and what it is really connected to.
struct Held<'a> {
    cx: &'a Context<'a>,
    nic: &'a Interface,
    kind: InterfaceType,
    /// Its MAC address.
    name: String,
}

impl Held<'_> {
    fn place(&self, path: &'static str) -> Place {
        self.nic.info.pos.path(path)
    }

    fn connection(&self, out: &mut Findings<'_>) {
        let Self { nic, kind, name, .. } = self;
        let port = nic.actual_virtual_port().and_then(|p| p.kind);
        if nic.actual_vlan().is_some() && !self.tags(port) {
            let message = format!("interface '{name}' has VLAN tags, which do not work with type '{kind}'");
            out.refuse(&super::VLAN, self.place("vlan"), message);
        }
        if nic.actual_bandwidth().is_some() && *kind == InterfaceType::Hostdev {
            let message =
                format!("interface '{name}' has 'bandwidth' limits, which type '{kind}' does not keep");
            out.refuse(&super::BANDWIDTH_HOSTDEV, self.place("bandwidth"), message);
        }
        let on_bridge = matches!(kind, InterfaceType::Network | InterfaceType::Bridge) && port.is_none();
        if nic.kind() == InterfaceType::Network && nic.actual_isolated() == Some(YesNo::Yes) && !on_bridge {
            let message = format!("interface '{name}' is an isolated port, which type '{kind}' is not");
            out.refuse(&super::ACTUAL_ISOLATED, self.place("port/@isolated"), message);
        }
    }

    /// Whether VLAN tags are handled by what it is connected to.
    fn tags(&self, port: Option<VirtualPortType>) -> bool {
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

    fn card(&self, out: &mut Findings<'_>) {
        let Self { cx, nic, kind, name } = self;
        if let Some(queues) = nic.driver.queues {
            let release = cx.caps.release();
            let works = kind.is_tap()
                || *kind == InterfaceType::Vhostuser
                || (*kind == InterfaceType::Vdpa && release.has(Convention::VdpaByAlias));
            if !works {
                let message = format!("interface '{name}' has '{queues}' queues, type '{kind}' has one");
                out.refuse(&super::MULTIQUEUE, self.place("driver/@queues"), message);
            }
            if *kind == InterfaceType::Vhostuser && !cx.has(Cap::VhostuserMultiqueue) {
                let message =
                    format!("interface '{name}' has '{queues}' queues, this QEMU has one for type '{kind}'");
                out.refuse(&super::VHOSTUSER_MULTIQUEUE, self.place("driver/@queues"), message);
            }
        }
        let filtered = kind.takes_filter();
        if let Some(filter) = &nic.filter {
            let filter = &filter.filter;
            let port = nic.actual_virtual_port().and_then(|p| p.kind);
            if !filtered {
                let message = format!("interface '{name}' has filter '{filter}', type '{kind}' has none");
                out.refuse(&super::FILTER, self.place("filterref"), message);
            } else if let Some(port) = port {
                let message =
                    format!("interface '{name}' has filter '{filter}', virtualport type '{port}' has none");
                out.refuse(&super::FILTER, self.place("filterref"), message);
            }
        }
        if let Some(path) = nic.backend.tap.as_ref().filter(|_| !filtered) {
            let message = format!("interface '{name}' has tap device '{path}', type '{kind}' has no tap");
            out.refuse(&super::TAP_PATH, self.place("backend/@tap"), message);
        }
    }

    /// The card of a pair that may go, which the network has to give.
    fn teaming(&self, out: &mut Findings<'_>) {
        let Self { nic, kind, name, .. } = self;
        if nic.kind() == InterfaceType::Network
            && nic.teaming_type() == Some(TeamingType::Transient)
            && *kind != InterfaceType::Hostdev
        {
            let message = format!(
                "interface '{name}' has teaming type 'transient', so its network must give it a card of the \
                 host, but it is of type '{kind}'"
            );
            out.refuse(&super::ACTUAL_TEAMING, self.place("teaming"), message);
        }
    }

    /// Options of a virtio card that older QEMUs lack.
    fn options(&self, out: &mut Findings<'_>) {
        let driver = &self.nic.driver;
        let rows = [
            ("rx_queue_size", driver.rx_queue_size, Cap::VirtioNetRxQueueSize),
            ("tx_queue_size", driver.tx_queue_size, Cap::VirtioNetTxQueueSize),
        ];
        if let Some(mode) = driver.tx_mode
            && !self.cx.has(Cap::VirtioTxAlg)
        {
            let message =
                format!("option 'tx' of virtio-net, for 'txmode' '{mode}', is not there in this QEMU");
            out.refuse(&super::TX_MODE, self.place("driver/@txmode"), message);
        }
        for (name, size, cap) in rows {
            if let Some(size) = size
                && !self.cx.has(cap)
            {
                let message = format!("option '{name}' ('{size}') of virtio-net is not there in this QEMU");
                out.refuse(&super::QUEUE_SIZE_OPTION, self.place("driver"), message);
            }
        }
        if let Some(mtu) = self.nic.mtu
            && !self.cx.has(Cap::VirtioNetHostMtu)
        {
            let message = format!("option 'host_mtu' ('{mtu}') of virtio-net is not there in this QEMU");
            out.refuse(&super::MTU_OPTION, self.place("mtu/@size"), message);
        }
    }
}
