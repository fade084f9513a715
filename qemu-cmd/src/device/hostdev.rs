//! Devices of the host that the guest gets: `<hostdev>`, and interfaces that are one.

mod pci;

use virtargv_model::device::hostdev::{HostdevSource, InterfaceDevice};
use virtargv_model::device::net::Source;
use virtargv_model::device::{DeviceId, DeviceKind};

use crate::emit::{Done, Emit};

/// Emits every device of the host, in the reference's order.
pub(crate) fn emit(e: &mut Emit<'_>) -> Done {
    let devices = &e.domain().devices;
    for DeviceId { kind, index } in devices.assigned() {
        if kind == DeviceKind::Interface {
            let Some(nic) = devices.interfaces.get(index) else { continue };
            let Source::Hostdev(device) = nic.actual_source() else { continue };
            match &device.device {
                InterfaceDevice::Pci(pci) => pci::emit(e, &nic.info, pci, nic.teaming.as_ref())?,
                InterfaceDevice::Usb(_) => {}
            }
            continue;
        }
        let Some(hostdev) = devices.hostdevs.get(index) else { continue };
        match &hostdev.source {
            HostdevSource::Pci(pci) => pci::emit(e, &hostdev.info, pci, hostdev.teaming.as_ref())?,
            _ => {}
        }
    }
    Ok(())
}
