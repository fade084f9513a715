//! Documents and their check, shared by the tests of this crate.

#![allow(clippy::expect_used, reason = "a test that cannot be set up has failed")]
#![allow(dead_code, reason = "each test file uses its part")]

use virtargv_caps::{Release, builtin};
use virtargv_host::{FixedHost, Request};
use virtargv_resolve::resolve;
use virtargv_validate::validate;

/// A domain document in parts.
#[derive(Clone, Copy)]
pub struct Document<'a> {
    /// The built-in capabilities.
    pub caps: &'a str,
    /// `<domain type=>`.
    pub virt_type: &'a str,
    /// `<os><type arch=>`.
    pub arch: &'a str,
    /// `<os><type machine=>`.
    pub machine: &'a str,
    /// Other content of `<os>`.
    pub os: &'a str,
    /// `<memory>`.
    pub memory: &'a str,
    /// Other elements of `<domain>`.
    pub rest: &'a str,
    /// The content of `<devices>`.
    pub devices: &'a str,
}

impl Document<'_> {
    /// A Q35 guest without devices of its own.
    pub const DEFAULT: Self = Document {
        caps: "qemu-10.0-x86_64",
        virt_type: "qemu",
        arch: "x86_64",
        machine: "q35",
        os: "",
        memory: "<memory unit='MiB'>256</memory>",
        rest: "",
        devices: "",
    };

    /// The document.
    pub fn text(&self) -> String {
        let Self { virt_type, arch, machine, os, memory, rest, devices, .. } = self;
        format!(
            "<domain type='{virt_type}'><name>test</name>{memory}{rest}\
             <os><type arch='{arch}' machine='{machine}'>hvm</type>{os}</os><devices>{devices}</devices></domain>"
        )
    }
}

/// Checks that `document` has the problems `expected` under `release`, by id, in libvirt's order.
pub fn check(release: Release, document: &Document<'_>, expected: &[&str]) {
    check_with(release, document.caps, &document.text(), expected);
}

/// As [`check`], for the text of a document and an x86_64 QEMU.
pub fn check_text(release: Release, text: &str, expected: &[&str]) {
    check_with(release, Document::DEFAULT.caps, text, expected);
}

fn check_with(release: Release, caps: &str, text: &str, expected: &[&str]) {
    let caps = builtin::get(caps, release).expect("built-in capabilities");
    let host = FixedHost::default();
    let request = Request::new(&caps, &host);
    let validated = validate(resolve(virtargv_model::parse_as(text, release), &request), &request);
    let found: Vec<&str> = validated.report.iter().map(virtargv_model::Problem::id).collect();
    assert_eq!(found, expected, "{release}: {text}\n{}", validated.report);
    assert_eq!(validated.value.is_some(), expected.is_empty(), "{release}: {text}");
}
