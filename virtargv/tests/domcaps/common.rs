//! Hosts, sets and sections of documents.

use virtargv::domcaps::{DomcapsRequest, domcaps};
use virtargv::{Arch, Caps, DriverConfig, FixedHost, Host, Release, Request, builtin};

/// A host of which nothing is known.
pub(crate) struct Nowhere(pub(crate) DriverConfig);

impl Host for Nowhere {
    fn config(&self) -> &DriverConfig {
        &self.0
    }

    fn arch(&self) -> Arch {
        Arch::X86_64
    }

    fn random(&self, _: &mut [u8]) {}
}

pub(crate) fn set(name: &str, release: Release) -> Caps {
    builtin::get(name, release).expect("a built-in set")
}

pub(crate) fn document(wanted: &DomcapsRequest, caps: &Caps, host: &FixedHost) -> String {
    domcaps(wanted, &Request::new(caps, host)).expect("domain capabilities").to_xml()
}

/// The section of `document` from the line `<name` on to its end.
pub(crate) fn section(document: &str, name: &str) -> String {
    let lines: Vec<&str> = document.lines().collect();
    let is_start = |line: &&str| {
        let rest = line.trim_start().strip_prefix('<').and_then(|rest| rest.strip_prefix(name));
        rest.is_some_and(|rest| rest.starts_with([' ', '>']))
    };
    let start = lines.iter().position(is_start).expect("the section");
    let first = lines.get(start).expect("a line");
    let indent = first.len() - first.trim_start().len();
    let end = lines.iter().skip(start).position(|line| {
        line.trim_start().starts_with("</") && line.len() - line.trim_start().len() == indent
    });
    let count = if first.ends_with("/>") { 1 } else { end.map_or(1, |end| end + 1) };
    lines.iter().skip(start).take(count).flat_map(|line| [line.get(indent..).unwrap_or(""), "\n"]).collect()
}

pub(crate) fn machine(name: &str) -> DomcapsRequest {
    DomcapsRequest { machine: Some(name.to_owned()), ..DomcapsRequest::default() }
}

pub(crate) fn host(arch: Arch) -> FixedHost {
    FixedHost { arch, ..FixedHost::default() }
}
