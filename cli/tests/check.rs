//! `virtargv check`: what is checked, what is said of it, and in which order.

#![allow(clippy::disallowed_methods, reason = "tests look at files and start programs")]
#![allow(clippy::expect_used, reason = "a test that cannot be set up has failed")]

mod common;

use std::process::Output;

use common::{Scratch, text};
use expect_test::{Expect, expect};
use serde_json::Value;

const GOOD: &str = "<domain type='kvm'><name>a</name><memory unit='MiB'>64</memory>
<os><type arch='x86_64' machine='q35'>hvm</type></os></domain>";
const BAD: &str = "<domain type='kvm'><name>a</name><memory unit='Mob'>64</memory>
<os><type arch='x86_64' machine='q35'>hvm</type></os></domain>";
/// What only a host could say.
const NOTED: &str = "<domain type='kvm'><name>a</name><memory unit='MiB'>64</memory>
<os><type arch='x86_64' machine='q35'>hvm</type></os>
<devices><interface type='network'><source network='default'/></interface></devices></domain>";

/// A directory with documents and other files.
fn documents() -> Scratch {
    Scratch::with(&[
        ("a.xml", GOOD.as_bytes()),
        ("b.xml", BAD.as_bytes()),
        ("b.txt", BAD.as_bytes()),
        ("net/default.xml", b"<network><name>default</name></network>"),
        ("net/other.xml", b"<network/>"),
        ("sub/c.xml", NOTED.as_bytes()),
        ("sub/cut.xml", b"<domain type='kvm'>"),
        ("sub/empty.xml", b""),
        ("sub/latin1.xml", b"<domain type='kvm'><name>\xe9</name></domain>"),
        ("sub/latin1-network.xml", b"<network><name>\xe9</name></network>"),
    ])
}

fn check_in(scratch: &Scratch, args: &[&str]) -> Output {
    let command = &mut common::virtargv();
    common::run(command.arg("check").args(args).current_dir(scratch.path()), GOOD)
}

/// What `check --format json` says of each file.
fn statuses(scratch: &Scratch, args: &[&str]) -> Vec<String> {
    let output = check_in(scratch, &[&["--format", "json", "--quiet"], args].concat());
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let words = |document: &Value, keys: &[&str]| {
        let values = keys.iter().filter_map(|key| document.get(key)?.as_str());
        values.collect::<Vec<_>>().join(" ")
    };
    let documents = report.get("documents").and_then(Value::as_array).expect("an array");
    documents.iter().map(|document| words(document, &["file", "status", "error", "reason"])).collect()
}

#[test]
fn directories_patterns_and_files_are_checked_in_order() {
    let scratch = documents();
    let check = |args: &[&str], expected: &[&str]| assert_eq!(statuses(&scratch, args), expected, "{args:?}");
    check(
        &["."],
        &[
            "./a.xml accepted",
            "./b.xml refused",
            "./net/default.xml skipped <network>, not <domain>",
            "./net/other.xml skipped <network>, not <domain>",
            "./sub/c.xml accepted",
            "./sub/cut.xml refused",
            "./sub/empty.xml skipped no element",
            "./sub/latin1-network.xml skipped <network>, not <domain>",
            "./sub/latin1.xml unchecked cannot be read: not UTF-8 from byte 25 on",
        ],
    );
    check(&["sub/c.xml", "-", "a.xml"], &["sub/c.xml accepted", "<stdin> accepted", "a.xml accepted"]);
    check(&["b.txt", "net/other.xml"], &["b.txt refused", "net/other.xml refused"]);
    check(
        &["--domains-only", "b.txt", "net/other.xml"],
        &["b.txt refused", "net/other.xml skipped <network>, not <domain>"],
    );
    check(&["?.xml", "**/c.xml"], &["a.xml accepted", "b.xml refused", "sub/c.xml accepted"]);
    check(
        &["no.xml", "no*.xml", "a.xml"],
        &[
            "no.xml unchecked cannot be read: No such file or directory (os error 2)",
            "no*.xml unchecked no file has a name of this pattern",
            "a.xml accepted",
        ],
    );
    check(&["--caps", "builtin:qemu-10.0-{arch}", "a.xml", "-"], &["a.xml accepted", "<stdin> accepted"]);
}

#[test]
fn exit_codes_and_summaries() {
    let scratch = documents();
    let check = |args: &[&str], code: i32, out: &str, err: &str| {
        let output = check_in(&scratch, args);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {}", text(&output.stderr));
        let last = |bytes| text(bytes).lines().last().unwrap_or_default().to_owned();
        assert_eq!((&*last(&output.stdout), &*last(&output.stderr)), (out, err), "{args:?}");
    };
    check(&["a.xml"], 0, "1 document, none refused", "");
    check(&["sub/c.xml"], 0, "1 document, none refused, 1 note", "");
    check(&["-q", "a.xml"], 0, "", "");
    check(&["b.xml", "a.xml"], 1, "2 documents, 1 refused", "");
    check(&["b.xml", "no.xml"], 2, "1 document, 1 refused, 1 not checked", "");
    check(&["net"], 0, "skipped net/default.xml and 1 more: <network>, not <domain>", "");
    check(&["--format", "github", "a.xml"], 0, "1 document, none refused", "");
    check(&["--format", "junit", "a.xml"], 0, "</testsuites>", "1 document, none refused");
    check(&["--format", "junit", "--quiet", "a.xml"], 0, "</testsuites>", "");
    check(
        &["--caps", "no.xml", "a.xml"],
        2,
        "",
        "virtargv: cannot read `no.xml`: No such file or directory (os error 2)",
    );
}

#[test]
fn problems_are_shown_by_place() {
    let check = |args: &[&str], expected: Expect| {
        let project = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
        let output = common::run(common::virtargv().arg("check").args(args).current_dir(project), GOOD);
        expected.assert_eq(text(&output.stdout));
    };
    check(
        &["examples/broken.xml"],
        expect![[r"
            error[unit]: invalid argument: unknown unit `GigaByte` in `<memory>`
             --> examples/broken.xml:3:11
              |
            3 |   <memory unit='GigaByte'>4</memory>
              |           ^^^^^^^^^^^^^^^
              |
              = help: did you mean `GB` (powers of 1000) or `GiB` (powers of 1024)? Else use `bytes`, `KB`, `KiB`, `MB`, `MiB`, `GB`, `GiB`, `TB`, `TiB`, `PB`, `PiB`, `EB` or `EiB`

            error[attribute-value]: XML error: bad value `virtoi` for `bus` of `<target>`
              --> examples/broken.xml:10:25
               |
            10 |       <target dev='vda' bus='virtoi'/>
               |                         ^^^^^^^^^^^^
               |
               = help: did you mean `virtio`? Allowed: `scsi`, `virtio`, `usb`, `sata`, `sd`, `nvme`

            error[net-teaming-persistent-model]: unsupported configuration: teaming type `persistent` needs interface model `virtio`, not `e1000`
              --> examples/broken.xml:14:14
               |
            14 |       <model type='e1000'/>
               |              ^^^^^^^^^^^^
               |
               = help: set `type='virtio'` in `<model>`

            1 document, 1 refused
        "]],
    );
    check(
        &["--format", "github", "examples/broken.xml"],
        expect![[r"
            ::error file=examples/broken.xml,line=3,endLine=3,col=11,endColumn=25,title=unit::invalid argument: unknown unit `GigaByte` in `<memory>`%0Ahelp: did you mean `GB` (powers of 1000) or `GiB` (powers of 1024)? Else use `bytes`, `KB`, `KiB`, `MB`, `MiB`, `GB`, `GiB`, `TB`, `TiB`, `PB`, `PiB`, `EB` or `EiB`
            ::error file=examples/broken.xml,line=10,endLine=10,col=25,endColumn=36,title=attribute-value::XML error: bad value `virtoi` for `bus` of `<target>`%0Ahelp: did you mean `virtio`? Allowed: `scsi`, `virtio`, `usb`, `sata`, `sd`, `nvme`
            ::error file=examples/broken.xml,line=14,endLine=14,col=14,endColumn=25,title=net-teaming-persistent-model::unsupported configuration: teaming type `persistent` needs interface model `virtio`, not `e1000`%0Ahelp: set `type='virtio'` in `<model>`
            1 document, 1 refused
        "]],
    );
    check(
        &["--format", "junit", "examples"],
        expect![[r#"
            <?xml version="1.0" encoding="UTF-8"?>
            <testsuites name="virtargv check">
              <testsuite name="examples/broken.xml" tests="3" failures="3" errors="0" skipped="0">
                <testcase classname="examples/broken.xml" name="unit:3:11"><failure type="unit" message="invalid argument: unknown unit `GigaByte` in `&lt;memory&gt;`">examples/broken.xml:3:11: error[unit]: invalid argument: unknown unit `GigaByte` in `&lt;memory&gt;`&#10;help: did you mean `GB` (powers of 1000) or `GiB` (powers of 1024)? Else use `bytes`, `KB`, `KiB`, `MB`, `MiB`, `GB`, `GiB`, `TB`, `TiB`, `PB`, `PiB`, `EB` or `EiB`
            </failure></testcase>
                <testcase classname="examples/broken.xml" name="attribute-value:10:25"><failure type="attribute-value" message="XML error: bad value `virtoi` for `bus` of `&lt;target&gt;`">examples/broken.xml:10:25: error[attribute-value]: XML error: bad value `virtoi` for `bus` of `&lt;target&gt;`&#10;help: did you mean `virtio`? Allowed: `scsi`, `virtio`, `usb`, `sata`, `sd`, `nvme`
            </failure></testcase>
                <testcase classname="examples/broken.xml" name="net-teaming-persistent-model:14:14"><failure type="net-teaming-persistent-model" message="unsupported configuration: teaming type `persistent` needs interface model `virtio`, not `e1000`">examples/broken.xml:14:14: error[net-teaming-persistent-model]: unsupported configuration: teaming type `persistent` needs interface model `virtio`, not `e1000`&#10;help: set `type='virtio'` in `&lt;model&gt;`
            </failure></testcase>
              </testsuite>
              <testsuite name="examples/server.xml" tests="1" failures="0" errors="0" skipped="0">
                <testcase classname="examples/server.xml" name="examples/server.xml"/>
              </testsuite>
            </testsuites>
        "#]],
    );
}

#[test]
fn many_documents_are_reported_in_the_order_of_their_names() {
    let names: Vec<String> = (0..600).map(|n| format!("{n:03}.xml")).collect();
    let content = |n: usize| if n.is_multiple_of(7) { BAD.as_bytes() } else { GOOD.as_bytes() };
    let files: Vec<_> = names.iter().enumerate().map(|(n, name)| (name.as_str(), content(n))).collect();
    let scratch = Scratch::with(&files);
    let run = |jobs: &str, format: &str| check_in(&scratch, &["--jobs", jobs, "--format", format, "."]);
    for format in ["text", "json", "sarif", "junit", "github"] {
        let (one, four) = (run("1", format), run("4", format));
        assert_eq!(one.stdout, four.stdout, "{format}");
        assert_eq!(four.status.code(), Some(1));
    }
    let expected: Vec<String> = files
        .iter()
        .map(|(name, text)| {
            format!("./{name} {}", if *text == BAD.as_bytes() { "refused" } else { "accepted" })
        })
        .collect();
    assert_eq!(statuses(&scratch, &["--jobs", "3", "."]), expected);
}

#[test]
fn colours_are_for_terminals_only() {
    let scratch = documents();
    for format in ["text", "github"] {
        let output = check_in(&scratch, &["--format", format, "b.xml"]);
        assert!(!output.stdout.is_empty() && !text(&output.stdout).contains('\u{1b}'));
    }
}

#[test]
fn control_characters_reach_no_terminal_and_are_kept_for_machines() {
    let name = "a\u{1b}[31m\u{7f}\n.xml";
    let scratch = Scratch::with(&[(name, BAD.as_bytes())]);
    let of = |format: &str| text(&check_in(&scratch, &["--format", format, name]).stdout).to_owned();
    let shown = of("text");
    assert!(shown.contains(r"a\u{1b}[31m\u{7f}\n.xml:1:"), "{shown}");
    let json: Value = serde_json::from_str(&of("json")).expect("JSON");
    assert_eq!(json["documents"][0]["file"], name);
    assert!(of("github").starts_with("::error file=a\u{1b}[31m\u{7f}%0A.xml,line=1,"));
    assert!(of("junit").contains("<testsuite name=\"a\\u{1b}[31m\u{7f}&#10;.xml\""));
    assert!(of("sarif").contains("\"uri\":\"a%1B%5B31m%7F%0A.xml\""));
    let missing = text(&check_in(&scratch, &["no\u{1b}"]).stdout).to_owned();
    assert!(missing.starts_with(r"error: no\u{1b}: cannot be read: "), "{missing}");
}
