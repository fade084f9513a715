//! Completes a domain: fills in what its document leaves out, as libvirt does.
//!
//! Default models, implied controllers, CPU, firmware, device addresses. Rules on the content of a document belong to
//! the next stage; the problems found here are addresses that cannot be assigned (two devices with one address, a full
//! bus).
//!
//! ```
//! use virtargv_caps::{Arch, Caps, Release};
//! use virtargv_host::FixedHost;
//! use virtargv_resolve::{Options, resolve};
//!
//! let text = "<domain type='qemu'><name>demo</name><memory unit='MiB'>64</memory>
//!   <os><type arch='x86_64' machine='pc'>hvm</type></os></domain>";
//! let mut parsed = virtargv_model::parse(text, virtargv_model::Release::default());
//! let caps = Caps::builder(Release::V7_0, Arch::X86_64).build();
//! let resolved =
//!     resolve(parsed.domain.unwrap(), &caps, &FixedHost::default(), Options::default(), &mut parsed.report);
//! assert_eq!(resolved.guest().arch, Arch::X86_64);
//! ```

mod address;
mod defaults;
mod firmware;
mod guest;
pub mod rules;

pub use address::usb_at_start;
pub use firmware::pick as pick_firmware;
pub use guest::{Board, Guest};
pub use virtargv_caps::{Arch, Caps, Release};

use virtargv_host::Host;
use virtargv_model::{Domain, Kib, Kind, Place, Problem, Report, Rule};

/// The size of which memory sizes of pseries guests are multiples.
pub const PSERIES_MEMORY_STEP: Kib = Kib(256 * 1024);

/// Rounds the size of a memory device of a pseries guest to a multiple of [`PSERIES_MEMORY_STEP`].
pub fn align_pseries_memory(device: &mut virtargv_model::device::memory_device::MemoryDevice) {
    defaults::align_memory_device(device);
}

/// How a document is completed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// Whether it is a new definition, so that completing can choose newer devices than those that existing guests have
    /// (`VIR_DOMAIN_DEF_PARSE_ABI_UPDATE`).
    pub abi_update: bool,
    /// Whether it describes a running domain or an incoming migration, so that generated values are kept.
    pub live: bool,
}

/// A completed domain. Only [`resolve`] makes one.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolved {
    domain: Domain,
    guest: Guest,
    options: Options,
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
    pub fn options(&self) -> Options {
        self.options
    }

    /// The completed domain, by value.
    pub fn into_domain(self) -> Domain {
        self.domain
    }
}

/// The state of completing a domain, which every step works on.
pub struct Work<'a> {
    /// The domain being completed.
    pub domain: Domain,
    /// The kind of guest.
    pub guest: Guest,
    /// The capabilities of the QEMU binary.
    pub caps: &'a Caps,
    /// The host.
    pub host: &'a dyn Host,
    /// The release of libvirt that is followed.
    pub release: Release,
    /// How the document is completed.
    pub options: Options,
    /// The problems found so far.
    pub report: &'a mut Report,
}

impl Work<'_> {
    /// Reports that `rule` is broken, unless that follows from what could not be read.
    pub fn refuse(&mut self, rule: &'static Rule, place: impl Into<Place>, message: impl Into<String>) {
        self.push(rule.problem(self.release, place, message));
    }

    /// As [`Work::refuse`], with a class that depends on how the address was chosen.
    pub fn refuse_as(
        &mut self,
        kind: Kind,
        rule: &'static Rule,
        place: impl Into<Place>,
        message: impl Into<String>,
    ) {
        self.push(rule.problem(self.release, place, message).with_kind(kind));
    }

    /// Adds `problem`, unless it follows from what could not be read.
    pub(crate) fn push(&mut self, problem: Problem) {
        if !self.report.unread().covers(&problem.place) {
            self.report.push(problem);
        }
    }
}

/// The steps, in libvirt's order.
const STEPS: &[fn(&mut Work<'_>)] =
    &[defaults::domain, defaults::devices, defaults::implied, address::assign, defaults::after_addresses];

/// Fills in what `domain` leaves out.
pub fn resolve(
    domain: Domain,
    caps: &Caps,
    host: &dyn Host,
    options: Options,
    report: &mut Report,
) -> Resolved {
    let guest = Guest::of(&domain, caps, host.arch());
    let mut work = Work { domain, guest, caps, host, release: caps.release(), options, report };
    for step in STEPS {
        step(&mut work);
    }
    Resolved { domain: work.domain, guest: work.guest, options }
}
