//! `<network>`: the definition of a virtual network, as far as a domain that uses the network needs it.

use crate::device::hostdev::{HostInterface, HostdevDriver, InterfaceDevice, PciDevice};
use crate::device::net::{Actual, Bandwidth, BridgeMode, NetworkSource, Source, VirtualPort, Vlan};
use crate::info::PciAddress;
use crate::network_port::{driver_of, write_driver};
use crate::read::{self, El, Element, Elements, Reader};
use crate::write::Writer;
use crate::{Pos, Report, YesNo};

crate::rules! {
    /// The definition of a network is well-formed XML with the root element `<network>`.
    NETWORK = "network": Xml, Read, "`<network>`: what the host answers for the name in `<source network=>`",
        help "correct the definition of the network on the host";
}

spelled! {
    /// `<forward mode=>`: how the traffic of a network is forwarded.
    #[derive(Default)]
    pub enum ForwardMode {
        /// Not at all: an isolated network.
        #[default]
        None = "none",
        /// Routed, with addresses translated.
        Nat = "nat",
        /// Routed.
        Route = "route",
        /// Routed, without firewall rules.
        Open = "open",
        /// Through a bridge of the host, or macvtap in bridge mode.
        Bridge = "bridge",
        /// Through macvtap in private mode.
        Private = "private",
        /// Through macvtap in VEPA mode.
        Vepa = "vepa",
        /// Through macvtap in passthrough mode.
        Passthrough = "passthrough",
        /// Each interface is given a PCI function of the host.
        Hostdev = "hostdev",
    }
}

/// A virtual network (`<network>`).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Network {
    /// `<forward>`: how its traffic is forwarded. Without the element, the network is isolated.
    pub forward: Forward,
    /// `<bridge name=>`: the bridge device on the host.
    pub bridge: Option<String>,
    /// `<mtu size=>`: the MTU of the bridge and of the tap devices on it, in bytes.
    pub mtu: Option<u32>,
    /// `<ip address=>`: the addresses of the host on the network.
    pub addresses: Vec<String>,
    /// The settings of ports whose port group does not have them.
    pub port: PortSettings,
    /// `<portgroup>`
    pub port_groups: Vec<PortGroup>,
}

/// `<forward>` of a network.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Forward {
    /// `mode=`
    pub mode: ForwardMode,
    /// `<interface dev=>`, or `dev=` where there is none: the network device of the host that is used first.
    pub dev: Option<String>,
    /// `<pf dev=>`: the network device whose virtual functions are the pool of the network.
    pub pf: Option<String>,
    /// `<address type='pci'>`: the PCI functions of the host that interfaces are given.
    pub functions: Vec<PciAddress>,
    /// `<driver>` for the PCI functions.
    pub driver: HostdevDriver,
    /// `managed=`: whether libvirt detaches the PCI functions from the host.
    pub managed: Option<YesNo>,
}

/// `<portgroup>` of a network.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PortGroup {
    /// `name=`
    pub name: String,
    /// `default='yes'`: interfaces that name no port group are in this one.
    pub default: bool,
    /// `<bandwidth>`: the limits of each port.
    pub bandwidth: Option<Bandwidth>,
    /// The other settings of its ports.
    pub port: PortSettings,
}

/// The settings of ports that both a network and its port groups can have.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PortSettings {
    /// `<virtualport>`
    pub virtual_port: Option<VirtualPort>,
    /// `<vlan>`
    pub vlan: Option<Vlan>,
    /// `<port isolated=>`
    pub isolated: Option<YesNo>,
}

impl Network {
    /// Reads the definition, or the state of an active network (`<networkstatus>`), which has the definition inside.
    ///
    /// # Errors
    /// The problems of the document.
    pub fn parse(text: &str) -> Result<Self, Report> {
        let mut r = Reader::default();
        let mut tree = match read::tree(text) {
            Ok(tree) => tree,
            Err(error) => {
                r.refuse(&NETWORK, Pos::NONE, error.message);
                return Err(r.report);
            }
        };
        let elements = Elements::of(&mut tree);
        let defined = elements.root().and_then(|root| match root.name() {
            "network" => Some(root),
            "networkstatus" => root.child("network"),
            _ => None,
        });
        let Some(el) = defined else {
            r.refuse(&NETWORK, Pos::NONE, "the definition of a network has the root `<network>`");
            return Err(r.report);
        };
        let network = Self {
            forward: el.child("forward").map(|forward| Forward::read(forward, &mut r)).unwrap_or_default(),
            bridge: el.child("bridge").and_then(|bridge| bridge.string("name")),
            mtu: el.child("mtu").and_then(|mtu| r.attr(mtu, "size")),
            addresses: el.children("ip").filter_map(|ip| ip.string("address")).collect(),
            port: PortSettings::read(el, &mut r),
            port_groups: el
                .children("portgroup")
                .filter_map(|group| PortGroup::read(group, &mut r))
                .collect(),
        };
        if r.report.is_empty() { Ok(network) } else { Err(r.report) }
    }

    /// The definition as a document, from which [`Network::parse`] reads the same network.
    pub fn to_xml(&self) -> String {
        let Self { forward, bridge, mtu, addresses, port, port_groups } = self;
        let mut w = Writer::new();
        w.element("network").open_children(|w| {
            forward.write(w);
            if let Some(bridge) = bridge {
                w.element("bridge").attr("name", bridge).empty();
            }
            if let Some(mtu) = mtu {
                w.element("mtu").attr("size", mtu).empty();
            }
            port.write(w);
            for address in addresses {
                w.element("ip").attr("address", address).empty();
            }
            for group in port_groups {
                group.write(w);
            }
        });
        w.finish()
    }

    /// Whether libvirt makes the bridge and gives the host an address on it: isolated networks, and those with the
    /// forward mode `nat`, `route` or `open`.
    pub fn is_of_host(&self) -> bool {
        use ForwardMode::{Nat, None, Open, Route};
        matches!(self.forward.mode, None | Nat | Route | Open)
    }

    /// The actual connection of an interface of `port_group`. With `<forward mode='hostdev'>` it is the first PCI
    /// function that is not in `taken`; `None` if the network has none left.
    pub fn connect(&self, port_group: Option<&str>, taken: &[PciAddress]) -> Option<Actual> {
        let group = self.port_groups.iter().find(|group| match port_group {
            Some(name) => group.name == name,
            None => group.default,
        });
        // The port group takes precedence over the network.
        let of_group = group.map(|group| &group.port);
        Some(Actual {
            source: self.plug(taken)?,
            virtual_port: of_group
                .and_then(|port| port.virtual_port.clone())
                .or(self.port.virtual_port.clone()),
            bandwidth: group.and_then(|group| group.bandwidth),
            vlan: of_group.and_then(|port| port.vlan.clone()).or(self.port.vlan.clone()),
            isolated: of_group.and_then(|port| port.isolated).or(self.port.isolated),
            trust_guest_rx_filters: None,
        })
    }

    fn plug(&self, taken: &[PciAddress]) -> Option<Source> {
        let device = |mode| Some(Source::Direct { dev: self.forward.dev.clone()?, mode: Some(mode) });
        match self.forward.mode {
            ForwardMode::None | ForwardMode::Nat | ForwardMode::Route | ForwardMode::Open => {
                let network = self.bridge.clone()?;
                Some(Source::Network(NetworkSource { network, ..NetworkSource::default() }))
            }
            ForwardMode::Bridge => match self.bridge.clone() {
                Some(bridge) => Some(Source::Bridge { bridge }),
                None => device(BridgeMode::Bridge),
            },
            ForwardMode::Private => device(BridgeMode::Private),
            ForwardMode::Vepa => device(BridgeMode::Vepa),
            ForwardMode::Passthrough => device(BridgeMode::Passthrough),
            ForwardMode::Hostdev => {
                let address = self.forward.functions.iter().copied().find(|f| !taken.contains(f))?;
                let driver = self.forward.driver.clone();
                let device = InterfaceDevice::Pci(PciDevice { driver, address, ..PciDevice::default() });
                Some(Source::Hostdev(Box::new(HostInterface { managed: self.forward.managed, device })))
            }
        }
    }
}

impl Forward {
    fn read(el: El<'_>, r: &mut Reader) -> Self {
        let first = el.child("interface").unwrap_or(el);
        Self {
            mode: r.attr(el, "mode").unwrap_or(ForwardMode::Nat),
            dev: first.string("dev"),
            pf: el.child("pf").and_then(|pf| pf.string("dev")),
            functions: el.children("address").filter_map(|address| PciAddress::read(address, r)).collect(),
            driver: driver_of(el, r),
            managed: r.attr(el, "managed"),
        }
    }

    fn write(&self, w: &mut Writer) {
        if *self == Self::default() {
            return;
        }
        let Self { mode, dev, pf, functions, driver, managed } = self;
        w.element("forward").attr("mode", mode).opt("managed", *managed).children(|w| {
            write_driver(driver, w);
            if let Some(pf) = pf {
                w.element("pf").attr("dev", pf).empty();
            }
            if let Some(dev) = dev {
                w.element("interface").attr("dev", dev).empty();
            }
            for function in functions {
                function.write(w.element("address").attr("type", "pci"));
            }
        });
    }
}

impl PortGroup {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let default: Option<YesNo> = r.attr(el, "default");
        Some(Self {
            name: r.required(el, "name")?,
            default: default == Some(YesNo::Yes),
            bandwidth: el.child("bandwidth").and_then(|bandwidth| Bandwidth::read(bandwidth, true, r)),
            port: PortSettings::read(el, r),
        })
    }

    fn write(&self, w: &mut Writer) {
        let default = self.default.then_some(YesNo::Yes);
        w.element("portgroup").attr("name", &self.name).opt("default", default).children(|w| {
            if let Some(bandwidth) = &self.bandwidth {
                bandwidth.write(w);
            }
            self.port.write(w);
        });
    }
}

impl PortSettings {
    fn read(el: El<'_>, r: &mut Reader) -> Self {
        Self {
            virtual_port: el.child("virtualport").and_then(|port| VirtualPort::read(port, r)),
            vlan: el.child("vlan").and_then(|vlan| Vlan::read(vlan, r)),
            isolated: el.child("port").and_then(|port| r.attr(port, "isolated")),
        }
    }

    fn write(&self, w: &mut Writer) {
        if let Some(port) = &self.virtual_port {
            port.write(w);
        }
        if let Some(vlan) = &self.vlan {
            vlan.write(w);
        }
        if let Some(isolated) = self.isolated {
            w.element("port").attr("isolated", isolated).empty();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ForwardMode, Network};
    use crate::device::net::Source;

    #[test]
    fn addresses_and_mode() {
        let text =
            "<network><forward/><bridge name='b0'/><ip address='10.0.0.1'/><ip address='fd00::1'/></network>";
        let network = Network::parse(text).unwrap();
        assert_eq!(network.forward.mode, ForwardMode::Nat);
        assert_eq!(network.addresses, ["10.0.0.1", "fd00::1"]);
        assert!(network.is_of_host());
    }

    #[test]
    fn state_of_a_network() {
        let text =
            "<networkstatus><network><forward mode='hostdev'><pf dev='eth0'/></forward><mtu size='1400'/>
            </network></networkstatus>";
        let network = Network::parse(text).unwrap();
        assert_eq!((network.forward.pf.as_deref(), network.mtu), (Some("eth0"), Some(1400)));
    }

    #[test]
    fn what_is_written_is_read_again() {
        for text in [
            "<network/>",
            "<network><forward mode='nat'/><bridge name='b0'/><ip address='10.0.0.1'/></network>",
            "<network><forward mode='bridge'><interface dev='eth0'/></forward><mtu size='1400'/></network>",
            "<network><forward mode='hostdev'><pf dev='eth1'/></forward></network>",
            "<network><forward mode='hostdev' managed='yes'><driver name='vfio' model='mlx5'/>
               <address type='pci' domain='0' bus='5' slot='2' function='1'/></forward></network>",
            "<network><forward mode='bridge'/><bridge name='ovs'/><virtualport type='openvswitch'>
               <parameters interfaceid='09b11c53-8b5c-4eeb-8f00-d84eaa0aaa4f'/></virtualport>
               <port isolated='yes'/><portgroup name='p &amp; q' default='yes'>
               <bandwidth><inbound average='1' peak='2'/></bandwidth>
               <vlan trunk='yes'><tag id='42' nativeMode='tagged'/><tag id='47'/></vlan></portgroup></network>",
        ] {
            let network = Network::parse(text).unwrap();
            assert_eq!(Network::parse(&network.to_xml()), Ok(network), "{text}");
        }
    }

    #[test]
    fn a_function_is_given_once() {
        let text = "<network><forward mode='hostdev' managed='yes'><address type='pci' bus='5' slot='0' function='1'/>
            <address type='pci' bus='5' slot='0' function='2'/></forward></network>";
        let network = Network::parse(text).unwrap();
        let [first, second] = network.forward.functions.as_slice() else { panic!("two functions") };
        for (taken, given) in
            [(vec![], Some(first)), (vec![*first], Some(second)), (vec![*first, *second], None)]
        {
            let actual = network.connect(None, &taken).map(|actual| actual.source);
            assert_eq!(actual.as_ref().and_then(Source::pci_function), given.copied(), "{taken:?}");
        }
    }
}
