//! Devices of the host that the guest gets: `<hostdev>`, and interfaces that are one.

mod mdev;
mod pci;
mod scsi;
mod usb;

use virtargv_model::Kind;
use virtargv_model::device::hostdev::{Hostdev, HostdevSource, InterfaceDevice};
use virtargv_model::device::net::{Interface, Source};
use virtargv_model::device::{DeviceId, DeviceKind};

use crate::emit::{Done, Emit, problem};

/// Emits every device of the host, in the reference's order.
pub(crate) fn emit(e: &mut Emit<'_>) -> Done {
    let devices = &e.domain().devices;
    for DeviceId { kind, index } in devices.assigned() {
        if kind == DeviceKind::Interface {
            devices.interfaces.get(index).map_or(Ok(()), |nic| emit_interface(e, nic))?;
        } else {
            devices.hostdevs.get(index).map_or(Ok(()), |hostdev| emit_hostdev(e, hostdev))?;
        }
    }
    Ok(())
}

fn emit_interface(e: &mut Emit<'_>, nic: &Interface) -> Done {
    let Source::Hostdev(device) = nic.actual_source() else { return Ok(()) };
    match &device.device {
        InterfaceDevice::Pci(pci) => pci::emit(e, &nic.info, pci, nic.teaming.as_ref()),
        InterfaceDevice::Usb(usb) => usb::emit(e, &nic.info, usb),
    }
}

fn emit_hostdev(e: &mut Emit<'_>, hostdev: &Hostdev) -> Done {
    let info = &hostdev.info;
    match &hostdev.source {
        HostdevSource::Usb(usb) => usb::emit(e, info, usb),
        HostdevSource::Pci(pci) => pci::emit(e, info, pci, hostdev.teaming.as_ref()),
        HostdevSource::Scsi(scsi) => scsi::emit_unit(e, hostdev, scsi),
        HostdevSource::ScsiHost(host) => scsi::emit_adapter(e, info, host),
        HostdevSource::Mdev(mdev) => mdev::emit(e, info, mdev),
        HostdevSource::Capability(_) => {
            let message = "element 'hostdev' of mode 'capabilities' is not for machines";
            Err(problem(Kind::Unsupported, "hostdev-mode", info.pos.path("@mode"), message))
        }
    }
}
