//! Defaults: one module for each concept, in ordered lists.

mod audio;
mod chardev;
mod clock;
pub(crate) mod controller;
mod cpu;
mod crypto;
pub(crate) mod disk;
mod features;
mod filesystem;
mod graphics;
mod hostdev;
mod hub;
mod input;
mod iommu;
mod lease;
mod lifecycle;
mod memballoon;
mod memory;
mod memory_device;
mod net;
mod numa;
mod nvram;
mod os;
mod panic;
mod pstore;
mod qemu_ns;
mod redirdev;
mod rng;
mod security;
mod shmem;
mod smartcard;
mod sound;
mod sysinfo;
mod tpm;
mod tune;
mod vcpu;
pub(crate) mod video;
mod vsock;
mod watchdog;

pub(crate) use memory_device::align as align_memory_device;

use crate::Work;

/// The defaults of the domain, in libvirt's order.
const DOMAIN: &[fn(&mut Work<'_>)] = &[
    os::apply,
    numa::add_cell,
    memory::apply,
    vcpu::apply,
    features::apply,
    cpu::apply,
    numa::apply,
    clock::apply,
    lifecycle::apply,
    security::apply,
    sysinfo::apply,
    tune::apply,
    qemu_ns::apply,
    controller::machine,
];

/// The defaults of devices, in libvirt's order.
const DEVICES: &[fn(&mut Work<'_>)] = &[
    controller::apply,
    disk::apply,
    filesystem::apply,
    net::apply,
    hostdev::apply,
    chardev::apply,
    smartcard::apply,
    redirdev::apply,
    rng::apply,
    tpm::apply,
    input::apply,
    graphics::apply,
    video::apply,
    audio::apply,
    sound::apply,
    watchdog::apply,
    memballoon::apply,
    nvram::apply,
    panic::apply,
    shmem::apply,
    memory_device::apply,
    iommu::apply,
    vsock::apply,
    crypto::apply,
    pstore::apply,
    hub::apply,
    lease::apply,
];

/// The controllers that completed devices need.
const IMPLIED: &[fn(&mut Work<'_>)] = &[controller::implied];

/// The defaults that depend on addresses.
const AFTER_ADDRESSES: &[fn(&mut Work<'_>)] = &[controller::masters_first, chardev::mirror_first_console];

/// Fills in the defaults of the domain, and adds the devices that the machine has.
pub(crate) fn domain(work: &mut Work<'_>) {
    for step in DOMAIN {
        step(work);
    }
}

/// Fills in the defaults of devices.
pub(crate) fn devices(work: &mut Work<'_>) {
    for step in DEVICES {
        step(work);
    }
}

/// Adds the controllers that completed devices need.
pub(crate) fn implied(work: &mut Work<'_>) {
    for step in IMPLIED {
        step(work);
    }
}

/// Fills in the defaults that depend on addresses.
pub(crate) fn after_addresses(work: &mut Work<'_>) {
    for step in AFTER_ADDRESSES {
        step(work);
    }
}
