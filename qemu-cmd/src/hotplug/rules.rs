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
use virtargv_model::device::{DeviceId, DeviceKind, Devices};
use virtargv_model::info::Address;
use virtargv_model::{Domain, Message, Place, Problem, Release, Report, Rule, Stage};

virtargv_model::rules! {
    /// A device of this kind can be attached while a guest runs.
    KIND = "hotplug-kind": NotSupported, Build,
        "libvirt attaches disks, SCSI controllers, leases, interfaces, host devices, USB redirection, character devices, RNGs, memory, shared memory, watchdogs, inputs, vsocks and virtiofs; others are there from the start",
        help "add the device to the definition, and start the guest anew";
    /// A disk that is attached is on bus `virtio`, `scsi` or `usb`.
    DISK_BUS = "hotplug-disk-bus": NotSupported, Build,
        "`<target bus=>`: IDE, SATA and floppy controllers have their drives from the start",
        help "use `bus='virtio'`, `scsi` or `usb`";
    /// The target of a disk that is attached is free.
    DISK_TARGET = "hotplug-disk-target": OperationFailed, Build,
        "`<target dev=>` names a disk of the guest", help "use another name in `dev=`";
    /// The address of a SCSI disk that is attached is free.
    DISK_ADDRESS = "hotplug-disk-address": InvalidOperation, Build,
        "`<address type='drive'>` is the unit on the controller",
        help "use another `unit=`, or leave the `<address>` out and use another `dev=` of `<target>`";
    /// A controller that is attached is a SCSI or virtio-serial controller.
    CONTROLLER_KIND = "hotplug-controller-kind": NotSupported, Build,
        "the buses of a guest are there from the start; only SCSI and virtio-serial controllers are attached",
        help "add the controller to the definition, and start the guest anew";
    /// A PCI controller is there from the start.
    CONTROLLER_PCI = "hotplug-controller-pci": Internal, Build,
        "`<controller type='pci'>`: its model in QEMU and its port are chosen when the domain is defined",
        help "add the controller to the definition, and start the guest anew";
    /// The index of a controller that is attached is free.
    CONTROLLER_INDEX = "hotplug-controller-index": OperationFailed, Build,
        "`<controller index=>` names a controller of its type", help "use another `index=`, or leave it out";
    /// An interface that is attached has a type that libvirt attaches.
    INTERFACE_TYPE = "hotplug-interface-type": NotSupported, Build,
        "libvirt attaches interfaces of the types `bridge`, `network`, `direct`, `ethernet`, `user`, `vhostuser`, `vdpa` and `hostdev`",
        help "use one of these types, or add the interface to the definition and start the guest anew";
    /// A file system that is attached is virtiofs.
    FILESYSTEM = "hotplug-filesystem": NotSupported, Build,
        "`<filesystem><driver type=>`: QEMU adds 9p devices at the start only",
        help "use `<driver type='virtiofs'/>`";
    /// An input device that is attached is on bus `usb` or `virtio`, or is an evdev device.
    INPUT_BUS = "hotplug-input-bus": NotSupported, Build,
        "`<input bus=>`: PS/2 devices are there from the start", help "use `bus='usb'` or `virtio`";
    /// A console that is attached is a virtio console.
    CONSOLE_TARGET = "hotplug-console-target": Unsupported, Build,
        "`<console><target type=>`: the other types are those of devices of the machine",
        help "use `<target type='virtio'/>`";
    /// A character device that is attached has a backend that QEMU can add.
    CHARDEV_BACKEND = "hotplug-chardev-backend": OperationFailed, Build,
        "libvirt adds no backends of the types `spiceport`, `pipe` and `stdio` to a running QEMU",
        help "use another backend, such as `unix` or `pty`";
    /// The memory of a guest stays within `<maxMemory>`.
    MEMORY_MAX = "hotplug-memory-max": Unsupported, Build,
        "`<maxMemory>`: the size of all memory with every device that is attached",
        help "attach a smaller device, or define the guest with a larger `<maxMemory>`";
    /// The position in the boot order is free.
    BOOT_ORDER = "hotplug-boot-order": Unsupported, Build,
        "`<boot order=>`: each position belongs to one device", help "use another `order=`";
    /// The guest has the device that is detached or changed.
    MISSING = "hotplug-device-missing": DeviceMissing, Build,
        "a disk is found by its target, an interface by its MAC address, a controller by its index, others by everything that is described",
        help "pass the element as `virsh dumpxml` shows it";
    /// A description means one interface.
    AMBIGUOUS = "hotplug-device-ambiguous": OperationFailed, Build,
        "interfaces are found by their MAC address", help "add the `<address>` or the `<alias>` of the interface";
    /// A device of this kind can be detached while a guest runs.
    DETACH_KIND = "hotplug-detach-kind": NotSupported, Build,
        "libvirt detaches the kinds of devices that it attaches",
        help "remove the device from the definition, and start the guest anew";
    /// A disk that is detached is on bus `virtio`, `scsi` or `usb`.
    DETACH_DISK = "hotplug-detach-disk": NotSupported, Build,
        "`<target bus=>`: drives of IDE, SATA and floppy controllers stay until the guest ends",
        help "remove the disk from the definition, or eject its medium with `virtargv update`";
    /// A controller that is detached is a SCSI controller.
    DETACH_CONTROLLER = "hotplug-detach-controller": NotSupported, Build,
        "other buses of a guest stay until it ends", help "remove the controller from the definition";
    /// No device is on a controller that is detached.
    CONTROLLER_BUSY = "hotplug-controller-busy": OperationFailed, Build,
        "a controller takes its devices with it", help "detach the devices on the controller first";
    /// A device of this kind can be changed while a guest runs.
    UPDATE_KIND = "hotplug-update-kind": Unsupported, Build,
        "disks, displays, interfaces and memory devices can be changed",
        help "detach the device and attach the other, or change the definition";
    /// What is changed of a device is not fixed while the guest runs.
    FIXED = "hotplug-update-fixed": NotSupported, Build,
        "QEMU and the guest keep what a device has from its start",
        help "leave it as `virsh dumpxml` shows it, or change the definition";
    /// A drive whose medium is changed is a CD-ROM or floppy drive.
    MEDIUM = "hotplug-update-medium": Unsupported, Build, "`<disk device=>`: other disks have no medium",
        help "detach the disk and attach the other";
    /// An interface stays connected by the same kind of connection.
    INTERFACE_CONNECTION = "hotplug-update-connection": NotSupported, Build,
        "the host can put a tap device into another bridge; any other connection is one of QEMU",
        help "detach the interface and attach the other";
    /// A memory device that is changed is of model `virtio-mem`.
    MEMORY_REQUESTED = "hotplug-update-memory": NotSupported, Build, "`<requested>` of `<memory model='virtio-mem'>`",
        help "attach another memory device";
    /// The slot of a memory device that is attached is free.
    MEMORY_SLOT = "hotplug-memory-slot": Unsupported, Build, "`<address type='dimm' slot=>`",
        help "use another `slot=`, or leave the `<address>` out";
    /// A disk that is attached keeps what the guest writes.
    TRANSIENT = "hotplug-disk-transient": NotSupported, Build,
        "`<transient>`: the overlay of a disk that is attached is created by QEMU, with the size of the image, which only QEMU tells",
        help "create an overlay (`qemu-img create -b`) and attach that, or remove `<transient>`";
}

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
    place: Place,
    release: Release,
    report: &'a mut Report,
}

/// Checks whether device `device` of `devices`, which are those of `running` with it, can be attached.
pub fn attach(running: &Domain, devices: &Devices, device: DeviceId, release: Release) -> Report {
    let mut report = Report::new();
    if let Some(info) = devices.info(device) {
        Checks { running, devices, device, place: info.pos.into(), release, report: &mut report }.run();
    }
    report
}

impl Checks<'_> {
    fn refuse(&mut self, rule: &'static Rule, message: impl Into<Message>) {
        self.report.push(rule.problem(self.release, self.place.clone(), message).with_stage(Stage::Build));
    }

    fn run(&mut self) {
        let DeviceId { kind, index } = self.device;
        if !KINDS.contains(&kind) {
            let message = format!("a device `{}` cannot be attached while the guest runs", kind.element());
            return self.refuse(&KIND, message);
        }
        let devices = self.devices;
        match kind {
            DeviceKind::Disk => _ = devices.disks.get(index).map(|disk| self.disk(disk)),
            DeviceKind::Controller => _ = devices.controllers.get(index).map(|c| self.controller(c)),
            DeviceKind::Interface => {
                let kind =
                    devices.interfaces.get(index).map(virtargv_model::device::net::Interface::actual_kind);
                kind.into_iter().for_each(|kind| self.interface(kind));
            }
            DeviceKind::Filesystem => _ = devices.filesystems.get(index).map(|fs| self.filesystem(fs)),
            DeviceKind::Input => self.input(devices.inputs.get(index).and_then(|input| input.bus)),
            DeviceKind::Console => {
                let target = devices.consoles.get(index).and_then(|console| console.target);
                self.console(target);
            }
            DeviceKind::MemoryDevice => {
                self.memory();
                self.memory_slot();
            }
            _ => {}
        }
        if let Some(source) = source(devices, self.device) {
            self.backend(source);
        }
        self.boot_order();
    }

    fn disk(&mut self, disk: &Disk) {
        let bus = disk.bus();
        if !matches!(bus, Some(DiskBus::Virtio | DiskBus::Scsi | DiskBus::Usb))
            || disk.device() == DiskDevice::Floppy
        {
            let bus = bus.map_or("", virtargv_model::Spelled::as_str);
            return self
                .refuse(&DISK_BUS, format!("a disk on bus `{bus}` cannot be attached while the guest runs"));
        }
        let mut others = self.running.devices.disks.iter();
        if others.clone().any(|other| other.dst() == disk.dst()) {
            let message = format!("target `{}` belongs to another disk of the guest", disk.dst());
            return self.refuse(&DISK_TARGET, message);
        }
        if disk.transient.is_some() {
            let message = format!("disk `{}` is `<transient>`", disk.dst());
            return self.refuse(&TRANSIENT, message);
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
            self.refuse(&DISK_ADDRESS, message);
        }
    }

    fn controller(&mut self, controller: &Controller) {
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
                return self.refuse(&CONTROLLER_PCI, message);
            }
            _ => {
                let message =
                    format!("a controller of type `{kind}` cannot be attached while the guest runs");
                return self.refuse(&CONTROLLER_KIND, message);
            }
        }
        if self.running.devices.controllers.iter().any(|other| other.is(kind, controller.number())) {
            let message =
                format!("the guest has a controller of type `{kind}` with index `{}`", controller.number());
            self.refuse(&CONTROLLER_INDEX, message);
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
            self.refuse(&INTERFACE_TYPE, message);
        }
    }

    fn filesystem(&mut self, fs: &Filesystem) {
        if fs.driver != Some(FsDriver::Virtiofs) {
            self.refuse(
                &FILESYSTEM,
                "a file system other than virtiofs cannot be attached while the guest runs",
            );
        }
    }

    fn input(&mut self, bus: Option<InputBus>) {
        if let Some(bus @ (InputBus::Ps2 | InputBus::Xen)) = bus {
            let message = format!("an input device on bus `{bus}` cannot be attached while the guest runs");
            self.refuse(&INPUT_BUS, message);
        }
    }

    fn console(&mut self, target: Option<ConsoleTarget>) {
        if let Some(target) = target.filter(|target| *target != ConsoleTarget::Virtio) {
            let message = format!("a console of type `{target}` cannot be attached while the guest runs");
            self.refuse(&CONSOLE_TARGET, message);
        }
    }

    fn backend(&mut self, source: &ChardevSource) {
        let kind = source.kind();
        if matches!(kind, SourceType::SpicePort | SourceType::Pipe | SourceType::Stdio | SourceType::Nmdm) {
            let message = format!("a backend of type `{kind}` cannot be attached while the guest runs");
            self.refuse(&CHARDEV_BACKEND, message);
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
            self.refuse(&MEMORY_MAX, message);
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
                &MEMORY_SLOT,
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
        let mut taken = false;
        self.running.devices.for_each_info(&mut |_, info| {
            taken |= info.boot.as_ref().is_some_and(|boot| boot.order == order);
        });
        if taken {
            self.refuse(&BOOT_ORDER, format!("boot order `{order}` belongs to another device of the guest"));
        }
    }
}

/// The backend of a character device.
fn source(devices: &Devices, id: DeviceId) -> Option<&ChardevSource> {
    match id.kind {
        DeviceKind::Serial => devices.serials.get(id.index).map(|device| &device.source),
        DeviceKind::Parallel => devices.parallels.get(id.index).map(|device| &device.source),
        DeviceKind::Channel => devices.channels.get(id.index).map(|device| &device.source),
        DeviceKind::Console => devices.consoles.get(id.index).map(|device| &device.source),
        DeviceKind::Redirdev => devices.redirdevs.get(id.index).map(|device| &device.source),
        _ => None,
    }
}

/// The kinds of devices that are changed.
const CHANGED: &[DeviceKind] =
    &[DeviceKind::Disk, DeviceKind::Graphics, DeviceKind::Interface, DeviceKind::MemoryDevice];

/// Checks whether devices of the kind of `device` are detached.
pub(super) fn detach_kind(device: &OneDevice, release: Release, report: &mut Report) {
    let place = place(device);
    let kind = device.kind();
    if !KINDS.contains(&kind) {
        let message = format!("a device `{}` cannot be detached while the guest runs", kind.element());
        report.push(DETACH_KIND.problem(release, place, message));
        return;
    }
    let controller = device.devices().controllers.first().filter(|_| kind == DeviceKind::Controller);
    if let Some(controller) = controller.filter(|c| !matches!(c.kind, ControllerKind::Scsi(_))) {
        let of = controller.controller_type();
        let message = format!("a controller of type `{of}` cannot be detached while the guest runs");
        report.push(DETACH_CONTROLLER.problem(release, place, message));
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
                report.push(DETACH_DISK.problem(release, place(device), message));
            }
        }
        DeviceKind::Controller => {
            let Some(controller) = domain.devices.controllers.get(id.index) else { return };
            let on = |at: Option<&Address>| matches!(at, Some(Address::Drive(at)) if at.controller == controller.number());
            let disk =
                disks.iter().any(|disk| disk.bus() == Some(DiskBus::Scsi) && on(disk.info.address.as_ref()));
            if disk || domain.devices.hostdevs.iter().any(|unit| on(unit.info.address.as_ref())) {
                let message = format!("devices are on the controller with index `{}`", controller.number());
                report.push(CONTROLLER_BUSY.problem(release, place(device), message));
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
    let message = format!("a device `{}` cannot be changed while the guest runs", kind.element());
    Err(UPDATE_KIND.problem(release, place(device), message))
}

fn place(device: &OneDevice) -> Place {
    device.devices().info(device.id()).map(|info| info.pos.into()).unwrap_or_default()
}
