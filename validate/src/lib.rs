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
pub mod offered;
mod rule;
pub mod rules;

use known::Known;
pub(crate) use rule::{Context, Findings};
pub use virtargv_model::Rule;

use virtargv_host::{Request, Runner};
use virtargv_model::{Domain, Outcome, Stage};
use virtargv_resolve::{Guest, Resolved};

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
        let context = Context {
            domain: resolved.domain(),
            guest: resolved.guest(),
            caps: request.caps,
            host: request.host,
            release: request.release(),
            for_reader: request.start.runner == Runner::Reader,
            known: Known::of(resolved.domain()),
        };
        let mut findings = Findings::new(&mut report, &context);
        for check in rules::CHECKS {
            check.run(&context, &mut findings);
        }
        for check in rules::BUILD_CHECKS {
            check(&context, &mut findings);
        }
        findings.finish();
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
