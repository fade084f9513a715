//! Completes a domain: everything its document left open is filled in as the reference fills it in.
//!
//! Default models, implied controllers, CPU, firmware, device addresses. A document is never refused here for what it
//! says; the only problems found are of things that cannot be placed (an address taken twice, a full bus).
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
pub use guest::Guest;
pub use virtargv_caps::{Arch, Caps, Release};

use virtargv_host::Host;
use virtargv_model::{Domain, Kib, Kind, Place, Report, Rule};

/// The steps in which a POWER guest has memory.
pub const PSERIES_MEMORY_STEP: Kib = Kib(256 * 1024);

/// Brings a POWER guest's memory device to the steps in which it has memory.
pub fn align_pseries_memory(device: &mut virtargv_model::device::memory_device::MemoryDevice) {
    defaults::align_memory_device(device);
}

/// How a document is to be read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// It is a new definition, so what the guest sees may change for the better (`abi_update`).
    pub abi_update: bool,
    /// It comes from a running guest or its migration: what is there must not change.
    pub live: bool,
}

/// A domain with everything filled in. Only [`resolve`] makes one.
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

    /// What kind of guest it is.
    pub fn guest(&self) -> &Guest {
        &self.guest
    }

    /// How it was completed.
    pub fn options(&self) -> Options {
        self.options
    }

    /// Gives the domain back.
    pub fn into_domain(self) -> Domain {
        self.domain
    }
}

/// What every step works on.
pub struct Work<'a> {
    /// The domain being completed.
    pub domain: Domain,
    /// What kind of guest it is.
    pub guest: Guest,
    /// What the QEMU can do.
    pub caps: &'a Caps,
    /// The machine it is for.
    pub host: &'a dyn Host,
    /// The release of libvirt that is followed.
    pub release: Release,
    /// How the document is to be read.
    pub options: Options,
    /// What cannot be placed.
    pub report: &'a mut Report,
}

impl Work<'_> {
    /// Reports something that cannot be placed.
    pub fn refuse(&mut self, rule: &'static Rule, place: impl Into<Place>, message: impl Into<String>) {
        self.report.push(rule.problem(self.release, place, message));
    }

    /// As [`Work::refuse`], where the class depends on how the device was to be placed.
    pub fn refuse_as(
        &mut self,
        kind: Kind,
        rule: &'static Rule,
        place: impl Into<Place>,
        message: impl Into<String>,
    ) {
        self.report.push(rule.problem(self.release, place, message).with_kind(kind));
    }
}

/// The steps, in the order in which the reference takes them.
const STEPS: &[fn(&mut Work<'_>)] =
    &[defaults::domain, defaults::devices, defaults::implied, address::assign, defaults::after_addresses];

/// Fills in what `domain` leaves open.
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
