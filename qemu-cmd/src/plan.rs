//! What is decided before the first option is written: aliases, node names, the host's answers.

use std::collections::HashMap;

use virtargv_caps::Caps;
use virtargv_host::Host;
use virtargv_model::info::Zpci;
use virtargv_model::{Domain, Problem};
use virtargv_resolve::Guest;
use virtargv_validate::Validated;

use crate::alias;
use crate::device::address::ControllerTable;
use crate::secret::MasterKey;
use crate::storage::{self, StoragePlan};

/// What the caller wants of this start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// The guest's state comes from somewhere else.
    pub incoming: Option<Incoming>,
    /// The line is to run without a launcher: no descriptors are passed, and the domain's sockets are in this folder.
    pub standalone: Option<String>,
}

/// Where the state of a guest comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    /// `tcp:...`, `unix:...`, `exec:...`, `fd:...`, `stdio`.
    pub uri: String,
    /// The descriptor to read from, for `stdio` and `fd`.
    pub fd: Option<u32>,
}

/// A domain ready to be emitted.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The domain, every device with its alias.
    pub domain: Domain,
    /// What kind of guest it is.
    pub guest: Guest,
    /// The first controller of each type and index, by its place in the list.
    pub(crate) controllers: ControllerTable,
    /// The zPCI numbers of devices, by alias.
    pub(crate) zpci: HashMap<String, Zpci>,
    /// The folder for this domain's sockets and keys.
    pub domain_dir: String,
    /// The line runs without a launcher; the domain's folder is then its only one.
    pub(crate) standalone: Option<String>,
    /// What other secrets are encrypted with.
    pub(crate) master_key: MasterKey,
    /// What was decided about disks.
    pub(crate) storage: StoragePlan,
}

impl Plan {
    /// Decides everything.
    pub(crate) fn make(
        validated: Validated,
        caps: &Caps,
        host: &dyn Host,
        options: &Options,
    ) -> Result<Self, Problem> {
        let guest = validated.guest().clone();
        let mut domain = validated.into_domain();
        virtargv_resolve::pick_firmware(&mut domain, &guest, host, virtargv_resolve::Options::default())?;
        crate::cpu::update(&mut domain, &guest, caps, host)?;
        crate::boot::assign_order(&mut domain);
        if options.incoming.is_none() {
            // A guest that comes from elsewhere keeps its sizes.
            crate::memory::align::align(&mut domain, &guest)?;
        }
        virtargv_resolve::usb_at_start(&mut domain, caps.release())?;
        alias::assign(&mut domain, &guest, caps);
        let storage = storage::plan(&mut domain, caps, host)?;
        let zpci = crate::device::address::zpci_table(&domain);
        let controllers = ControllerTable::of(&domain);
        let standalone = options.standalone.clone();
        let domain_dir = standalone
            .clone()
            .unwrap_or_else(|| format!("{}/domain-{}", host.config().lib_dir, short_name(&domain)));
        let master_key = MasterKey::draw(host);
        Ok(Self { domain, guest, controllers, zpci, domain_dir, standalone, master_key, storage })
    }
}

/// What marks a domain's files: its number, which is -1 before it runs, and the first 20 characters of its name.
pub(crate) fn short_name(domain: &Domain) -> String {
    let name = domain.name.as_deref().unwrap_or("");
    format!("-1-{}", name.chars().take(20).collect::<String>())
}
