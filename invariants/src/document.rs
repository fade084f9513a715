//! All that holds for a document, under every release.

use std::collections::BTreeSet;

use virtargv::{FixedHost, Format, Layout, Levels, Release, Request, Source};
use virtargv_strategies::Machine;

use crate::{Fault, line, lossless};

/// Checks `text` as the document of a guest of `machine` under `release`, on a host with fixed answers.
///
/// # Errors
/// The first invariant that does not hold.
pub fn check(text: &str, machine: Machine, release: Release) -> Result<(), Fault> {
    let caps = machine.caps(release);
    let host = FixedHost { arch: machine.arch(), ..FixedHost::default() };
    let mut request = Request::new(&caps, &host);
    request.read.abi_update = text.len().is_multiple_of(2);
    check_with(text, &request)
}

/// As [`check`], with another request.
///
/// # Errors
/// As [`check`].
pub fn check_with(text: &str, request: &Request<'_>) -> Result<(), Fault> {
    let run = virtargv::run(text, request);
    let source = Source::new(text);
    for problem in &run.report {
        let _ = (problem.to_string(), source.locate(&problem.place));
    }
    if let Some(command) = &run.command_line {
        let layout = Layout { wrap: Some(78), source: Some(&source) };
        let _ =
            (command.print_with(Format::Args, &layout), command.print_with(Format::JsonWithNeeds, &layout));
        line::check(command, &BTreeSet::new())?;
    }
    let _ = virtargv::check(text, request, &Levels::default());
    lossless::check(text, request)
}
