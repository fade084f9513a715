//! What cannot be attached, detached or changed while a guest runs.

use virtargv_model::device::chardev::ConsoleTarget;
use virtargv_model::device::chardev_source::{ChardevSource, SourceType};
use virtargv_model::device::controller::{Controller, ControllerKind};
use virtargv_model::device::disk::{Disk, DiskBus, DiskDevice};
use virtargv_model::device::filesystem::{Filesystem, FsDriver};
use virtargv_model::device::input::InputBus;
use virtargv_model::device::memory_device::MemoryDevice;
use virtargv_model::device::net::InterfaceType;
use virtargv_model::device::one::OneDevice;
use virtargv_model::device::rng::RngBackend;
use virtargv_model::device::watchdog::WatchdogModel;
use virtargv_model::device::{DeviceId, DeviceKind, Devices};
use virtargv_model::info::Address;
use virtargv_model::{Domain, Message, Place, Pos, Problem, Release, Report, Rule, Stage};

use virtargv_host::Request;

use super::{rules, update};
use crate::Prepared;

/// The kinds of devices that are attached.
const KINDS: &[DeviceKind] = &[
    DeviceKind::Disk,
    DeviceKind::Controller,
    DeviceKind::Lease,
    DeviceKind::Interface,
    DeviceKind::Hostdev,
    DeviceKind::Redirdev,
    DeviceKind::Serial,
    DeviceKind::Parallel,
    DeviceKind::Channel,
    DeviceKind::Console,
    DeviceKind::Rng,
    DeviceKind::MemoryDevice,
    DeviceKind::Shmem,
    DeviceKind::Watchdog,
    DeviceKind::Input,
    DeviceKind::Vsock,
    DeviceKind::Filesystem,
];

/// What the checks of a device that is attached are given.
struct Checks<'a> {
    running: &'a Domain,
    /// The devices with the one that is attached.
    devices: &'a Devices,
    device: DeviceId,
    pos: Pos,
    release: Release,
    report: &'a mut Report,
}

/// Checks whether device `device` of `devices`, which are those of `running` with it, can be attached.
pub fn attach(running: &Domain, devices: &Devices, device: DeviceId, release: Release) -> Report {
    let mut report = Report::new();
    if let Some(info) = devices.info(device) {
        Checks { running, devices, device, pos: info.pos, release, report: &mut report }.run();
    }
    report
}

/// Checks whether devices of the kind of `device`, as it is described, are ever attached to `running`. What is wrong with the
/// device otherwise is of no use then.
pub fn attach_kind(running: &Domain, device: &OneDevice, release: Release) -> Report {
    let mut report = Report::new();
    let (devices, pos) = (device.devices(), pos(device));
    Checks { running, devices, device: device.id(), pos, release, report: &mut report }.kind();
    report
}

impl Checks<'_> {
    /// Refuses what is at `path` of the device.
    fn refuse(&mut self, rule: &'static Rule, path: &'static str, message: impl Into<Message>) {
        let place = self.pos.path(path);
        self.report.push(rule.problem(self.release, place, message).with_stage(Stage::Build));
    }

    /// Refuses what is of a kind that is not attached. Returns whether it is of one that is.
    fn kind(&mut self) -> bool {
        let DeviceId { kind, index } = self.device;
        let before = self.report.len();
        if !KINDS.contains(&kind) {
            let message = format!("`<{}>` cannot be attached while the guest runs", kind.element());
            self.refuse(&rules::KIND, "", message);
        }
        let devices = self.devices;
        match kind {
            DeviceKind::Controller => _ = devices.controllers.get(index).map(|c| self.controller_kind(c)),
            DeviceKind::Input => self.input(devices.inputs.get(index).and_then(|input| input.bus)),
            _ => {}
        }
        self.report.len() == before
    }

    fn run(&mut self) {
        if !self.kind() {
            return;
        }
        let DeviceId { kind, index } = self.device;
        let devices = self.devices;
        match kind {
            DeviceKind::Disk => _ = devices.disks.get(index).map(|disk| self.disk(disk)),
            DeviceKind::Controller => _ = devices.controllers.get(index).map(|c| self.controller_index(c)),
            DeviceKind::Interface => {
                if let Some(nic) = devices.interfaces.get(index) {
                    self.interface(nic.actual_kind());
                }
            }
            DeviceKind::Filesystem => _ = devices.filesystems.get(index).map(|fs| self.filesystem(fs)),
            DeviceKind::Console => {
                let target = devices.consoles.get(index).and_then(|console| console.target);
                self.console(target);
            }
            DeviceKind::Rng => {
                if let Some(RngBackend::Egd(source)) = devices.rngs.get(index).map(|rng| &rng.backend) {
                    self.backend(source, "backend/@type");
                }
            }
            DeviceKind::Watchdog => {
                _ = devices.watchdogs.get(index).map(|watchdog| self.watchdog(watchdog.model));
            }
            DeviceKind::MemoryDevice => {
                self.memory();
                self.memory_slot();
            }
            _ => {}
        }
        if let Some(source) = devices.source(self.device) {
            self.backend(source, "@type");
        }
        self.boot_order();
    }

    fn watchdog(&mut self, model: Option<WatchdogModel>) {
        if let Some(model) = model.filter(|model| *model != WatchdogModel::I6300esb) {
            let message = format!("a watchdog of model `{model}` cannot be attached while the guest runs");
            self.refuse(&rules::WATCHDOG_MODEL, "@model", message);
        }
    }

    fn disk(&mut self, disk: &Disk) {
        let bus = disk.bus();
        if !matches!(bus, Some(DiskBus::Virtio | DiskBus::Scsi | DiskBus::Usb))
            || disk.device() == DiskDevice::Floppy
        {
            let bus = bus.map_or("", virtargv_model::Spelled::as_str);
            return self.refuse(
                &rules::DISK_BUS,
                "target/@bus",
                format!("a disk on bus `{bus}` cannot be attached while the guest runs"),
            );
        }
        let mut others = self.running.devices.disks.iter();
        if others.clone().any(|other| other.dst() == disk.dst()) {
            let message = format!("target `{}` belongs to another disk of the guest", disk.dst());
            return self.refuse(&rules::DISK_TARGET, "target/@dev", message);
        }
        if let Some(Address::Drive(at)) = &disk.info.address
            && bus == Some(DiskBus::Scsi)
            && others.any(|other| {
                other.bus() == bus
                    && matches!(&other.info.address, Some(Address::Drive(taken)) if taken == at)
            })
        {
            let message =
                format!("the address of disk `{}` belongs to another disk of the guest", disk.dst());
            self.refuse(&rules::DISK_ADDRESS, "address", message);
        }
    }

    fn controller_kind(&mut self, controller: &Controller) {
        let kind = controller.controller_type();
        match &controller.kind {
            ControllerKind::Scsi(_) | ControllerKind::VirtioSerial(_) => {}
            ControllerKind::Pci(_) => {
                let model =
                    controller.pci_model().map(|model| format!(" and model `{model}`")).unwrap_or_default();
                let message = format!(
                    "the controller with index `{}` of type `{kind}`{model} cannot be attached while the guest runs",
                    controller.number()
                );
                self.refuse(&rules::CONTROLLER_PCI, "@model", message);
            }
            _ => {
                let message =
                    format!("a controller of type `{kind}` cannot be attached while the guest runs");
                self.refuse(&rules::CONTROLLER_KIND, "@type", message);
            }
        }
    }

    fn controller_index(&mut self, controller: &Controller) {
        let kind = controller.controller_type();
        if self.running.devices.controllers.iter().any(|other| other.is(kind, controller.number())) {
            let message =
                format!("the guest has a controller of type `{kind}` with index `{}`", controller.number());
            self.refuse(&rules::CONTROLLER_INDEX, "@index", message);
        }
    }

    fn interface(&mut self, kind: InterfaceType) {
        let refused = matches!(
            kind,
            InterfaceType::Mcast
                | InterfaceType::Client
                | InterfaceType::Server
                | InterfaceType::Udp
                | InterfaceType::Internal
        );
        if refused {
            let message = format!("an interface of type `{kind}` cannot be attached while the guest runs");
            self.refuse(&rules::INTERFACE_TYPE, "@type", message);
        }
    }

    fn filesystem(&mut self, fs: &Filesystem) {
        if fs.driver != Some(FsDriver::Virtiofs) {
            self.refuse(
                &rules::FILESYSTEM,
                "driver/@type",
                "a file system other than virtiofs cannot be attached while the guest runs",
            );
        }
    }

    fn input(&mut self, bus: Option<InputBus>) {
        if let Some(bus @ (InputBus::Ps2 | InputBus::Xen)) = bus {
            let message = format!("an input device on bus `{bus}` cannot be attached while the guest runs");
            self.refuse(&rules::INPUT_BUS, "@bus", message);
        }
    }

    fn console(&mut self, target: Option<ConsoleTarget>) {
        if let Some(target) = target.filter(|target| *target != ConsoleTarget::Virtio) {
            let message = format!("a console of type `{target}` cannot be attached while the guest runs");
            self.refuse(&rules::CONSOLE_TARGET, "target/@type", message);
        }
    }

    fn backend(&mut self, source: &ChardevSource, path: &'static str) {
        let kind = source.kind();
        if matches!(kind, SourceType::SpicePort | SourceType::Pipe | SourceType::Stdio | SourceType::Nmdm) {
            let message = format!("a backend of type `{kind}` cannot be attached while the guest runs");
            self.refuse(&rules::CHARDEV_BACKEND, path, message);
        }
    }

    fn memory(&mut self) {
        let Some(device) = self.devices.memories.get(self.device.index) else { return };
        let max = self.running.memory.max.map(|max| max.size);
        let (Some(max), Some(total)) = (max, self.running.memory.size) else { return };
        let size = device.target.size;
        if total.0.saturating_add(size.0) > max.0 {
            let message = format!(
                "a memory device of `{}` KiB would exceed the `{}` KiB of `<maxMemory>`",
                size.0, max.0
            );
            self.refuse(&rules::MEMORY_MAX, "target/size", message);
        }
    }

    fn memory_slot(&mut self) {
        let slot = |device: &MemoryDevice| match &device.info.address {
            Some(Address::Dimm(at)) => at.slot,
            _ => None,
        };
        let Some(wanted) = self.devices.memories.get(self.device.index).and_then(slot) else { return };
        if self.running.devices.memories.iter().any(|device| slot(device) == Some(wanted)) {
            self.refuse(
                &rules::MEMORY_SLOT,
                "address/@slot",
                format!("memory device slot `{wanted}` belongs to another memory device"),
            );
        }
    }

    fn boot_order(&mut self) {
        let Some(order) =
            self.devices.info(self.device).and_then(|info| info.boot.as_ref()).map(|boot| boot.order)
        else {
            return;
        };
        if let Some(class) = self.running.os.boot_devs.first() {
            self.refuse(
                &rules::BOOT_TWO_WAYS,
                "boot/@order",
                format!("the device has boot order `{order}`, and the guest boots by device class (`<os><boot dev='{class}'/>`)"),
            );
            return;
        }
        let mut taken = false;
        self.running.devices.for_each_info(&mut |_, info| {
            taken |= info.boot.as_ref().is_some_and(|boot| boot.order == order);
        });
        if taken {
            self.refuse(
                &rules::BOOT_ORDER,
                "boot/@order",
                format!("boot order `{order}` belongs to another device of the guest"),
            );
        }
    }
}

/// Checks that the key with which `prepared` encrypts secrets is that of the guest.
pub(super) fn key(
    prepared: &Prepared<'_>,
    request: &Request<'_>,
    place: impl Into<Place>,
) -> Result<(), Problem> {
    if !prepared.encrypts || request.start.master_key.is_some() {
        return Ok(());
    }
    let message = "the device has a secret, and the master key of the guest is not known";
    Err(rules::MASTER_KEY.problem(request.release(), place, message))
}

/// The kinds of devices that are changed.
const CHANGED: &[DeviceKind] =
    &[DeviceKind::Disk, DeviceKind::Graphics, DeviceKind::Interface, DeviceKind::MemoryDevice];

/// Checks whether devices of the kind of `device` are detached.
pub(super) fn detach_kind(device: &OneDevice, release: Release, report: &mut Report) {
    let place = pos(device);
    let kind = device.kind();
    if !KINDS.contains(&kind) {
        let message = format!("`<{}>` cannot be detached while the guest runs", kind.element());
        report.push(rules::DETACH_KIND.problem(release, place, message));
        return;
    }
    let controller = device.devices().controllers.first().filter(|_| kind == DeviceKind::Controller);
    if let Some(controller) = controller.filter(|c| !matches!(c.kind, ControllerKind::Scsi(_))) {
        let of = controller.controller_type();
        let message = format!("a controller of type `{of}` cannot be detached while the guest runs");
        report.push(rules::DETACH_CONTROLLER.problem(release, place, message));
    }
}

/// Checks whether device `id` of `domain`, which `device` describes, can be detached.
pub(super) fn detach(
    domain: &Domain,
    id: DeviceId,
    device: &OneDevice,
    release: Release,
    report: &mut Report,
) {
    let disks = &domain.devices.disks;
    match id.kind {
        DeviceKind::Disk => {
            let bus = disks.get(id.index).and_then(Disk::bus);
            if !matches!(bus, Some(DiskBus::Virtio | DiskBus::Scsi | DiskBus::Usb)) {
                let bus = bus.map_or("", virtargv_model::Spelled::as_str);
                let message = format!("a disk on bus `{bus}` cannot be detached while the guest runs");
                report.push(rules::DETACH_DISK.problem(release, pos(device), message));
            }
        }
        DeviceKind::Controller => {
            let Some(controller) = domain.devices.controllers.get(id.index) else { return };
            let on = |at: Option<&Address>| matches!(at, Some(Address::Drive(at)) if at.controller == controller.number());
            let disk =
                disks.iter().any(|disk| disk.bus() == Some(DiskBus::Scsi) && on(disk.info.address.as_ref()));
            if disk || domain.devices.hostdevs.iter().any(|unit| on(unit.info.address.as_ref())) {
                let message = format!("devices are on the controller with index `{}`", controller.number());
                report.push(rules::CONTROLLER_BUSY.problem(release, pos(device), message));
            }
        }
        _ => {}
    }
}

/// Checks whether devices of the kind of `device` are changed.
pub fn update_kind(device: &OneDevice, release: Release) -> Result<(), Problem> {
    let kind = device.kind();
    if CHANGED.contains(&kind) {
        return Ok(());
    }
    let message = format!("`<{}>` cannot be changed while the guest runs", kind.element());
    Err(rules::UPDATE_KIND.problem(release, pos(device), message))
}

/// Checks that `device` describes device `id` of `domain` by its kind of drive, where that is a disk.
pub fn update_drive(
    domain: &Domain,
    id: DeviceId,
    device: &OneDevice,
    release: Release,
) -> Result<(), Problem> {
    let old = domain.devices.disks.get(id.index).filter(|_| id.kind == DeviceKind::Disk);
    match old.zip(device.devices().disks.first()) {
        Some((old, new)) => update::check_drive(old, new, release),
        None => Ok(()),
    }
}

fn pos(device: &OneDevice) -> Pos {
    device.devices().info(device.id()).map(|info| info.pos).unwrap_or_default()
}
