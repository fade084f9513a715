//! `networks`: the definitions of virtual networks and the ports that they have allocated.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use virtargv_model::device::net::{Actual, NetworkSource};
use virtargv_model::network::Network;
use virtargv_model::network_port;

use super::{DescribedHost, DescriptionError, Failure, told};
use crate::{Answer, HostError, Networks};

/// A network.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Net {
    /// Its definition, `<network>`.
    pub(crate) xml: Option<String>,
    /// Whether it is active; without the member it is.
    pub(crate) active: Option<bool>,
    /// The ports that it has allocated (`<networkport>`), by the port group that was asked for, empty for none.
    pub(crate) ports: BTreeMap<String, String>,
    /// Why there is no definition.
    pub(crate) error: Option<Failure>,
}

/// Reads all definitions.
pub(super) fn parse(told: &BTreeMap<String, Net>) -> Result<BTreeMap<String, Network>, DescriptionError> {
    let mut networks = BTreeMap::new();
    for (name, net) in told {
        if let Some(xml) = &net.xml {
            let place = || format!("networks.{name}.xml");
            let network = Network::parse(xml).map_err(|report| DescriptionError::within(place(), report))?;
            networks.insert(name.clone(), network);
        }
        for (group, xml) in &net.ports {
            let place = || format!("networks.{name}.ports.{group}");
            network_port::parse(xml).map_err(|report| DescriptionError::within(place(), report))?;
        }
    }
    Ok(networks)
}

impl Networks for DescribedHost {
    fn network(&self, name: &str) -> Answer<Network> {
        const UNKNOWN: &str = "its networks";
        let net = self.told.networks.get(name).ok_or(HostError::Unknown(UNKNOWN))?;
        if net.active == Some(false) {
            return Err(Failure::Inactive.error("network", name));
        }
        told(self.networks.get(name).cloned(), net.error.as_ref(), "network", name, UNKNOWN)
    }

    fn network_port(&self, source: &NetworkSource) -> Answer<Actual> {
        const UNKNOWN: HostError = HostError::Unknown("the ports of networks");
        let net = self.told.networks.get(&source.network).ok_or(UNKNOWN)?;
        let xml = net.ports.get(source.portgroup.as_deref().unwrap_or_default()).ok_or(UNKNOWN)?;
        network_port::parse(xml)
            .map_err(|report| HostError::failed("port of network", &source.network, report))
    }
}
