//! Definitions of networks, network ports and storage pools that a host returns and that are not valid, each with the
//! rule that it breaks.

use virtargv::Report;
use virtargv_model::network::Network;
use virtargv_model::network_port;
use virtargv_model::pool::StoragePool;

/// A definition with a problem.
#[derive(Debug, Clone, Copy)]
pub struct Definition {
    /// The id of the rule that it breaks.
    pub rule: &'static str,
    /// The text.
    pub text: &'static str,
    read: fn(&str) -> Option<Report>,
}

impl Definition {
    /// The problems that are reported; `None` if it is accepted.
    pub fn report(&self) -> Option<Report> {
        (self.read)(self.text)
    }

    /// The problems of `text`, read as a definition of this kind; `None` if it is accepted.
    pub fn report_of(&self, text: &str) -> Option<Report> {
        (self.read)(text)
    }
}

const fn network(rule: &'static str, text: &'static str) -> Definition {
    Definition { rule, text, read: |text| Network::parse(text).err() }
}

const fn port(rule: &'static str, text: &'static str) -> Definition {
    Definition { rule, text, read: |text| network_port::parse(text).err() }
}

const fn pool(rule: &'static str, text: &'static str) -> Definition {
    Definition { rule, text, read: |text| StoragePool::parse(text).err() }
}

/// The definitions.
pub const DEFINITIONS: &[Definition] = &[
    network("network", "<network>"),
    network("network", "<domain/>"),
    network("attribute-value", "<network><forward mode='teleport'/></network>"),
    network("attribute-missing", "<network><portgroup/></network>"),
    port("network-port", "<networkport>"),
    port("network-port", "<network/>"),
    port("attribute-missing", "<networkport><plug type='bridge'/></networkport>"),
    pool("storage-pool-definition", "<pool>"),
    pool("storage-pool-definition", "<network/>"),
    pool("attribute-missing", "<pool/>"),
    pool("attribute-value", "<pool type='pond'/>"),
];
