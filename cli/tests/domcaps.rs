//! `virtargv domcaps`: options, formats, and what is said where something is not known.

#![allow(clippy::disallowed_methods, reason = "tests look at files and start programs")]
#![allow(clippy::expect_used, reason = "a test that cannot be set up has failed")]

mod common;

use common::{Scratch, text};
use serde_json::Value;

/// What the command prints, what it says on standard error, and its exit code.
fn run(args: &[&str]) -> (String, String, Option<i32>) {
    let all: Vec<&str> = ["domcaps"].into_iter().chain(args.iter().copied()).collect();
    let output = common::run(common::virtargv().args(all).env_clear(), "");
    (text(&output.stdout).to_owned(), text(&output.stderr).to_owned(), output.status.code())
}

#[test]
fn options_choose_the_kind_of_guest() {
    let check = |args: &[&str], expected: &str| {
        let args: Vec<&str> = args.iter().copied().chain(["--host", "none"]).collect();
        let (out, err, code) = run(&args);
        assert_eq!(code, Some(0), "{args:?}: {err}");
        let head: Vec<&str> = out.lines().skip(1).take(4).map(str::trim).collect();
        assert_eq!(head.join(""), expected, "{args:?}");
    };
    check(
        &["--arch", "x86_64"],
        "<path>/usr/bin/qemu-system-x86_64</path><domain>kvm</domain><machine>pc-i440fx-11.1</machine><arch>x86_64</arch>",
    );
    check(
        &["--arch", "x86_64", "--machine", "q35", "--virttype", "qemu", "--emulator", "/opt/qemu"],
        "<path>/opt/qemu</path><domain>qemu</domain><machine>pc-q35-11.1</machine><arch>x86_64</arch>",
    );
    check(
        &["--caps", "builtin:qemu-10.0-aarch64", "--release", "11.3"],
        "<path>/usr/bin/qemu-system-aarch64</path><domain>kvm</domain><machine>virt-10.0</machine><arch>aarch64</arch>",
    );
}

#[test]
fn a_described_host_answers() {
    let host = r#"{ "version": 1, "arch": "x86_64", "cpu": { "kvm_max_vcpus": 7 }, "services": { "qemu_rdp": true } }"#;
    let scratch = Scratch::with(&[("host.json", host.as_bytes())]);
    let file = scratch.path().join("host.json");
    let (out, err, code) = run(&["--machine", "q35", "--host", file.to_str().expect("UTF-8")]);
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("<vcpu max='7'/>") && out.contains("<value>rdp</value>"), "{out}");
    assert!(!err.contains("vCPUs"), "{err}");
    assert!(err.contains("which TPMs swtpm emulates"), "{err}");
}

#[test]
fn json_has_the_same_words() {
    let (out, _, code) = run(&["--arch", "s390x", "--host", "none", "--format", "json", "--release", "11.3"]);
    assert_eq!(code, Some(0));
    let told: Value = serde_json::from_str(&out).expect("JSON");
    let at = |path: &str| told.pointer(path).cloned().unwrap_or_default();
    assert_eq!(at("/version"), 1);
    assert_eq!(at("/release"), "11.3");
    assert_eq!(at("/devices/video"), serde_json::json!(["virtio", "none"]));
    assert_eq!(at("/devices/console"), Value::Null);
    assert_eq!(at("/features/s390-pv"), false);
    assert!(at("/unknown").as_array().is_some_and(|unknown| !unknown.is_empty()));
}

#[test]
fn what_there_is_not_is_refused() {
    let check = |args: &[&str], expected: &str| {
        let (out, err, code) = run(args);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{args:?}: {err}");
        assert!(err.contains(expected), "{args:?}: {err}");
    };
    check(
        &["--arch", "x86_64", "--host", "none", "--machine", "q53"],
        "this QEMU has no machine type `q53`; did you mean `q35`?",
    );
    check(
        &["--caps", "builtin:qemu-10.0-aarch64", "--arch", "s390x", "--host", "none"],
        "this QEMU is for architecture `aarch64` and does not run guests of `s390x`",
    );
    check(&["--virttype", "xen"], "invalid value 'xen'");
}

#[test]
fn without_the_accelerator_it_says_so() {
    let (out, err, code) =
        run(&["--arch", "x86_64", "--host", "none", "--virttype", "kvm", "--no-flag", "kvm"]);
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("<domain>kvm</domain>"), "{out}");
    assert!(err.contains("this QEMU lacks the accelerator of guests of type `kvm`"), "{err}");
}
