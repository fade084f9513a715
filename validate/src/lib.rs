//! The rules that a completed domain must satisfy, each written once. A problem has the place in the text where a rule
//! is broken.
//!
//! All problems are reported, in the order in which libvirt would have found them.
//!
//! ```
//! use virtargv_caps::{Release, builtin};
//! use virtargv_host::{FixedHost, Request};
//!
//! let text = "<domain type='qemu'><name>demo</name><memory unit='MiB'>64</memory>
//!   <os><type arch='x86_64' machine='pc'>hvm</type></os></domain>";
//! let caps = builtin::get("qemu-10.0-x86_64", Release::V12_9).unwrap();
//! let host = FixedHost::default();
//! let request = Request::new(&caps, &host);
//! let read = virtargv_model::parse_as(text, request.release());
//! let resolved = virtargv_resolve::resolve(read, &request);
//! let validated = virtargv_validate::validate(resolved, &request);
//! assert!(validated.into_result().is_ok());
//! ```

pub mod abi;
mod follow;
mod known;
pub mod lint;
pub mod migration;
pub mod offered;
mod rule;
pub mod rules;
mod teaming;

use known::Known;
pub(crate) use rule::{Context, Findings};
pub use virtargv_model::Rule;

use virtargv_host::{Request, Runner};
use virtargv_model::device::DeviceId;
use virtargv_model::{Domain, Outcome, Problem, Report, Stage};
use virtargv_resolve::{Attached, Guest, Resolved};

/// A completed domain that satisfies every rule. Only [`validate`] makes one.
#[derive(Debug, Clone, PartialEq)]
pub struct Validated(Resolved);

impl Validated {
    /// The domain.
    pub fn domain(&self) -> &Domain {
        self.0.domain()
    }

    /// The kind of guest.
    pub fn guest(&self) -> &Guest {
        self.0.guest()
    }

    /// The domain, by value.
    pub fn into_domain(self) -> Box<Domain> {
        self.0.into_domain()
    }
}

/// Checks the completed domain against every rule.
///
/// The value is `None` if the report, which includes the problems of earlier stages, has an error. With
/// [`skip_validate`](Request::skip_validate), problems of stage `validate` become problems of stage `build`, and those
/// of an incoming guest are dropped.
pub fn validate(resolved: Outcome<Resolved>, request: &Request<'_>) -> Outcome<Validated> {
    resolved.then(|resolved, mut report| {
        check(&resolved, request, &mut report);
        if request.skip_validate {
            report.put_off(Stage::Validate, Stage::Build);
            let only_rules = report.first().is_some_and(|problem| problem.stage == Stage::Build);
            if only_rules && request.start.incoming.is_some() {
                // The domain was validated where its guest comes from.
                return Validated(resolved).into();
            }
        }
        // What the host does not know can be told when the rest is prepared.
        Outcome { value: (!report.refuses()).then_some(Validated(resolved)), report }
    })
}

/// Checks the completed domain `resolved` against every rule.
fn check(resolved: &Resolved, request: &Request<'_>, report: &mut Report) {
    let context = Context {
        domain: resolved.domain(),
        guest: resolved.guest(),
        caps: request.caps,
        host: request.host,
        release: request.release(),
        for_reader: request.start.runner == Runner::Reader,
        known: Known::of(resolved.domain()),
    };
    let mut findings = Findings::new(report, &context);
    for check in rules::CHECKS {
        check.run(&context, &mut findings);
    }
    for check in rules::BUILD_CHECKS {
        check(&context, &mut findings);
    }
    findings.finish();
}

/// A running domain with a device that is attached to it, which satisfies the rules of its device. Only [`validate_device`]
/// makes one.
#[derive(Debug, Clone, PartialEq)]
pub struct ValidDevice {
    /// The domain with the device.
    pub domain: Validated,
    /// The device.
    pub device: DeviceId,
    /// The controller that is attached before it.
    pub controller: Option<DeviceId>,
}

/// The rules across devices that libvirt does not check when a device is attached, but has rules of attaching for.
const ACROSS: &[&Rule] = &[
    &rules::disk::ADDRESS_TWICE,
    &rules::controller::TWICE,
    &rules::os::BOOT_ORDER_TWICE,
    &rules::disk::name::NAME_TWICE,
];

/// Checks a device that is attached against the rules of devices. The rest of the domain runs, and is not looked at: only
/// problems whose place is behind `base`, where the device was read, are reported.
pub fn validate_device(
    attached: Outcome<Attached>,
    base: usize,
    request: &Request<'_>,
) -> Outcome<ValidDevice> {
    attached.then(|Attached { resolved, device, controller }, mut report| {
        let mut found = report.clone();
        check(&resolved, request, &mut found);
        let of_device = |problem: &Problem| problem.place.element.offset().is_some_and(|at| at >= base);
        let across = |problem: &Problem| ACROSS.iter().any(|rule| rule.id == problem.id());
        found.retain(|problem, _| of_device(problem) && !across(problem));
        // Those of earlier stages are there already.
        let new: Vec<_> =
            found.iter().filter(|problem| !report.iter().any(|old| old == *problem)).cloned().collect();
        report.extend(new);
        let valid = ValidDevice { domain: Validated(resolved), device, controller };
        Outcome { value: (!report.refuses()).then_some(valid), report }
    })
}
