//! The rules that a completed domain must satisfy, each written once. A problem tells where in the text a rule is broken.
//!
//! All problems are reported, in the order in which libvirt would have found them.
//!
//! ```
//! use virtargv_caps::{Release, builtin};
//! use virtargv_host::FixedHost;
//!
//! let text = "<domain type='qemu'><name>demo</name><memory unit='MiB'>64</memory>
//!   <os><type arch='x86_64' machine='pc'>hvm</type></os></domain>";
//! let mut parsed = virtargv_model::parse(text, virtargv_model::Release::default());
//! let caps = builtin::get("qemu-10.0-x86_64", Release::V11_3).unwrap();
//! let host = FixedHost::default();
//! let options = virtargv_resolve::Options::default();
//! let resolved = virtargv_resolve::resolve(parsed.domain.unwrap(), &caps, &host, options, &mut parsed.report);
//! let validated = virtargv_validate::validate(resolved, &caps, &host, &mut parsed.report);
//! assert!(validated.is_ok());
//! ```

mod rule;
pub mod rules;

pub use rule::{Context, Findings};
pub use virtargv_model::Rule;

use virtargv_caps::Caps;
use virtargv_host::Host;
use virtargv_model::{Domain, Report};
use virtargv_resolve::{Guest, Resolved};

/// A completed domain that satisfies every rule. Only [`validate`] and [`Validated::unchecked`] make one.
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

    /// Takes a completed domain as valid without checking it, as libvirt does where it is told to skip validation
    /// (`skip_validate`). The command line of a domain that breaks a rule may be one that QEMU refuses.
    pub fn unchecked(resolved: Resolved) -> Self {
        Self(resolved)
    }
}

/// Checks `resolved` against every rule and adds the problems to `report`.
///
/// # Errors
///
/// Gives the domain back unchanged if there is any problem in `report`, those of earlier stages included.
pub fn validate(
    resolved: Resolved,
    caps: &Caps,
    host: &dyn Host,
    report: &mut Report,
) -> Result<Validated, Box<Resolved>> {
    let release = caps.release();
    let context = Context { domain: resolved.domain(), guest: resolved.guest(), caps, host, release };
    let mut findings = Findings::new(report, release);
    for check in rules::CHECKS.iter().chain(rules::BUILD_CHECKS) {
        check(&context, &mut findings);
    }
    if report.is_empty() { Ok(Validated(resolved)) } else { Err(Box::new(resolved)) }
}
