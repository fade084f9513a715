//! What the command reads has a limit, whichever option names it: a device or pipe without an end stops no one.

#![cfg(target_os = "linux")]
#![allow(clippy::disallowed_methods, reason = "tests start programs")]
#![allow(clippy::expect_used, reason = "a test that cannot be set up has failed")]

mod common;

use std::process::{Output, Stdio};

use common::text;
use expect_test::{Expect, expect};

const GUEST: &str = "<domain type='kvm'><name>a</name><memory unit='MiB'>64</memory>
<os><type arch='x86_64' machine='q35'>hvm</type></os></domain>";

/// What of a run is compared: its code, and the first line of what it says.
fn shown(output: &Output) -> String {
    let said = [text(&output.stdout), text(&output.stderr)].concat();
    let first = said.lines().find(|line| !line.is_empty()).unwrap_or_default();
    format!("{}: {first}", output.status.code().unwrap_or(-1))
}

#[test]
fn a_file_without_an_end_is_refused() {
    let check = |args: &[&str], expected: Expect| {
        expected.assert_eq(&shown(&common::run(common::virtargv().args(args).env_clear(), GUEST)));
    };
    check(
        &["check", "/dev/zero"],
        expect![
            "1: error[document-size]: XML error: the document has 16777217 bytes, more than the `16777216` that are read"
        ],
    );
    check(
        &["argv", "/dev/zero"],
        expect![
            "1: error[document-size]: XML error: the document has 16777217 bytes, more than the `16777216` that are read"
        ],
    );
    check(
        &["check", "--caps", "/dev/zero", "-"],
        expect!["2: virtargv: cannot read `/dev/zero`: it has more than the 33554432 bytes that are read"],
    );
    check(
        &["check", "--host", "/dev/zero", "-"],
        expect![
            "2: virtargv: cannot read the description of the host `/dev/zero`: it has more than the 33554432 bytes that are read"
        ],
    );
    check(
        &["check", "--network", "a=/dev/zero", "-"],
        expect![
            "2: virtargv: cannot read `/dev/zero`, the definition of a network (`bridge:/dev/zero` is the bridge): it has more than the 33554432 bytes that are read"
        ],
    );
    check(
        &["check", "--secret", "a=/dev/zero", "-"],
        expect![
            "2: virtargv: cannot read `/dev/zero`, the value of secret `a`: it has more than the 33554432 bytes that are read"
        ],
    );
}

#[test]
fn standard_input_without_an_end_is_refused() {
    let endless = std::fs::File::open("/dev/zero").expect("a device");
    let output = common::virtargv()
        .args(["argv", "-"])
        .stdin(Stdio::from(endless))
        .output()
        .expect("the command ends");
    expect!["1: error[document-size]: XML error: the document has 16777217 bytes, more than the `16777216` that are read"].assert_eq(&shown(&output));
}
