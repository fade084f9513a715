//! `-device` of a disk.

use virtargv_caps::{Cap, Convention};
use virtargv_model::device::controller::{ControllerType, ScsiModel};
use virtargv_model::device::disk::{CacheMode, Disk, DiskBus, DiskDevice, DiskModel};
use virtargv_model::device::storage::SourceType;
use virtargv_model::info::{Address, DeviceInfo, DriveAddress};
use virtargv_model::{Kind, OnOff, Problem, Spelled};

use super::drive::{add_error_policy, vhost_user_id};
use super::{address, alias, backend, drive_id};
use crate::device::virtio::{self, Variant};
use crate::emit::{Done, Emit, problem};
use crate::storage::{Access, DiskPlan};
use crate::text::text;
use crate::{Props, Value};

/// The properties of the device.
pub(super) fn props(e: &Emit<'_>, disk: &Disk, plan: &DiskPlan) -> Result<Props, Problem> {
    let mut props = start(e, disk)?;
    if let Some(Address::Drive(at)) = &disk.info.address {
        add_drive_address(&mut props, e, &disk.info, disk.bus(), at)?;
    } else {
        address::add(&mut props, e, &disk.info)?;
    }
    if let Some(id) = device_id(e, disk) {
        props.set("device_id", id);
    }
    if shares(e, disk) {
        props.set("share-rw", true);
    }
    props.set_opt("drive", backend(e, disk, plan));
    if disk.image.kind() == SourceType::VhostUser {
        props.set("chardev", vhost_user_id(alias(disk)));
    }
    props.set("id", alias(disk));
    // Floppies are booted from by their controller.
    if disk.device() != DiskDevice::Floppy {
        address::add_bootindex(&mut props, disk.info.boot.as_ref().map(|b| b.order));
    }
    if e.has(Cap::VirtioCcwDeviceLoadparm) && disk.device() != DiskDevice::Floppy {
        props.set_opt("loadparm", disk.info.boot.as_ref().and_then(|b| b.loadparm.as_ref()));
    }
    add_shape(&mut props, e, disk)?;
    Ok(props)
}

/// The driver, and what stands before the address.
fn start(e: &Emit<'_>, disk: &Disk) -> Result<Props, Problem> {
    let cdrom = disk.device() == DiskDevice::Cdrom;
    let driver = match disk.bus() {
        Some(DiskBus::Ide | DiskBus::Sata) if cdrom => "ide-cd",
        Some(DiskBus::Ide | DiskBus::Sata) => "ide-hd",
        Some(DiskBus::Scsi) => match disk.device() {
            DiskDevice::Lun => "scsi-block",
            DiskDevice::Cdrom => "scsi-cd",
            _ => "scsi-hd",
        },
        Some(DiskBus::Usb) => "usb-storage",
        Some(DiskBus::Fdc) => "floppy",
        Some(DiskBus::Virtio) => return virtio_start(e, disk),
        other => {
            let bus = other.map_or("", Spelled::as_str);
            let message = format!("bus '{bus}' of disk '{}' has no device in QEMU", disk.dst());
            return Err(problem(Kind::Internal, "disk-bus", disk.target_pos.attr("bus"), message));
        }
    };
    Ok(Props::new("driver", driver))
}

fn virtio_start(e: &Emit<'_>, disk: &Disk) -> Result<Props, Problem> {
    let variant = match disk.model {
        None | Some(DiskModel::Virtio) => Variant::Plain,
        Some(DiskModel::VirtioTransitional) => Variant::Transitional,
        Some(DiskModel::VirtioNonTransitional) => Variant::NonTransitional,
    };
    let vhost_user = disk.image.kind() == SourceType::VhostUser;
    let base = if vhost_user { "vhost-user-blk" } else { "virtio-blk" };
    let driver = &disk.driver;
    let mut props = virtio::device(e, base, variant, &disk.info, driver.virtio)?;
    props.set_opt("iothread", driver.iothread.filter(|n| *n > 0).map(|n| format!("iothread{n}")));
    props.set_opt("ioeventfd", driver.ioeventfd.map(OnOff::is_on));
    if e.has(Cap::VirtioBlkEventIdx) {
        props.set_opt("event_idx", driver.event_idx.map(OnOff::is_on));
    }
    if e.has(Cap::VirtioBlkScsi) && !vhost_user {
        let passes = disk.device() == DiskDevice::Lun;
        // Off is said only where it is not what QEMU does anyway.
        if passes || !e.has(Cap::VirtioBlkScsiDefaultDisabled) {
            props.set("scsi", passes);
        }
    }
    props.set_opt("num-queues", driver.queues.filter(|n| *n > 0));
    props.set_opt("queue-size", driver.queue_size.filter(|n| *n > 0));
    if !driver.iothreads.is_empty() {
        props.set("iothread-vq-mapping", iothread_mapping(&driver.iothreads));
    }
    virtio::late_options(&mut props, e, driver.virtio);
    Ok(props)
}

/// Which thread serves which queues.
pub(crate) fn iothread_mapping(maps: &[virtargv_model::device::disk::IothreadMap]) -> Value {
    let threads = maps.iter().map(|map| {
        let mut thread = Props::object().with("iothread", format!("iothread{}", map.id));
        if !map.queues.is_empty() {
            thread.set("vqs", map.queues.clone());
        }
        Value::Object(thread)
    });
    Value::Array(threads.collect())
}

/// Adds the place on a disk controller.
pub(crate) fn add_drive_address(
    props: &mut Props,
    e: &Emit<'_>,
    info: &DeviceInfo,
    bus: Option<DiskBus>,
    at: &DriveAddress,
) -> Done {
    match bus {
        Some(DiskBus::Fdc) => {
            props.set("unit", at.unit);
        }
        Some(DiskBus::Sata) => {
            let on_board = at.controller == 0 && e.guest().is_q35();
            let name = ata_bus(e, ControllerType::Sata, on_board, at, info)?;
            props.set("bus", text!(name, ".", at.unit));
        }
        Some(DiskBus::Ide) => {
            let on_board = at.controller == 0 && e.guest().has_builtin_ide();
            let name = ata_bus(e, ControllerType::Ide, on_board, at, info)?;
            props.set("bus", text!(name, ".", at.bus)).set("unit", at.unit);
        }
        _ => {
            let name = address::controller_alias(e, ControllerType::Scsi, at.controller, info)?;
            if is_narrow(e, at.controller) {
                props.set("bus", text!(name, ".", at.bus)).set("scsi-id", at.unit);
            } else {
                props.set("bus", text!(name, ".0")).set("channel", at.bus);
                props.set("scsi-id", at.target).set("lun", at.unit);
            }
        }
    }
    Ok(())
}

/// The name of an IDE or SATA controller. What is on the board has QEMU's name, whatever the document calls it.
fn ata_bus<'e>(
    e: &Emit<'e>,
    kind: ControllerType,
    on_board: bool,
    at: &DriveAddress,
    info: &DeviceInfo,
) -> Result<&'e str, Problem> {
    if on_board { Ok("ide") } else { address::controller_alias(e, kind, at.controller, info) }
}

/// Whether a SCSI controller has one number a device, and not channel, target and unit.
fn is_narrow(e: &Emit<'_>, index: u32) -> bool {
    let found = address::controller(e, ControllerType::Scsi, index);
    let model = found.and_then(virtargv_model::device::controller::Controller::scsi_model);
    matches!(model, Some(ScsiModel::Lsilogic | ScsiModel::Ncr53c90 | ScsiModel::Dc390 | ScsiModel::Am53c974))
}

/// The id in the vital product data of a SCSI disk, where QEMU has to be told it.
fn device_id(e: &Emit<'_>, disk: &Disk) -> Option<String> {
    let is_disk = disk.bus() == Some(DiskBus::Scsi) && disk.device() != DiskDevice::Lun;
    if !is_disk || !e.has(Cap::ScsiDiskDeviceId) {
        return None;
    }
    Some(disk.serial.clone().unwrap_or_else(|| drive_id(disk)))
}

/// Whether the guest is to let others write the disk.
fn shares(e: &Emit<'_>, disk: &Disk) -> bool {
    let writes = !disk.readonly || e.release().has(Convention::ShareRwAlways);
    disk.shareable && writes && e.has(Cap::DiskShareRw)
}

/// What stands after the ids: sizes, names, geometry, policies.
fn add_shape(props: &mut Props, e: &Emit<'_>, disk: &Disk) -> Done {
    let blockio = disk.blockio.unwrap_or_default();
    if e.has(Cap::Blockio) {
        props.set_opt("logical_block_size", blockio.logical);
        props.set_opt("physical_block_size", blockio.physical);
        props.set_opt("discard_granularity", blockio.discard_granularity.filter(|n| *n > 0));
    }
    if let Some(wwn) = &disk.wwn {
        let digits = wwn.strip_prefix("0x").unwrap_or(wwn);
        let Ok(number) = u64::from_str_radix(digits, 16) else {
            let message = format!("element 'wwn' is '{wwn}', expected 16 hexadecimal digits");
            return Err(problem(Kind::InvalidArgument, "disk-wwn", disk.info.pos.path("wwn"), message));
        };
        // In k=v the digits are kept as they are.
        let value: Value = if e.has(Cap::DeviceJson) { number.into() } else { format!("0x{digits}").into() };
        props.set("wwn", value);
    }
    props.set_opt("rotation_rate", disk.target.rotation_rate);
    props.set_opt("vendor", disk.vendor.as_ref().filter(|v| !v.is_empty()));
    props.set_opt("product", disk.product.as_ref().filter(|p| !p.is_empty()));
    props.set_opt("removable", removable(e, disk));
    if e.has(Cap::DiskWriteCache)
        && disk.device() != DiskDevice::Lun
        && let Some(cache) = Access::of(disk).cache
    {
        let write_back = !matches!(cache, CacheMode::Writethrough | CacheMode::Directsync);
        props.set("write-cache", OnOff::from(write_back).as_str());
    }
    // A part of it was nothing, once.
    if let Some(geometry) = disk.geometry
        && (geometry.is_whole() || e.release().has(Convention::PartialGeometry))
    {
        for (name, number) in geometry.numbers() {
            props.set_opt(name, number.filter(|n| *n > 0));
        }
        props.set_opt("bios-chs-trans", geometry.trans.map(Spelled::as_str));
    }
    // QEMU's parser of older days would split at a space.
    props.set_opt("serial", disk.serial.as_ref().map(|s| s.replace('\\', "\\\\").replace(' ', "\\ ")));
    if e.has(Cap::StorageWerror) {
        add_error_policy(props, disk);
    }
    Ok(())
}

fn removable(e: &Emit<'_>, disk: &Disk) -> Option<bool> {
    let asked = disk.target.removable.map(OnOff::is_on);
    match disk.bus() {
        Some(DiskBus::Usb) if e.has(Cap::UsbStorageRemovable) => Some(asked.unwrap_or(false)),
        Some(DiskBus::Scsi) if disk.device() == DiskDevice::Disk => asked,
        _ => None,
    }
}
