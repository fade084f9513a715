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

use crate::Props;
use crate::emit::context::Emit;
use crate::ident::Alias;
use crate::prepare::address::BusAddress;
use crate::prepare::device::Device;
use crate::prepare::device::hostdev::Facts;
use crate::prepare::device::net;
use crate::prepare::iommufd::Iommu;
use crate::text::text;

/// What all host devices have.
#[derive(Clone, Copy)]
struct Common<'p> {
    info: &'p DeviceInfo,
    alias: &'p Alias,
    address: &'p BusAddress,
}

/// The id of the object for IOMMUFD.
const IOMMUFD: &str = "iommufd0";

/// Emits the object for IOMMUFD, where a host device uses it.
fn iommufd(e: &mut Emit<'_>) {
    let Some(iommu) = &e.prepared.facts.iommufd else { return };
    e.at_element("iommufd");
    e.owned_by(IOMMUFD);
    let fd = match iommu {
        Iommu::Opened => None,
        Iommu::Passed(passed) => Some(e.pass(passed)),
        Iommu::Group { group, number } => {
            e.need_group(*number, group);
            Some(*number)
        }
    };
    let props = Props::new("qom-type", "iommufd").with("id", IOMMUFD);
    e.object(props.opt("fd", fd.map(|number| number.to_string())));
}

/// Emits every host device, in libvirt's order, after the object that they use.
pub(crate) fn emit(e: &mut Emit<'_>) {
    iommufd(e);
    let mut interfaces: BTreeMap<usize, _> = BTreeMap::new();
    let mut hostdevs = e.prepared.hostdevs();
    let mut initiators = 0u32;
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
                    generic_initiators(e, device, &mut initiators);
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

/// Emits an ACPI generic initiator for each guest NUMA cell of a PCI host device; `count` are emitted already.
fn generic_initiators(e: &mut Emit<'_>, hostdev: Device<'_, Hostdev, Facts>, count: &mut u32) {
    let Some(nodes) = hostdev.element.info.acpi_nodes.as_ref() else { return };
    if !matches!(hostdev.element.source, HostdevSource::Pci(_)) {
        return;
    }
    for node in nodes.iter() {
        let object = Props::new("qom-type", "acpi-generic-initiator").with("id", text!("gi", *count));
        e.object(object.with("pci-dev", hostdev.alias).with("node", node));
        *count = count.saturating_add(1);
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
