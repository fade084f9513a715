//! `conformance import` on two made-up source trees (`import/`), and on trees that are broken.

#![allow(clippy::disallowed_methods, reason = "tests look at files and start programs")]
#![allow(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use expect_test::{Expect, expect};

fn conformance(args: &[&Path]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_conformance")).args(args).output().unwrap()
}

fn import(source: &Path, out: &Path) -> Output {
    conformance(&[Path::new("import"), source, out])
}

fn made_up(tree: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/import").join(tree)
}

/// An empty directory for the test `name`.
fn scratch(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("import").join(name);
    _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).unwrap();
    dir
}

/// The paths of the files below `dir`, sorted.
fn files(dir: &Path) -> String {
    fn add(dir: &Path, path: &str, found: &mut Vec<String>) {
        for entry in fs::read_dir(dir).unwrap().map(Result::unwrap) {
            let path = format!("{path}{}", entry.file_name().to_string_lossy());
            if entry.path().is_dir() {
                add(&entry.path(), &format!("{path}/"), found);
            } else {
                found.push(path + "\n");
            }
        }
    }
    let mut found = Vec::new();
    add(dir, "", &mut found);
    found.sort();
    found.concat()
}

/// Copies `from` to `to`.
fn copy(from: &Path, to: &Path) {
    for path in files(from).lines() {
        let target = to.join(path);
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::copy(from.join(path), target).unwrap();
    }
}

/// Imports the made-up `tree`, and returns the set.
fn imported(tree: &str, test: &str) -> PathBuf {
    let out = scratch(test).join("set");
    let output = import(&made_up(tree), &out);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    out
}

fn check_cases(tree: &str, expected: Expect) {
    let set = imported(tree, &format!("cases-{tree}"));
    expected.assert_eq(&fs::read_to_string(set.join("cases.jsonl")).unwrap());
}

#[test]
fn a_list_of_command_lines() {
    check_cases(
        "lines",
        expect![[r#"
        {"id":"plain","name":"plain","expect":"argv","input":"plain.xml","expected":"plain.args","flags":[],"config":{"vncTLSx509certdir":"/etc/pki/libvirt-vnc","spiceTLS":true}}
        {"id":"plain#2","name":"plain","expect":"argv","input":"plain.xml","expected":"plain.args","parse_flags":["abi_update"],"migrate_from":"fd:7","migrate_fd":7,"flags":[],"skip_legacy_cpus":true,"config":{"vncTLSx509certdir":null,"spiceTLS":true,"vncSASL":true,"dumpGuestCore":true}}
        {"id":"plain#3","name":"plain","expect":"argv","input":"plain.xml","expected":"plain.args","gic":"GIC_V2","flags":[],"config":{"vncTLSx509certdir":null,"spiceTLS":true,"vncSASL":false,"dumpGuestCore":false},"host_arch":"VIR_ARCH_AARCH64"}
        {"id":"plain#4","name":"plain","expect":"argv","input":"plain.xml","expected":"plain.args","flags":[],"env":{"QEMU_AUDIO_DRV":"alsa"},"config":{"vncTLSx509certdir":null,"spiceTLS":true,"vncSASL":false,"dumpGuestCore":false},"host_cpu":"cpuHaswell"}
        {"id":"plain.aarch64-5.2.0","name":"plain","expect":"argv","input":"plain.xml","expected":"plain.aarch64-5.2.0.args","caps_arch":"aarch64","caps_ver":"5.2.0","config":{"vncTLSx509certdir":null,"spiceTLS":true,"vncSASL":false,"dumpGuestCore":false},"host_arch":"VIR_ARCH_AARCH64"}
        {"id":"plain.x86_64-latest","name":"plain","expect":"argv","input":"plain.xml","expected":"plain.x86_64-latest.args","caps_arch":"x86_64","caps_ver":"latest","config":{"vncTLSx509certdir":"/etc/pki/libvirt-vnc","spiceTLS":true}}
        {"id":"random","name":"random","expect":"argv","input":"random.xml","expected":"random.args","flags":["QEMU_CAPS_OBJECT_RNG_RANDOM","QEMU_CAPS_DEVICE_VIRTIO_RNG"],"config":{"vncTLSx509certdir":"/etc/pki/libvirt-vnc","spiceTLS":true}}
        {"id":"random#2","name":"random","expect":"failure","input":"random.xml","expected":"random.err","flags":[],"config":{"vncTLSx509certdir":"/etc/pki/libvirt-vnc","spiceTLS":true}}
        {"id":"wrong","name":"wrong","expect":"parse_error","input":"wrong.xml","expected":"wrong.err","flags":[],"config":{"vncTLSx509certdir":"/etc/pki/libvirt-vnc","spiceTLS":true}}
    "#]],
    );
}

#[test]
fn a_list_of_completed_domains() {
    check_cases(
        "domains",
        expect![[r#"
        {"id":"absent.x86_64-latest","name":"absent","expect":"parse_error","input":"absent.xml","expected":"absent.x86_64-latest.err","caps_arch":"x86_64","caps_ver":"latest","missing_input":true,"config":{}}
        {"id":"plain.x86_64-latest","name":"plain","expect":"argv","input":"plain.xml","expected":"plain.x86_64-latest.args","expected_xml":"plain.x86_64-latest.xml","caps_arch":"x86_64","caps_ver":"latest","config":{}}
        {"id":"plain.x86_64-latest#2","name":"plain","expect":"failure","input":"plain.xml","expected":"plain.x86_64-latest.err","expected_xml":"plain.x86_64-latest.xml","caps_arch":"x86_64","caps_ver":"latest","host_cpu_model":"QEMU_CPU_DEF_HASWELL","config":{}}
        {"id":"plain.x86_64-latest#3","name":"plain","expect":"argv","input":"plain.xml","expected":"plain.x86_64-latest.args","expected_xml":"plain.x86_64-latest.xml","caps_arch":"x86_64","caps_ver":"latest","fd_groups":{"a":{"writable":false,"fds":[200,205]},"b":{"writable":true,"fds":[208]}},"vdpa_fds":{"/dev/vhost-vdpa-0":201},"nbdkit":["QEMU_NBDKIT_CAPS_PLUGIN_SSH"],"config":{}}
        {"id":"plain.x86_64-latest#4","name":"plain","expect":"argv","input":"plain.xml","expected":"plain.x86_64-latest.args","expected_xml":"plain.x86_64-latest.xml","caps_arch":"x86_64","caps_ver":"latest","env":{"MOCK_TPM":"2.0"},"config":{}}
        {"id":"plain.x86_64-latest#5","name":"plain","expect":"argv","input":"plain.xml","expected":"plain.x86_64-latest.args","expected_xml":"plain.x86_64-latest.xml","caps_arch":"x86_64","caps_ver":"latest","config":{"storageUseNbdkit":true}}
        {"id":"plain.x86_64-latest+hvf","name":"plain","expect":"argv","input":"plain.xml","expected":"plain.x86_64-latest+hvf.args","expected_xml":"plain.x86_64-latest+hvf.xml","caps_arch":"x86_64","caps_ver":"latest","caps_variant":"+hvf","flags_del":["QEMU_CAPS_OBJECT_RNG_RANDOM"],"config":{}}
        {"id":"plain.x86_64-latest.abi-update","name":"plain","expect":"argv","input":"plain.xml","expected":"plain.x86_64-latest.abi-update.args","expected_xml":"plain.x86_64-latest.abi-update.xml","caps_arch":"x86_64","caps_ver":"latest","parse_flags":["abi_update"],"config":{}}
    "#]],
    );
}

#[test]
fn what_a_set_has() {
    let set = imported("lines", "files");
    expect![[r#"
        capabilities/caps_5.2.0.x86_64.replies
        capabilities/caps_5.2.0.x86_64.xml
        cases.jsonl
        cpu-models/index.xml
        domains/plain.aarch64-5.2.0.args
        domains/plain.args
        domains/plain.x86_64-latest.args
        domains/plain.xml
        domains/random.args
        domains/random.err
        domains/random.xml
        domains/wrong.err
        domains/wrong.xml
        firmware/etc/qemu/firmware/40-link.json
        firmware/etc/qemu/firmware/50-made-up.json
        flags.tsv
        network-ports/made-up.xml
        networks/made-up.xml
        set.json
        storage-pools/made-up.xml
        vhost-user/usr/libexec/qemu/vhost-user/helper.print-capabilities.json
    "#]]
    .assert_eq(&files(&set));
    expect![[r#"
        {"release":"7.0","base":".","cpu_models":"cpu-models","config":{"libDir":"/srv/lib"},"wrapped":false,"name":"classic"}
    "#]].assert_eq(&fs::read_to_string(set.join("set.json")).unwrap());
    expect![[r#"
        constant	name	retired
        QEMU_CAPS_GONE	gone	retired
        QEMU_CAPS_OBJECT_RNG_RANDOM	rng-random	
        QEMU_CAPS_DEVICE_VIRTIO_RNG	virtio-rng	
    "#]]
    .assert_eq(&fs::read_to_string(set.join("flags.tsv")).unwrap());
}

#[test]
fn the_runner_takes_an_imported_set() {
    let set = imported("lines", "runner");
    let output = conformance(&["--corpus".as_ref(), &set, "--only".as_ref(), "plain".as_ref()]);
    let printed = String::from_utf8_lossy(&output.stdout);
    expect![[r#"
        plain                                                        ok
        classic (7.0)
        argv             1 / 1
        parse_error      0 / 0
        failure          0 / 0
        1 passed, 0 failed
    "#]]
    .assert_eq(&printed);
}

#[test]
fn a_set_of_a_release_that_is_not_followed_runs_when_told() {
    let source = scratch("nearest").join("source");
    copy(&made_up("lines"), &source);
    let meson = fs::read_to_string(source.join("meson.build")).unwrap();
    fs::write(source.join("meson.build"), meson.replace("7.0.0", "7.4.0")).unwrap();
    let set = source.with_file_name("set");
    assert!(import(&source, &set).status.success());

    let run = |followed: &[&str]| {
        let args = ["--corpus", set.to_str().unwrap(), "--only", "plain"].map(Path::new);
        let args: Vec<&Path> = args.into_iter().chain(followed.iter().map(Path::new)).collect();
        conformance(&args)
    };
    let refused = run(&[]);
    assert_eq!(refused.status.code(), Some(2));
    let message = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(message.contains("`7.4`") && message.contains("--as nearest"), "{message}");
    let agrees = |output: &Output| String::from_utf8_lossy(&output.stdout).contains("1 passed, 0 failed");
    assert!(agrees(&run(&["--as", "nearest"])));
    assert!(agrees(&run(&["--as", "7.0"])));
    assert!(!agrees(&run(&["--as", "11.3"])));
}

/// Imports the tree `lines` with `from` replaced by `to` in `file`, which is to fail with `expected`, and to leave nothing.
fn check_fault(test: &str, file: &str, (from, to): (&str, &str), expected: Expect) {
    let dir = scratch(&format!("fault-{test}"));
    let source = dir.join("source");
    copy(&made_up("lines"), &source);
    let text = fs::read_to_string(source.join(file)).unwrap();
    assert!(text.contains(from), "{file} has no '{from}'");
    fs::write(source.join(file), text.replacen(from, to, 1)).unwrap();
    let output = import(&source, &dir.join("set"));
    assert_eq!(output.status.code(), Some(2));
    let message = String::from_utf8_lossy(&output.stderr).replace(&*dir.to_string_lossy(), "DIR");
    expected.assert_eq(&message);
    fs::remove_dir_all(&source).unwrap();
    assert_eq!(files(&dir), "", "something is left");
}

const LIST: &str = "tests/qemuxml2argvtest.c";

#[test]
fn a_macro_that_is_not_defined() {
    check_fault(
        "macro",
        LIST,
        ("DO_TEST_PARSE_ERROR(\"wrong\", NONE)", "DO_TEST_OTHER(\"wrong\")"),
        expect![[r#"
            conformance: tests/qemuxml2argvtest.c:86: the macro 'DO_TEST_OTHER' is not defined
              help: the importer knows the lists of libvirt 7.0 to 11.3: another release may need a row in testsuite/src/bin/conformance/import
        "#]],
    );
}

#[test]
fn an_argument_that_is_not_known() {
    check_fault(
        "argument",
        LIST,
        ("ARG_MIGRATE_FD, 7", "ARG_OTHER, 7"),
        expect![[r#"
        conformance: tests/qemuxml2argvtest.c:90: the argument 'ARG_OTHER' is not known
          help: the importer knows the lists of libvirt 7.0 to 11.3: another release may need a row in testsuite/src/bin/conformance/import
    "#]],
    );
}

#[test]
fn a_flag_of_a_case_that_is_not_known() {
    check_fault(
        "flag",
        LIST,
        ("FLAG_SKIP_LEGACY_CPUS", "FLAG_OTHER"),
        expect![[r#"
        conformance: tests/qemuxml2argvtest.c:90: 'FLAG_OTHER' of 'ARG_FLAGS' is not known
          help: the importer knows the lists of libvirt 7.0 to 11.3: another release may need a row in testsuite/src/bin/conformance/import
    "#]],
    );
}

#[test]
fn a_statement_between_cases_that_is_not_understood() {
    check_fault(
        "statement",
        LIST,
        ("driver.config->vncSASL =", "driver.other ="),
        expect![[r#"
        conformance: tests/qemuxml2argvtest.c:88: the statement 'driver.other = driver.config->dumpGuestCore = true' is not understood
          help: the importer knows the lists of libvirt 7.0 to 11.3: another release may need a row in testsuite/src/bin/conformance/import
    "#]],
    );
}

#[test]
fn a_case_under_a_condition() {
    let guarded = "if (driver.privileged)\n        DO_TEST(\"plain\", NONE);\n    DO_TEST(\"random\",";
    check_fault(
        "condition",
        LIST,
        ("DO_TEST(\"random\",", guarded),
        expect![[r#"
        conformance: tests/qemuxml2argvtest.c:82: 'testQemuInfoSetArgs' is within 'if'
          help: the importer reads cases that always run, each once
    "#]],
    );
}

#[test]
fn a_case_whose_document_is_missing() {
    check_fault(
        "document",
        LIST,
        ("DO_TEST_FAILURE(\"random\"", "DO_TEST_FAILURE(\"absent\""),
        expect![[r#"
            conformance: tests/qemuxml2argvtest.c:84: the case 'absent' needs a file: 'tests/qemuxml2argvdata/absent.xml' cannot be read: No such file or directory (os error 2)
              help: unpack the source package again, whole
        "#]],
    );
}

#[test]
fn a_name_that_leads_out_of_the_data() {
    check_fault(
        "name",
        LIST,
        ("DO_TEST(\"plain\", NONE)", "DO_TEST(\"../plain\", NONE)"),
        expect![[r#"
        conformance: tests/qemuxml2argvtest.c:80: the name of the case '../plain' is no file name
          help: a name is the beginning of the names of the case's files
    "#]],
    );
}

#[test]
fn a_list_without_its_function() {
    check_fault(
        "function",
        LIST,
        ("mymain(void)\n{", "othermain(void)\n{"),
        expect![[r#"
        conformance: tests/qemuxml2argvtest.c: there is no function 'mymain'
          help: the importer knows the lists of libvirt 7.0 to 11.3: another release may need a row in testsuite/src/bin/conformance/import
    "#]],
    );
}

#[test]
fn a_list_that_the_preprocessor_refuses() {
    let dir = scratch("refused");
    let source = dir.join("source");
    copy(&made_up("lines"), &source);
    fs::write(source.join(LIST), "#endif\n").unwrap();
    let output = import(&source, &dir.join("set"));
    // The rest is what the preprocessor says.
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(message.starts_with("conformance: the C preprocessor 'cc -E' failed: "), "{message}");
}

#[test]
fn a_preprocessor_that_is_not_there() {
    let out = scratch("no-preprocessor").join("set");
    let mut command = Command::new(env!("CARGO_BIN_EXE_conformance"));
    let command = command.env("CC", "no-such-compiler").arg("import").arg(made_up("lines")).arg(&out);
    let output = command.output().unwrap();
    expect![[r#"
        conformance: the C preprocessor 'no-such-compiler -E' cannot be started: No such file or directory (os error 2)
          help: install a C compiler, or name one in the environment variable CC
    "#]]
    .assert_eq(&String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_tree_of_something_else() {
    check_fault(
        "tree",
        "meson.build",
        ("'libvirt'", "'other'"),
        expect![[r#"
        conformance: 'DIR/source' is no libvirt source tree: meson.build is not libvirt's
          help: name the directory that an unpacked source package of libvirt, 6.7 or later, has at its top
    "#]],
    );
}

#[test]
fn flags_without_names() {
    check_fault(
        "flags",
        "src/qemu/qemu_capabilities.c",
        ("\"gone\",", ""),
        expect![[r#"
        conformance: src/qemu/qemu_capabilities.h: 3 capability flags, but 2 names in 'src/qemu/qemu_capabilities.c'
          help: the importer knows the lists of libvirt 7.0 to 11.3: another release may need a row in testsuite/src/bin/conformance/import
    "#]],
    );
}

#[test]
fn a_directory_that_is_there_is_left_alone() {
    let dir = scratch("there");
    let kept = dir.join("set");
    fs::write(&kept, "kept").unwrap();
    let output = import(&made_up("lines"), &kept);
    let message = String::from_utf8_lossy(&output.stderr).replace(&*dir.to_string_lossy(), "DIR");
    expect![[r#"
        conformance: 'DIR/set' exists already
          help: name a directory that does not exist, or remove it
    "#]]
    .assert_eq(&message);
    assert_eq!(fs::read_to_string(&kept).unwrap(), "kept");
}

#[test]
#[cfg(unix)]
fn a_link_out_of_the_tree_is_not_followed() {
    let dir = scratch("link");
    let source = dir.join("source");
    copy(&made_up("lines"), &source);
    let document = source.join("tests/qemuxml2argvdata/plain.xml");
    fs::remove_file(&document).unwrap();
    fs::write(dir.join("secret"), "secret").unwrap();
    std::os::unix::fs::symlink(dir.join("secret"), &document).unwrap();
    let output = import(&source, &dir.join("set"));
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(message.contains("it is a link to a file outside of the source tree"), "{message}");
}
