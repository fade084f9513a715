//! A PCI device of the host: `vfio-pci`.

use virtargv_caps::Convention;
use virtargv_model::OnOff;
use virtargv_model::device::hostdev::PciDevice;
use virtargv_model::device::net::Teaming;
use virtargv_model::info::{Address, DeviceInfo};

use crate::Props;
use crate::device::address;
use crate::emit::{Done, Emit};
use crate::needs::Need;

/// Emits `pci` unless it is kept from the guest.
pub(super) fn emit(e: &mut Emit<'_>, info: &DeviceInfo, pci: &PciDevice, teaming: Option<&Teaming>) -> Done {
    if info.address == Some(Address::Unassigned) {
        return Ok(());
    }
    let pair = teaming.and_then(Teaming::pair);
    let ramfb = pci.ramfb == Some(OnOff::On);
    let alias = info.alias.as_deref().unwrap_or_default();
    let mut props = Props::new("driver", if ramfb { "vfio-pci-nohotplug" } else { "vfio-pci" });
    let address = host_address(pci);
    e.need(Need::Vfio { address: address.clone() });
    props.set("host", address).set("id", alias);
    crate::device::net::add_boot(e, info, &mut props);
    if e.release().has(Convention::AddressLast) {
        props.set_opt("failover_pair_id", pair);
        props.set_opt("display", pci.display.map(|d| d.to_string()));
        if ramfb {
            props.set("ramfb", true);
        }
        address::add(&mut props, e, info)?;
        address::add_rom(e, &mut props, info)?;
    } else {
        address::add(&mut props, e, info)?;
        address::add_rom(e, &mut props, info)?;
        props.set_opt("failover_pair_id", pair);
    }
    e.device(&props);
    Ok(())
}

/// `0000:03:07.1`: the address on the host.
fn host_address(pci: &PciDevice) -> String {
    let at = &pci.address;
    format!("{:04x}:{:02x}:{:02x}.{:x}", at.domain, at.bus, at.slot, at.function)
}
