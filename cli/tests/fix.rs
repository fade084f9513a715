//! `check --fix`: files are mended in place, and what cannot be mended for sure stays as it is.

#![allow(clippy::disallowed_methods, reason = "tests look at files and start programs")]
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]
#![allow(clippy::expect_used, reason = "a test that cannot be set up has failed")]

mod common;

use common::text;
use expect_test::expect;

const BROKEN: &str = "<domain type='KVM'>\r
  <name>a &amp; b</name>\r
  <memory unit='MiB'>64</memory>\r
  <clock offset=\"localtme\"/> <!-- kept -->\r
  <os><type arch='x86_64' machine='q35'>hvm</type></os>\r
  <devices>\r
    <video><model type='nothing like it'/></video>\r
  </devices>\r
</domain>";

/// What is left of [`BROKEN`] when it is mended.
fn mended() -> String {
    BROKEN.replace("KVM", "kvm").replace("localtme", "localtime")
}

#[test]
fn standard_input_is_mended_to_standard_output() {
    let done = common::run(common::virtargv().args(["check", "--fix", "-"]), BROKEN);
    assert_eq!(text(&done.stdout), mended());
    assert_eq!(text(&done.stderr), "2 problems mended, 1 left\n");
    assert_eq!(done.status.code(), Some(1));
}

#[test]
fn the_name_of_a_file_is_no_command_to_the_terminal() {
    for command in ["check", "argv"] {
        let done = common::run(common::virtargv().args([command, "no\u{1b}[2J\nsuch\u{7}"]), "");
        let all = [text(&done.stdout), text(&done.stderr)].concat();
        assert!(all.contains("no\\u{1b}[2J\\nsuch\\u{7}"), "{all:?}");
        assert!(!all.contains(['\u{1b}', '\u{7}']), "{all:?}");
    }
}

#[test]
fn a_file_is_written_once_and_only_where_it_changes() {
    let file = std::env::temp_dir().join(format!("virtargv-fix-{}.xml", std::process::id()));
    std::fs::write(&file, BROKEN).unwrap();
    let run = |more: &[&str]| {
        let mut command = common::virtargv();
        common::run(command.args(["check", "--fix"]).args(more).arg(&file), "")
    };
    let dry = run(&["--dry-run"]);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), BROKEN);
    expect![[r#"
        --- FILE
        +++ FILE
        @@ -1,7 +1,7 @@
        -<domain type='KVM'>
        +<domain type='kvm'>
           <name>a &amp; b</name>
           <memory unit='MiB'>64</memory>
        -  <clock offset="localtme"/> <!-- kept -->
        +  <clock offset="localtime"/> <!-- kept -->
           <os><type arch='x86_64' machine='q35'>hvm</type></os>
           <devices>
             <video><model type='nothing like it'/></video>
    "#]]
    .assert_eq(&text(&dry.stdout).replace('\r', "").replace(&*file.to_string_lossy(), "FILE"));
    run(&[]);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), mended());
    let again = run(&[]);
    assert_eq!(text(&again.stderr), "0 problems mended, 1 left\n");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), mended());
    std::fs::remove_file(&file).unwrap();
}
