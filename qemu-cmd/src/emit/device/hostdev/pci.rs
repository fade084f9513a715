//! PCI host devices: `vfio-pci`.

use virtargv_caps::Convention;
use virtargv_model::device::hostdev::PciDevice;
use virtargv_model::device::net::Teaming;
use virtargv_model::{OnOff, Spelled};

use super::Common;
use crate::emit::context::Emit;
use crate::emit::device::address;
use crate::needs::Need;
use crate::{Props, Text};

/// Emits `pci`, whose address on the host is `host`.
pub(super) fn emit(
    e: &mut Emit<'_>,
    device: Common<'_>,
    pci: &PciDevice,
    host: &Text,
    teaming: Option<&Teaming>,
) {
    let pair = teaming.and_then(Teaming::pair).map(str::to_owned);
    let ramfb = pci.ramfb == Some(OnOff::On);
    let mut props = Props::new("driver", if ramfb { "vfio-pci-nohotplug" } else { "vfio-pci" });
    e.need(Need::Vfio { address: host.to_string() });
    props.set("host", host.clone()).set("id", device.alias);
    address::add_boot(e, &mut props, device.info);
    if e.release().has(Convention::AddressLast) {
        props.set_opt("failover_pair_id", pair);
        props.set_opt("display", pci.display.map(Spelled::as_str));
        if ramfb {
            props.set("ramfb", true);
        }
        address::add(&mut props, e, device.address);
        address::add_rom(e, &mut props, device.info);
    } else {
        address::add(&mut props, e, device.address);
        address::add_rom(e, &mut props, device.info);
        props.set_opt("failover_pair_id", pair);
    }
    e.device(props);
}
