//! Host devices: `<hostdev>`, and interfaces that are host devices.

use virtargv_caps::Cap;
use virtargv_host::{Descriptor, Fact};
use virtargv_model::Problem;
use virtargv_model::device::hostdev::{Hostdev, HostdevSource, PciDevice, ScsiDevice, ScsiSource, UsbDevice};
use virtargv_model::device::storage::{Image, Location, NetSource, Protocol};
use virtargv_model::info::Address;
use virtargv_validate::rules::hostdev as rules;

use super::Device;
use super::disk::{DriveImage, drive_image};
use crate::ident::NodeName;
use crate::prepare::address::BusAddress;
use crate::prepare::context::{Prepare, broken};
use crate::prepare::descriptor::Passed;
use crate::prepare::storage::objects::{Ids, Objects};
use crate::prepare::storage::place::Storage;
use crate::prepare::storage::{Form, ImageFacts, ImageNodes};
use crate::text::{Text, text};

/// A prepared host device.
#[derive(Debug)]
pub(crate) enum Facts {
    /// A USB device.
    Usb(UsbNode),
    /// A PCI device with this address on the host; `None` if its address in the guest is `unassigned`.
    Pci(Option<Text>),
    /// A SCSI device.
    ScsiUnit(Unit),
    /// A SCSI host adapter, and the descriptor of `/dev/vhost-scsi`; `None` without a launcher, where QEMU opens it.
    ScsiHost(Option<Passed>),
    /// A mediated device.
    Mdev,
}

/// Bus and device number of a USB device on the host.
#[derive(Debug, Clone, Copy)]
pub(crate) struct UsbNode {
    /// The bus number.
    pub bus: u32,
    /// The device number.
    pub device: u32,
}

/// The storage of a SCSI host device.
#[derive(Debug)]
pub(crate) enum Unit {
    /// A block node.
    Node(Box<ImageFacts>),
    /// A `-drive` with this id.
    Drive(Text, Box<DriveImage>),
}

/// Prepares a `<hostdev>`.
pub(crate) fn prepare(cx: &mut Prepare<'_>, hostdev: Device<'_, Hostdev>) -> Result<Facts, Problem> {
    match &hostdev.source {
        HostdevSource::Usb(usb) => self::usb(cx, usb).map(Facts::Usb),
        HostdevSource::Pci(pci) => Ok(Facts::Pci(self::pci(pci, hostdev.address))),
        HostdevSource::Scsi(scsi) => unit(cx, hostdev, scsi).map(Facts::ScsiUnit),
        HostdevSource::ScsiHost(_) => {
            let passes = !cx.is_standalone();
            let vhost = passes.then(|| cx.pass(&Descriptor::VhostScsi, hostdev.info.pos)).transpose()?;
            Ok(Facts::ScsiHost(vhost))
        }
        HostdevSource::Mdev(_) => Ok(Facts::Mdev),
        HostdevSource::Capability(_) => {
            let message = "element 'hostdev' has mode 'capabilities', which is for containers";
            Err(broken(cx.release(), &rules::CAPABILITIES, hostdev.info.pos.path("@mode"), message))
        }
    }
}

/// Bus and device number of a USB host device.
pub(crate) fn usb(cx: &Prepare<'_>, usb: &UsbDevice) -> Result<UsbNode, Problem> {
    let (bus, device) = usb.address.filter(|at| *at != (0, 0)).ok_or_else(|| {
        let message = "the USB device of element 'hostdev' has no bus and device number on the host";
        broken(cx.release(), &rules::USB_NODE, usb.pos, message)
    })?;
    Ok(UsbNode { bus, device })
}

/// The address of a PCI device on the host, such as `0000:03:07.1`; `None` if its address in the guest is `unassigned`.
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
        let message = "a SCSI device of element 'hostdev' needs an address of type 'drive'";
        return Err(broken(
            cx.release(),
            &rules::BUS_ADDRESS,
            hostdev.info.pos.path("address/@type"),
            message,
        ));
    }
    if !cx.has(Cap::BlockdevHostdevScsi) {
        let image = drive_image(cx, &image, Ids::of_hostdev(hostdev.alias))?;
        return Ok(Unit::Drive(text!("drive-", hostdev.alias), Box::new(image)));
    }
    let node: NodeName = text!("libvirt-", number, "-backend").into();
    let objects = Objects::of(cx, &image, || Ids::of_hostdev(&node))?;
    let storage = Storage::of(cx, &image, &objects, &node, Form::Node)?;
    let nodes = ImageNodes { storage: node, slice: None, format: None, data_store: None };
    Ok(Unit::Node(Box::new(ImageFacts::with_storage(&image, nodes, storage, objects))))
}

/// The storage of a SCSI host device, as an image.
fn image(cx: &Prepare<'_>, scsi: &ScsiDevice) -> Result<Image, Problem> {
    let image = Image { pos: scsi.pos, ..Image::default() };
    Ok(match &scsi.source {
        ScsiSource::Adapter(at) => {
            let found =
                cx.host.devices().scsi_generic(&at.name, at.bus, at.target, at.unit).map_err(|error| {
                    let message = format!("the SCSI device of adapter '{}' was not found: {error}", at.name);
                    let problem = crate::rules::HOSTDEV_SCSI_UNIT.problem(cx.release(), scsi.pos, message);
                    Fact::ScsiUnit(&at.name).unanswered(&error, problem)
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
