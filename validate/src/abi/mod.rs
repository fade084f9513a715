//! The rules on two definitions of a guest: libvirt applies them to a migration, a restore and a changed definition of a saved guest.
//! The *source* is the definition that the guest was started with, the *target* the one that it is to go on with.
//!
//! Both are completed domains. Each property that is compared is a row (`compared.rs`): its rule, its path in the element, and how
//! its value is read from the model.

mod address;
mod chardev;
mod clock;
mod compared;
mod controller;
mod cpu;
mod disk;
mod domain;
mod features;
mod filesystem;
mod hostdev;
mod hub;
mod input;
mod iommu;
mod memballoon;
mod memory;
mod memory_device;
mod net;
mod numa;
mod os;
mod panic;
mod pstore;
mod redirdev;
mod rng;
mod shmem;
mod smartcard;
mod sound;
mod sysinfo;
mod tpm;
mod vcpu;
mod video;
mod virtio;
mod vsock;
mod watchdog;

use virtargv_model::{Domain, Place, Problem, Release, Rule};

use compared::{Out, list};

/// All rules, module by module.
pub static TABLES: &[&[&Rule]] = &[
    domain::ALL,
    memory::ALL,
    numa::ALL,
    vcpu::ALL,
    os::ALL,
    features::ALL,
    clock::ALL,
    cpu::ALL,
    sysinfo::ALL,
    compared::ALL,
    address::ALL,
    virtio::ALL,
    disk::ALL,
    controller::ALL,
    filesystem::ALL,
    net::ALL,
    input::ALL,
    sound::ALL,
    video::ALL,
    hostdev::ALL,
    chardev::ALL,
    redirdev::ALL,
    watchdog::ALL,
    memballoon::ALL,
    rng::ALL,
    panic::ALL,
    shmem::ALL,
    tpm::ALL,
    memory_device::ALL,
    iommu::ALL,
    vsock::ALL,
    pstore::ALL,
];

/// A difference for which libvirt does not let the guest go on with the target.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The problem, at its place in the text of the target.
    pub problem: Problem,
    /// The place in the text of the source. It is apart from the labels of the problem, which are places of the target.
    pub source: Place,
    /// What differs, as in `<disk><target bus=>`.
    pub what: String,
    /// The value in the source; `None` where it has none.
    pub before: Option<String>,
    /// The value in the target; `None` where it has none.
    pub after: Option<String>,
}

/// The differences between two completed domains that libvirt refuses, in the order in which it finds them; it stops at the
/// first.
///
/// ```
/// use virtargv_caps::{Release, builtin};
/// use virtargv_host::{FixedHost, Request};
///
/// let caps = builtin::get("qemu-11.1-x86_64", Release::V12_9).unwrap();
/// let host = FixedHost::default();
/// let request = Request::new(&caps, &host);
/// let complete = |machine: &str| {
///     let text = format!("<domain type='kvm'><name>demo</name><uuid>8f2a4f5e-6d0e-4f0e-9a57-0b6a5c2e6a4b</uuid>
///       <memory unit='MiB'>512</memory><os><type arch='x86_64' machine='{machine}'>hvm</type></os></domain>");
///     let read = virtargv_model::parse_as(&text, request.release());
///     virtargv_resolve::resolve(read, &request).value.unwrap().into_domain()
/// };
/// let found = virtargv_validate::abi::compare(&complete("pc-q35-9.0"), &complete("pc-q35-10.0"), Release::V12_9);
/// assert_eq!(found.len(), 1);
/// assert_eq!((found[0].problem.id(), found[0].before.as_deref()), ("abi-machine", Some("pc-q35-9.0")));
/// ```
pub fn compare(source: &Domain, target: &Domain, release: Release) -> Vec<Difference> {
    let mut out = Out::new(source.pos, target.pos, release);
    for part in PARTS {
        part(source, target, &mut out);
    }
    out.finish()
}

type Part = fn(&Domain, &Domain, &mut Out);

/// What is compared, in libvirt's order.
const PARTS: &[Part] = &[
    domain::compare,
    memory::compare,
    numa::compare,
    vcpu::compare,
    os::compare,
    features::compare,
    clock::compare,
    cpu::compare,
    sysinfo::compare,
    |s, t, out| list(&s.devices.disks, &t.devices.disks, out),
    controller::compare,
    |s, t, out| list(&s.devices.filesystems, &t.devices.filesystems, out),
    |s, t, out| list(&s.devices.interfaces, &t.devices.interfaces, out),
    input::compare,
    |s, t, out| list(&s.devices.sounds, &t.devices.sounds, out),
    |s, t, out| list(&s.devices.videos, &t.devices.videos, out),
    hostdev::compare,
    |s, t, out| list(&s.devices.smartcards, &t.devices.smartcards, out),
    |s, t, out| list(&s.devices.serials, &t.devices.serials, out),
    |s, t, out| list(&s.devices.parallels, &t.devices.parallels, out),
    |s, t, out| list(&s.devices.channels, &t.devices.channels, out),
    |s, t, out| list(&s.devices.consoles, &t.devices.consoles, out),
    |s, t, out| list(&s.devices.hubs, &t.devices.hubs, out),
    |s, t, out| list(&s.devices.redirdevs, &t.devices.redirdevs, out),
    redirdev::compare_filter,
    |s, t, out| list(&s.devices.watchdogs, &t.devices.watchdogs, out),
    |s, t, out| list(&s.devices.memballoons, &t.devices.memballoons, out),
    |s, t, out| list(&s.devices.rngs, &t.devices.rngs, out),
    |s, t, out| list(&s.devices.panics, &t.devices.panics, out),
    |s, t, out| list(&s.devices.shmems, &t.devices.shmems, out),
    |s, t, out| list(&s.devices.tpms, &t.devices.tpms, out),
    |s, t, out| list(&s.devices.memories, &t.devices.memories, out),
    |s, t, out| list(&s.devices.iommus, &t.devices.iommus, out),
    |s, t, out| list(&s.devices.vsocks, &t.devices.vsocks, out),
    |s, t, out| list(&s.devices.pstores, &t.devices.pstores, out),
    memory::compare_backing,
];
