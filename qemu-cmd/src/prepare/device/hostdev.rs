//! Devices of the host that the guest gets: `<hostdev>`, and interfaces that are one.

use virtargv_caps::Cap;
use virtargv_host::Descriptor;
use virtargv_model::Problem;
use virtargv_model::device::hostdev::{Hostdev, HostdevSource, PciDevice, ScsiDevice, ScsiSource, UsbDevice};
use virtargv_model::device::storage::{Image, Location, NetSource, Protocol};
use virtargv_model::info::Address;
use virtargv_validate::rules::hostdev as rules;

use super::Device;
use super::disk::{DriveImage, drive_image};
use crate::ident::NodeName;
use crate::prepare::address::BusAddress;
use crate::prepare::context::{Prepare, broken, must, problem};
use crate::prepare::descriptor::Passed;
use crate::prepare::storage::objects::{Ids, Objects};
use crate::prepare::storage::place::Storage;
use crate::prepare::storage::{Form, ImageFacts, ImageNodes};
use crate::text::{Text, text};

/// What is settled about a device of the host.
#[derive(Debug)]
pub(crate) enum Facts {
    /// A USB device.
    Usb(UsbNode),
    /// A PCI device; none where it is kept from the guest.
    Pci(Option<Text>),
    /// A SCSI unit.
    ScsiUnit(Unit),
    /// A SCSI host adapter, and `/dev/vhost-scsi`; QEMU opens that itself where there is no launcher.
    ScsiHost(Option<Passed>),
    /// A mediated device.
    Mdev,
}

/// Where a USB device of the host is plugged in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct UsbNode {
    /// The number of the bus.
    pub bus: u32,
    /// The number of the device on it.
    pub device: u32,
}

/// The storage behind a SCSI unit.
#[derive(Debug)]
pub(crate) enum Unit {
    /// A node of the block layer.
    Node(Box<ImageFacts>),
    /// A drive of this id.
    Drive(Text, Box<DriveImage>),
}

/// Settles it.
pub(crate) fn prepare(cx: &mut Prepare<'_>, hostdev: Device<'_, Hostdev>) -> Result<Facts, Problem> {
    match &hostdev.source {
        HostdevSource::Usb(usb) => self::usb(usb).map(Facts::Usb),
        HostdevSource::Pci(pci) => Ok(Facts::Pci(self::pci(pci, hostdev.address))),
        HostdevSource::Scsi(scsi) => unit(cx, hostdev, scsi).map(Facts::ScsiUnit),
        HostdevSource::ScsiHost(_) => {
            let vhost = (!cx.is_standalone()).then(|| cx.numbers.pass(&Descriptor::VhostScsi));
            Ok(Facts::ScsiHost(vhost))
        }
        HostdevSource::Mdev(_) => Ok(Facts::Mdev),
        HostdevSource::Capability(_) => Err(broken(&rules::CAPABILITIES, hostdev.info.pos.path("@mode"))),
    }
}

/// Where a USB device is plugged in.
pub(crate) fn usb(usb: &UsbDevice) -> Result<UsbNode, Problem> {
    let (bus, device) = must(usb.address.filter(|at| *at != (0, 0)), &rules::USB_NODE, usb.pos)?;
    Ok(UsbNode { bus, device })
}

/// `0000:03:07.1`: the address of a PCI device on the host, unless it is kept from the guest.
pub(crate) fn pci(pci: &PciDevice, address: &BusAddress) -> Option<Text> {
    let at = &pci.address;
    let name = || format!("{:04x}:{:02x}:{:02x}.{:x}", at.domain, at.bus, at.slot, at.function);
    (*address != BusAddress::Unassigned).then(|| name().into())
}

fn unit(cx: &mut Prepare<'_>, hostdev: Device<'_, Hostdev>, scsi: &ScsiDevice) -> Result<Unit, Problem> {
    let image = image(cx, scsi)?;
    let number = cx.next_node;
    cx.next_node = number.saturating_add(1);
    if !matches!(hostdev.info.address, Some(Address::Drive(_))) {
        return Err(broken(&rules::SCSI_ADDRESS, hostdev.info.pos));
    }
    if !cx.has(Cap::BlockdevHostdevScsi) {
        let image = drive_image(cx, &image, Ids::of_hostdev(hostdev.alias))?;
        return Ok(Unit::Drive(text!("drive-", hostdev.alias).into(), Box::new(image)));
    }
    let node: NodeName = text!("libvirt-", number, "-backend").into();
    let objects = Objects::of(cx, &image, || Ids::of_hostdev(&node))?;
    let storage = Storage::of(cx, &image, &objects, &node, Form::Node)?;
    let nodes = ImageNodes { storage: node, slice: None, format: None, data_store: None };
    Ok(Unit::Node(Box::new(ImageFacts::with_storage(&image, nodes, storage, objects))))
}

/// The storage behind a unit, as the block layer sees it.
fn image(cx: &Prepare<'_>, scsi: &ScsiDevice) -> Result<Image, Problem> {
    let image = Image { pos: scsi.pos, ..Image::default() };
    Ok(match &scsi.source {
        ScsiSource::Adapter(at) => {
            let found = cx.host.scsi_generic(&at.name, at.bus, at.target, at.unit).map_err(|error| {
                let message = format!("the unit on adapter '{}' was not found: {error}", at.name);
                problem(&crate::rules::HOSTDEV_SCSI_UNIT, scsi.pos, message)
            })?;
            Image { location: Location::Block { path: Some(format!("/dev/{found}")) }, ..image }
        }
        ScsiSource::Iscsi(iscsi) => {
            let net = NetSource {
                protocol: Some(Protocol::Iscsi),
                name: Some(iscsi.name.clone()),
                hosts: iscsi.hosts.clone(),
                initiator: iscsi.initiator.clone(),
                ..NetSource::default()
            };
            Image {
                location: Location::Network(Box::new(net)),
                auth: iscsi.auth.clone().map(Box::new),
                ..image
            }
        }
    })
}
