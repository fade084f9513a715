//! `argv --verify`: what a QEMU accepts, of recorded replies and of a real QEMU.

#![allow(clippy::disallowed_methods, reason = "tests look at files and start programs")]
#![allow(clippy::expect_used, reason = "a test that cannot be set up has failed")]

mod common;

use std::path::Path;
use std::process::Output;

use common::{Scratch, text};
use serde_json::{Value, json};

const QEMU: &str = "/usr/bin/qemu-system-x86_64";

/// A guest with an interface, and these elements.
fn guest(elements: &str) -> String {
    format!(
        "<domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><name>demo</name>
<uuid>0b6a5c2e-6a4b-4c8e-9a53-2b7a4f3e9d10</uuid><memory unit='MiB'>64</memory>
<os><type arch='x86_64' machine='pc'>hvm</type></os>
<devices><emulator>{QEMU}</emulator><interface type='user'><mac address='52:54:00:00:00:01'/><model type='e1000'/></interface></devices>
{elements}</domain>"
    )
}

/// Recorded replies of a QEMU whose `-netdev` knows these members besides `type` and `id`.
fn replies(members: &[(&str, &str)]) -> String {
    let member = |(name, of): &(&str, &str)| json!({ "name": name, "type": of, "default": null });
    let members: Vec<Value> = members.iter().map(member).collect();
    let schema = json!([
        { "meta-type": "builtin", "name": "str", "json-type": "string" },
        { "meta-type": "builtin", "name": "bool", "json-type": "boolean" },
        { "meta-type": "command", "name": "netdev_add", "arg-type": "1", "ret-type": "0" },
        { "meta-type": "object", "name": "1", "tag": "type", "variants": [{ "case": "user", "type": "3" }],
          "members": [{ "name": "type", "type": "2" }, { "name": "id", "type": "str" }] },
        { "meta-type": "enum", "name": "2", "values": ["user"] },
        { "meta-type": "object", "name": "3", "members": members },
    ]);
    format!("{{\"execute\":\"query-qmp-schema\"}}\n{{\"return\":{schema}}}\n")
}

/// Runs `argv` for `document`, without a host, with a cache of its own.
fn argv(scratch: &Scratch, args: &[&str], document: &str) -> Output {
    let mut command = common::virtargv();
    command.args(["argv", "--host", "none", "--env", "clean"]).args(args).arg("-");
    common::run(command.env("XDG_CACHE_HOME", scratch.path().join("cache")), document)
}

#[test]
fn a_line_that_qemu_accepts_is_printed_as_without_verifying() {
    let scratch = Scratch::with(&[("qemu.replies", replies(&[]).as_bytes())]);
    let verify = format!("--verify={}", scratch.path().join("qemu.replies").display());
    let plain = argv(&scratch, &[], &guest(""));
    let verified = argv(&scratch, &[&verify], &guest(""));
    assert_eq!(verified.status.code(), Some(0), "{}", text(&verified.stderr));
    assert!(!plain.stdout.is_empty());
    assert_eq!(text(&verified.stdout), text(&plain.stdout));
    let said = text(&verified.stderr);
    assert!(said.starts_with("verified: QEMU 0.0.0 describes 1 of "), "{said}");
    assert!(said.contains("not checked, no properties of `e1000` are known: -device"), "{said}");
}

#[test]
fn a_line_that_qemu_refuses_is_not_printed() {
    let scratch = Scratch::with(&[("qemu.replies", replies(&[("restrict", "bool")]).as_bytes())]);
    let verify = format!("--verify={}", scratch.path().join("qemu.replies").display());
    let argument = "<qemu:commandline><qemu:arg value='-netdev'/>
<qemu:arg value='user,id=n,restrikt=on'/></qemu:commandline>";
    let refused = argv(&scratch, &[&verify], &guest(argument));
    assert_eq!(refused.status.code(), Some(1));
    assert_eq!(text(&refused.stdout), "");
    let said = text(&refused.stderr);
    for part in
        ["`restrikt` is not known", "qemu-member-unknown", "--> <stdin>:5:", "did you mean `restrict`?"]
    {
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[test]
fn what_there_is_no_qemu_for_cannot_be_verified() {
    let scratch = Scratch::with(&[
        ("none.replies", b"[]".as_slice()),
        ("old.replies", b"{\"execute\":\"x\"} {\"return\":{}}"),
    ]);
    let check = |verify: &str, expected: &str| {
        let output = argv(&scratch, &[verify], &guest(""));
        assert_eq!(output.status.code(), Some(2), "{verify}");
        assert!(text(&output.stderr).contains(expected), "{verify}: {}", text(&output.stderr));
    };
    let file = |name: &str| format!("--verify={}", scratch.path().join(name).display());
    check("--verify", "--caps probe:PATH");
    check(&file("absent.replies"), "cannot read");
    check(&file("none.replies"), "must be a request");
    check(&file("old.replies"), "query-qmp-schema");
}

#[test]
fn each_rule_of_verifying_is_explained_and_documented() {
    let document = include_str!("../../docs/verify.md");
    for rule in virtargv::verify::rules::ALL {
        let told = common::run(common::virtargv().args(["explain", rule.id]), "");
        assert!(text(&told.stdout).contains(rule.reason), "{}", rule.id);
        assert!(document.contains(&format!("| `{}` | {} |", rule.id, rule.severity.id())), "{}", rule.id);
    }
}

/// Without QEMU there is nothing to be asked.
#[test]
fn a_real_qemu_is_asked_once_and_finds_a_wrong_option() {
    if !Path::new(QEMU).exists() {
        eprintln!("{QEMU} is not installed, it is not asked");
        return;
    }
    let scratch = Scratch::with(&[]);
    let probe = format!("--caps=probe:{QEMU}");
    let cached = || -> Vec<_> {
        let entries =
            std::fs::read_dir(scratch.path().join("cache/virtargv/probes")).expect("a cache").flatten();
        let files =
            entries.filter(|entry| entry.path().extension().is_some_and(|ending| ending == "replies"));
        files.map(|entry| entry.metadata().and_then(|found| found.modified()).expect("a time")).collect()
    };
    let good = argv(&scratch, &["--verify", &probe], &guest(""));
    assert_eq!(good.status.code(), Some(0), "{}", text(&good.stderr));
    assert!(!text(&good.stderr).contains("no properties of"), "{}", text(&good.stderr));
    let first = cached();
    assert_eq!(first.len(), 1);
    let changed = "<qemu:override><qemu:device alias='net0'><qemu:frontend>
<qemu:property name='mak' type='string' value='x'/></qemu:frontend></qemu:device></qemu:override>";
    let refused = argv(&scratch, &["--verify", &probe], &guest(changed));
    assert_eq!(refused.status.code(), Some(1), "{}", text(&refused.stderr));
    assert!(text(&refused.stderr).contains("`mak` is not known"), "{}", text(&refused.stderr));
    assert_eq!(cached(), first, "it was asked again");
}
