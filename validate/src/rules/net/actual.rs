//! Rules that depend on what the host's network connects an interface to: libvirt checks them when it starts the guest.

use virtargv_caps::{Cap, Convention};
use virtargv_model::device::net::{
    BridgeMode, Interface, InterfaceType, Source, TeamingType, VirtualPortType,
};
use virtargv_model::{Place, YesNo};

use crate::{Context, Findings};

/// Checks `nic` with the connection that its network has given it.
pub(super) fn check(cx: &Context<'_>, nic: &Interface, out: &mut Findings<'_>) {
    if let Source::Network(network) = &nic.source
        && nic.actual.is_none()
    {
        let message =
            format!("network '{}' is not known to the host, or has no connection to offer", network.network);
        out.refuse(&super::NETWORK_UNKNOWN, nic.info.pos.path("source/@network"), message);
        return;
    }
    let actual = Actual { cx, nic, kind: nic.actual_kind(), name: mac(nic) };
    actual.connection(out);
    actual.device(out);
    actual.teaming(out);
    if nic.is_virtio() && actual.kind != InterfaceType::Hostdev {
        actual.options(out);
    }
}

fn mac(nic: &Interface) -> String {
    nic.mac.map(|m| m.address.to_string()).unwrap_or_default()
}

/// An interface and its actual type: that of its network's connection.
struct Actual<'a> {
    cx: &'a Context<'a>,
    nic: &'a Interface,
    kind: InterfaceType,
    /// The MAC address, by which messages name the interface.
    name: String,
}

impl Actual<'_> {
    fn place(&self, path: &'static str) -> Place {
        self.nic.info.pos.path(path)
    }

    /// VLAN tags, bandwidth and port isolation.
    fn connection(&self, out: &mut Findings<'_>) {
        let Self { nic, kind, name, .. } = self;
        let port = nic.actual_virtual_port().and_then(|p| p.kind);
        if nic.actual_vlan().is_some() && !self.handles_vlan(port) {
            let message = format!("VLAN tags of interface '{name}' are not supported for type '{kind}'");
            out.refuse(&super::VLAN, self.place("vlan"), message);
        }
        if nic.actual_bandwidth().is_some() && *kind == InterfaceType::Hostdev {
            let message =
                format!("'bandwidth' limits of interface '{name}' are not supported for type '{kind}'");
            out.refuse(&super::BANDWIDTH_HOSTDEV, self.place("bandwidth"), message);
        }
        let on_bridge = matches!(kind, InterfaceType::Network | InterfaceType::Bridge) && port.is_none();
        if nic.kind() == InterfaceType::Network && nic.actual_isolated() == Some(YesNo::Yes) && !on_bridge {
            let message =
                format!("an isolated port of interface '{name}' is not supported for type '{kind}'");
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

    /// Queues, network filter and tap device.
    fn device(&self, out: &mut Findings<'_>) {
        let Self { cx, nic, kind, name } = self;
        if let Some(queues) = nic.driver.queues {
            let release = cx.caps.release();
            let is_supported = kind.is_tap()
                || *kind == InterfaceType::Vhostuser
                || (*kind == InterfaceType::Vdpa && release.has(Convention::VdpaByAlias));
            if !is_supported {
                let message =
                    format!("'{queues}' queues of interface '{name}' are not supported for type '{kind}'");
                out.refuse(&super::MULTIQUEUE, self.place("driver/@queues"), message);
            }
            if *kind == InterfaceType::Vhostuser && !cx.has(Cap::VhostuserMultiqueue) {
                let message = format!(
                    "'{queues}' queues of interface '{name}' are not supported by this QEMU for type '{kind}'"
                );
                out.refuse(&super::VHOSTUSER_MULTIQUEUE, self.place("driver/@queues"), message);
            }
        }
        let filtered = kind.takes_filter();
        if let Some(filter) = &nic.filter {
            let filter = &filter.filter;
            let port = nic.actual_virtual_port().and_then(|p| p.kind);
            if !filtered {
                let message =
                    format!("filter '{filter}' of interface '{name}' is not supported for type '{kind}'");
                out.refuse(&super::FILTER, self.place("filterref"), message);
            } else if let Some(port) = port {
                let message = format!(
                    "filter '{filter}' of interface '{name}' is not supported for virtualport type '{port}'"
                );
                out.refuse(&super::FILTER, self.place("filterref"), message);
            }
        }
        if let Some(path) = nic.backend.tap.as_ref().filter(|_| !filtered) {
            let message = format!(
                "'tap' ('{path}') of interface '{name}' is not supported for type '{kind}', which has no tap device"
            );
            out.refuse(&super::TAP_PATH, self.place("backend/@tap"), message);
        }
    }

    /// A transient teaming interface must be a host device, here one that the network hands out.
    fn teaming(&self, out: &mut Findings<'_>) {
        let Self { nic, kind, name, .. } = self;
        if nic.kind() == InterfaceType::Network
            && nic.teaming_type() == Some(TeamingType::Transient)
            && *kind != InterfaceType::Hostdev
        {
            let message = format!(
                "teaming type 'transient' of interface '{name}' needs a network that hands out host devices, this \
                 one gives type '{kind}'"
            );
            out.refuse(&super::ACTUAL_TEAMING, self.place("teaming"), message);
        }
    }

    /// Properties of `virtio-net` that older QEMUs lack.
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
                format!("this QEMU has no option 'tx' of virtio-net, which 'txmode' '{mode}' needs");
            out.refuse(&super::TX_MODE, self.place("driver/@txmode"), message);
        }
        for (name, size, cap) in rows {
            if let Some(size) = size
                && !self.cx.has(cap)
            {
                let message = format!("this QEMU has no option '{name}' ('{size}') of virtio-net");
                out.refuse(&super::QUEUE_SIZE_OPTION, self.place("driver"), message);
            }
        }
        if let Some(mtu) = self.nic.mtu
            && !self.cx.has(Cap::VirtioNetHostMtu)
        {
            let message = format!("this QEMU has no option 'host_mtu' ('{mtu}') of virtio-net");
            out.refuse(&super::MTU_OPTION, self.place("mtu/@size"), message);
        }
    }
}
