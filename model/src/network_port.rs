//! `<networkport>`: the port that a virtual network allocates for an interface, with what it is connected to.

use crate::Pos;
use crate::device::hostdev::{HostInterface, HostdevDriver, InterfaceDevice, PciDevice};
use crate::device::net::{Actual, Bandwidth, BridgeMode, NetworkSource, Source, VirtualPort, Vlan};
use crate::info::PciAddress;
use crate::read::{self, El, Element, Elements, Reader};
use crate::write::Writer;
use crate::{Report, YesNo};

crate::rules! {
    /// The document of a network port is well-formed XML with the root element `<networkport>`.
    NETWORK_PORT = "network-port": Xml, Read,
        "`<networkport>`: what a virtual network answers for an interface connected to it",
        help "correct the document that the host returned for the network port";
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
    let mut tree = match read::tree(text) {
        Ok(tree) => tree,
        Err(error) => {
            r.refuse(&NETWORK_PORT, Pos::NONE, error.message);
            return Err(r.report);
        }
    };
    let elements = Elements::of(&mut tree);
    let Some(root) = elements.root().filter(|root| root.name() == "networkport") else {
        r.refuse(&NETWORK_PORT, Pos::NONE, "the document of a network port has the root `<networkport>`");
        return Err(r.report);
    };
    let actual = read_port(root, &mut r);
    if r.report.is_empty() { Ok(actual) } else { Err(r.report) }
}

/// The `<networkport>` document from which [`parse`] reads `actual`.
pub fn to_xml(actual: &Actual) -> String {
    let mut w = Writer::new();
    w.element("networkport").open_children(|w| {
        if let Some(port) = &actual.virtual_port {
            port.write(w);
        }
        if let Some(bandwidth) = &actual.bandwidth {
            bandwidth.write(w);
        }
        if let Some(vlan) = &actual.vlan {
            vlan.write(w);
        }
        if let Some(isolated) = actual.isolated {
            w.element("port").attr("isolated", isolated).empty();
        }
        if let Some(trust) = actual.trust_guest_rx_filters {
            w.element("rxfilters").attr("trustGuest", trust).empty();
        }
        write_plug(&actual.source, w);
    });
    w.finish()
}

fn write_plug(source: &Source, w: &mut Writer) {
    let plug = |w: &mut Writer, kind: PlugType, name: &str, value: &str| {
        w.element("plug").attr("type", kind).attr(name, value).empty();
    };
    match source {
        Source::Network(network) => plug(w, PlugType::Network, "bridge", &network.network),
        Source::Bridge { bridge } => plug(w, PlugType::Bridge, "bridge", bridge),
        Source::Direct { dev, mode } => {
            w.element("plug").attr("type", PlugType::Direct).attr("dev", dev).opt("mode", *mode).empty();
        }
        Source::Hostdev(host) => {
            let InterfaceDevice::Pci(device) = &host.device else { return };
            let tag = w.element("plug").attr("type", PlugType::HostdevPci).opt("managed", host.managed);
            tag.children(|w| {
                write_driver(&device.driver, w);
                device.address.write(w.element("address"));
            });
        }
        // A network connects interfaces to nothing else.
        _ => {}
    }
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

pub(crate) fn driver_of(el: El<'_>, r: &mut Reader) -> HostdevDriver {
    let driver = el.child("driver");
    HostdevDriver {
        name: driver.and_then(|d| r.attr(d, "name")),
        model: driver.and_then(|d| d.string("model")),
        iommufd: driver.and_then(|d| r.attr_since("12.1", d, "iommufd")),
    }
}

pub(crate) fn write_driver(driver: &HostdevDriver, w: &mut Writer) {
    if *driver != HostdevDriver::default() {
        let tag = w.element("driver").opt("name", driver.name).opt("model", driver.model.as_ref());
        tag.opt("iommufd", driver.iommufd).empty();
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_is_written_is_read_again() {
        for text in [
            "<networkport><plug type='network' bridge='virbr0'/></networkport>",
            "<networkport><port isolated='yes'/><rxfilters trustGuest='yes'/><plug type='bridge' bridge='b'/></networkport>",
            "<networkport><plug type='direct' dev='eth0' mode='vepa'/></networkport>",
            "<networkport><plug type='hostdev-pci' managed='yes'><driver name='vfio'/>
               <address domain='0' bus='5' slot='2' function='1'/></plug></networkport>",
        ] {
            let actual = super::parse(text).unwrap();
            assert_eq!(super::parse(&super::to_xml(&actual)), Ok(actual), "{text}");
        }
    }
}
