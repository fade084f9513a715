//! Completes a domain: fills in what its document leaves out, as libvirt does.
//!
//! Default models, implied controllers, CPU, firmware, device addresses. Rules on the content of a document belong to
//! the next stage; the problems found here are addresses that cannot be assigned (two devices with one address, a full
//! bus).
//!
//! ```
//! use virtargv_caps::{Arch, Caps, Release};
//! use virtargv_host::{FixedHost, Request};
//! use virtargv_resolve::resolve;
//!
//! let text = "<domain type='qemu'><name>demo</name><memory unit='MiB'>64</memory>
//!   <os><type arch='x86_64' machine='pc'>hvm</type></os></domain>";
//! let caps = Caps::builder(Release::V7_0, Arch::X86_64).build();
//! let host = FixedHost::default();
//! let request = Request::new(&caps, &host);
//! let resolved = resolve(virtargv_model::parse_as(text, request.release()), &request).into_result()?;
//! assert_eq!(resolved.guest().arch, Arch::X86_64);
//! # Ok::<(), virtargv_model::Report>(())
//! ```

mod address;
mod attach;
mod defaults;
mod firmware;
mod guest;
mod native;
pub mod rules;

pub use address::usb_at_start;
pub use attach::{Attached, attach, complete_device, insert as insert_device, replace_device};
pub use defaults::disk::complete_network;
pub use defaults::video::virtio_device as virtio_video_device;
pub use firmware::{
    Asked as AskedFirmware, FirmwareOffered, OfferedFirmware, Selection as FirmwareSelection, Unfit, Verdict,
    available as firmware_offered, offered as offered_firmware, pick as pick_firmware,
};
pub use guest::{Board, Guest, accelerator_of, runs};
pub use native::strip_interfaces;
use virtargv_caps::Convention;
pub use virtargv_caps::{Arch, Caps, Release};
pub use virtargv_host::ReadOptions;

use virtargv_host::{Host, Request, Runner};
use virtargv_model::device::disk::{DiskBus, Tray};
use virtargv_model::sysinfo::SysinfoEntry;
use virtargv_model::{Class, Domain, Kib, Message, Outcome, Place, Problem, Report, Rule};

/// The size of which memory sizes of pseries guests are multiples.
pub const PSERIES_MEMORY_STEP: Kib = Kib(256 * 1024);

/// Rounds the size of a memory device of a pseries guest to a multiple of [`PSERIES_MEMORY_STEP`].
pub fn align_pseries_memory(device: &mut virtargv_model::device::memory_device::MemoryDevice) {
    defaults::align_memory_device(device);
}

/// A completed domain. Only [`resolve`] makes one.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolved {
    domain: Box<Domain>,
    guest: Guest,
    options: ReadOptions,
}

impl Resolved {
    /// The completed domain.
    pub fn domain(&self) -> &Domain {
        &self.domain
    }

    /// The kind of guest.
    pub fn guest(&self) -> &Guest {
        &self.guest
    }

    /// How it was completed.
    pub fn options(&self) -> ReadOptions {
        self.options
    }

    /// The completed domain, by value.
    pub fn into_domain(self) -> Box<Domain> {
        self.domain
    }
}

/// A completed domain as the documents of `release` have it, so that completing the document changes nothing.
///
/// Releases without [`Convention::ControllersSorted`] append the controllers that they add, and sort all of them when they read
/// them again. No release writes everything that it uses: of `removable=` only that of USB disks, of `tray=` only `open`, of an
/// `fw_cfg` entry with a text and a file only the file.
pub fn document(completed: &Domain, release: Release) -> Domain {
    let mut domain = completed.clone();
    if !release.has(Convention::ControllersSorted) {
        defaults::controller::sort(&mut domain.devices.controllers);
    }
    for disk in &mut domain.devices.disks {
        disk.target.removable = disk.target.removable.filter(|_| disk.target.bus != Some(DiskBus::Scsi));
        disk.target.tray = disk.target.tray.filter(|tray| *tray != Tray::Closed);
    }
    for entry in &mut domain.sysinfo.entries {
        if let SysinfoEntry::FwCfg(files) = entry {
            files.iter_mut().filter(|file| file.file.is_some()).for_each(|file| file.value = None);
        }
    }
    domain
}

/// The state of completing a domain, which every step works on.
pub(crate) struct Work<'a> {
    /// The domain being completed.
    pub domain: Box<Domain>,
    /// The kind of guest.
    pub guest: Guest,
    /// The capabilities of the QEMU binary.
    pub caps: &'a Caps,
    /// The host.
    pub host: &'a dyn Host,
    /// The release of libvirt that is followed.
    pub release: Release,
    /// How the document is completed.
    pub options: ReadOptions,
    /// Whether the command line is to be read only, for which no network is asked.
    pub for_reader: bool,
    /// The problems found so far.
    pub report: &'a mut Report,
}

impl<'a> Work<'a> {
    /// The state at the beginning of completing `domain`.
    pub fn of(
        domain: Box<Domain>,
        request: &'a Request<'_>,
        options: ReadOptions,
        report: &'a mut Report,
    ) -> Self {
        Self {
            guest: Guest::of(&domain, request.caps, request.host.arch()),
            domain,
            caps: request.caps,
            host: request.host,
            release: request.release(),
            options,
            for_reader: request.start.runner == Runner::Reader,
            report,
        }
    }
}

impl Work<'_> {
    /// Reports that `rule` is broken, unless the problem follows from one of reading.
    #[cold]
    pub fn refuse(&mut self, rule: &'static Rule, place: impl Into<Place>, message: impl Into<Message>) {
        self.push(rule.problem(self.release, place, message));
    }

    /// As [`Work::refuse`], with a class that depends on how the address was chosen.
    #[cold]
    pub fn refuse_as(
        &mut self,
        class: Class,
        rule: &'static Rule,
        place: impl Into<Place>,
        message: impl Into<Message>,
    ) {
        self.push(rule.problem(self.release, place, message).with_class(class));
    }

    /// Adds `problem`, unless it follows from one of reading.
    pub(crate) fn push(&mut self, problem: Problem) {
        if !self.report.unread().covers(&problem.place) {
            self.report.push(problem);
        }
    }
}

/// The steps, in libvirt's order.
const STEPS: &[fn(&mut Work<'_>)] =
    &[defaults::domain, defaults::devices, defaults::implied, address::assign, defaults::after_addresses];

/// Completes the domain that was read: what its document leaves out is filled in.
///
/// The value is `None` only if there was no domain. The report has the problems of reading, then those of completing.
pub fn resolve(read: Outcome<Box<Domain>>, request: &Request<'_>) -> Outcome<Resolved> {
    read.then(|domain, mut report| {
        let mut work = Work::of(domain, request, request.read, &mut report);
        for step in STEPS {
            step(&mut work);
        }
        let resolved = Resolved { domain: work.domain, guest: work.guest, options: request.read };
        Outcome { value: Some(resolved), report }
    })
}
