//! `<network>`: the definition of a virtual network, as far as a domain that uses the network needs it.

use crate::read::Elements;

/// A virtual network (`<network>`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Network {
    /// `<forward mode=>`: how its traffic is forwarded; `None` for an isolated network.
    pub forward: Option<String>,
    /// `<bridge name=>`: the bridge device on the host.
    pub bridge: Option<String>,
    /// `<ip address=>`: the addresses of the host on the network.
    pub addresses: Vec<String>,
}

impl Network {
    /// Reads the definition; `None` where the text is not a `<network>` document.
    pub fn parse(text: &str) -> Option<Self> {
        let tree = crate::read::tree(text).ok()?;
        let elements = Elements::of(&tree);
        let root = elements.root()?;
        let forward =
            root.child("forward").map(|forward| forward.string("mode").unwrap_or_else(|| "nat".into()));
        (root.name() == "network").then(|| Self {
            forward,
            bridge: root.child("bridge").and_then(|bridge| bridge.string("name")),
            addresses: root.children("ip").filter_map(|ip| ip.string("address")).collect(),
        })
    }

    /// Whether libvirt makes the bridge and gives the host an address on it: isolated networks, and those with the
    /// forward mode `nat`, `route` or `open`.
    pub fn is_of_host(&self) -> bool {
        matches!(self.forward.as_deref(), None | Some("nat" | "route" | "open"))
    }
}

#[cfg(test)]
mod tests {
    use super::Network;

    #[test]
    fn addresses_and_mode() {
        let text =
            "<network><forward/><bridge name='b0'/><ip address='10.0.0.1'/><ip address='fd00::1'/></network>";
        let network = Network::parse(text).unwrap();
        assert_eq!(network.forward.as_deref(), Some("nat"));
        assert_eq!(network.addresses, ["10.0.0.1", "fd00::1"]);
        assert!(network.is_of_host());
        assert_eq!(Network::parse("<domain/>"), None);
    }
}
