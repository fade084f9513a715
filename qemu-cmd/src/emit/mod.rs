//! Emission: turns a prepared domain into QEMU's options, in libvirt's order.

mod after;
mod boot;
mod clock;
mod context;
mod cpu;
mod device;
mod display;
mod env;
mod genid;
mod host_work;
mod incoming;
mod iothreads;
mod lifecycle;
mod loader;
mod machine;
mod memory;
mod monitor;
mod name;
mod numa;
mod overrides;
mod qemu_ns;
mod sandbox;
mod secret;
mod security;
mod storage;
mod sysinfo;
mod tls;
mod vcpu;

use virtargv_caps::Convention;
use virtargv_model::Outcome;

use virtargv_model::device::DeviceId;

use crate::CommandLine;
use crate::argument::{Element, Origin};
use crate::prepare::Prepared;
pub(crate) use after::password as password_commands;
use context::Emit;

/// Every part of the command line, in order.
const PARTS: &[fn(&mut Emit<'_>)] = &[
    env::emit,
    name::emit,
    qemu_ns::deprecation,
    name::stopped,
    secret::emit,
    loader::flash,
    lifecycle::fips,
    storage::managed_helper,
    machine::emit,
    machine::accel,
    machine::tseg,
    cpu::emit,
    loader::loader,
    memory::emit,
    vcpu::emit,
    iothreads::emit,
    device::disk::throttle_groups,
    numa::emit,
    memory_devices_first,
    display::uuid,
    sysinfo::emit,
    genid::emit,
    display::emit,
    monitor::emit,
    clock::emit,
    lifecycle::emit,
    boot::emit,
    device::iommu::emit_first,
    device::controller::emit,
    device::iommu::emit_after_controllers,
    memory_devices_after_controllers,
    device::hub::emit,
    device::disk::emit,
    device::filesystem::emit,
    device::net::emit,
    device::smartcard::emit,
    device::chardev::serials,
    device::chardev::parallels,
    device::chardev::channels,
    device::chardev::consoles,
    device::tpm::emit,
    device::input::emit,
    device::audio::emit,
    device::graphics::emit,
    device::video::emit,
    device::sound::emit,
    device::watchdog::emit,
    device::redirdev::emit,
    device::hostdev::emit,
    incoming::emit,
    device::memballoon::emit,
    device::rng::emit,
    device::nvram::emit,
    genid::vmcoreinfo,
    security::emit,
    qemu_ns::emit,
    sandbox::emit,
    device::panic::emit,
    device::shmem::emit,
    device::vsock::emit,
    device::crypto::emit,
    device::pstore::emit,
    lifecycle::teardown,
    sandbox::messages,
];

/// Emits the arguments and the commands after the start.
fn parts(e: &mut Emit<'_>) {
    for part in PARTS.iter().chain(after::COMMANDS) {
        part(e);
    }
}

/// Emits memory devices, in releases of libvirt that emit them before all other devices.
fn memory_devices_first(e: &mut Emit<'_>) {
    if !e.release().has(Convention::MemoryAfterControllers) {
        device::memory_device::emit(e);
    }
}

/// Emits memory devices, in releases of libvirt that emit them after the controllers.
fn memory_devices_after_controllers(e: &mut Emit<'_>) {
    if e.release().has(Convention::MemoryAfterControllers) {
        device::memory_device::emit(e);
    }
}

/// Emits what comes from the devices `wanted` alone, in the order of the whole command line. An implied device has the reason
/// for which it was added as its origin.
pub(crate) fn emit_devices(prepared: &Prepared<'_>, wanted: &[DeviceId]) -> CommandLine {
    let mut emit = Emit::picking(prepared);
    parts(&mut emit);
    // The helper for reservations is of all disks, of which only those that are wanted are there.
    let shared = |origin: &Origin| *origin == Origin::Implied { by: storage::MANAGED_RESERVATIONS };
    let of = |origin: &Origin| {
        matches!(origin, Origin::Element(Element::Device { id, .. }) if wanted.contains(id)) || shared(origin)
    };
    emit.pick(of)
}

/// Emits the command line of a prepared domain. There is nothing left to refuse: the report is that of preparing.
pub fn emit(prepared: Outcome<Box<Prepared<'_>>>) -> Outcome<CommandLine> {
    prepared.then(|prepared, report| {
        let mut emit = Emit::new(&prepared);
        parts(&mut emit);
        for part in host_work::PARTS {
            part(&mut emit);
        }
        Outcome { value: Some(emit.finish()), report }
    })
}
