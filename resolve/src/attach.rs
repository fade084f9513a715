//! Completes a device that is attached to a running domain: defaults as on definition, and an address in what is there.
//!
//! All other devices stay as they run. Nothing is added for the device but a SCSI controller for a disk, as libvirt does.

use virtargv_host::{ReadOptions, Request};
use virtargv_model::device::controller::{ControllerKind, ControllerType};
use virtargv_model::device::disk::DiskBus;
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
    device.then(|device, mut report| {
        let mut device = device;
        device.devices_mut().for_each_info_mut(&mut |_, info| {
            info.alias = info.alias.take().filter(|alias| is_of_user(alias));
        });
        let attached = Attach { running, base, request }.run(device, &mut report);
        Outcome { value: attached, report }
    })
}

/// Fills in the defaults of `device`, which is a description of a device of the running domain `running`. Its address stays as
/// it is given.
pub fn complete_device(
    running: &Domain,
    device: Outcome<OneDevice>,
    base: usize,
    request: &Request<'_>,
) -> Outcome<OneDevice> {
    device.then(|device, mut report| {
        let attach = Attach { running: Box::new(running.clone()), base, request };
        let completed = attach.complete(device, &mut report).map(|(_, completed)| completed);
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
    let options = running_options(request);
    let mut work = Work::of(running, request, options, &mut report);
    defaults::domain(&mut work);
    let old = work.domain.devices.info(id).cloned().unwrap_or_default();
    let mut new = device.devices().clone();
    if let Some(info) = new.info_mut(device.id()) {
        info.alias = info.alias.take().or(old.alias);
        info.address = info.address.take().or(old.address);
    }
    work.domain.devices.replace(id, new);
    let resolved = Resolved { domain: work.domain, guest: work.guest, options };
    Attached { resolved, device: id, controller: None }
}

/// The options with which a running domain was defined and read.
fn running_options(request: &Request<'_>) -> ReadOptions {
    ReadOptions { abi_update: true, live: true, ..request.read }
}

/// What the steps of attaching are given.
struct Attach<'r> {
    running: Box<Domain>,
    base: usize,
    request: &'r Request<'r>,
}

impl Attach<'_> {
    fn run(self, device: OneDevice, report: &mut Report) -> Option<Attached> {
        let kind = device.kind();
        let (mut work, completed) = self.complete(device, report)?;
        insert(&mut work.domain.devices, completed.into_devices());
        let device = self.find(&work.domain.devices, kind)?;
        let controller = add_scsi_controller(&mut work, device);
        if let Some(controller) = controller {
            address::attach(&mut work, controller);
        }
        let controllers = work.domain.devices.controllers.len();
        // A kind that the guest cannot be given has no address.
        address::attach(&mut work, device);
        work.domain.devices.controllers.truncate(controllers);
        // Attaching has a rule of its own.
        work.report.retain(|problem, _| problem.id() != rules::MEMORY_DEVICE_SLOT_TAKEN.id);
        Some(Attached {
            resolved: Resolved { domain: work.domain, guest: work.guest, options: work.options },
            device,
            controller,
        })
    }

    /// Fills in the defaults of `device`. The domain of the result is the running one, with what it was started with.
    fn complete<'r>(&'r self, device: OneDevice, report: &'r mut Report) -> Option<(Work<'r>, OneDevice)> {
        let request = self.request;
        let options = running_options(request);
        let kind = device.kind();
        let mut work = Work::of(self.running.clone(), request, options, report);
        // What the running domain leaves out is what it was started with.
        defaults::domain(&mut work);
        let running = work.domain.clone();
        work.domain.devices.append(device.into_devices());
        defaults::controller::number(&mut work.domain.devices.controllers);
        defaults::devices(&mut work);
        let base = self.base;
        work.report.retain(|problem, _| problem.place.element.offset().is_none_or(|at| at >= base));
        let completed = OneDevice::of(&work.domain.devices, self.find(&work.domain.devices, kind)?)?;
        work.domain = running;
        Some((work, completed))
    }

    /// The device of that kind whose place is behind the running domain.
    fn find(&self, devices: &Devices, kind: DeviceKind) -> Option<DeviceId> {
        let mut found = None;
        devices.for_each_info(&mut |id, info| {
            if id.kind == kind && info.pos.offset().is_some_and(|at| at >= self.base) {
                found = Some(id);
            }
        });
        found
    }
}

/// Whether an alias is one that a user can choose. Others are given when the device is attached.
fn is_of_user(alias: &str) -> bool {
    alias.starts_with("ua-")
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
    defaults::controller::add_missing(work, ControllerKind::Scsi(None), index, why);
    defaults::controller::apply(work);
    let at = there(work)?;
    let added = work.domain.devices.controllers.get_mut(at)?;
    added.info = DeviceInfo { pos, ..DeviceInfo::default() };
    Some(DeviceId { kind: DeviceKind::Controller, index: at })
}
