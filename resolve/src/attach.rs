//! Completes a device that is attached to a running domain: defaults as on definition, and an address in what is there.
//!
//! All other devices stay as they run. Nothing is added for the device but a SCSI controller for a disk, as libvirt does.

use virtargv_host::{ReadOptions, Request};
use virtargv_model::device::controller::{ControllerKind, ControllerType};
use virtargv_model::device::disk::DiskBus;
use virtargv_model::device::net::{Interface, MacAddress};
use virtargv_model::device::one::OneDevice;
use virtargv_model::device::{DeviceId, DeviceKind, Devices};
use virtargv_model::info::{Address, DeviceInfo};
use virtargv_model::{Domain, Outcome, Report};

use crate::{Resolved, Work, address, defaults, rules};

/// A running domain with a device that is attached to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Attached {
    /// The domain with the device.
    pub resolved: Resolved,
    /// The device.
    pub device: DeviceId,
    /// The controller that is attached before it, because there is none for it.
    pub controller: Option<DeviceId>,
}

/// Completes `device`, which is attached to the running domain `running`. The places of `device` are behind `base`, those of
/// `running` before. The report has the problems of the device alone.
pub fn attach(
    running: Box<Domain>,
    device: Outcome<OneDevice>,
    base: usize,
    request: &Request<'_>,
) -> Outcome<Attached> {
    device.then(|mut device, mut report| {
        device.devices_mut().for_each_info_mut(&mut |_, info| {
            if info.user_alias().is_none() {
                // It is given another one.
                info.alias = None;
            }
        });
        let mut work = begin(running, request, &mut report);
        let devices = work.domain.devices.clone();
        let completed = complete(&mut work, device, base);
        work.domain.devices = devices;
        let attached = completed.and_then(|device| place(work, device, base));
        Outcome { value: attached, report }
    })
}

/// Fills in the defaults of `device`, which is a description of a device of the running domain `running`. Its address stays as
/// it is given, and a MAC address that is not given is not generated: it means the one that the device has.
pub fn complete_device(
    running: &Domain,
    device: Outcome<OneDevice>,
    base: usize,
    request: &Request<'_>,
) -> Outcome<OneDevice> {
    device.then(|device, mut report| {
        let mut work = begin(Box::new(running.clone()), request, &mut report);
        let mac = |nic: &Interface| nic.mac.filter(|mac| mac.address != MacAddress::default());
        let given = device.devices().interfaces.first().and_then(mac);
        let mut completed = complete(&mut work, device, base);
        if let Some(device) = &mut completed {
            device.devices_mut().interfaces.iter_mut().for_each(|nic| nic.mac = given);
        }
        Outcome { value: completed, report }
    })
}

/// The running domain `running` with `device`, which was completed, in the place of its device `id`. Alias and address of that
/// are kept, where the new one has none.
pub fn replace_device(
    running: Box<Domain>,
    device: &OneDevice,
    id: DeviceId,
    request: &Request<'_>,
) -> Attached {
    let mut report = Report::new();
    let mut work = begin(running, request, &mut report);
    let old = work.domain.devices.info(id).cloned().unwrap_or_default();
    let mut new = device.devices().clone();
    if let Some(info) = new.info_mut(device.id()) {
        info.alias = info.alias.take().or(old.alias);
        info.address = info.address.take().or(old.address);
    }
    work.domain.devices.replace(id, new);
    let resolved = Resolved { domain: work.domain, guest: work.guest, options: work.options };
    Attached { resolved, device: id, controller: None }
}

/// The options with which a running domain was defined and read.
fn running_options(request: &Request<'_>) -> ReadOptions {
    ReadOptions { abi_update: true, live: true, ..request.read }
}

/// The state of completing a device: the running domain, with what it was started with where its document leaves that out.
fn begin<'a>(running: Box<Domain>, request: &'a Request<'_>, report: &'a mut Report) -> Work<'a> {
    let mut work = Work::of(running, request, running_options(request), report);
    defaults::domain(&mut work);
    work
}

/// Fills in the defaults of `device`, among the devices of the running domain. Those get their defaults too, so they are for
/// this alone. The problems whose places are before `base` are of the running domain, and are left out.
fn complete(work: &mut Work<'_>, device: OneDevice, base: usize) -> Option<OneDevice> {
    let kind = device.kind();
    work.domain.devices.append(device.into_devices());
    defaults::controller::number(&mut work.domain.devices.controllers);
    defaults::devices(work);
    work.report.retain(|problem, _| problem.place.element.offset().is_none_or(|at| at >= base));
    OneDevice::of(&work.domain.devices, find(&work.domain.devices, kind, base)?)
}

/// Inserts the completed `device` into the running domain, and gives it an address there.
fn place(mut work: Work<'_>, device: OneDevice, base: usize) -> Option<Attached> {
    let kind = device.kind();
    insert(&mut work.domain.devices, device.into_devices());
    let device = find(&work.domain.devices, kind, base)?;
    let controller = add_scsi_controller(&mut work, device);
    if let Some(controller) = controller {
        address::attach(&mut work, controller);
    }
    let controllers = work.domain.devices.controllers.len();
    address::attach(&mut work, device);
    // A bus that was added for the device cannot be attached.
    work.domain.devices.controllers.truncate(controllers);
    // `hotplug-memory-slot` says it.
    work.report.retain(|problem, _| problem.id() != rules::MEMORY_DEVICE_SLOT_TAKEN.id);
    let resolved = Resolved { domain: work.domain, guest: work.guest, options: work.options };
    Some(Attached { resolved, device, controller })
}

/// The device of that kind whose place is behind the running domain.
fn find(devices: &Devices, kind: DeviceKind, base: usize) -> Option<DeviceId> {
    let is_it = |(id, info): &(DeviceId, &DeviceInfo)| {
        id.kind == kind && info.pos.offset().is_some_and(|at| at >= base)
    };
    devices.infos().filter(is_it).map(|(id, _)| id).last()
}

/// Inserts a device where libvirt does: disks and controllers in their order, others behind those of their kind.
pub fn insert(devices: &mut Devices, new: Devices) {
    let (disks, controllers) = (new.disks.len(), new.controllers.len());
    devices.append(new);
    if disks > 0 {
        defaults::disk::sort(&mut devices.disks);
    }
    if controllers > 0 {
        defaults::controller::sort(&mut devices.controllers);
    }
}

/// Adds the SCSI controller in the address of disk `id`, where there is none.
fn add_scsi_controller(work: &mut Work<'_>, id: DeviceId) -> Option<DeviceId> {
    if id.kind != DeviceKind::Disk {
        return None;
    }
    let disk = work.domain.devices.disks.get(id.index)?;
    let Some(Address::Drive(at)) = &disk.info.address else { return None };
    let (index, pos) = (at.controller, disk.info.pos);
    let there = |work: &Work<'_>| {
        work.domain.devices.controllers.iter().position(|c| c.is(ControllerType::Scsi, index))
    };
    if disk.bus() != Some(DiskBus::Scsi) || there(work).is_some() {
        return None;
    }
    let why = "a <disk> on bus `scsi` needs a controller";
    // libvirt gives it the model of the guest's last SCSI controller.
    let model = work.domain.devices.controllers.iter().rev().find_map(|controller| match controller.kind {
        ControllerKind::Scsi(model) => Some(model),
        _ => None,
    });
    defaults::controller::add_missing(work, ControllerKind::Scsi(model.flatten()), index, why);
    defaults::controller::apply(work);
    let at = there(work)?;
    let added = work.domain.devices.controllers.get_mut(at)?;
    added.info = DeviceInfo { pos, ..DeviceInfo::default() };
    Some(DeviceId { kind: DeviceKind::Controller, index: at })
}
