//! The rules a domain must keep, each written once, each with the place in the text where it was broken.
//!
//! All problems are reported, in the order in which the reference would have stopped at them.
//!
//! ```
//! use virtargv_caps::{Release, builtin};
//! use virtargv_host::FixedHost;
//!
//! let text = "<domain type='qemu'><name>demo</name><memory unit='MiB'>64</memory>
//!   <os><type arch='x86_64' machine='pc'>hvm</type></os></domain>";
//! let mut parsed = virtargv_model::parse(text);
//! let caps = builtin::get("qemu-10.0-x86_64", Release::V11_3).unwrap();
//! let host = FixedHost::default();
//! let options = virtargv_resolve::Options::default();
//! let resolved = virtargv_resolve::resolve(parsed.domain.unwrap(), &caps, &host, options, &mut parsed.report);
//! let validated = virtargv_validate::validate(resolved, &caps, &host, &mut parsed.report);
//! assert!(validated.is_ok());
//! ```

mod rule;
pub mod rules;

pub use rule::{Context, Findings, Rule};

use virtargv_caps::Caps;
use virtargv_host::Host;
use virtargv_model::{Domain, Report};
use virtargv_resolve::{Guest, Resolved};

/// A completed domain that keeps every rule. Only [`validate`] makes one.
#[derive(Debug, Clone, PartialEq)]
pub struct Validated(Resolved);

impl Validated {
    /// The domain.
    pub fn domain(&self) -> &Domain {
        self.0.domain()
    }

    /// What kind of guest it is.
    pub fn guest(&self) -> &Guest {
        self.0.guest()
    }

    /// Gives the domain back.
    pub fn into_domain(self) -> Domain {
        self.0.into_domain()
    }

    /// Takes a completed domain as valid without looking: for documents that the reference itself is told not to
    /// validate (`skip_validate`). What breaks a rule may then give a command line that QEMU refuses.
    pub fn unchecked(resolved: Resolved) -> Self {
        Self(resolved)
    }
}

/// Holds `resolved` against every rule and adds what it breaks to `report`. With anything at all in the report, from
/// reading on, the domain is given back as it was.
pub fn validate(
    resolved: Resolved,
    caps: &Caps,
    host: &dyn Host,
    report: &mut Report,
) -> Result<Validated, Box<Resolved>> {
    let context = Context { domain: resolved.domain(), guest: resolved.guest(), caps, host };
    let mut findings = Findings::new(report);
    for check in rules::CHECKS.iter().chain(rules::BUILD_CHECKS) {
        check(&context, &mut findings);
    }
    if report.is_empty() { Ok(Validated(resolved)) } else { Err(Box::new(resolved)) }
}
