//! The rules, one module a concept. `CHECKS` is the order in which they are held, [`TABLES`] is all there are.

pub mod address;
pub mod audio;
pub mod chardev;
pub mod chardev_source;
pub mod clock;
pub mod controller;
pub mod cpu;
pub mod crypto;
pub mod disk;
pub mod features;
pub mod filesystem;
pub mod graphics;
pub mod hostdev;
pub mod hub;
pub mod input;
pub mod iommu;
pub mod lease;
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
pub mod words;

use crate::{Context, Findings, Rule};

/// The checks, in the reference's order; within a stage this decides which problem comes first.
pub(crate) const CHECKS: &[fn(&Context<'_>, &mut Findings<'_>)] = &[
    words::check,
    os::check,
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
    lease::check,
    audio::check,
    qemu_ns::check,
    lifecycle::known,
    os::firmware,
];

/// The checks of what libvirt finds only while it builds the command line, in the order of the options.
pub(crate) const BUILD_CHECKS: &[fn(&Context<'_>, &mut Findings<'_>)] = &[
    security::build,
    features::build,
    cpu::build,
    vcpu::build,
    tune::build,
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

/// Every rule there is, module by module.
pub static TABLES: &[&[&Rule]] = &[
    words::ALL,
    os::ALL,
    memory::ALL,
    vcpu::ALL,
    features::ALL,
    cpu::ALL,
    numa::ALL,
    clock::ALL,
    lifecycle::ALL,
    security::ALL,
    sysinfo::ALL,
    tune::ALL,
    qemu_ns::ALL,
    controller::ALL,
    controller::USB,
    controller::PCI,
    address::ALL,
    disk::ALL,
    vhost_user::ALL,
    disk::common::ALL,
    disk::vhost_user::ALL,
    disk::address::ALL,
    disk::frontend::ALL,
    disk::iothreads::ALL,
    disk::tuning::ALL,
    disk::image::ALL,
    disk::source::ALL,
    filesystem::ALL,
    virtio::ALL,
    net::ALL,
    hostdev::ALL,
    chardev_source::ALL,
    chardev::ALL,
    smartcard::ALL,
    redirdev::ALL,
    rng::ALL,
    tpm::ALL,
    input::ALL,
    graphics::ALL,
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
    lease::ALL,
];
