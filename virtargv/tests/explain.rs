//! Explanations of command lines.

#![allow(clippy::expect_used, reason = "a test that cannot be set up has failed")]

use expect_test::expect_file;
use virtargv::explain::Explainer;
use virtargv::{FixedHost, Release, Request, builtin};

#[test]
fn every_argument_of_the_example_is_explained() {
    let text = include_str!("../../examples/server.xml");
    let caps = builtin::get("qemu-10.0-x86_64", Release::V12_9).expect("a built-in set");
    let run = virtargv::run(text, &Request::new(&caps, &FixedHost::default()));
    let (line, completed) = (run.command_line.expect("a line"), run.resolved.expect("a domain"));
    let explainer = Explainer::new(text, caps.release(), &completed);
    let mut told = String::new();
    for argument in &line.arguments {
        told.extend(["# ", &explainer.argument(argument), "\n", &argument.print(), "\n"]);
    }
    expect_file!["explain-server.txt"].assert_eq(&told);
}

const SYSINFO: &str = "
  <sysinfo type='fwcfg'><entry name='opt/org.example/a'>text</entry></sysinfo>
  <sysinfo type='smbios'><system><entry name='serial'>1</entry></system></sysinfo>
  <sysinfo type='fwcfg'>
    <entry name='opt/org.example/b'>text</entry><entry name='opt/org.example/c'>text</entry>
  </sysinfo>";

/// The elements that the arguments with `option` come from, for a domain with `parts`.
fn origins(parts: &str, option: &str) -> Vec<String> {
    let text = format!(
        "<domain type='qemu'><name>demo</name><memory unit='MiB'>512</memory><vcpu>2</vcpu>
           <os><type arch='x86_64' machine='q35'>hvm</type><smbios mode='sysinfo'/></os>{SYSINFO}{parts}</domain>"
    );
    let caps = builtin::get("qemu-10.0-x86_64", Release::V12_9).expect("a built-in set");
    let run = virtargv::run(&text, &Request::new(&caps, &FixedHost::default()));
    let completed = run.resolved.expect("a domain");
    let explainer = Explainer::new(&text, caps.release(), &completed);
    assert_eq!(run.report.to_string(), "");
    let line = run.command_line.expect("a line");
    let told = line.arguments.iter().filter(|argument| argument.option == option);
    // The path is followed by the line and column.
    told.map(|argument| explainer.argument(argument))
        .map(|told| told.split(" at ").next().unwrap_or_default().to_owned())
        .collect()
}

#[test]
fn an_argument_names_the_element_of_a_list_that_it_comes_from() {
    let check = |parts: &str, option: &str, expected: &[&str]| {
        let origins = origins(parts, option);
        let found = expected.iter().all(|path| origins.iter().any(|origin| origin == path));
        assert!(found, "{option}: {expected:?} not all in {origins:?}");
    };
    check("", "-smbios", &["sysinfo[2]"]);
    check("", "-fw_cfg", &["sysinfo[1]/entry", "sysinfo[3]/entry[1]", "sysinfo[3]/entry[2]"]);
    check(
        "<iothreads>3</iothreads><iothreadids><iothread id='4'/><iothread id='7'/></iothreadids>",
        "-object",
        &["iothreadids/iothread[1]", "iothreadids/iothread[2]", "iothreads"],
    );
    let group = |name: &str| {
        format!(
            "<throttlegroup><group_name>{name}</group_name><total_iops_sec>9</total_iops_sec></throttlegroup>"
        )
    };
    check(
        &format!("<throttlegroups>{}{}</throttlegroups>", group("a"), group("b")),
        "-object",
        &["throttlegroups/throttlegroup[1]", "throttlegroups/throttlegroup[2]"],
    );
    let cache = "<cache level='1' associativity='direct' policy='writeback'>
        <size value='10' unit='KiB'/><line value='8' unit='B'/></cache>";
    let cell = |id: u32| format!("<cell id='{id}' cpus='{id}' memory='262144'>{cache}</cell>");
    let latency = |to: u32| format!("<latency initiator='0' target='{to}' type='access' value='5'/>");
    let numa = format!(
        "<cpu><numa>{}{}<interconnects>{}{}</interconnects></numa></cpu>",
        cell(0),
        cell(1),
        latency(0),
        latency(1)
    );
    check(
        &numa,
        "-numa",
        &[
            "cpu/numa/cell[1]",
            "cpu/numa/cell[2]",
            "cpu/numa/interconnects/latency[2]",
            "cpu/numa/cell[2]/cache",
        ],
    );
}
