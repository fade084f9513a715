//! `<disk>`: the images, and what the device in front of them is.

use virtargv_caps::{Cap, Convention};
use virtargv_model::device::disk::{Disk, DiskBus, DiskDevice, DiskName, Tray};
use virtargv_model::device::storage::{Image, ImageFormat, Location, NetSource, Protocol};
use virtargv_model::{Problem, YesNo};
use virtargv_validate::rules::disk as rules;

use super::Device;
use crate::ident::{NodeName, Wwn};
use crate::prepare::context::{Prepare, must};
use crate::prepare::storage::objects::{Ids, Objects};
use crate::prepare::storage::place::Storage;
use crate::prepare::storage::{Access, Decrypts, Form, ImageFacts};
use crate::text::{Text, text};

/// What is settled about a disk.
#[derive(Debug)]
pub(crate) struct Facts {
    /// What is behind the device.
    pub backend: Backend,
    /// The device; none for a card in a slot of the board, and for a floppy that is an option of its controller.
    pub frontend: Option<Frontend>,
    /// How the images are read.
    pub access: Access,
    /// Its world wide name.
    pub wwn: Option<Wwn>,
}

/// What is behind the device of a disk.
#[derive(Debug)]
pub(crate) enum Backend {
    /// A vhost-user process at a UNIX socket.
    VhostUser {
        /// The socket.
        path: Text,
        /// After how many seconds QEMU connects again; 0 is never.
        reconnect: Option<u32>,
    },
    /// Nodes of the block layer.
    Nodes(Chain),
    /// A drive.
    Drive(Box<Drive>),
}

/// A backing chain and what lies on it.
#[derive(Debug)]
pub(crate) struct Chain {
    /// The images, top first; none in a drive without a medium.
    pub images: Vec<ImageFacts>,
    /// Whether nothing is below the last one; else QEMU looks into it.
    pub ended: bool,
    /// The node that copies what is read into the top image.
    pub copy_on_read: Option<NodeName>,
    /// Throttle groups and the nodes of their filters, from the image up.
    pub filters: Vec<(Text, NodeName)>,
}

impl Chain {
    /// The node that the device gets, where there is one.
    pub fn top(&self) -> Option<&NodeName> {
        let filter = self.filters.last().map(|(_, node)| node);
        filter.or(self.copy_on_read.as_ref()).or(self.images.first().map(|image| image.nodes.top()))
    }
}

/// A drive (`-drive`).
#[derive(Debug)]
pub(crate) struct Drive {
    /// Its id, which a card in a slot of the board does not have.
    pub slot: DriveSlot,
    /// The image, where a medium is in the drive and its tray is closed.
    pub image: Option<DriveImage>,
    /// Whether the drive has a medium at all.
    pub has_medium: bool,
}

/// Who reads a drive.
#[derive(Debug)]
pub(crate) enum DriveSlot {
    /// A device, by this id.
    Device(Text),
    /// The slot of the board with this number.
    Sd(u32),
}

/// The image in a drive.
#[derive(Debug)]
pub(crate) struct DriveImage {
    /// Where it is.
    pub storage: Storage,
    /// How QEMU is told.
    pub form: Form,
    /// The objects that it needs.
    pub objects: Objects,
    /// Its format.
    pub format: Option<ImageFormat>,
    /// Whether QEMU decrypts it as LUKS.
    pub luks: bool,
}

/// The device of a disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Frontend {
    /// One with this driver.
    Named(&'static str),
    /// A virtio device.
    Virtio,
}

/// Settles a disk; none where it is only plugged in once its throw-away layer was made: others may hold the image below
/// it.
pub(crate) fn prepare(cx: &mut Prepare<'_>, disk: Device<'_, Disk>) -> Result<Option<Facts>, Problem> {
    if disk.transient.is_some_and(|t| t.share_backing == Some(YesNo::Yes)) {
        return Ok(None);
    }
    let access = Access::of(&disk);
    let backend = if let Location::VhostUser(socket) = &disk.image.location {
        let path = must(socket.path.as_ref(), &rules::source::PATH, disk.image.pos)?;
        let reconnect = socket.reconnect.as_ref().and_then(|reconnect| {
            // Without a time it is never made again.
            reconnect.enabled.map(|on| if on.is_yes() { reconnect.timeout.unwrap_or(0) } else { 0 })
        });
        Backend::VhostUser { path: path.into(), reconnect }
    } else if cx.has(Cap::Blockdev) && disk.bus() != Some(DiskBus::Sd) {
        Backend::Nodes(chain(cx, disk)?)
    } else {
        Backend::Drive(Box::new(drive(cx, disk)?))
    };
    let wwn = disk.wwn.as_deref().and_then(Wwn::parse);
    Ok(Some(Facts { backend, frontend: frontend(cx, disk)?, access, wwn }))
}

/// The images are settled from the bottom up, in the order in which their nodes are made.
fn chain(cx: &mut Prepare<'_>, disk: Device<'_, Disk>) -> Result<Chain, Problem> {
    let nodes = cx.nodes;
    let Some(nodes) = nodes.disks.get(disk.id.index) else {
        return Ok(Chain { images: Vec::new(), ended: true, copy_on_read: None, filters: Vec::new() });
    };
    let all: Vec<_> = disk.images().zip(&nodes.images).collect();
    let mut images = Vec::with_capacity(all.len());
    for (image, nodes) in all.into_iter().rev() {
        images.push(ImageFacts::of(cx, image, nodes, disk.alias)?);
    }
    images.reverse();
    let filters = disk.throttle_filters.iter().zip(&nodes.filters);
    Ok(Chain {
        images,
        ended: disk.backing.ended,
        copy_on_read: nodes.copy_on_read.clone(),
        filters: filters.map(|(group, node)| (text!("throttle-", group).into(), node.clone())).collect(),
    })
}

fn drive(cx: &mut Prepare<'_>, disk: Device<'_, Disk>) -> Result<Drive, Problem> {
    let has_medium = !disk.image.is_empty();
    // Nothing is in a drive whose tray is open.
    let image = if has_medium && disk.target.tray != Some(Tray::Open) {
        Some(drive_image(cx, &disk.image, Ids::of_drive(disk.alias))?)
    } else {
        None
    };
    let slot = if disk.bus() == Some(DiskBus::Sd) {
        DriveSlot::Sd(must(DiskName::index(disk.dst()), &rules::SD_NAME, disk.target_pos.attr("dev"))?)
    } else {
        DriveSlot::Device(text!("drive-", disk.alias).into())
    };
    Ok(Drive { slot, image, has_medium })
}

/// An image that is given to a drive.
pub(crate) fn drive_image(cx: &mut Prepare<'_>, image: &Image, ids: Ids) -> Result<DriveImage, Problem> {
    let form = match image.network() {
        Some(net) if wants_properties(cx, net) => {
            if cx.release().has(Convention::DriveNetworkProps) {
                Form::Node
            } else {
                Form::Drive
            }
        }
        Some(_) => Form::Address,
        None => Form::Drive,
    };
    let objects = Objects::of(cx, image, || ids)?;
    let storage = Storage::of(cx, image, &objects, "", form)?;
    let luks = crate::prepare::storage::decrypts(image) == Some(Decrypts::Qemu);
    Ok(DriveImage { storage, form, objects, format: image.format, luks })
}

/// Whether a source cannot be said as a text.
fn wants_properties(cx: &Prepare<'_>, net: &NetSource) -> bool {
    if cx.release().has(Convention::DriveNetworkProps) {
        return true;
    }
    match net.protocol {
        Some(Protocol::Gluster) => net.hosts.len() > 1,
        Some(Protocol::Iscsi) => cx.has(Cap::IscsiPasswordSecret),
        Some(Protocol::Vxhs) => true,
        Some(Protocol::Nbd) => net.tls.map_or(cx.settings().nbd_tls, YesNo::is_yes),
        _ => false,
    }
}

fn frontend(cx: &Prepare<'_>, disk: Device<'_, Disk>) -> Result<Option<Frontend>, Problem> {
    let cdrom = disk.device() == DiskDevice::Cdrom;
    let found = match disk.bus() {
        Some(DiskBus::Sd) => return Ok(None),
        Some(DiskBus::Fdc) if !cx.has(Cap::Blockdev) => return Ok(None),
        Some(DiskBus::Ide | DiskBus::Sata) if cdrom => Some(Frontend::Named("ide-cd")),
        Some(DiskBus::Ide | DiskBus::Sata) => Some(Frontend::Named("ide-hd")),
        Some(DiskBus::Scsi) => Some(Frontend::Named(match disk.device() {
            DiskDevice::Lun => "scsi-block",
            DiskDevice::Cdrom => "scsi-cd",
            _ => "scsi-hd",
        })),
        Some(DiskBus::Usb) => Some(Frontend::Named("usb-storage")),
        Some(DiskBus::Fdc) => Some(Frontend::Named("floppy")),
        Some(DiskBus::Virtio) => Some(Frontend::Virtio),
        _ => None,
    };
    must(found, &rules::BUS, disk.target_pos.attr("bus")).map(Some)
}
