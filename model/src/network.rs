//! Definitions of networks, as far as a domain has to know them.

use crate::read::Elements;

/// A network (`<network>`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Network {
    /// `<forward mode=>`: how it reaches the world; `None` where it does not.
    pub forward: Option<String>,
    /// `<bridge name=>`.
    pub bridge: Option<String>,
    /// `<ip address=>`: the host's addresses on it.
    pub addresses: Vec<String>,
}

impl Network {
    /// Reads a definition; `None` where it is none.
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

    /// Whether the host itself has an address on it (it is neither a bridge nor interfaces of the host's own network).
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
