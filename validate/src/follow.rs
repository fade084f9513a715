//! Which problems follow from others, so that one mistake is reported once.

use foldhash::{HashMap, HashMapExt};
use virtargv_model::cpu::CPU_CACHE_LEVEL_RANGE;
use virtargv_model::device::input::INPUT_BUS;
use virtargv_model::numa::{NUMA_NO_CELLS, NUMA_VCPU_COUNT};
use virtargv_model::os::{OS_TYPE_MISSING, OS_TYPE_UNKNOWN};
use virtargv_model::vcpu::VCPU_NONE;
use virtargv_model::{Pos, Problem, Report, Rule, Stage};
use virtargv_resolve::{Guest, rules as resolve};

use crate::rules::{
    address, audio, chardev, chardev_source, clock, controller, cpu, disk, features, filesystem, hostdev,
    input, iommu, lifecycle, memballoon, memory, memory_device, net, numa, nvram, os, panic, security,
    smartcard, sound, sysinfo, tpm, tune, vcpu, vhost_user, video, virtio, watchdog,
};

/// What a problem follows from.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Cause {
    /// A problem with this rule in the same element.
    Here(&'static Rule),
    /// A problem with this rule anywhere in the document.
    Anywhere(&'static Rule),
    /// A part of an element with this path that could not be read.
    Unread(&'static str),
    /// The PCI buses are not known: a PCI controller has the index of another, or is not the root bus of the machine type.
    UnknownBuses,
    /// The kind of guest is not known: its architecture or machine type could not be read, or QEMU does not have it.
    UnknownGuest,
    /// A problem with this rule anywhere, where the name of the machine type does not tell what the machine is.
    NoSuchBoard(&'static Rule),
}

use Cause::{Anywhere, Here, NoSuchBoard, UnknownBuses, UnknownGuest, Unread};

/// The rules whose problems follow from others, each with what they follow from. A cause is found by libvirt before its
/// problem or at the same stage; where it is found later here, the problem is removed then.
static FOLLOWS: &[(&Rule, &[Cause])] = &[
    // The name of a disk.
    (&disk::name::NAME_PREFIX, &[Here(&resolve::DISK_NAME_UNKNOWN), Here(&disk::common::FLOPPY_BUS)]),
    (&disk::name::TARGET, &[Here(&resolve::DISK_NAME_UNKNOWN), Here(&disk::name::NAME_PREFIX)]),
    // Addresses of disks.
    (&disk::common::ADDRESS_TYPE, &[Here(&address::CCW), Here(&disk::frontend::ADDRESS)]),
    (&disk::frontend::ADDRESS, &[Here(&address::CCW), Here(&disk::common::ADDRESS_TYPE)]),
    // Disks without a source.
    (&disk::frontend::USB_EMPTY, &[Here(&disk::common::NO_SOURCE)]),
    (&disk::source::PATH, &[Unread("disk/source"), Unread("disk/backingStore")]),
    (&disk::source::BACKING_FORMAT, &[Unread("disk/driver@type"), Unread("disk/backingStore/format")]),
    (&disk::iotune::FILTER_UNKNOWN, &[Unread("throttlegroups")]),
    (&disk::iotune::GROUP_ALONE, &[Unread("disk/iotune")]),
    // I/O threads.
    (&tune::iothreads::POOL, &[Unread("iothreadids/iothread"), Unread("defaultiothread")]),
    (&disk::iothreads::UNKNOWN, &[Unread("iothreads"), Unread("iothreadids")]),
    (&controller::IOTHREAD_ID, &[Unread("iothreads"), Unread("iothreadids")]),
    (&controller::IOTHREAD, &[Here(&controller::SCSI_MODEL)]),
    (&controller::IOTHREAD_MAPPING, &[Here(&controller::SCSI_MODEL)]),
    // Controllers.
    (&controller::pci::MISSING, &[Anywhere(&resolve::PCI_CONTROLLER_OPTIONS)]),
    (&controller::pci::INDEX, &[Here(&controller::TWICE), Here(&controller::pci::ROOT_KIND)]),
    (&controller::pci::FIRST_NODE, &[Here(&controller::TWICE)]),
    (&controller::pci::TARGET_INDEX, &[Here(&controller::TWICE)]),
    // The index is the default of `chassis=`.
    (&controller::pci::TARGET_RANGE, &[Here(&resolve::PCI_CONTROLLER_INDEX)]),
    (&resolve::PCI_CONTROLLER_INDEX, &[Here(&controller::pci::ROOT_INDEX)]),
    (&resolve::PCI_CONTROLLER_MODEL, &[Here(&controller::pci::ROOT_KIND)]),
    (&resolve::PCI_CONTROLLER_OPTIONS, &[UnknownBuses]),
    (
        &resolve::PCI_ADDRESS,
        &[
            Here(&controller::TWICE),
            Here(&controller::pci::EXPANDER_MACHINE),
            UnknownBuses,
            Unread("controller"),
        ],
    ),
    (&disk::address::ZERO, &[Unread("controller"), Anywhere(&controller::TWICE)]),
    (
        &address::CONTROLLER,
        &[
            Here(&disk::name::NO_TARGET),
            Here(&resolve::PCI_ADDRESS),
            Anywhere(&controller::TWICE),
            UnknownBuses,
            Unread("controller"),
        ],
    ),
    (&resolve::VIRTIO_SERIAL_PORT, &[Unread("controller")]),
    (
        &resolve::USB_ADDRESS,
        &[Here(&resolve::PCI_ADDRESS), Anywhere(&controller::usb::NONE_AND_OTHER), Unread("controller")],
    ),
    // Models that are no PCI devices.
    (&resolve::NOT_PCI, &[Here(&controller::SCSI_DEFAULT)]),
    (&sound::MODEL, &[Here(&resolve::NOT_PCI)]),
    (&filesystem::FS_DRIVER, &[Here(&resolve::NOT_PCI)]),
    (&memballoon::MEMBALLOON_MODEL, &[Here(&resolve::NOT_PCI)]),
    (&video::MODEL, &[Here(&video::NO_MODEL), Here(&resolve::NOT_PCI)]),
    (&video::NO_MODEL, &[Here(&resolve::NOT_PCI)]),
    (&os::USE_SERIAL_PORT, &[Here(&os::USE_SERIAL), Here(&os::USE_SERIAL_DEVICE)]),
    // The guest: emulator, vCPUs, memory, NUMA cells. libvirt looks for the machine type after it has completed the domain.
    (
        &resolve::MACHINE,
        &[NoSuchBoard(&features::TSEG_MACHINE), NoSuchBoard(&controller::pci::EXPANDER_MACHINE)],
    ),
    (&os::OS_TYPE, &[Anywhere(&OS_TYPE_UNKNOWN)]),
    (&cpu::CACHE_LEVEL, &[Here(&CPU_CACHE_LEVEL_RANGE)]),
    (&cpu::CACHE_MODE, &[Unread("cpu@mode")]),
    (&vcpu::NONE, &[Here(&VCPU_NONE), Unread("vcpus")]),
    (&vcpu::FIRST, &[Unread("vcpus/vcpu")]),
    (&vcpu::ORDER_MIXED, &[Unread("vcpus/vcpu@order"), Unread("vcpus/vcpu@enabled")]),
    (&vcpu::ORDER_FIXED, &[Unread("vcpus/vcpu@order"), Unread("vcpus/vcpu@hotpluggable")]),
    (&vcpu::MANY_EIM, &[Unread("iommu/driver@eim")]),
    (&vcpu::TOPOLOGY, &[Unread("vcpu"), Unread("cpu/topology"), Anywhere(&NUMA_VCPU_COUNT)]),
    (&vcpu::MANY_Q35, &[Here(&vcpu::LIMIT)]),
    (&memory::SLOTS, &[Unread("maxMemory")]),
    (&memory_device::NO_MAX, &[Unread("maxMemory")]),
    (
        &memory_device::SLOTS,
        &[Unread("maxMemory"), Anywhere(&memory::SLOTS), Anywhere(&resolve::MEMORY_DEVICE_SLOTS_FULL)],
    ),
    (&resolve::MEMORY_DEVICE_SLOT_RANGE, &[Unread("maxMemory"), Anywhere(&memory::SLOTS)]),
    (&resolve::MEMORY_DEVICE_SLOTS_FULL, &[Unread("maxMemory"), Anywhere(&memory::SLOTS)]),
    (&memory_device::NO_CELLS, &[Unread("cpu/numa"), Anywhere(&NUMA_NO_CELLS)]),
    (
        &memory_device::CELL,
        &[Unread("cpu/numa"), Anywhere(&NUMA_NO_CELLS), Anywhere(&memory_device::NO_CELLS)],
    ),
    (&memory::HUGEPAGES_NODE, &[Unread("cpu/numa"), Anywhere(&NUMA_NO_CELLS)]),
    (&numa::LINK_CELL, &[Unread("cpu/numa/cell")]),
    (&controller::pci::NODE, &[Unread("cpu/numa")]),
    // What devices and firmware need of the guest.
    (&os::loader::SECURE_BOOT, &[Unread("features/smm")]),
    (&iommu::SPLIT, &[Unread("features/ioapic")]),
    (&security::SEV_HOST, &[Unread("launchSecurity"), Here(&security::LAUNCH)]),
    (&sysinfo::SOURCE, &[Unread("sysinfo@type")]),
    (&tpm::TPM_BANKS, &[Unread("tpm/backend@version")]),
    (&filesystem::FS_BOOT, &[Unread("filesystem/driver@type")]),
    (&vhost_user::SHARED_MEMORY, &[Unread("memoryBacking"), Unread("cpu/numa")]),
    (&chardev_source::SOURCE_SPICE, &[Unread("graphics")]),
    (&audio::SPICE, &[Unread("graphics")]),
    (&hostdev::DISPLAY_GRAPHICS, &[Unread("graphics")]),
    // Character devices, displays, inputs.
    (&chardev::CHANNEL_TYPE, &[Here(&chardev::CHANNEL_TARGET)]),
    (&chardev::MODEL_MISSING, &[Here(&chardev::SERIAL_MACHINE), Here(&chardev::SERIAL_MODEL)]),
    (&input::INPUT_PASSTHROUGH_BUS, &[Here(&INPUT_BUS)]),
    (&input::INPUT_EVDEV_BUS, &[Here(&INPUT_BUS)]),
    (&input::INPUT_QEMU, &[Here(&INPUT_BUS), Here(&input::INPUT_NO_PS2)]),
];

/// The rules on the guest as a whole that every device can break: they are reported once.
static ONCE: &[&Rule] = &[
    &resolve::ARCH,
    &resolve::MACHINE,
    &smartcard::SMARTCARD_SINGLE,
    &vhost_user::SHARED_MEMORY,
    &video::NONE_ALONE,
];

/// The rules that ask for the kind of guest.
static OF_GUEST: &[&Rule] = &[
    &resolve::ARCH,
    &resolve::MACHINE,
    &resolve::PCI_ADDRESS,
    &resolve::PCI_CONTROLLER_OPTIONS,
    &resolve::USB_ADDRESS,
    &address::CCW,
    &audio::MISSING,
    &address::CONTROLLER,
    &address::ROM,
    &chardev::NO_SERIAL_MODEL,
    &chardev::PARALLEL_MACHINE,
    &chardev::SERIAL_MACHINE,
    &chardev::SERIAL_MODEL,
    &clock::HPET,
    &clock::TIMER_MACHINE,
    &clock::VTIMER_SUPPORT,
    &controller::IDE,
    &controller::NCR,
    &controller::SATA,
    &controller::SCSI_DEFAULT,
    &controller::pci::EXPANDER_MACHINE,
    &controller::pci::HOLE,
    &controller::pci::MISSING,
    &controller::pci::OPTION,
    &controller::pci::ROOT_INDEX,
    &controller::pci::ROOT_KIND,
    &controller::usb::LEGACY_TWICE,
    &controller::usb::MODEL_MISSING,
    &cpu::ADDR_ARCH,
    &cpu::ARM_32_ON_64,
    &cpu::CACHE_ARCH,
    &disk::FLOPPY_PSERIES,
    &features::GIC,
    &features::MACHINE,
    &features::TSEG_MACHINE,
    &input::INPUT_QEMU,
    &iommu::MACHINE,
    &lifecycle::SLEEP,
    &memory::HUGEPAGES_ACCESS,
    &memory_device::LABEL,
    &memory_device::NO_CELLS,
    &memory_device::UUID,
    &net::VHOSTUSER_BOARD,
    &nvram::NVRAM_MACHINE,
    &os::ACPI_MACHINE,
    &os::ACPI_UEFI,
    &os::UEFI_ACPI,
    &os::USE_SERIAL,
    &os::loader::SECURE_BOOT,
    &panic::PANIC_ADDRESS,
    &panic::PANIC_MACHINE,
    &panic::PANIC_MODEL,
    &tpm::TPM_ARCH,
    &tpm::TPM_MODEL,
    &tpm::TPM_PROXY,
    &vcpu::GRANULARITY,
    &vcpu::LIMIT,
    &vcpu::MANY_Q35,
    &vhost_user::SHARED_MEMORY,
    &video::NO_MODEL,
    &virtio::ADDRESS,
    &watchdog::WATCHDOG_MACHINE,
];

/// What a problem with `rule` follows from.
fn causes(rule: &Rule) -> impl Iterator<Item = Cause> {
    let listed =
        FOLLOWS.iter().filter(|(effect, _)| effect.id == rule.id).flat_map(|(_, causes)| *causes).copied();
    let of_guest = OF_GUEST.iter().any(|of_guest| of_guest.id == rule.id);
    listed.chain(of_guest.then_some(UnknownGuest))
}

/// The problems that were found.
#[derive(Debug)]
pub(crate) struct Found {
    /// The stage at which each rule was found broken, by its id: anywhere, and by the byte offset of each element.
    stages: HashMap<(&'static str, Option<usize>), Stage>,
    /// Whether completing gave every device its address.
    is_placed: bool,
    /// The stage at which the PCI buses were found not to be known.
    unknown_buses: Option<Stage>,
    /// Whether the name of the machine type tells what the machine is, even where QEMU does not have it.
    known_board: bool,
}

impl Found {
    /// The problems of the stages before.
    pub(crate) fn of(report: &Report, guest: &Guest) -> Self {
        // A device that was not placed for what could not be read is not in the report.
        let is_placed =
            report.unread().is_empty() && report.iter().all(|problem| problem.stage != Stage::Place);
        let mut found = Self {
            stages: HashMap::new(),
            is_placed,
            unknown_buses: None,
            known_board: !guest.board().is_empty(),
        };
        report.iter().for_each(|problem| found.add(problem));
        found
    }

    /// Whether completing gave every device its address.
    pub(crate) fn is_placed(&self) -> bool {
        self.is_placed
    }

    /// Adds `problem`.
    pub(crate) fn add(&mut self, problem: &Problem) {
        for at in [None, problem.place.element.offset()] {
            self.note(problem.rule, problem.stage, at);
        }
    }

    /// Notes that `rule` was found broken at `stage` in the element at the byte offset `at`; `None` is anywhere.
    pub(crate) fn note(&mut self, rule: &Rule, stage: Stage, at: Option<usize>) {
        let first = self.stages.entry((rule.id, at)).or_insert(stage);
        *first = stage.min(*first);
    }

    /// Notes that the PCI buses are not known, as a problem of `stage` says.
    pub(crate) fn lose_buses(&mut self, stage: Stage) {
        self.unknown_buses.get_or_insert(stage);
    }

    /// Whether `rule` was found broken in the element at `at`.
    pub(crate) fn has(&self, rule: &Rule, at: Pos) -> bool {
        at.offset().is_some_and(|at| self.stages.contains_key(&(rule.id, Some(at))))
    }

    /// Whether `rule` was found broken.
    pub(crate) fn has_any(&self, rule: &Rule) -> bool {
        self.stages.contains_key(&(rule.id, None))
    }

    /// Whether another problem with `rule` would be the same mistake as one of these.
    pub(crate) fn include_again(&self, rule: &Rule) -> bool {
        ONCE.iter().any(|once| once.id == rule.id) && self.has_any(rule)
    }

    /// Whether `problem` follows from these, or from what is `unread`. What libvirt finds later is no cause, so that the
    /// problem which libvirt reports stays the first.
    pub(crate) fn lead_to(&self, problem: &Problem, unread: &virtargv_model::Unread) -> bool {
        let element = problem.place.element.offset();
        let before = |cause: &'static Rule, at| {
            let found = self.stages.get(&(cause.id, at)).filter(|_| cause.id != problem.rule.id);
            found.is_some_and(|stage| *stage <= problem.stage)
        };
        causes(problem.rule).any(|cause| match cause {
            Here(cause) => element.is_some() && before(cause, element),
            Anywhere(cause) => before(cause, None),
            NoSuchBoard(cause) => !self.known_board && before(cause, None),
            Unread(path) => unread.has(path),
            UnknownBuses => self.unknown_buses.is_some_and(|stage| stage <= problem.stage),
            UnknownGuest => {
                before(&OS_TYPE_MISSING, None)
                    || before(&os::ARCH_UNKNOWN, None)
                    || !self.known_board && (before(&resolve::ARCH, None) || before(&resolve::MACHINE, None))
            }
        })
    }
}
