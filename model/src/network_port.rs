//! `<networkport>`: the port that a virtual network allocates for an interface, which says what it is connected to.

use crate::Pos;
use crate::device::hostdev::{HostInterface, HostdevDriver, InterfaceDevice, PciDevice};
use crate::device::net::{Actual, Bandwidth, BridgeMode, NetworkSource, Source, VirtualPort, Vlan};
use crate::info::PciAddress;
use crate::read::{self, El, Element, Elements, Reader};
use crate::{Report, YesNo};

crate::rules! {
    /// The document of a network port is well-formed XML.
    NETWORK_PORT = "network-port": Xml, Read,
        "`<networkport>`: what a virtual network answers for an interface connected to it",
        help "correct the document that the host returned for the network port";
    /// The document of a network is well-formed XML.
    NETWORK = "network": Xml, Read, "`<network>`: what the host answers for the name in `<source network=>`",
        help "correct the definition of the network on the host";
}

spelled! {
    /// `type=` of `<plug>`: what the port is connected to.
    pub enum PlugType {
        /// Nothing.
        None = "none",
        /// The bridge of the virtual network.
        Network = "network",
        /// A bridge of the host.
        Bridge = "bridge",
        /// A network device of the host (macvtap).
        Direct = "direct",
        /// A PCI function, such as an SR-IOV virtual function.
        HostdevPci = "hostdev-pci",
    }
}

/// Reads a `<networkport>` document into the actual connection of an interface.
///
/// # Errors
/// The problems of the document.
pub fn parse(text: &str) -> Result<Actual, Report> {
    let mut r = Reader::default();
    let tree = match read::tree(text) {
        Ok(tree) => tree,
        Err(error) => {
            r.refuse(&NETWORK_PORT, Pos::NONE, error.message);
            return Err(r.report);
        }
    };
    let elements = Elements::of(&tree);
    let actual = elements.root().map(|el| read_port(el, &mut r)).unwrap_or_default();
    if r.report.is_empty() { Ok(actual) } else { Err(r.report) }
}

fn read_port(el: El<'_>, r: &mut Reader) -> Actual {
    let isolated = el.child("port").and_then(|p| r.attr(p, "isolated"));
    let trust: Option<YesNo> = el.child("rxfilters").and_then(|f| r.attr(f, "trustGuest"));
    Actual {
        source: el.child("plug").and_then(|p| read_plug(p, r)).unwrap_or_default(),
        virtual_port: el.child("virtualport").and_then(|v| VirtualPort::read(v, r)),
        bandwidth: el.child("bandwidth").and_then(|b| Bandwidth::read(b, true, r)),
        vlan: read::one::<Vlan>(el, "vlan", r),
        isolated,
        trust_guest_rx_filters: trust,
    }
}

fn read_plug(el: El<'_>, r: &mut Reader) -> Option<Source> {
    let kind: PlugType = r.required(el, "type")?;
    Some(match kind {
        PlugType::None => return None,
        PlugType::Network => {
            let network = r.required(el, "bridge")?;
            Source::Network(NetworkSource { network, ..NetworkSource::default() })
        }
        PlugType::Bridge => Source::Bridge { bridge: r.required(el, "bridge")? },
        PlugType::Direct => {
            let dev = r.required(el, "dev")?;
            let mode: Option<BridgeMode> = r.required(el, "mode");
            Source::Direct { dev, mode }
        }
        PlugType::HostdevPci => {
            let address = el.child("address").and_then(|a| PciAddress::read(a, r)).unwrap_or_default();
            let driver = driver_of(el, r);
            let device = InterfaceDevice::Pci(PciDevice { driver, address, ..PciDevice::default() });
            let managed = r.attr(el, "managed");
            Source::Hostdev(Box::new(HostInterface { managed, device }))
        }
    })
}

/// The actual connection that a virtual network (`<network>` document) gives an interface of the port group
/// `portgroup`. A network with `<forward mode='hostdev'>` gives the first of its PCI functions that is not in `taken`;
/// `None` where there is none left.
///
/// # Errors
/// The problems of the document.
pub fn of_network(
    text: &str,
    portgroup: Option<&str>,
    taken: &[PciAddress],
) -> Result<Option<Actual>, Report> {
    let mut r = Reader::default();
    let tree = match read::tree(text) {
        Ok(tree) => tree,
        Err(error) => {
            r.refuse(&NETWORK, Pos::NONE, error.message);
            return Err(r.report);
        }
    };
    let elements = Elements::of(&tree);
    let Some(el) = elements.root() else { return Ok(None) };
    let group = el.children("portgroup").find(|g| match portgroup {
        Some(name) => g.get("name") == Some(name),
        None => g.get("default") == Some("yes"),
    });
    // The port group takes precedence over the network.
    let part = |name: &'static str| group.and_then(|g| g.child(name)).or_else(|| el.child(name));
    let source = network_plug(el, taken, &mut r);
    let isolated = part("port").and_then(|p| r.attr(p, "isolated"));
    let actual = source.map(|source| Actual {
        source,
        virtual_port: part("virtualport").and_then(|v| VirtualPort::read(v, &mut r)),
        bandwidth: group.and_then(|g| g.child("bandwidth")).and_then(|b| Bandwidth::read(b, true, &mut r)),
        vlan: part("vlan").and_then(|v| Vlan::read(v, &mut r)),
        isolated,
        trust_guest_rx_filters: None,
    });
    if r.report.is_empty() { Ok(actual) } else { Err(r.report) }
}

fn network_plug(el: El<'_>, taken: &[PciAddress], r: &mut Reader) -> Option<Source> {
    let forward = el.child("forward");
    let bridge = el.child("bridge").and_then(|b| b.string("name"));
    let device = |mode| {
        let first = forward.and_then(|f| f.child("interface").or(Some(f))).and_then(|i| i.string("dev"));
        Some(Source::Direct { dev: first?, mode: Some(mode) })
    };
    match forward.map(|f| f.get("mode").unwrap_or("nat")) {
        None | Some("none" | "nat" | "route" | "open") => {
            Some(Source::Network(NetworkSource { network: bridge?, ..NetworkSource::default() }))
        }
        Some("bridge") => match bridge {
            Some(bridge) => Some(Source::Bridge { bridge }),
            None => device(BridgeMode::Bridge),
        },
        Some("private") => device(BridgeMode::Private),
        Some("vepa") => device(BridgeMode::Vepa),
        Some("passthrough") => device(BridgeMode::Passthrough),
        Some("hostdev") => {
            let forward = forward?;
            let functions: Vec<PciAddress> =
                forward.children("address").filter_map(|a| PciAddress::read(a, r)).collect();
            let address = functions.into_iter().find(|f| !taken.contains(f))?;
            let driver = driver_of(forward, r);
            let device = InterfaceDevice::Pci(PciDevice { driver, address, ..PciDevice::default() });
            let managed = r.attr(forward, "managed");
            Some(Source::Hostdev(Box::new(HostInterface { managed, device })))
        }
        Some(_) => None,
    }
}

fn driver_of(el: El<'_>, r: &mut Reader) -> HostdevDriver {
    let driver = el.child("driver");
    HostdevDriver {
        name: driver.and_then(|d| r.attr(d, "name")),
        model: driver.and_then(|d| d.string("model")),
    }
}
