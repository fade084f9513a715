//! `-device` of a disk.

use virtargv_caps::{Cap, Convention};
use virtargv_model::device::disk::{CacheMode, Disk, DiskBus, DiskDevice as Kind};
use virtargv_model::{OnOff, Spelled, YesNo};

use super::drive::add_error_policy;
use super::{DiskDevice, drive_id, vhost_user_id};
use crate::emit::context::Emit;
use crate::emit::device::address;
use crate::emit::device::virtio;
use crate::emit::iothreads;
use crate::prepare::device::disk::{Backend, Facts, Frontend};
use crate::text::text;
use crate::{Props, Text, Value};

/// The properties of the device of a disk.
pub(super) fn props(e: &Emit<'_>, disk: DiskDevice<'_>, facts: &Facts, frontend: Frontend) -> Props {
    let mut props = match frontend {
        Frontend::Named(driver) | Frontend::UsbBot(driver) => Props::new("driver", driver),
        Frontend::Virtio => virtio_start(e, disk, facts),
    };
    let id = if let Frontend::UsbBot(_) = frontend {
        props.set("bus", text!(disk.alias, ".0")).set("scsi-id", 0u32).set("lun", 0u32);
        text!(disk.alias, "-device")
    } else {
        address::add(&mut props, e, disk.address);
        disk.alias.into()
    };
    props.set_opt("device_id", device_id(e, disk));
    if shares(e, &disk) {
        props.set("share-rw", true);
    }
    match &facts.backend {
        Backend::VhostUser { .. } => {
            props.set("chardev", vhost_user_id(disk.alias));
        }
        Backend::Nodes(chain) => {
            props.set_opt("drive", chain.top());
        }
        Backend::Drive(_) => {
            props.set("drive", drive_id(disk));
        }
    }
    props.set("id", id);
    // The boot index of a floppy is a property of its controller.
    if disk.device() != Kind::Floppy {
        address::add_boot(e, &mut props, &disk.info);
    }
    add_shape(&mut props, e, disk, facts);
    props
}

/// The host adapter on which the SCSI device of a USB disk is.
pub(super) fn usb_adapter(e: &Emit<'_>, disk: DiskDevice<'_>) -> Props {
    let mut props = Props::new("driver", "usb-bot").with("id", disk.alias);
    props.set_opt("serial", serial(&disk));
    address::add(&mut props, e, disk.address);
    props
}

/// The serial number. libvirt escapes spaces for the option parser of early QEMUs.
fn serial(disk: &Disk) -> Option<String> {
    disk.serial.as_ref().map(|s| s.replace('\\', "\\\\").replace(' ', "\\ "))
}

/// The driver of a virtio disk, and the properties before its address.
fn virtio_start(e: &Emit<'_>, disk: DiskDevice<'_>, facts: &Facts) -> Props {
    let vhost_user = matches!(facts.backend, Backend::VhostUser { .. });
    let base = if vhost_user { "vhost-user-blk" } else { "virtio-blk" };
    let driver = &disk.driver;
    let mut props = virtio::device(e, base, disk.variant, disk.address, driver.virtio);
    props.set_opt("iothread", driver.iothread.filter(|n| *n > 0).map(iothreads::id));
    props.set_opt("ioeventfd", driver.ioeventfd.map(OnOff::is_on));
    if e.has(Cap::VirtioBlkEventIdx) {
        props.set_opt("event_idx", driver.event_idx.map(OnOff::is_on));
    }
    if e.has(Cap::VirtioBlkScsi) && !vhost_user {
        let passes = disk.device() == Kind::Lun;
        // `scsi=off` is left out where it is QEMU's default.
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
    props
}

/// The I/O threads and the virtqueues that each serves (`iothread-vq-mapping=`).
fn iothread_mapping(maps: &[virtargv_model::device::disk::IothreadMap]) -> Value {
    let threads = maps.iter().map(|map| {
        let mut thread = Props::object().with("iothread", iothreads::id(map.id));
        if !map.queues.is_empty() {
            thread.set("vqs", map.queues.clone());
        }
        Value::Object(thread)
    });
    Value::Array(threads.collect())
}

/// `device_id=` of a SCSI disk, its identification in the vital product data, where QEMU's default would differ between
/// releases.
fn device_id(e: &Emit<'_>, disk: DiskDevice<'_>) -> Option<Text> {
    let is_disk = disk.bus() == Some(DiskBus::Scsi) && disk.device() != Kind::Lun;
    if !is_disk || !e.has(Cap::ScsiDiskDeviceId) {
        return None;
    }
    Some(disk.serial.as_ref().map_or_else(|| drive_id(disk), Text::from))
}

/// Whether `share-rw=on` allows other writers.
fn shares(e: &Emit<'_>, disk: &Disk) -> bool {
    let writes = !disk.readonly || e.release().has(Convention::ShareRwAlways);
    disk.shareable && writes && e.has(Cap::DiskShareRw)
}

/// Adds the properties after the ids: block sizes, serial, geometry, error policies.
fn add_shape(props: &mut Props, e: &Emit<'_>, disk: DiskDevice<'_>, facts: &Facts) {
    let discard_last = e.release().has(Convention::DiscardGranularityLast);
    if let Some(blockio) = disk.blockio.as_ref().filter(|_| e.has(Cap::Blockio)) {
        props.set_opt("logical_block_size", blockio.logical);
        props.set_opt("physical_block_size", blockio.physical);
        if !discard_last {
            props.set_opt("discard_granularity", blockio.discard_granularity.filter(|n| *n > 0));
        }
    }
    if let Some(wwn) = &facts.wwn {
        // In the `key=value` form the digits are those of the document.
        let value: Value =
            if e.has(Cap::DeviceJson) { wwn.number.into() } else { text!("0x", wwn.digits).into() };
        props.set("wwn", value);
    }
    props.set_opt("rotation_rate", disk.target.rotation_rate);
    props.set_opt("vendor", disk.vendor.as_ref().filter(|v| !v.is_empty()));
    let product = if disk.bus() == Some(DiskBus::Scsi) { "product" } else { "model" };
    props.set_opt(product, disk.product.as_ref().filter(|p| !p.is_empty()));
    props.set_opt("removable", facts.removable);
    if e.has(Cap::DiskWriteCache)
        && disk.device() != Kind::Lun
        && let Some(cache) = facts.access.cache
    {
        let write_back = !matches!(cache, CacheMode::Writethrough | CacheMode::Directsync);
        props.set("write-cache", if write_back { "on" } else { "off" });
    }
    if let Some(geometry) = facts.geometry {
        for (name, number) in geometry.numbers() {
            props.set_opt(name, number.filter(|n| *n > 0));
        }
        props.set_opt("bios-chs-trans", geometry.trans.map(Spelled::as_str));
    }
    // An NVMe disk has the serial number of its controller.
    if disk.bus() != Some(DiskBus::Nvme) {
        props.set_opt("serial", serial(&disk));
    }
    if e.has(Cap::StorageWerror) {
        add_error_policy(props, facts.errors);
    }
    if let Some(statistics) = &disk.driver.statistics
        && !statistics.intervals.is_empty()
    {
        let intervals = statistics.intervals.iter().map(|seconds| Value::from(seconds.get()));
        props.set("stats-intervals", Value::Array(intervals.collect()));
    }
    props.set_opt("dpofua", disk.target.dpofua.map(OnOff::is_on));
    let reservations = disk.image.reservations.as_ref().filter(|_| disk.bus() == Some(DiskBus::Scsi));
    props.set_opt("migrate-pr", reservations.and_then(|r| r.migration).map(YesNo::is_yes));
    if discard_last && e.has(Cap::Blockio) {
        props.set_opt(
            "discard_granularity",
            disk.blockio.as_ref().and_then(|blockio| blockio.discard_granularity),
        );
    }
}
