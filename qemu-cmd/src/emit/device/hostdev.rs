//! Host devices: `<hostdev>`, and interfaces that are host devices.

mod mdev;
mod pci;
mod scsi;
mod usb;

use std::collections::BTreeMap;

use virtargv_model::device::hostdev::{Hostdev, HostdevSource, InterfaceDevice};
use virtargv_model::device::net::{Interface, Source};
use virtargv_model::device::{DeviceId, DeviceKind};
use virtargv_model::info::DeviceInfo;

use crate::emit::context::Emit;
use crate::ident::Alias;
use crate::prepare::address::BusAddress;
use crate::prepare::device::Device;
use crate::prepare::device::hostdev::Facts;
use crate::prepare::device::net;

/// What all host devices have.
#[derive(Clone, Copy)]
struct Common<'p> {
    info: &'p DeviceInfo,
    alias: &'p Alias,
    address: &'p BusAddress,
}

/// Emits every host device, in libvirt's order.
pub(crate) fn emit(e: &mut Emit<'_>) {
    let mut interfaces: BTreeMap<usize, _> = BTreeMap::new();
    let mut hostdevs = e.prepared.hostdevs();
    for nic in e.prepared.interfaces() {
        if !matches!(nic.facts, net::Facts::Nic(_)) {
            interfaces.insert(nic.id.index, nic);
        }
    }
    for DeviceId { kind, index } in e.domain().devices.assigned() {
        match kind {
            DeviceKind::Interface => {
                if let Some(nic) = interfaces.remove(&index) {
                    e.at(nic);
                    interface(e, nic);
                }
            }
            _ => {
                if let Some(device) = hostdevs.next() {
                    e.at(device);
                    hostdev(e, device);
                }
            }
        }
    }
}

fn interface(e: &mut Emit<'_>, nic: Device<'_, Interface, net::Facts>) {
    let Source::Hostdev(device) = nic.actual_source() else { return };
    let common = Common { info: &nic.element.info, alias: nic.alias, address: nic.address };
    match (&device.device, nic.facts) {
        (InterfaceDevice::Pci(pci), net::Facts::Pci(Some(host))) => {
            pci::emit(e, common, pci, host, nic.element.teaming.as_ref());
        }
        (InterfaceDevice::Usb(usb), net::Facts::Usb(node)) => usb::emit(e, common, usb, *node),
        _ => {}
    }
}

fn hostdev(e: &mut Emit<'_>, hostdev: Device<'_, Hostdev, Facts>) {
    let common = Common { info: &hostdev.element.info, alias: hostdev.alias, address: hostdev.address };
    match (&hostdev.element.source, hostdev.facts) {
        (HostdevSource::Usb(usb), Facts::Usb(node)) => usb::emit(e, common, usb, *node),
        (HostdevSource::Pci(pci), Facts::Pci(Some(host))) => {
            pci::emit(e, common, pci, host, hostdev.element.teaming.as_ref());
        }
        (HostdevSource::Scsi(_), Facts::ScsiUnit(unit)) => scsi::emit_unit(e, common, unit, hostdev.readonly),
        (HostdevSource::ScsiHost(host), Facts::ScsiHost(vhost)) => {
            scsi::emit_adapter(e, common, host, hostdev.variant, vhost.as_ref());
        }
        (HostdevSource::Mdev(mdev), Facts::Mdev) => mdev::emit(e, common, mdev),
        // An unassigned PCI device is not given to the guest.
        _ => {}
    }
}
