//! `virtargv cpu`: output, exit codes, JSON.

#![allow(clippy::disallowed_methods, reason = "tests look at files and start programs")]
#![allow(clippy::expect_used, reason = "a test that cannot be set up has failed")]

mod common;

use common::{Scratch, text};
use serde_json::Value;

const DEFINITIONS: &str = "<cpus><vendor name='Acme' string='AcmeAcmeAcme'/>
  <feature name='add'><cpuid eax_in='1' edx='1'/></feature>
  <feature name='sub'><cpuid eax_in='1' edx='2'/></feature>
  <feature name='mul'><cpuid eax_in='7' ebx='1'/></feature>
  <model name='Early'><signature family='6' model='1' stepping='0-1'/><vendor name='Acme'/>
    <feature name='add'/><feature name='sub'/></model>
  <model name='Late'><model name='Early'/><feature name='mul'/></model></cpus>";

/// A QEMU with both models, on a host without `mul`.
const CAPS: &str = "<qemuCaps><flag name='kvm'/><version>11001000</version><arch>x86_64</arch>
  <hostCPU type='kvm' model='base' migratability='yes'>
    <property name='add' type='boolean' value='true' migratable='yes'/>
    <property name='sub' type='boolean' value='true' migratable='yes'/>
    <property name='mul' type='boolean' value='false'/>
    <property name='vendor' type='string' value='AcmeAcmeAcme'/>
  </hostCPU>
  <cpu type='kvm' name='Early' usable='yes'/>
  <cpu type='kvm' name='Late' usable='no'><blocker name='mul'/></cpu></qemuCaps>";

/// Runs `virtargv cpu` with `args` on that QEMU, and `document` as standard input: exit code, output, standard error.
fn run(args: &[&str], document: &str) -> (Option<i32>, String, String) {
    let index = "<cpus><arch name='x86'><include filename='all.xml'/></arch></cpus>";
    let scratch = Scratch::with(&[
        ("caps.xml", CAPS.as_bytes()),
        ("map/index.xml", index.as_bytes()),
        ("map/all.xml", DEFINITIONS.as_bytes()),
    ]);
    let mut command = common::virtargv();
    command.arg("cpu").args(args).current_dir(scratch.path());
    let output =
        common::run(command.args(["--caps", "caps.xml", "--cpu-map", "map", "--host", "none"]), document);
    (output.status.code(), text(&output.stdout).to_owned(), text(&output.stderr).to_owned())
}

#[test]
fn answers_have_exit_codes() {
    let check = |args: &[&str], document: &str, code, out: &str, err: &str| {
        let (found, stdout, stderr) = run(args, document);
        assert_eq!((found, stdout.as_str()), (Some(code), out), "{stderr}");
        assert!(if err.is_empty() { stderr.is_empty() } else { stderr.contains(err) }, "{stderr}");
    };
    let late = "<cpu><model>Late</model></cpu>";
    let early = "<cpu><model>Early</model></cpu>";
    let both = "<cpu mode='custom' match='exact'>\n  <model fallback='forbid'>Early</model>\n</cpu>\n";
    check(&["baseline", "--model", "Late", "-"], early, 0, both, "");
    check(&["baseline", "-"], "<cpu mode='host-model'/>", 1, "", "error[cpu-model-named]");
    check(&["baseline", "-"], "<domain/>", 1, "", "error[cpu-file-empty]");
    check(&["baseline", "--virttype", "qemu", "-"], early, 1, "", "error[cpu-virttype]");
    check(&["baseline"], "", 2, "", "required arguments were not provided");
    check(&["baseline", "--arch", "aarch64", "-"], early, 2, "", "--arch is `aarch64`");
    let host = "<cpu><arch>x86_64</arch><model>Early</model></cpu>";
    check(&["baseline", "-"], host, 0, both, "warning: <stdin>: this is a host's own CPU");
    check(
        &["compare", "-"],
        early,
        0,
        "superset: the hypervisor's CPU on this host has all features of it, and can have more\n",
        "",
    );
    check(&["compare", "-"], late, 1, "incompatible: the CPU of the host lacks required features: mul\n", "");
    check(&["compare", "--error", "-"], late, 1, "", "--> <stdin>:1:1");
    check(&["compare", "--validate", "-"], "<cpu><model>Early</model><x/></cpu>", 1, "", "unknown-element");
    check(&["compare", "absent.xml"], "", 2, "", "cannot read `absent.xml`");
    let expanded = "<cpu mode='custom' match='exact'>\n  <model fallback='forbid'>Late</model>
  <feature policy='require' name='add'/>
  <feature policy='require' name='mul'/>
  <feature policy='require' name='sub'/>\n</cpu>\n";
    check(&["expand", "-"], late, 0, expanded, "note: blocked on this QEMU by: mul");
    check(&["expand", "--model", "Never"], "", 1, "", "error[cpu-model-unknown]");
    check(&["expand", "-"], "<cpu><model>\u{1b}[31m</model></cpu>", 1, "", "error[cpu-file-xml]");
}

/// What in `value` is not as `docs/cpu.schema.json` has it.
fn against_schema(value: &Value) -> Vec<String> {
    let schema: Value = serde_json::from_str(include_str!("../../docs/cpu.schema.json")).expect("JSON");
    let schema = jsonschema::draft202012::new(&schema).expect("a schema");
    schema.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn json_is_what_its_schema_says() {
    let check = |args: &[&str], document: &str, facts: &[(&str, Value)]| {
        let (_, out, err) = run(&[args, &["--format", "json", "-"]].concat(), document);
        let value: Value = serde_json::from_str(&out).unwrap_or_else(|why| panic!("{why}: {out}{err}"));
        assert_eq!(against_schema(&value), Vec::<String>::new());
        for (path, expected) in facts {
            assert_eq!(value.pointer(path), Some(expected), "{path}: {value:#}");
        }
        let mut wrong = value;
        wrong["status"] = "nothing".into();
        assert!(!against_schema(&wrong).is_empty());
    };
    let late = "<cpu><model>Late</model></cpu>";
    check(
        &["baseline"],
        &late.repeat(2),
        &[("/status", "found".into()), ("/cpu/features/0/policy", "disable".into())],
    );
    check(
        &["compare"],
        late,
        &[
            ("/status", "incompatible".into()),
            ("/hypervisor/model", "Early".into()),
            ("/problems/0/rule", "cpu-incompatible".into()),
            ("/problems/0/file", "<stdin>".into()),
        ],
    );
    check(
        &["expand"],
        late,
        &[
            ("/cpus/0/bases/0", "Early".into()),
            ("/cpus/0/vendor", "Acme".into()),
            ("/cpus/0/usable", false.into()),
            ("/cpus/0/blockers/0", "mul".into()),
            ("/cpus/0/signatures/0/steppings/1", 1.into()),
            ("/cpus/0/features/1/available", false.into()),
        ],
    );
    check(
        &["expand"],
        "<cpu/>",
        &[("/status", "refused".into()), ("/problems/0/rule", "cpu-model-named".into())],
    );
    check(&["compare", "--validate"], "<cpu><y/></cpu>", &[("/status", "refused".into())]);
}

#[test]
fn rules_on_cpus_are_explained() {
    let output = common::run(common::virtargv().args(["explain", "cpu-asks-qemu"]), "");
    assert!(text(&output.stdout).contains("query-cpu-model-baseline"), "{}", text(&output.stdout));
}
