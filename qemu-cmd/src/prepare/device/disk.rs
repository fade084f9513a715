//! `<disk>`: images and device.

use virtargv_caps::{Cap, Convention};
use virtargv_model::device::disk::{
    Disk, DiskBus, DiskDevice, DiskModel, DiskName, ErrorPolicy, Geometry, Tray,
};
use virtargv_model::device::storage::{Image, ImageFormat, Location, NetSource, Protocol};
use virtargv_model::{OnOff, Problem, Spelled, YesNo};
use virtargv_validate::rules::disk as rules;

use super::Device;
use crate::ident::{NodeName, Wwn};
use crate::prepare::alias::no_bus;
use crate::prepare::context::{Prepare, broken};
use crate::prepare::storage::location::Storage;
use crate::prepare::storage::objects::{Ids, Objects};
use crate::prepare::storage::{Access, Decrypts, Form, ImageFacts};
use crate::prepare::throttle::throttle_group_id;
use crate::text::{Text, text};

/// A prepared disk.
#[derive(Debug)]
pub(crate) struct Facts {
    /// What the device reads and writes.
    pub backend: Backend,
    /// The device; `None` for an SD card, and for a floppy that is a property of its controller.
    pub frontend: Option<Frontend>,
    /// Cache, I/O and discard modes of the images.
    pub access: Access,
    /// Its world wide name.
    pub wwn: Option<Wwn>,
    /// Its geometry, if it is passed to QEMU.
    pub geometry: Option<Geometry>,
    /// `removable=`: whether the guest sees a removable disk; `None` for a device without the property, or with QEMU's
    /// default.
    pub removable: Option<bool>,
    /// What QEMU does about I/O errors.
    pub errors: ErrorPolicies,
}

/// What QEMU does about I/O errors, in its words; `None` is its default.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ErrorPolicies {
    /// `werror=`, for writes.
    pub write: Option<&'static str>,
    /// `rerror=`, for reads.
    pub read: Option<&'static str>,
}

impl ErrorPolicies {
    /// The policies of a disk.
    fn of(disk: &Disk) -> Self {
        let write = disk.driver.error_policy;
        let word = |policy: ErrorPolicy| match policy {
            ErrorPolicy::Enospace => "enospc",
            other => other.as_str(),
        };
        // The policy for writes is that for reads too, except `enospace`, which reads do not have.
        let read = match write {
            Some(ErrorPolicy::Enospace) => disk.driver.rerror_policy,
            _ => disk.driver.rerror_policy.or(write),
        };
        Self { write: write.map(word), read: read.map(word) }
    }
}

/// What the device of a disk reads and writes.
#[derive(Debug)]
pub(crate) enum Backend {
    /// A vhost-user process at a UNIX socket.
    VhostUser {
        /// The socket.
        path: Text,
        /// The time in seconds after which QEMU reconnects; 0 is never, `None` QEMU's default.
        reconnect: Option<u32>,
    },
    /// Block nodes.
    Nodes(Chain),
    /// A `-drive`.
    Drive(Box<Drive>),
}

/// A backing chain and the filters on it.
#[derive(Debug)]
pub(crate) struct Chain {
    /// The images, top first; empty for a drive without a medium.
    pub images: Vec<ImageFacts>,
    /// Whether the last image has no backing image; otherwise QEMU reads that from the image.
    pub ended: bool,
    /// The node name of the copy-on-read filter.
    pub copy_on_read: Option<NodeName>,
    /// Throttle groups and the node names of their filters, from the image up.
    pub filters: Vec<(Text, NodeName)>,
}

impl Chain {
    /// The node of the device; `None` for a drive without a medium.
    pub fn top(&self) -> Option<&NodeName> {
        let filter = self.filters.last().map(|(_, node)| node);
        filter.or(self.copy_on_read.as_ref()).or(self.images.first().map(|image| image.nodes.top()))
    }
}

/// A drive (`-drive`).
#[derive(Debug)]
pub(crate) struct Drive {
    /// The device or the slot that it is for.
    pub slot: DriveSlot,
    /// The image; `None` for a drive without a medium, or with an open tray.
    pub image: Option<DriveImage>,
    /// Whether the drive has a medium, with its tray open or closed.
    pub has_medium: bool,
}

/// What a drive is for.
#[derive(Debug)]
pub(crate) enum DriveSlot {
    /// A device, whose `drive=` is this id.
    Device(Text),
    /// The SD card slot with this index.
    Sd(u32),
}

/// The image of a drive.
#[derive(Debug)]
pub(crate) struct DriveImage {
    /// Where it is stored.
    pub storage: Storage,
    /// How it is given to QEMU.
    pub form: Form,
    /// Its objects.
    pub objects: Objects,
    /// Its format.
    pub format: Option<ImageFormat>,
    /// Whether QEMU decrypts it as LUKS.
    pub luks: bool,
}

/// The device of a disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Frontend {
    /// A device with this driver.
    Named(&'static str),
    /// A virtio device.
    Virtio,
    /// A USB host adapter, and a SCSI device on it with this driver.
    UsbBot(&'static str),
}

/// Prepares a `<disk>`; `None` for a transient disk with a shared backing image, which libvirt hotplugs after it has
/// created the overlay.
pub(crate) fn prepare(cx: &mut Prepare<'_>, disk: Device<'_, Disk>) -> Result<Option<Facts>, Problem> {
    if disk.transient.is_some_and(|t| t.share_backing == Some(YesNo::Yes)) {
        return Ok(None);
    }
    let access = Access::of(&disk);
    let backend = if let Location::VhostUser(socket) = &disk.image.location {
        let path = socket.path.as_ref().ok_or_else(|| {
            let message = "`<source>` of type `vhostuser` lacks `path`, the socket";
            broken(cx.release(), &rules::source::PATH, disk.image.pos, message)
        })?;
        let reconnect = socket.reconnect.as_ref().and_then(|reconnect| {
            // Without `timeout=` libvirt sets 0, which disables reconnecting.
            reconnect.enabled.map(|on| if on.is_yes() { reconnect.timeout.unwrap_or(0) } else { 0 })
        });
        Backend::VhostUser { path: path.into(), reconnect }
    } else if cx.has(Cap::Blockdev) && disk.bus() != Some(DiskBus::Sd) {
        Backend::Nodes(chain(cx, disk)?)
    } else {
        Backend::Drive(Box::new(drive(cx, disk)?))
    };
    let wwn = disk.wwn.as_deref().and_then(Wwn::parse);
    let partial = cx.release().has(Convention::PartialGeometry);
    let geometry = disk.geometry.as_deref().copied().filter(|geometry| partial || geometry.is_whole());
    Ok(Some(Facts {
        backend,
        frontend: frontend(cx, disk)?,
        access,
        wwn,
        geometry,
        removable: removable(cx, &disk),
        errors: ErrorPolicies::of(&disk),
    }))
}

/// `removable=`. A disk on a USB bus is not removable unless the document says so.
fn removable(cx: &Prepare<'_>, disk: &Disk) -> Option<bool> {
    let asked = disk.target.removable.map(OnOff::is_on);
    match disk.bus() {
        // The SCSI disk of a host adapter is as on other SCSI buses.
        Some(DiskBus::Usb) if disk.model == Some(DiskModel::UsbBot) => {
            asked.filter(|_| disk.device() == DiskDevice::Disk)
        }
        Some(DiskBus::Usb) if cx.has(Cap::UsbStorageRemovable) => Some(asked.unwrap_or(false)),
        Some(DiskBus::Scsi) if disk.device() == DiskDevice::Disk => asked,
        _ => None,
    }
}

/// Prepares the images from the base of the backing chain up, in the order in which their nodes are emitted.
fn chain(cx: &mut Prepare<'_>, disk: Device<'_, Disk>) -> Result<Chain, Problem> {
    let nodes = cx.nodes;
    let Some(nodes) = nodes.disks.get(disk.id.index) else {
        return Ok(Chain { images: Vec::new(), ended: true, copy_on_read: None, filters: Vec::new() });
    };
    let all: Vec<_> = disk.images().zip(&nodes.images).collect();
    let mut images = Vec::with_capacity(all.len());
    for (image, nodes) in all.into_iter().rev() {
        images.push(ImageFacts::of(cx, image, nodes)?);
    }
    images.reverse();
    let filters = disk.throttle_filters.iter().zip(&nodes.filters);
    Ok(Chain {
        images,
        ended: disk.backing.ended,
        copy_on_read: nodes.copy_on_read.clone(),
        filters: filters.map(|(group, node)| (throttle_group_id(group), node.clone())).collect(),
    })
}

fn drive(cx: &mut Prepare<'_>, disk: Device<'_, Disk>) -> Result<Drive, Problem> {
    let has_medium = !disk.image.is_empty();
    // A drive with an open tray has no image.
    let image = if has_medium && disk.target.tray != Some(Tray::Open) {
        Some(drive_image(cx, &disk.image, Ids::of_drive(disk.alias))?)
    } else {
        None
    };
    let slot = if disk.bus() == Some(DiskBus::Sd) {
        DriveSlot::Sd(DiskName::index(disk.dst()).ok_or_else(|| {
            let message = format!("the target `{}` of an SD card has no index, as `sda` has", disk.dst());
            broken(cx.release(), &rules::name::TARGET, disk.target_pos.attr("dev"), message)
        })?)
    } else {
        DriveSlot::Device(text!("drive-", disk.alias))
    };
    Ok(Drive { slot, image, has_medium })
}

/// Prepares the image of a drive.
pub(crate) fn drive_image(cx: &mut Prepare<'_>, image: &Image, ids: Ids) -> Result<DriveImage, Problem> {
    let form = match image.network() {
        Some(net) if uses_properties(cx, net) => {
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
    let storage = Storage::of(cx, image, &objects, ("", None), form)?;
    let luks = crate::prepare::storage::decrypts(image) == Some(Decrypts::Qemu);
    Ok(DriveImage { storage, form, objects, format: image.format, luks })
}

/// Whether `-drive` gets the source as properties (`file.driver=`), rather than as the one text of `file=`.
fn uses_properties(cx: &Prepare<'_>, net: &NetSource) -> bool {
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
    Ok(Some(match disk.bus().ok_or_else(|| no_bus(&disk, cx.release()))? {
        DiskBus::Sd => return Ok(None),
        DiskBus::Fdc if !cx.has(Cap::Blockdev) => return Ok(None),
        DiskBus::Ide | DiskBus::Sata if cdrom => Frontend::Named("ide-cd"),
        DiskBus::Ide | DiskBus::Sata => Frontend::Named("ide-hd"),
        DiskBus::Scsi => Frontend::Named(match disk.device() {
            DiskDevice::Lun => "scsi-block",
            DiskDevice::Cdrom => "scsi-cd",
            _ => "scsi-hd",
        }),
        DiskBus::Usb if disk.model == Some(DiskModel::UsbBot) => {
            Frontend::UsbBot(if cdrom { "scsi-cd" } else { "scsi-hd" })
        }
        DiskBus::Usb => Frontend::Named("usb-storage"),
        DiskBus::Nvme => Frontend::Named("nvme-ns"),
        DiskBus::Fdc => Frontend::Named("floppy"),
        DiskBus::Virtio => Frontend::Virtio,
        bus @ (DiskBus::Xen | DiskBus::Uml) => {
            let message = format!("disk `{}` has bus `{bus}`, for which QEMU has no device", disk.dst());
            return Err(broken(cx.release(), &rules::BUS, disk.target_pos.attr("bus"), message));
        }
    }))
}
