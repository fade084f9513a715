//! Interfaces: what the network device of the host gets.

use virtargv_model::Spelled;
use virtargv_model::device::hostdev::InterfaceDevice;
use virtargv_model::device::net::{Bandwidth, Interface, Source, VirtualPort, Vlan};

use super::{DETACH, attribute, is_yes};
use crate::Work;
use crate::emit::context::Emit;
use crate::ident::Alias;

/// Work for each interface.
pub(super) fn emit(e: &mut Emit<'_>) {
    for nic in e.prepared.interfaces() {
        e.at(nic);
        assigned(e, nic.element, nic.alias);
        port(e, nic.element, nic.alias);
        connect(e, nic.element, nic.alias);
    }
}

/// The host device of an interface, and what it gets before it is the guest's.
fn assigned(e: &mut Emit<'_>, nic: &Interface, alias: &Alias) {
    let Source::Hostdev(device) = nic.actual_source() else { return };
    let InterfaceDevice::Pci(pci) = &device.device else { return };
    let settings = [
        nic.mac.as_ref().map(|mac| format!("the MAC address {}", mac.address)),
        nic.actual_vlan().map(vlan),
        nic.actual_virtual_port().map(virtual_port),
    ];
    for setting in settings.into_iter().flatten() {
        e.host(Work::HostInterface, format!("the PCI device {} of `{alias}` gets {setting}", pci.address));
    }
    if is_yes(device.managed) {
        let driver = pci.driver.model.as_deref().unwrap_or("vfio-pci");
        e.host(Work::Detach, format!("the PCI device {} {DETACH} {driver}", pci.address));
    }
}

/// The port of a network.
fn port(e: &mut Emit<'_>, nic: &Interface, alias: &Alias) {
    if let Source::Network(source) = &nic.source {
        let group = attribute("portgroup", source.portgroup.as_deref());
        let id = attribute("portid", source.portid.as_deref());
        e.host(
            Work::NetworkPort,
            format!("the network `{}` gives `{alias}` a port{group}{id}", source.network),
        );
    }
}

/// What the network device of the host gets.
fn connect(e: &mut Emit<'_>, nic: &Interface, alias: &Alias) {
    let is_assigned = matches!(nic.actual_source(), Source::Hostdev(_));
    if !is_assigned {
        let settings = [nic.actual_vlan().map(vlan), nic.actual_virtual_port().map(virtual_port)];
        for setting in settings.into_iter().flatten() {
            e.host(Work::Connect, format!("the port of `{alias}` gets {setting}"));
        }
    }
    if let Some(isolated) = nic.actual_isolated() {
        e.host(Work::Connect, format!("the port of `{alias}` has isolated='{isolated}'"));
    }
    if let Some(coalesce) = &nic.coalesce {
        let frames = coalesce.rx_max_frames;
        e.host(
            Work::Connect,
            format!("`{alias}` gets at most {frames} packets in one interrupt of the host"),
        );
    }
    if let Some(bandwidth) = nic.actual_bandwidth() {
        e.host(Work::Bandwidth, format!("traffic of `{alias}` is limited:{}", rates(bandwidth)));
    }
    if let Some(filter) = &nic.filter {
        let parameters: Vec<String> =
            filter.parameters.iter().map(|one| format!("{}={}", one.name, one.value)).collect();
        let parameters = parameters.join(" ");
        let what = format!("the filter `{}` is applied to `{alias}` {parameters}", filter.filter);
        e.host(Work::Filter, what.trim_end().to_owned());
    }
    for ip in &nic.host_ips {
        let prefix = ip.prefix.map(|prefix| format!("/{prefix}")).unwrap_or_default();
        let peer = ip.peer.as_ref().map(|peer| format!(" to {peer}")).unwrap_or_default();
        e.host(
            Work::HostAddress,
            format!("the host's end of `{alias}` has the address {}{prefix}{peer}", ip.address),
        );
    }
    for route in &nic.host_routes {
        let prefix = route.prefix.map(|prefix| format!("/{prefix}")).unwrap_or_default();
        let metric = attribute("metric", route.metric);
        let address = route.address.map_or_else(|| "anywhere".to_owned(), |address| address.to_string());
        let gateway = route.gateway;
        let what =
            format!("the host's end of `{alias}` has a route to {address}{prefix} by {gateway}{metric}");
        e.host(Work::HostAddress, what);
    }
    if is_yes(nic.trust_guest_rx_filters) {
        e.host(
            Work::RxFilters,
            format!("MAC address and filters that the guest sets for `{alias}` are taken over"),
        );
    }
}

/// A virtual port for a phrase.
fn virtual_port(port: &VirtualPort) -> String {
    format!(
        "a virtual port{}{}{}{}{}{}{}",
        attribute("type", port.kind.map(Spelled::as_str)),
        attribute("managerid", port.manager_id),
        attribute("typeid", port.type_id),
        attribute("typeidversion", port.type_id_version),
        attribute("instanceid", port.instance_id),
        attribute("interfaceid", port.interface_id),
        attribute("profileid", port.profile_id.as_deref()),
    )
}

/// VLANs for a phrase.
fn vlan(vlan: &Vlan) -> String {
    let tags: Vec<String> =
        vlan.tags.iter().map(|tag| format!("{}{}", tag.id, attribute("nativeMode", tag.native))).collect();
    format!("the VLANs {}{}", tags.join(", "), if vlan.trunk { " as a trunk" } else { "" })
}

/// The rates of both directions.
fn rates(bandwidth: &Bandwidth) -> String {
    let mut out = String::new();
    for (name, rate) in [("inbound", &bandwidth.inbound), ("outbound", &bandwidth.outbound)] {
        if let Some(rate) = rate {
            out.push(' ');
            out.push_str(name);
            out.push_str(&attribute("average", rate.average));
            out.push_str(&attribute("peak", rate.peak));
            out.push_str(&attribute("floor", rate.floor));
            out.push_str(&attribute("burst", rate.burst));
        }
    }
    out
}
