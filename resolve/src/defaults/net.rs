//! Defaults of `<interface>`.

use virtargv_caps::{Cap, Convention};
use virtargv_host::{Host, random_bits};
use virtargv_model::YesNo;
use virtargv_model::device::net::{
    Actual, BackendType, BridgeMode, Interface, InterfaceType, KnownModel, MacAddress, NetworkSource, Source,
    VhostMode, VhostUser, VirtualPort, VirtualPortType,
};
use virtargv_model::info::PciAddress;

use super::os::random_uuid;
use crate::Work;

/// The prefixes of generated names of network devices on the host.
const GENERATED_NAMES: [&str; 3] = ["vnet", "macvtap", "macvlan"];

/// Fills in every `<interface>`.
pub(crate) fn apply(work: &mut Work<'_>) {
    let mut interfaces = std::mem::take(&mut work.domain.devices.interfaces);
    for interface in &mut interfaces {
        complete(interface, work);
    }
    if !work.for_reader {
        connect(&mut interfaces, work.host);
    }
    work.domain.devices.interfaces = interfaces;
}

fn complete(interface: &mut Interface, work: &Work<'_>) {
    let kind = interface.kind();
    if !work.options.live {
        remove_running_state(interface);
    }
    let mac = interface.mac.get_or_insert_default();
    if mac.address == MacAddress::default() {
        mac.address = generate_mac(work.host);
    }
    match &mut interface.source {
        Source::Direct { mode, .. } => {
            mode.get_or_insert(BridgeMode::Vepa);
        }
        Source::Vhostuser(VhostUser { path: Some(_), mode, .. }) => {
            mode.get_or_insert(VhostMode::Client);
        }
        _ => {}
    }
    if let Some(port) = &mut interface.virtual_port {
        complete_virtual_port(port, work.host);
    }
    if let Source::Hostdev(device) = &mut interface.source {
        device.managed.get_or_insert(YesNo::No);
    }
    if interface.model.is_none() && kind != InterfaceType::Hostdev {
        let by_source = kind == InterfaceType::Vdpa
            || kind == InterfaceType::Vhostuser && work.release.has(Convention::VhostuserVirtio);
        let model = if by_source { KnownModel::Virtio } else { default_model(work) };
        interface.model = Some(model.into());
    }
    // passt replaces the user networking of a QEMU without it.
    if kind == InterfaceType::User
        && interface.backend.kind.is_none()
        && !work.caps.has(Cap::NetdevUser)
        && work.caps.has(Cap::NetdevStream)
    {
        interface.backend.kind = Some(BackendType::Passt);
    }
}

/// Removes what only the document of a running domain has.
fn remove_running_state(interface: &mut Interface) {
    if let Source::Network(NetworkSource { portid, .. }) = &mut interface.source {
        *portid = None;
    }
    if let Some(target) = &mut interface.target
        && target.managed != Some(YesNo::No)
    {
        let generated =
            target.dev.as_deref().is_some_and(|d| GENERATED_NAMES.iter().any(|p| d.starts_with(p)));
        if generated {
            target.dev = None;
        }
    }
    interface.target = interface.target.take().filter(|t| t.dev.is_some() || t.managed.is_some());
}

/// Generates a MAC address with the prefix of QEMU and KVM guests.
fn generate_mac(host: &dyn Host) -> MacAddress {
    let byte = || u8::try_from(random_bits(host, 8)).unwrap_or_default();
    MacAddress([0x52, 0x54, 0x00, byte(), byte(), byte()])
}

/// Generates the ids of a virtual port.
fn complete_virtual_port(port: &mut VirtualPort, host: &dyn Host) {
    if matches!(port.kind, None | Some(VirtualPortType::Qbg)) {
        port.instance_id.get_or_insert_with(|| random_uuid(host));
    }
    if matches!(port.kind, None | Some(VirtualPortType::OpenVswitch)) {
        port.interface_id.get_or_insert_with(|| random_uuid(host));
    }
}

/// The default model of network devices.
fn default_model(work: &Work<'_>) -> KnownModel {
    let guest = &work.guest;
    let arch = guest.arch;
    if arch.is_s390() || arch.is_loongarch() || guest.is_riscv_virt() || guest.is_arm_virt() {
        return KnownModel::Virtio;
    }
    if arch.is_arm() {
        return if guest.machine == "versatilepb" { KnownModel::Smc91c111 } else { KnownModel::Lan9118 };
    }
    let by_feature = [
        (Cap::DeviceRtl8139, KnownModel::Rtl8139),
        (Cap::DeviceE1000, KnownModel::E1000),
        (Cap::DeviceVirtioNet, KnownModel::Virtio),
    ];
    let found = by_feature.iter().find(|(cap, _)| work.caps.has(*cap));
    found.map_or(KnownModel::Rtl8139, |(_, model)| *model)
}

/// Fills in the actual connections of interfaces of type `network`.
fn connect(interfaces: &mut [Interface], host: &dyn Host) {
    let mut taken = Vec::new();
    for interface in interfaces.iter_mut() {
        if let Source::Network(network) = &interface.source {
            interface.actual = port(network, host, &taken).map(Box::new);
        }
        taken.extend(interface.actual_source().pci_function());
    }
}

/// The port that the virtual network has allocated or would allocate; `None` where the host does not know the network.
fn port(network: &NetworkSource, host: &dyn Host, taken: &[PciAddress]) -> Option<Actual> {
    let networks = host.networks();
    networks.network_port(network).ok().or_else(|| {
        let definition = networks.network(&network.network).ok()?;
        definition.connect(network.portgroup.as_deref(), taken)
    })
}
