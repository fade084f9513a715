//! The command's `attach`, `detach` and `update`: formats, exit codes, standard input.

#![allow(clippy::disallowed_methods, reason = "tests look at files and start programs")]
#![allow(clippy::expect_used, reason = "a test that cannot be set up has failed")]

mod common;

use std::process::Output;

use common::{Scratch, text};
use serde_json::Value;

const DOMAIN: &str = "<domain type='qemu' id='3'><name>demo</name><uuid>0b6a5c2e-6a4b-4c8e-9a53-2b7a4f3e9d10</uuid>
  <memory unit='MiB'>64</memory><os><type arch='x86_64' machine='q35'>hvm</type></os>
  <devices><emulator>/usr/bin/qemu-system-x86_64</emulator>
    <controller type='pci' index='0' model='pcie-root'><alias name='pcie.0'/></controller>
    <controller type='pci' index='1' model='pcie-root-port'><model name='pcie-root-port'/><target chassis='1' port='0x8'/>
      <alias name='pci.1'/><address type='pci' domain='0' bus='0' slot='1' function='0'/></controller>
    <interface type='user'><mac address='52:54:00:00:00:01'/><model type='virtio'/><alias name='net0'/>
      <address type='pci' domain='0' bus='0' slot='2' function='0'/></interface>
  </devices></domain>";
const RNG: &str = "<rng model='virtio'><backend model='builtin'/></rng>";
const DOWN: &str = "<interface type='user'><mac address='52:54:00:00:00:01'/><model type='virtio'/><link state='down'/></interface>";

/// Runs `verb` with the arguments `more` for the device `device`, which is read from standard input.
fn run(verb: &str, more: &[&str], domain: &str, device: &str) -> Output {
    let scratch = Scratch::with(&[("demo.xml", domain.as_bytes())]);
    let mut command = common::virtargv();
    command.arg(verb).args(["--host", "none"]).args(more).arg(scratch.path().join("demo.xml")).arg("-");
    common::run(&mut command, device)
}

#[test]
fn commands_are_lines_for_a_monitor() {
    let check = |verb: &str, domain: &str, device: &str, expected: &[&str]| {
        let output = run(verb, &[], domain, device);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let parsed = |line: &str| serde_json::from_str::<Value>(line).expect("JSON");
        let names: Vec<String> = text(&output.stdout)
            .lines()
            .map(|line| parsed(line)["execute"].as_str().unwrap_or_default().to_owned())
            .collect();
        assert_eq!(names, expected, "{verb}");
    };
    check("attach", DOMAIN, RNG, &["object-add", "device_add"]);
    check("update", DOMAIN, DOWN, &["set_link"]);
    let status = format!("<domstatus><nodename index='3'/>{DOMAIN}</domstatus>");
    check("attach", &status, RNG, &["object-add", "device_add"]);
    let after = run("attach", &["--domain-xml"], DOMAIN, RNG);
    check("detach", text(&after.stdout), RNG, &["device_del", "object-del"]);
}

#[test]
fn json_has_what_the_commands_do_not_say() {
    let nic =
        "<interface type='ethernet'><mac address='52:54:00:00:00:02'/><model type='virtio'/></interface>";
    let output = run("attach", &["--format", "json"], DOMAIN, nic);
    let json: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(json["commands"][0]["execute"], "getfd");
    let needs = json["needs"].as_array().expect("needs");
    assert!(needs.iter().any(|need| need["number"] == json["commands"][0]["fd"] && need["owner"] == "net1"));
    assert_eq!(json["commands"][1]["undo"]["execute"], "netdev_del");
    assert!(json["domain"].as_str().is_some_and(|domain| domain.contains("<alias name='net1'/>")));
}

#[test]
fn what_is_refused_is_shown_at_its_place() {
    let output = run("attach", &[], DOMAIN, "<video><model type='vga'/></video>");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("hotplug-kind"), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("<stdin>:1:"), "{}", text(&output.stderr));
    let output = run("attach", &[], "<domain/", RNG);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("demo.xml:1:"), "{}", text(&output.stderr));
}

#[test]
fn a_mistake_in_the_device_is_shown_at_its_place() {
    let device = "<rng model='virtio'>\n  <backend model='builtin'/>\n  <rat bytes='1'/>\n</rng>";
    let output = run("attach", &[], DOMAIN, device);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(text(&output.stdout).lines().count(), 2);
    let shown = text(&output.stderr);
    assert!(shown.contains("warning[unknown-element]") && shown.contains("<stdin>:3:3"), "{shown}");
    let output = run("attach", &["--format", "json"], DOMAIN, device);
    let json: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let problem = &json["problems"][0];
    let found = (&json["status"], &problem["rule"], &problem["file"], &problem["place"]["line"]);
    assert_eq!(found, (&"accepted".into(), &"unknown-element".into(), &"<stdin>".into(), &3.into()));
}

#[test]
fn json_has_what_is_refused() {
    let output = run("attach", &["--format", "json"], DOMAIN, "<video><model type='vga'/></video>");
    assert_eq!(output.status.code(), Some(1));
    let json: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!((&json["status"], &json["commands"]), (&"refused".into(), &Value::Null));
    assert_eq!(json["problems"][0]["rule"], "hotplug-kind");
}

#[test]
fn what_only_qemu_knows_is_told_and_left_out() {
    let device =
        "<channel type='file'><source path='/run/a.log'/><target type='virtio' name='org.a'/></channel>";
    let serial = "<controller type='virtio-serial' index='0'><alias name='virtio-serial0'/>
      <address type='pci' domain='0' bus='0' slot='3' function='0'/></controller></devices>";
    let domain = DOMAIN.replace("</devices>", serial);
    let after = run("attach", &["--domain-xml"], &domain, device);
    let output = run("detach", &[], text(&after.stdout), device);
    let last = text(&output.stdout).lines().last().expect("a command");
    assert_eq!(last, r#"{"execute":"remove-fd"}"#);
    let told = "# command 4: `/fdset-id` is `/fdset-id` of the item in the reply to query-fdsets whose `/fds/*/opaque` is `channel0-source`";
    assert!(text(&output.stderr).contains(told), "{}", text(&output.stderr));
    let wait = r#"# after command 1 wait for DEVICE_DELETED with `data` {"device":"channel0"}"#;
    assert!(text(&output.stderr).contains(wait), "{}", text(&output.stderr));
}

#[test]
fn usage_errors_have_a_code_of_their_own() {
    let mut command = common::virtargv();
    assert_eq!(common::run(command.args(["attach", "-", "-"]), "").status.code(), Some(2));
    let scratch = Scratch::with(&[("key", b"short")]);
    let key = scratch.path().join("key");
    let output = run("attach", &["--master-key", key.to_str().expect("UTF-8")], DOMAIN, RNG);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
}
