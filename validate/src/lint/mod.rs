//! Lints: what libvirt accepts, but is probably a mistake, or can be done better.
//!
//! They run only when they are asked for ([`check`], [`check_line`]), and a row says whether a lint is on by default: what is surely
//! a mistake is, advice is not (`ADVICE`). [`Levels`] choose: a lint is allowed, warned of or denied.

mod channel;
mod cpu;
mod disk;
mod graphics;
mod levels;
mod machine;
mod memory;
mod net;
mod qemu_ns;
pub(crate) mod teaming;
mod vhost_user;

pub use levels::{Level, Levels, UnknownLint};
pub use qemu_ns::check_line;

use virtargv_caps::Caps;
use virtargv_host::{Host, Request};
use virtargv_model::advice::Message;
use virtargv_model::{Domain, Place, Problem, Release, Rule, names};
use virtargv_resolve::Guest;

/// The rules of the lints, one table for each module.
pub static TABLES: &[&[&Rule]] = &[
    channel::ALL,
    cpu::ALL,
    disk::ALL,
    graphics::ALL,
    machine::ALL,
    memory::ALL,
    net::ALL,
    qemu_ns::ALL,
    teaming::ALL,
    vhost_user::ALL,
];

/// The lints that are off unless they are asked for: advice.
static ADVICE: &[&Rule] =
    &[&cpu::DEPRECATED, &disk::UNKNOWN_CHAIN, &graphics::PASSWORD, &machine::ALIAS, &machine::DEPRECATED];

/// All lints: those here, and those of names that are not read.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    TABLES.iter().chain([&names::ALL]).flat_map(|table| table.iter().copied())
}

/// Whether a lint is advice, which is off unless it is asked for.
pub fn is_advice(lint: &Rule) -> bool {
    ADVICE.iter().any(|rule| rule.id == lint.id)
}

/// The checks, in the order in which they run.
static CHECKS: &[fn(&Context<'_>, &mut Found)] = &[
    machine::check,
    cpu::check,
    memory::check,
    disk::check,
    net::check,
    teaming::check,
    channel::check,
    graphics::check,
    vhost_user::check,
];

/// The context of a lint: the document as it was read.
struct Context<'a> {
    domain: &'a Domain,
    /// Whether it is that of a running domain, whose devices have the aliases that the start gave them.
    runs: bool,
    guest: Guest,
    caps: &'a Caps,
    host: &'a dyn Host,
}

/// Collects warnings.
struct Found {
    release: Release,
    problems: Vec<Problem>,
}

impl Found {
    /// Adds a warning, where the release followed has the lint.
    fn push(&mut self, rule: &'static Rule, place: impl Into<Place>, message: impl Into<Message>) {
        if rule.releases.contains(self.release) {
            self.problems.push(rule.problem(self.release, place, message));
        }
    }
}

/// The warnings of all lints about a document as it was read, before it is completed.
pub fn check(domain: &Domain, request: &Request<'_>) -> Vec<Problem> {
    warnings(domain, domain.id.is_some(), request)
}

/// As [`check`], of a running domain with the device that is attached to it.
pub fn check_running(domain: &Domain, request: &Request<'_>) -> Vec<Problem> {
    warnings(domain, true, request)
}

fn warnings(domain: &Domain, runs: bool, request: &Request<'_>) -> Vec<Problem> {
    let guest = Guest::of(domain, request.caps, request.host.arch());
    let context = Context { domain, runs, guest, caps: request.caps, host: request.host };
    let mut found = Found { release: request.release(), problems: Vec::new() };
    for check in CHECKS {
        check(&context, &mut found);
    }
    found.problems
}
