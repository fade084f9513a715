//! The rules, one module for each concept. `CHECKS` lists the checks in their order, [`TABLES`] all rules.

pub mod address;
pub mod alias;
pub mod audio;
pub mod chardev;
pub mod chardev_source;
pub mod clock;
pub mod controller;
pub mod cpu;
pub mod crypto;
pub mod disk;
pub mod domain;
pub mod features;
pub mod filesystem;
pub mod graphics;
pub mod hostdev;
pub mod hub;
pub mod input;
pub mod iommu;
pub mod iommufd;
pub mod lifecycle;
pub mod memballoon;
pub mod memory;
pub mod memory_device;
pub mod net;
pub mod numa;
pub mod nvram;
pub mod os;
pub mod panic;
pub mod pstore;
pub mod qemu_ns;
pub mod redirdev;
pub mod rng;
pub mod security;
pub mod shmem;
pub mod smartcard;
pub mod sound;
pub mod sysinfo;
pub mod tls;
pub mod tpm;
pub mod tune;
pub mod vcpu;
pub mod vhost_user;
pub mod video;
pub mod virtio;
pub mod vsock;
pub mod watchdog;

use virtargv_model::device::DeviceKind;

use self::Check::{Devices, Domain};
use crate::{Context, Findings, Rule};

/// One step of checking.
pub(crate) enum Check {
    /// What concerns the whole domain.
    Domain(fn(&Context<'_>, &mut Findings<'_>)),
    /// All devices of these kinds: first their addresses, then the rules on the devices.
    Devices(&'static [DeviceKind], fn(&Context<'_>, &mut Findings<'_>)),
}

impl Check {
    pub(crate) fn run(&self, cx: &Context<'_>, out: &mut Findings<'_>) {
        match self {
            Self::Domain(check) => check(cx, out),
            Self::Devices(kinds, check) => {
                address::check(cx, kinds, out);
                check(cx, out);
            }
        }
    }
}

/// The checks, in libvirt's order; within a stage this decides which problem comes first. Devices follow in the order of
/// [`DeviceKind`].
pub(crate) const CHECKS: &[Check] = &[
    Domain(domain::name),
    Domain(os::check),
    Domain(domain::genid),
    Domain(os::use_serial),
    Domain(lifecycle::actions),
    Domain(cpu::check),
    Domain(clock::check),
    Domain(lifecycle::sleep),
    Domain(os::boot),
    Domain(vcpu::check),
    Domain(features::check),
    Domain(controller::of_machine),
    Domain(memory::check),
    Domain(numa::check),
    Domain(sysinfo::check),
    Domain(security::check),
    Domain(tune::check),
    Domain(memory_device::hotplug),
    Domain(panic::check),
    Devices(&[DeviceKind::Disk], disk::check),
    Devices(&[DeviceKind::Interface], net::check),
    Devices(&[DeviceKind::Sound], sound::check),
    Devices(&[DeviceKind::Hostdev], hostdev::check),
    Devices(&[DeviceKind::Video], video::check),
    Devices(&[DeviceKind::Controller], controller::check),
    Devices(&[DeviceKind::Smartcard], smartcard::check),
    Devices(
        &[DeviceKind::Serial, DeviceKind::Parallel, DeviceKind::Channel, DeviceKind::Console],
        chardev::check,
    ),
    Devices(&[DeviceKind::Input], input::check),
    Devices(&[DeviceKind::Filesystem], filesystem::check),
    Devices(&[DeviceKind::Watchdog], watchdog::check),
    Devices(&[DeviceKind::Memballoon], memballoon::check),
    Devices(&[DeviceKind::Rng], rng::check),
    Devices(&[DeviceKind::Nvram], nvram::check),
    Devices(&[DeviceKind::Hub], hub::check),
    Devices(&[DeviceKind::Shmem], shmem::check),
    Devices(&[DeviceKind::Tpm], tpm::check),
    Devices(&[DeviceKind::Panic], |_, _| {}),
    Devices(&[DeviceKind::MemoryDevice], memory_device::check),
    Devices(&[DeviceKind::Iommu], iommu::check),
    Devices(&[DeviceKind::Vsock], vsock::check),
    Devices(&[DeviceKind::Crypto], crypto::check),
    Devices(&[DeviceKind::Pstore], pstore::check),
    Devices(&[DeviceKind::Redirdev], redirdev::check),
    Devices(&[DeviceKind::Graphics], graphics::check),
    Devices(&[DeviceKind::Audio], audio::check),
    Domain(iommufd::check),
    Domain(disk::together),
    Domain(alias::check),
    Domain(lifecycle::known),
    Domain(os::loader::check),
];

/// The checks of what libvirt finds only while it starts the guest, then while it builds the command line, in the order of
/// the options.
pub(crate) const BUILD_CHECKS: &[fn(&Context<'_>, &mut Findings<'_>)] = &[
    cpu::start,
    qemu_ns::build,
    security::build,
    os::build,
    features::build,
    cpu::build,
    vcpu::build,
    tune::iothreads::build,
    numa::build,
    sysinfo::build,
    memory_device::build,
    address::build,
    virtio::build,
    controller::build,
    disk::build,
    net::build,
    smartcard::build,
    chardev::build,
    input::build,
    graphics::build,
    video::build,
    sound::build,
    redirdev::build,
    hostdev::build,
    rng::build,
    shmem::build,
];

/// All rules, module by module.
pub static TABLES: &[&[&Rule]] = &[
    domain::ALL,
    os::ALL,
    os::loader::ALL,
    memory::ALL,
    vcpu::ALL,
    features::ALL,
    features::hyperv::ALL,
    cpu::ALL,
    numa::ALL,
    clock::ALL,
    lifecycle::ALL,
    security::ALL,
    security::label::ALL,
    sysinfo::ALL,
    tune::iothreads::ALL,
    tune::resctrl::ALL,
    tune::cputune::ALL,
    alias::ALL,
    qemu_ns::ALL,
    controller::ALL,
    controller::nvme::ALL,
    controller::usb::ALL,
    controller::pci::ALL,
    address::ALL,
    disk::ALL,
    vhost_user::ALL,
    disk::common::ALL,
    disk::name::ALL,
    disk::lun::ALL,
    disk::vhost_user::ALL,
    disk::address::ALL,
    disk::frontend::ALL,
    disk::iothreads::ALL,
    disk::iotune::ALL,
    disk::image::ALL,
    disk::network::ALL,
    disk::encryption::ALL,
    disk::source::ALL,
    filesystem::ALL,
    virtio::ALL,
    net::ALL,
    net::backend::ALL,
    net::coalesce::ALL,
    net::driver::ALL,
    net::ip::ALL,
    net::mtu::ALL,
    net::source::ALL,
    net::teaming::ALL,
    hostdev::ALL,
    hostdev::pci::ALL,
    hostdev::usb::ALL,
    hostdev::scsi::ALL,
    hostdev::mdev::ALL,
    tls::ALL,
    chardev_source::ALL,
    chardev::ALL,
    smartcard::ALL,
    redirdev::ALL,
    rng::ALL,
    tpm::ALL,
    input::ALL,
    graphics::ALL,
    graphics::listen::ALL,
    graphics::spice::ALL,
    video::ALL,
    audio::ALL,
    sound::ALL,
    watchdog::ALL,
    memballoon::ALL,
    nvram::ALL,
    panic::ALL,
    shmem::ALL,
    memory_device::ALL,
    iommu::ALL,
    iommufd::ALL,
    vsock::ALL,
    crypto::ALL,
    pstore::ALL,
    hub::ALL,
];
