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
pub mod tpm;
pub mod tune;
pub mod vcpu;
pub mod vhost_user;
pub mod video;
pub mod virtio;
pub mod vsock;
pub mod watchdog;

use crate::{Context, Findings, Rule};

/// The checks, in libvirt's order; within a stage this decides which problem comes first.
pub(crate) const CHECKS: &[fn(&Context<'_>, &mut Findings<'_>)] = &[
    domain::name,
    os::check,
    domain::genid,
    os::use_serial,
    lifecycle::actions,
    cpu::check,
    clock::check,
    lifecycle::sleep,
    os::boot,
    vcpu::check,
    features::check,
    memory::check,
    numa::check,
    sysinfo::check,
    security::check,
    tune::check,
    address::check_first,
    disk::check,
    net::check,
    sound::check,
    hostdev::check,
    filesystem::check,
    controller::check,
    address::check_others,
    smartcard::check,
    chardev::check,
    input::check,
    watchdog::check,
    memballoon::check,
    nvram::check,
    video::check,
    hub::check,
    shmem::check,
    redirdev::check,
    rng::check,
    panic::check,
    memory_device::check,
    tpm::check,
    vsock::check,
    crypto::check,
    iommu::check,
    pstore::check,
    graphics::check,
    audio::check,
    disk::together,
    alias::check,
    lifecycle::known,
    os::loader::check,
];

/// The checks of what libvirt finds only while it builds the command line, in the order of the options.
pub(crate) const BUILD_CHECKS: &[fn(&Context<'_>, &mut Findings<'_>)] = &[
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
    vsock::ALL,
    crypto::ALL,
    pstore::ALL,
    hub::ALL,
];
