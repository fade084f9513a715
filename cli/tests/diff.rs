//! `virtargv diff` and `virtargv resolve --format json`: output, schemas, exit codes.

#![allow(clippy::disallowed_methods, reason = "tests look at files and start programs")]
#![allow(clippy::expect_used, reason = "a test that cannot be set up has failed")]

mod common;

use common::{Scratch, text};
use serde_json::Value;

const GUEST: &str = "<domain type='kvm'><name>a</name><uuid>7c5f0f2e-51f4-4b57-9d8e-2f6d3f1f6b01</uuid>
<memory unit='MiB'>64</memory><os><type arch='x86_64' machine='q35'>hvm</type></os></domain>";
/// With another CPU.
const OTHER: &str = "<domain type='kvm'><name>a</name><uuid>7c5f0f2e-51f4-4b57-9d8e-2f6d3f1f6b01</uuid>
<memory unit='MiB'>64</memory><os><type arch='x86_64' machine='q35'>hvm</type></os>
<cpu mode='host-passthrough'/></domain>";
/// With another title, which no guest sees.
const TITLED: &str = "<domain type='kvm'><name>a</name><uuid>7c5f0f2e-51f4-4b57-9d8e-2f6d3f1f6b01</uuid>
<title>A</title><memory unit='MiB'>64</memory><os><type arch='x86_64' machine='q35'>hvm</type></os></domain>";

fn scratch() -> Scratch {
    Scratch::with(&[
        ("fleet/a.xml", GUEST.as_bytes()),
        ("fleet/b.xml", OTHER.as_bytes()),
        ("fleet/net.xml", b"<network/>"),
        ("guest.xml", GUEST.as_bytes()),
        ("other.xml", OTHER.as_bytes()),
        ("networks/net.xml", b"<network/>"),
        ("refused.xml", b"<domain type='kvm'><name>a</name></domain>"),
        ("same/a.xml", GUEST.as_bytes()),
        ("same/b.xml", OTHER.as_bytes()),
        ("smaller/a.xml", GUEST.as_bytes()),
        ("titled.xml", TITLED.as_bytes()),
    ])
}

/// The output and the exit code.
fn run(args: &[&str]) -> (String, Option<i32>) {
    let scratch = scratch();
    let output = common::run(common::virtargv().args(args).current_dir(scratch.path()), "");
    (text(&output.stdout).to_owned(), output.status.code())
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

fn validate(schema: &str, value: &Value) -> Vec<String> {
    let schema = json(schema);
    jsonschema::meta::validate(&schema).expect("a JSON Schema");
    let validator = jsonschema::validator_for(&schema).expect("a JSON Schema");
    validator.iter_errors(value).map(|error| format!("{error} at {}", error.instance_path())).collect()
}

#[test]
fn exit_codes_say_whether_the_guest_sees_a_change() {
    let check = |args: &[&str], code| assert_eq!(run(&[&["diff"], args].concat()).1, Some(code), "{args:?}");
    check(&["guest.xml", "guest.xml"], 0);
    check(&["guest.xml"], 2);
    check(&["-", "-"], 2);
    check(&["refused.xml", "refused.xml"], 2);
    check(&["refused.xml", "guest.xml"], 1);
    check(&["fleet", "smaller"], 2);
    check(&["fleet", "same"], 0);
    check(&["networks", "networks"], 2);
    check(&["guest.xml", "titled.xml"], 0);
    check(&["guest.xml", "other.xml"], 1);
    check(&["--machine", "pc-q35-9.0..pc-q35-10.0", "guest.xml"], 1);
    check(&["--release", "7.0..11.3", "fleet"], 1);
    check(&["--release", "11.3..12.9", "fleet"], 0);
    check(&["fleet", "guest.xml"], 2);
    check(&["no-such-file.xml"], 2);
    check(&["--release", "7.0..1.0", "guest.xml"], 2);
}

#[test]
fn a_change_is_told_with_its_reason() {
    let check = |args: &[&str], expected: &[&str]| {
        let (out, _) = run(&[&["diff"], args].concat());
        for line in expected {
            assert!(out.contains(line), "{line}:\n{out}");
        }
    };
    check(
        &["guest.xml", "other.xml"],
        &["The guest sees:", "the document is another one", "-cpu", "abi-cpu-"],
    );
    check(
        &["--machine", "pc-q35-9.0..pc-q35-10.0", "guest.xml"],
        &["the machine type is another one", "abi-machine"],
    );
    check(
        &["--release", "7.0..11.3", "guest.xml"],
        &["convention AccelOption, since 7.10 of libvirt", "ImpliedItco"],
    );
    check(
        &["--caps", "builtin:qemu-7.2-x86_64..builtin:qemu-11.1-x86_64", "guest.xml"],
        &["capability flag object-monitor-qmp on the second side only"],
    );
    check(&["--release", "7.0..11.3", "fleet"], &["Guests see:", "a.xml, b.xml", "2 documents: 2 of which"]);
    check(&["guest.xml", "guest.xml"], &["no difference"]);
    check(&["refused.xml", "refused.xml"], &["Each side is refused:", "Only the problems are compared."]);
    check(&["guest.xml", "refused.xml"], &["The second side is refused.", "2 that the guest sees, 0 on"]);
    check(&["--guest", "guest.xml", "titled.xml"], &["no difference that the guest sees"]);
}

#[test]
fn json_is_what_its_schema_says() {
    let schema = include_str!("../../docs/diff.schema.json");
    for args in [["guest.xml", "other.xml"], ["--release=7.0..12.9", "fleet"]] {
        let (out, _) = run(&[&["diff", "--format", "json"], args.as_slice()].concat());
        let value = json(&out);
        assert_eq!(validate(schema, &value), Vec::<String>::new());
        let mut wrong = value.clone();
        *wrong.pointer_mut("/documents/0/changes/0/seen").expect("a value") = Value::from("nobody");
        assert!(!validate(schema, &wrong).is_empty());
    }
}

#[test]
fn resolve_writes_json() {
    let schema = include_str!("../../docs/resolve.schema.json");
    let (out, code) =
        run(&["resolve", "--format", "json", "--with", "aliases", "--host", "none", "guest.xml"]);
    let value = json(&out);
    assert_eq!((validate(schema, &value), code), (Vec::new(), Some(0)));
    let document = value.pointer("/document").and_then(Value::as_str).expect("a document");
    assert!(document.contains("<controller type='pci' index='0' model='pcie-root'>"), "{document}");
    let alias = |alias: &&Value| alias.pointer("/alias") == Some(&Value::from("pcie.0"));
    let aliases = value.pointer("/aliases").and_then(Value::as_array).expect("aliases");
    let root = aliases.iter().find(alias).and_then(|root| root.pointer("/element"));
    assert!(
        root.and_then(Value::as_str).is_some_and(|path| path.starts_with("devices/controller[")),
        "{aliases:?}"
    );

    let scratch = Scratch::with(&[("broken.xml", GUEST.replace("'MiB'", "'Mob'").as_bytes())]);
    let args = ["resolve", "--format", "json", "--host", "none", "broken.xml"];
    let output = common::run(common::virtargv().args(args).current_dir(scratch.path()), "");
    let value = json(text(&output.stdout));
    assert_eq!((validate(schema, &value), output.status.code()), (Vec::new(), Some(1)));
    assert_eq!(value.pointer("/document"), Some(&Value::Null));
    assert_eq!(value.pointer("/problems/0/severity"), Some(&Value::from("error")));
}
