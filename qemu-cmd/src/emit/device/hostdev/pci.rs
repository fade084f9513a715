//! PCI host devices: `vfio-pci`.

use virtargv_caps::Convention;
use virtargv_model::device::hostdev::PciDevice;
use virtargv_model::device::net::Teaming;
use virtargv_model::{OnOff, Spelled};

use super::Common;
use crate::Props;
use crate::emit::context::Emit;
use crate::emit::device::address;
use crate::needs::Need;
use crate::prepare::device::hostdev::{Mapped, PciHost};

/// Emits `pci`, which is `host` on the host.
pub(super) fn emit(
    e: &mut Emit<'_>,
    device: Common<'_>,
    pci: &PciDevice,
    host: &PciHost,
    teaming: Option<&Teaming>,
) {
    let pair = teaming.and_then(Teaming::pair).map(str::to_owned);
    let ramfb = pci.ramfb == Some(OnOff::On);
    let mut props = Props::new("driver", if ramfb { "vfio-pci-nohotplug" } else { "vfio-pci" });
    e.need(Need::Vfio { address: host.address.to_string() });
    // With a descriptor of its VFIO device, QEMU does not look for it by its address.
    let passed = match &host.mapped {
        Mapped::Iommufd(Some(passed)) => Some(e.pass(passed)),
        Mapped::Iommufd(None) | Mapped::Container => None,
    };
    if passed.is_none() {
        props.set("host", host.address.clone());
    }
    props.set("id", device.alias);
    address::add_boot(e, &mut props, device.info);
    if e.release().has(Convention::AddressLast) {
        props.set_opt("failover_pair_id", pair);
        props.set_opt("display", pci.display.map(Spelled::as_str));
        if ramfb {
            props.set("ramfb", true);
        }
        if matches!(host.mapped, Mapped::Iommufd(_)) {
            props.set("iommufd", super::IOMMUFD);
        }
        props.set_opt("fd", passed.map(|number| number.to_string()));
        address::add(&mut props, e, device.address);
        address::add_rom(e, &mut props, device.info);
    } else {
        address::add(&mut props, e, device.address);
        address::add_rom(e, &mut props, device.info);
        props.set_opt("failover_pair_id", pair);
    }
    e.device(props);
}
