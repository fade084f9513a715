//! Host devices: `<hostdev>`, and interfaces that are host devices.

use virtargv_caps::{Cap, Convention, Release};
use virtargv_host::{Descriptor, Fact, Host, HostError};
use virtargv_model::device::hostdev::{
    Hostdev, HostdevDriverName, HostdevSource, PciDevice, ScsiDevice, ScsiSource, UsbDevice, UsbHostAddress,
    UsbHostPlace, UsbStartup,
};
use virtargv_model::device::storage::{Image, Location, NetSource, Protocol};
use virtargv_model::info::Address;
use virtargv_model::{Class, Pos, Problem};
use virtargv_validate::rules::hostdev as rules;

use super::Device;
use super::disk::{DriveImage, drive_image};
use crate::ident::NodeName;
use crate::prepare::address::BusAddress;
use crate::prepare::context::{Prepare, broken};
use crate::prepare::descriptor::Passed;
use crate::prepare::iommufd::is_used_by;
use crate::prepare::storage::location::Storage;
use crate::prepare::storage::objects::{Ids, Objects};
use crate::prepare::storage::{Form, ImageFacts, ImageNodes};
use crate::text::{Text, text};

/// A prepared host device.
#[derive(Debug)]
pub(crate) enum Facts {
    /// A USB device; `None` if the host does not have it, and the guest starts without it.
    Usb(Option<UsbNode>),
    /// A PCI device; `None` if its address in the guest is `unassigned`.
    Pci(Option<PciHost>),
    /// A SCSI device.
    ScsiUnit(Unit),
    /// A SCSI host adapter, and the descriptor of `/dev/vhost-scsi`; `None` without a launcher, where QEMU opens it.
    ScsiHost(Option<Passed>),
    /// A mediated device.
    Mdev,
}

/// A PCI device of the host that is given to the guest.
#[derive(Debug)]
pub(crate) struct PciHost {
    /// Its address on the host, such as `0000:03:07.1`.
    pub address: Text,
    /// What maps the guest's memory for it.
    pub mapped: Mapped,
}

/// What maps the memory of a guest for a PCI host device.
#[derive(Debug)]
pub(crate) enum Mapped {
    /// A container of VFIO, which QEMU opens.
    Container,
    /// IOMMUFD. The descriptor is that of the device; `None` where QEMU opens it.
    Iommufd(Option<Passed>),
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
        HostdevSource::Pci(pci) => {
            check_vfio(cx.host, cx.release(), pci, hostdev.info.pos)?;
            self::pci(cx, pci, hostdev.address, hostdev.info.pos).map(Facts::Pci)
        }
        HostdevSource::Scsi(scsi) => unit(cx, hostdev, scsi).map(Facts::ScsiUnit),
        HostdevSource::ScsiHost(_) => {
            if cx.host.devices().vhost_scsi() == Ok(false) {
                let message =
                    "`<hostdev>` of type `scsi_host` needs vhost-scsi, but the host has no `/dev/vhost-scsi`";
                return Err(crate::rules::HOSTDEV_VHOST_SCSI.problem(
                    cx.release(),
                    hostdev.info.pos,
                    message,
                ));
            }
            let passes = !cx.is_for_shell();
            let vhost = passes.then(|| cx.pass(&Descriptor::VhostScsi, hostdev.info.pos)).transpose()?;
            Ok(Facts::ScsiHost(vhost))
        }
        HostdevSource::Mdev(_) => Ok(Facts::Mdev),
        HostdevSource::Capability(_) => {
            let message = "`<hostdev>` has mode `capabilities`, which is for containers";
            Err(broken(cx.release(), &rules::CAPABILITIES, hostdev.info.pos.path("@mode"), message))
        }
    }
}

/// Checks that the host can give PCI devices to guests, for `pci` of the element at `pos`.
pub(crate) fn check_vfio(
    host: &dyn Host,
    release: Release,
    pci: &PciDevice,
    pos: Pos,
) -> Result<(), Problem> {
    let named = pci.driver.name == Some(HostdevDriverName::Vfio);
    if named && !release.has(Convention::VfioAlwaysNeeded) || host.devices().vfio() != Ok(false) {
        return Ok(());
    }
    let message = "the host cannot give PCI devices to guests: it has no IOMMU, or its kernel no VFIO";
    Err(crate::rules::HOSTDEV_PASSTHROUGH.problem(release, pos, message))
}

/// Bus and device number of a USB host device; `None` if the host does not have it, and the guest starts without it. A host
/// that does not know its USB devices has all that are given by address.
pub(crate) fn usb(cx: &Prepare<'_>, usb: &UsbDevice) -> Result<Option<UsbNode>, Problem> {
    let address = usb.address.as_ref().filter(|at| at.numbers() != Some((0, 0)));
    let missing = |message: String| crate::rules::HOSTDEV_USB_MISSING.problem(cx.release(), usb.pos, message);
    if address.is_none() && (usb.product.is_none() || cx.is_for_reader()) {
        let message = "the USB device of `<hostdev>` has no bus and device number on the host";
        return Err(broken(cx.release(), &rules::USB_NODE, usb.pos, message));
    }
    if let Some(address) = address.filter(|_| cx.is_for_reader()) {
        // The host is not asked which device is at a port.
        let device = address.numbers().map_or(0, |(_, device)| device);
        return Ok(Some(UsbNode { bus: address.bus, device }));
    }
    let devices = match (cx.host.devices().usb_devices(), address.and_then(UsbHostAddress::numbers)) {
        (Ok(devices), _) => devices,
        (Err(HostError::Unknown(_)), Some((bus, device))) => return Ok(Some(UsbNode { bus, device })),
        (Err(error), _) => {
            let message = format!("the USB devices of the host cannot be listed: {error}");
            return Err(Fact::UsbDevices.unanswered(&error, missing(message).with_class(Class::Plain)));
        }
    };
    let is_it = |found: &&virtargv_host::UsbDevice| {
        address.is_none_or(|address| is_at(found, address))
            && usb.product.is_none_or(|ids| ids == (found.vendor.into(), found.product.into()))
    };
    let mut matching = devices.iter().filter(is_it);
    match (matching.next(), matching.next()) {
        (Some(found), None) => Ok(Some(UsbNode { bus: found.bus, device: found.device })),
        (None, _) if may_be_missing(cx, usb) => Ok(None),
        (None, _) => Err(missing(format!("the host has no USB device {}", shown(usb)))),
        (Some(_), Some(_)) => {
            let message = format!("the host has more than one USB device {}", shown(usb));
            Err(crate::rules::HOSTDEV_USB_SEVERAL.problem(cx.release(), usb.pos, message))
        }
    }
}

/// Whether a USB device of the host is at `address`.
fn is_at(device: &virtargv_host::UsbDevice, address: &UsbHostAddress) -> bool {
    let here = match &address.at {
        UsbHostPlace::Device(number) => device.device == *number,
        UsbHostPlace::Port(port) => device.port.as_ref() == Some(port),
    };
    device.bus == address.bus && here
}

/// Whether a guest starts without a USB device that the host does not have.
fn may_be_missing(cx: &Prepare<'_>, usb: &UsbDevice) -> bool {
    match usb.startup {
        Some(UsbStartup::Optional) => true,
        Some(UsbStartup::Requisite) => cx.options.incoming.is_some(),
        Some(UsbStartup::Mandatory) | None => false,
    }
}

/// What a document says of a USB device of the host, for messages.
fn shown(usb: &UsbDevice) -> String {
    let ids = usb.product.map(|(vendor, product)| format!("`{vendor:04x}:{product:04x}`"));
    let address = usb.address.as_ref().map(|UsbHostAddress { bus, at }| match at {
        UsbHostPlace::Device(device) => format!("at bus `{bus}`, device `{device}`"),
        UsbHostPlace::Port(port) => format!("at bus `{bus}`, port `{port}`"),
    });
    ids.into_iter().chain(address).collect::<Vec<_>>().join(" ")
}

/// A PCI host device of the element at `pos`; `None` if its address in the guest is `unassigned`.
pub(crate) fn pci(
    cx: &mut Prepare<'_>,
    pci: &PciDevice,
    address: &BusAddress,
    pos: Pos,
) -> Result<Option<PciHost>, Problem> {
    if *address == BusAddress::Unassigned {
        return Ok(None);
    }
    let at = &pci.address;
    let address = format!("{:04x}:{:02x}:{:02x}.{:x}", at.domain, at.bus, at.slot, at.function);
    let mapped = if !is_used_by(cx.domain, pci) {
        Mapped::Container
    } else if cx.is_for_shell() || cx.is_for_reader() {
        Mapped::Iommufd(None)
    } else {
        Mapped::Iommufd(Some(cx.pass(&Descriptor::VfioDevice { address: &address }, pos)?))
    };
    Ok(Some(PciHost { address: address.into(), mapped }))
}

fn unit(cx: &mut Prepare<'_>, hostdev: Device<'_, Hostdev>, scsi: &ScsiDevice) -> Result<Unit, Problem> {
    let image = image(cx, scsi)?;
    let number = cx.next_node;
    cx.next_node = number.saturating_add(1);
    if !matches!(hostdev.info.address, Some(Address::Drive(_))) {
        let message = "a SCSI device of `<hostdev>` needs an address of type `drive`";
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
    let storage = Storage::of(cx, &image, &objects, (&node, None), Form::Node)?;
    let nodes =
        ImageNodes { number: 0, storage: node, set: None, slice: None, format: None, data_store: None };
    Ok(Unit::Node(Box::new(ImageFacts::with_storage(&image, nodes, storage, objects))))
}

/// The storage of a SCSI host device, as an image.
fn image(cx: &Prepare<'_>, scsi: &ScsiDevice) -> Result<Image, Problem> {
    let image = Image { pos: scsi.pos, ..Image::default() };
    Ok(match &scsi.source {
        ScsiSource::Adapter(at) => {
            let found =
                cx.host.devices().scsi_generic(&at.name, at.bus, at.target, at.unit).map_err(|error| {
                    let message = format!("the SCSI device of adapter `{}` was not found: {error}", at.name);
                    let mut problem =
                        crate::rules::HOSTDEV_SCSI_UNIT.problem(cx.release(), scsi.pos, message);
                    if error.is_missing_directory() {
                        problem = problem.with_class(Class::Plain);
                    }
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
