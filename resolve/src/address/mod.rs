//! Device addresses: one module for each kind of address, in one ordered list.

mod bus;
mod ccw;
mod dimm;
mod mmio;
mod pci;
mod spapr_vio;
mod usb;
mod virtio_serial;

pub use usb::at_start as usb_at_start;

use virtargv_model::device::controller::ControllerKind;
use virtargv_model::device::{DeviceId, DeviceKind, Devices};
use virtargv_model::info::Address;

use crate::Work;

/// A kind of address.
struct Kind {
    /// Assigns an address to every device that needs one.
    assign: fn(&mut Work<'_>),
    /// The same for a device that is attached to the running guest, where that is done otherwise: no bus is added.
    attach: Option<fn(&mut Work<'_>, DeviceId)>,
}

/// The kinds of address, in the order in which libvirt assigns them.
const KINDS: &[Kind] = &[
    Kind { assign: virtio_serial::assign, attach: None },
    Kind { assign: spapr_vio::assign, attach: None },
    Kind { assign: ccw::assign, attach: None },
    Kind { assign: mmio::assign, attach: None },
    Kind { assign: pci::assign, attach: Some(pci::attach) },
    Kind { assign: usb::assign, attach: Some(usb::attach) },
    Kind { assign: dimm::assign, attach: None },
];

/// Assigns an address to every device that needs one.
pub fn assign(work: &mut Work<'_>) {
    for kind in KINDS {
        (kind.assign)(work);
    }
}

/// Assigns the address of device `id`, which is attached to the running guest: all other devices have one.
pub fn attach(work: &mut Work<'_>, id: DeviceId) {
    for kind in KINDS {
        match kind.attach {
            Some(attach) => attach(work, id),
            None => (kind.assign)(work),
        }
    }
}

/// Whether device `id` gets the address of virtio devices: virtio devices, and SCSI controllers of every model.
fn takes_virtio_address(devices: &Devices, id: DeviceId) -> bool {
    let scsi =
        || devices.controllers.get(id.index).is_some_and(|c| matches!(c.kind, ControllerKind::Scsi(_)));
    bus::virtio(devices, id).is_some() || (id.kind == DeviceKind::Controller && scsi())
}

/// Sets the address of virtio devices that have none to `address`. File systems and vsocks are on PCI, unless `all`
/// virtio devices of the guest are on another bus.
fn default_virtio(work: &mut Work<'_>, address: &Address, all: bool) {
    let open: Vec<DeviceId> = work
        .domain
        .devices
        .infos()
        .filter(|(id, info)| info.address.is_none() && takes_virtio_address(&work.domain.devices, *id))
        .filter(|(id, _)| match id.kind {
            DeviceKind::Filesystem | DeviceKind::Vsock => all,
            // virtio-iommu is a PCI device in every guest.
            DeviceKind::Iommu => false,
            _ => true,
        })
        .map(|(id, _)| id)
        .collect();
    for id in open {
        if let Some(info) = work.domain.devices.info_mut(id) {
            info.address = Some(address.clone());
        }
    }
}
