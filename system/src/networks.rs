//! Virtual networks: the state that libvirt keeps of each active one, completed by what the kernel knows of its devices.

use virtargv_host::{Answer, HostError, Networks};
use virtargv_model::info::PciAddress;
use virtargv_model::network::{ForwardMode, Network};

use crate::SystemHost;
use crate::root::is_file_name;

impl Networks for SystemHost {
    fn network(&self, name: &str) -> Answer<Network> {
        let mut network = self.directories.networks.active(&self.root, name, Network::parse)?;
        let forward = &mut network.forward;
        let Some(pf) = forward.pf.clone() else { return Ok(network) };
        // The pool of a network that names a network device is that device's virtual functions.
        match forward.mode {
            ForwardMode::Hostdev if forward.functions.is_empty() => {
                forward.functions = self.functions(&pf)?.into_iter().map(|(_, address)| address).collect();
            }
            ForwardMode::Bridge | ForwardMode::Private | ForwardMode::Vepa | ForwardMode::Passthrough
                if forward.dev.is_none() && network.bridge.is_none() =>
            {
                let device = |(number, _): &(u32, PciAddress)| self.device_of_function(&pf, *number);
                forward.dev = self.functions(&pf)?.iter().find_map(device);
            }
            _ => {}
        }
        Ok(network)
    }
}

impl SystemHost {
    /// The virtual functions of the network device `pf`, by number, with their addresses.
    fn functions(&self, pf: &str) -> Answer<Vec<(u32, PciAddress)>> {
        let what = "network device";
        if !is_file_name(pf) {
            return Err(HostError::not_found(what, pf));
        }
        let dir = format!("/sys/class/net/{pf}/device");
        let names = self.root.names(&dir).map_err(|_| HostError::not_found(what, pf))?;
        let function = |name: &String| {
            let number = name.strip_prefix("virtfn")?.parse().ok()?;
            Some((number, pci_address(&self.root.link_name(&format!("{dir}/{name}"))?)?))
        };
        let mut functions: Vec<(u32, PciAddress)> = names.iter().filter_map(function).collect();
        functions.sort_unstable_by_key(|(number, _)| *number);
        Ok(functions)
    }

    /// The network device of virtual function `number` of `pf`; `None` if it has none, as it is not bound to its driver.
    fn device_of_function(&self, pf: &str, number: u32) -> Option<String> {
        let names = self.root.names(&format!("/sys/class/net/{pf}/device/virtfn{number}/net")).ok()?;
        names.into_iter().next()
    }
}

/// An address as sysfs names PCI devices: `0000:05:10.1`.
fn pci_address(name: &str) -> Option<PciAddress> {
    let (rest, function) = name.rsplit_once('.')?;
    let mut parts = rest.split(':').map(|part| u32::from_str_radix(part, 16));
    let (domain, bus, slot) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
    let function = u32::from_str_radix(function, 16).ok()?;
    Some(PciAddress { domain, bus, slot, function, ..PciAddress::default() })
}
