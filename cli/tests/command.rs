//! The command: exit codes, formats, standard output and standard error.

#![allow(clippy::disallowed_methods, reason = "tests look at files and start programs")]
#![allow(clippy::expect_used, reason = "a test that cannot be set up has failed")]

mod common;

use std::process::{Command, Output};

use common::text;

use serde_json::{Value, json};

const GOOD: &str = "<domain type='qemu'><name>a,b</name><uuid>0b6a5c2e-6a4b-4c8e-9a53-2b7a4f3e9d10</uuid>
<memory unit='MiB'>64</memory><os><type arch='x86_64' machine='pc'>hvm</type></os>
<devices><emulator>/usr/bin/qemu-system-x86_64</emulator></devices></domain>";

/// Runs the command in the project's directory with `input` on standard input.
fn virtargv(args: &[&str], input: &str) -> Output {
    let project = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    common::run(common::virtargv().args(args).current_dir(project), input)
}

#[test]
fn explains_every_rule() {
    let list = virtargv(&["explain"], "");
    let listed = String::from_utf8(list.stdout).unwrap();
    let ids: Vec<&str> = listed.lines().filter_map(|line| line.split_whitespace().next()).collect();
    let others = virtargv::rule_sets().into_iter().flat_map(|set| set.rules);
    assert_eq!(ids, virtargv::rules().chain(others).map(|rule| rule.id).collect::<Vec<_>>());
    let told = virtargv(&[&["explain"], ids.as_slice()].concat(), "");
    assert_eq!(told.status.code(), Some(0));
    let told = String::from_utf8(told.stdout).unwrap();
    for rule in virtargv::rules() {
        for text in
            [format!("{} (", rule.id), format!("Why: {}\n", rule.reason), format!("Help: {}\n", rule.help)]
        {
            assert!(told.contains(&text), "{}: {text}", rule.id);
        }
    }
}

#[test]
fn exit_codes() {
    let check = |args: &[&str], input: &str, code: i32| {
        let output = virtargv(args, input);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {}", text(&output.stderr));
    };
    check(&["argv", "-"], GOOD, 0);
    check(&["check", "-"], GOOD, 0);
    check(&["explain", "net-teaming-persistent-model"], "", 0);
    check(&["caps", "list"], "", 0);
    check(&["--help"], "", 0);
    check(&["argv", "-"], "<domain/>", 1);
    check(&["check", "examples/server.xml", "examples/broken.xml"], "", 1);
    check(&["argv", "no-such-file.xml"], "", 2);
    check(&["argv", "--caps", "builtin:none", "-"], GOOD, 2);
    check(&["argv", "--flag", "no-such-flag", "-"], GOOD, 2);
    check(&["argv", "--caps", "probe:/bin/true", "-"], GOOD, 2);
    check(&["explain", "no-such-rule"], "", 2);
    check(&["argv"], "", 2);
}

#[test]
fn formats_of_a_command_line_are_equivalent() {
    let json = virtargv(&["argv", "--format", "json", "-"], GOOD).stdout;
    let json: Value = serde_json::from_slice(&json).expect("JSON");
    let args: Vec<&str> =
        json["args"].as_array().expect("an array").iter().map(|a| a.as_str().expect("a text")).collect();
    assert_eq!(json["program"], "/usr/bin/qemu-system-x86_64");
    assert!(json["env"].is_object());
    assert!(args.contains(&"guest=a,,b,debug-threads=on"));
    let arguments = json["arguments"].as_array().expect("an array");
    let name = arguments.iter().find(|argument| argument["option"] == "-name").expect("a name");
    assert_eq!(name["properties"]["guest"], "a,b");
    assert_eq!(name["source"], json!({"element": "name", "line": 1, "column": 21}));
    let words = arguments.iter().flat_map(|argument| [&argument["option"], &argument["value"]]);
    assert_eq!(words.filter_map(Value::as_str).collect::<Vec<_>>(), args);

    let nul = virtargv(&["argv", "--format", "nul", "-"], GOOD).stdout;
    let words: Vec<&str> = text(&nul).split_terminator('\0').collect();
    assert_eq!(words.first(), Some(&"/usr/bin/qemu-system-x86_64"));
    assert_eq!(words.get(1..), Some(&args[..]));

    // A shell parses the one-line form; `printf` prints the words.
    let shell = virtargv(&["argv", "--format", "shell", "-"], GOOD).stdout;
    let script = text(&shell).replacen("/usr/bin/qemu-system-x86_64", "printf '%s\\0'", 1);
    let seen = Command::new("sh").arg("-c").arg(format!("env -i {}", script.trim_start())).output();
    let seen = seen.expect("a shell").stdout;
    assert_eq!(text(&seen).split_terminator('\0').collect::<Vec<_>>(), args);
}

/// A guest with an image whose path would be a command in a script that does not quote it.
const HOSTILE: &str = "<domain type='qemu'><name>x</name><uuid>0b6a5c2e-6a4b-4c8e-9a53-2b7a4f3e9d11</uuid>
<memory unit='MiB'>64</memory><os><type arch='x86_64' machine='pc'>hvm</type></os>
<devices><disk type='file' device='disk'><source file='/no/such&#10;exit 7'/><target dev='hda' bus='ide'/></disk>
</devices></domain>";

#[test]
fn needs_are_comments_or_json() {
    let args = ["argv", "--standalone=/no/such/directory", "--explain-host", "-"];
    let output = virtargv(&args, GOOD).stdout;
    let comments: Vec<&str> = text(&output).lines().take_while(|line| line.starts_with('#')).collect();
    assert_eq!(
        comments,
        [
            "# The command line requires on the host (virtargv creates none of it):",
            "# - a directory `/no/such/directory` that QEMU can write to",
            "# - a limit of 0 bytes of core dumps (RLIMIT_CORE): the driver's setting `max_core`",
            "# libvirt also does, in this order:",
            "# - on QEMU's monitor: {\"execute\":\"balloon\",\"arguments\":{\"value\":67108864},\"id\":\"the balloon is asked for the size that it leaves the guest\"} (currentMemory)",
        ]
    );
    let output = virtargv(&["argv", "--explain-host", "--format", "json", "-"], GOOD).stdout;
    let json: Value = serde_json::from_slice(&output).expect("JSON");
    let kinds: Vec<&str> =
        json["needs"].as_array().expect("an array").iter().filter_map(|need| need["need"].as_str()).collect();
    assert_eq!(kinds, ["directory", "content", "descriptor", "limit"]);
    assert_eq!(json["after"][0]["execute"], "balloon");
    assert!(json["monitor"].as_str().expect("a path").ends_with("/monitor.sock"));
    assert_eq!(virtargv(&["argv", "--explain-host", "--format", "nul", "-"], GOOD).status.code(), Some(2));
}

#[test]
fn values_stay_inside_comments() {
    let output = virtargv(&["argv", "--standalone=/no/such/directory", "--explain-host", "-"], HOSTILE);
    if output.status.success() {
        let comments = text(&output.stdout).lines().take_while(|line| line.starts_with('#'));
        assert!(
            comments.last().expect("a comment").contains("/no/such\\nexit 7"),
            "{}",
            text(&output.stdout)
        );
    }
    // The default directory is one component below that of the system, whatever the name is.
    let output = virtargv(&["argv", "--standalone", "--explain-host", "-"], &GOOD.replace("a,b", "a,b c"));
    let directory = text(&output.stdout).lines().nth(1).expect("a directory");
    assert!(directory.ends_with("/virtargv-a,b c` that QEMU can write to"), "{directory}");
}

#[test]
fn every_argument_is_explained_and_printed() {
    let arguments = "<qemu:commandline xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
      <qemu:arg value='-d'/><qemu:arg value='a b'/></qemu:commandline></domain>";
    let output = virtargv(&["argv", "--explain", "-"], &GOOD.replace("</domain>", arguments)).stdout;
    let lines: Vec<&str> = text(&output).lines().collect();
    assert!(lines.windows(2).any(|pair| matches!(pair, [why, "-d"] if why.starts_with("# "))), "{lines:?}");
    assert!(
        lines.windows(2).any(|pair| matches!(pair, [why, "'a b'"] if why.starts_with("# "))),
        "{lines:?}"
    );
}

#[test]
fn each_option_is_explained() {
    let plain = virtargv(&["argv", "-"], GOOD).stdout;
    let told = virtargv(&["argv", "--explain", "-"], GOOD);
    assert_eq!(told.status.code(), Some(0));
    let (plain, told) = (text(&plain), text(&told.stdout));
    let options = |out: &str| -> Vec<String> {
        let lines = out.lines().filter(|line| line.starts_with('-'));
        lines.map(|line| line.trim_end_matches(" \\").to_owned()).collect()
    };
    assert_eq!(options(told), options(plain));
    let lines: Vec<&str> = told.lines().collect();
    for (n, line) in lines.iter().enumerate().filter(|(_, line)| line.starts_with('-')) {
        assert!(n > 0 && lines[n - 1].starts_with("# "), "nothing before {line}");
    }
    assert_eq!(virtargv(&["argv", "--explain", "--format", "json", "-"], GOOD).status.code(), Some(2));
}

#[test]
fn json_has_the_source_of_each_argument() {
    let output = virtargv(&["argv", "--format", "json", "-"], GOOD).stdout;
    let line: Value = serde_json::from_slice(&output).expect("JSON");
    let arguments = line["arguments"].as_array().expect("arguments");
    let mut flat = Vec::new();
    for argument in arguments {
        flat.extend(argument["option"].as_str().map(str::to_owned));
        flat.extend(argument["value"].as_str().map(str::to_owned));
        let source = argument["source"].as_object().expect("a source");
        let known =
            ["element", "implied", "settings"].iter().filter(|key| source.contains_key(**key)).count();
        assert_eq!(known, 1, "{argument}");
        if source.contains_key("element") {
            assert!(source["line"].as_u64().is_some() && source["column"].as_u64().is_some(), "{argument}");
        }
    }
    assert_eq!(Value::from(flat), line["args"]);
    assert!(arguments.iter().any(|argument| argument["properties"]["driver"].is_string()));
}

#[test]
fn completions_and_man_pages_have_every_subcommand() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = virtargv(&["completions", shell], "");
        assert_eq!(output.status.code(), Some(0), "{shell}");
        assert!(text(&output.stdout).contains("domains-only"), "{shell}");
    }
    let page = virtargv(&["man"], "");
    assert!(text(&page.stdout).contains(".TH virtargv 1"), "{}", text(&page.stdout));
    let scratch = common::Scratch::with(&[("man1/old.1", b"")]);
    let dir = scratch.path().join("man1");
    let output = virtargv(&["man", dir.to_str().expect("UTF-8")], "");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    for name in ["virtargv", "virtargv-check", "virtargv-caps-probe", "virtargv-host-show"] {
        let page = std::fs::read_to_string(dir.join(format!("{name}.1"))).expect("a page");
        assert!(page.contains("Examples:") && page.contains("Exit codes: 0 "), "{name}");
    }
    assert_eq!(virtargv(&["man", "/no/such/directory"], "").status.code(), Some(2));
}

#[test]
fn attributes_are_explained() {
    let check = |args: &[&str], expected: &str| {
        let output = virtargv(&[&["explain-attribute"], args].concat(), "");
        assert_eq!(text(&output.stdout), expected, "{}", text(&output.stderr));
    };
    check(
        &["cputune/vcpupin/@cpuset"],
        "cputune/vcpupin/@cpuset: the host's work\n  the host's work:\n    thread-affinity: Threads run on CPUs of the host.\n  releases: is read by every release\n  rules: vcpupin-twice\n",
    );
    let output = virtargv(&["explain-attribute", "disk/driver/@cahce"], "");
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("did you mean `disk/driver/@cache`?"), "{}", text(&output.stderr));
    let output = virtargv(&["explain-attribute", "disk/driver/@cache", "--format", "json"], "").stdout;
    let json: Value = serde_json::from_slice(&output).expect("JSON");
    assert_eq!(json["attributes"][0]["goes"], "line");
    assert_eq!(json["attributes"][0]["values"][1], "writethrough");
    let all = virtargv(&["explain-attribute"], "").stdout;
    assert!(text(&all).lines().count() > 1500);
}

#[test]
fn firmware_is_listed_with_reasons() {
    let args = ["firmware", "--host", "none", "-"];
    let output = virtargv(&args, GOOD);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stdout));
    assert!(text(&output.stderr).contains("the firmware of the host"), "{}", text(&output.stderr));
    let output = virtargv(&["firmware", "--format", "json", "-"], GOOD);
    let json: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!((json["version"].as_u64(), json["asked"].as_str()), (Some(1), Some("nothing")));
    let verdicts = json["firmware"].as_array().expect("an array").iter().map(|one| one["verdict"].as_str());
    for verdict in verdicts {
        assert!(matches!(verdict, Some("not-asked" | "hidden" | "no-descriptor")), "{verdict:?}");
    }
    assert_eq!(output.status.code(), Some(0));
}
