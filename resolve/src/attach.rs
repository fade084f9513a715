//! Completes a device that is attached to a running domain: defaults as on definition, and an address in what is there.
//!
//! All other devices stay as they run. Nothing is added for the device but a SCSI controller for a disk, as libvirt does.

use virtargv_host::{ReadOptions, Request, Runner};
use virtargv_model::device::controller::{ControllerKind, ControllerType};
use virtargv_model::device::disk::DiskBus;
use virtargv_model::device::one::OneDevice;
use virtargv_model::device::{DeviceId, DeviceKind, Devices};
use virtargv_model::info::{Address, DeviceInfo};
use virtargv_model::{Domain, Outcome, Report};

use crate::{Guest, Resolved, Work, address, defaults};

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
        let attached = Attach { running, base, request }.run(device, &mut report);
        Outcome { value: attached, report }
    })
}

/// What the steps of attaching are given.
struct Attach<'r> {
    running: Box<Domain>,
    base: usize,
    request: &'r Request<'r>,
}

impl Attach<'_> {
    fn run(self, device: OneDevice, report: &mut Report) -> Option<Attached> {
        let request = self.request;
        let options = ReadOptions { abi_update: true, live: true, ..request.read };
        let guest = Guest::of(&self.running, request.caps, request.host.arch());
        let kind = device.kind();
        let mut domain = self.running.clone();
        domain.devices.append(device.into_devices());
        let mut work = Work {
            domain,
            guest,
            caps: request.caps,
            host: request.host,
            release: request.release(),
            options,
            for_reader: request.start.runner == Runner::Reader,
            report,
        };
        defaults::controller::number(&mut work.domain.devices.controllers);
        defaults::devices(&mut work);
        let base = self.base;
        work.report.retain(|problem, _| problem.place.element.offset().is_none_or(|at| at >= base));
        let completed = OneDevice::of(&work.domain.devices, self.find(&work.domain.devices, kind)?)?;
        work.domain = self.running.clone();
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
        Some(Attached {
            resolved: Resolved { domain: work.domain, guest: work.guest, options },
            device,
            controller,
        })
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
