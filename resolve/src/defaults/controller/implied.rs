//! Controllers that the devices of the document need.

use foldhash::HashMap;
use virtargv_model::device::controller::{Controller, ControllerKind, ControllerType, Nvme, VirtioSerial};
use virtargv_model::info::{Address, CcidAddress};

use super::order::add_all_missing;
use crate::Work;

/// Adds the controllers that devices need, and fills in their default models.
pub(crate) fn apply(work: &mut Work<'_>) {
    for_disks(work);
    for_virtio_serial(work);
    for_smartcards(work);
    for_scsi_hostdevs(work);
    super::models::apply(work);
    share_nvme_serials(work);
}

/// Gives each NVMe controller without a serial number that of its disks.
fn share_nvme_serials(work: &mut Work<'_>) {
    use virtargv_model::device::disk::DiskBus;
    let devices = &mut work.domain.devices;
    let on_nvme = devices.disks.iter().filter(|disk| disk.bus() == Some(DiskBus::Nvme));
    let mut serials: HashMap<u32, &String> = HashMap::default();
    for disk in on_nvme {
        if let (Some(number), Some(serial)) = (drive_controller(disk.info.address.as_ref()), &disk.serial) {
            serials.entry(number).or_insert(serial);
        }
    }
    for controller in &mut devices.controllers {
        let number = controller.number();
        if let ControllerKind::Nvme(Nvme { serial: serial @ None }) = &mut controller.kind {
            *serial = serials.get(&number).map(|found| (*found).clone());
        }
    }
}

/// Adds a controller for every index up to the highest in the address of a disk.
fn for_disks(work: &mut Work<'_>) {
    use virtargv_model::device::disk::DiskBus;
    let kinds = [
        (DiskBus::Scsi, ControllerKind::Scsi(None), "a <disk> on bus `scsi` needs a controller"),
        (DiskBus::Fdc, ControllerKind::Fdc, "a <disk> on bus `fdc` needs a controller"),
        (DiskBus::Ide, ControllerKind::Ide(None), "a <disk> on bus `ide` needs a controller"),
        (DiskBus::Sata, ControllerKind::Sata, "a <disk> on bus `sata` needs a controller"),
        (DiskBus::Nvme, ControllerKind::Nvme(Nvme::default()), "a <disk> on bus `nvme` needs a controller"),
    ];
    for (bus, kind, why) in kinds {
        // The bus of a disk without a target name is not known.
        let named = work.domain.devices.disks.iter().filter(|disk| disk.target.dev.is_some());
        let on_bus = named.filter(|disk| disk.target.bus == Some(bus));
        let highest = on_bus.filter_map(|disk| drive_controller(disk.info.address.as_ref())).max();
        let indexes = 0..highest.map_or(0, |highest| highest.min(MOST).saturating_add(1));
        add_all_missing(work, &kind, indexes.map(|index| (index, why)));
    }
}

/// Adds the controllers of SCSI host devices as they are read. One without an address needs the first controller.
pub(super) fn for_read_hostdevs(work: &mut Work<'_>) {
    for_scsi_units(work, |address| Some(drive_controller(address).unwrap_or_default()));
}

/// The same for SCSI host devices with their assigned addresses.
fn for_scsi_hostdevs(work: &mut Work<'_>) {
    for_scsi_units(work, drive_controller);
}

/// Adds a controller for every index up to the highest of a SCSI host device. Added controllers have the model of those
/// that such devices use already.
fn for_scsi_units(work: &mut Work<'_>, controller: impl Fn(Option<&Address>) -> Option<u32>) {
    use virtargv_model::device::hostdev::HostdevSource;
    let devices = &work.domain.devices;
    let units = devices.hostdevs.iter().filter(|h| matches!(h.source, HostdevSource::Scsi(_)));
    let mut highest = None;
    let mut model = None;
    for index in units.filter_map(|unit| controller(unit.info.address.as_ref())) {
        if Some(index) > highest {
            highest = Some(index);
            let found = devices.controllers.iter().find(|c| c.is(ControllerType::Scsi, index));
            model = found.and_then(Controller::scsi_model).or(model);
        }
    }
    let why = "a <hostdev> of type `scsi` needs a controller";
    let indexes = 0..highest.map_or(0, |highest| highest.min(MOST).saturating_add(1));
    add_all_missing(work, &ControllerKind::Scsi(model), indexes.map(|index| (index, why)));
}

/// A limit above the number of controllers of any machine. A rule refuses addresses beyond it.
const MOST: u32 = 1024;

fn drive_controller(address: Option<&Address>) -> Option<u32> {
    match address {
        Some(Address::Drive(drive)) => Some(drive.controller),
        _ => None,
    }
}

/// Adds the virtio-serial controllers of virtio channels and consoles.
fn for_virtio_serial(work: &mut Work<'_>) {
    use virtargv_model::device::chardev::{ChannelTargetType, ConsoleTarget};
    let devices = &work.domain.devices;
    let channels = devices
        .channels
        .iter()
        .filter(|c| c.target.kind() == Some(ChannelTargetType::Virtio))
        .map(|c| (c.info.address.as_ref(), "a <channel> of type `virtio` needs a controller"));
    let consoles = devices
        .consoles
        .iter()
        .filter(|c| c.target == Some(ConsoleTarget::Virtio))
        .map(|c| (c.info.address.as_ref(), "a <console> of type `virtio` needs a controller"));
    let wanted: Vec<(u32, &'static str)> = channels
        .chain(consoles)
        .map(|(address, why)| match address {
            Some(Address::VirtioSerial(at)) => (at.controller, why),
            _ => (0, why),
        })
        .collect();
    add_all_missing(work, &ControllerKind::VirtioSerial(VirtioSerial::default()), wanted);
}

/// Assigns smartcards without an address to slots of the first CCID controller, and adds the controllers.
fn for_smartcards(work: &mut Work<'_>) {
    let devices = &work.domain.devices;
    let slots = devices.smartcards.iter().filter_map(|card| match card.info.address {
        Some(Address::Ccid(at)) if at.controller == 0 => Some(at.slot),
        _ => None,
    });
    let mut next = slots.max().map_or(0, |slot| slot.saturating_add(1));
    let mut wanted = Vec::with_capacity(devices.smartcards.len());
    for n in 0..devices.smartcards.len() {
        let Some(card) = work.domain.devices.smartcards.get_mut(n) else { continue };
        let address = card.info.address.get_or_insert_with(|| {
            let slot = next;
            next = next.saturating_add(1);
            Address::Ccid(CcidAddress { controller: 0, slot })
        });
        wanted.push(match address {
            Address::Ccid(at) => at.controller,
            _ => 0,
        });
    }
    let why = "a <smartcard> needs a reader";
    add_all_missing(work, &ControllerKind::Ccid, wanted.into_iter().map(|index| (index, why)));
}
