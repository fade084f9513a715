//! The host that a document is for: what is not known of it, how it is described, and output that is the same every time.

#![allow(clippy::disallowed_methods, reason = "tests look at files and start programs")]
#![allow(clippy::expect_used, reason = "a test that cannot be set up has failed")]

mod common;

use std::path::PathBuf;
use std::process::Output;

use common::text;

/// Runs the command with `input` on standard input and nothing in its environment.
fn virtargv(args: &[&str], input: &str) -> Output {
    common::run(common::virtargv().args(args).env_clear(), input)
}

/// A guest for x86_64 with these elements, and these devices.
fn guest(elements: &str, devices: &str) -> String {
    format!(
        "<domain type='kvm'><name>demo</name><memory unit='MiB'>64</memory><features><acpi/></features>
         <os><type arch='x86_64' machine='q35'>hvm</type></os>{elements}<devices>{devices}</devices></domain>"
    )
}

const LUKS: &str = "<disk type='file'><driver name='qemu' type='raw'/><source file='/srv/a.luks'>
  <encryption format='luks'><secret type='passphrase' uuid='0b6a5c2e-6a4b-4c8e-9a53-2b7a4f3e9d10'/></encryption>
  </source><target dev='vda' bus='virtio'/></disk>";
const VOLUME: &str = "<disk type='volume'><driver name='qemu' type='raw'/><source pool='images' volume='a'/>
  <target dev='vda' bus='virtio'/></disk>";
const NETWORK: &str =
    "<interface type='network'><source network='default'/><model type='virtio'/></interface>";
const NOW: &str = "<clock offset='variable' adjustment='60' basis='utc'/>";
const HOST_MODEL: &str = "<cpu mode='host-model'/>";
const TUNE: &str =
    "<vcpu placement='auto'>1</vcpu><numatune><memory mode='strict' placement='auto'/></numatune>
  <memoryBacking><source type='memfd'/></memoryBacking>";

/// Documents that depend on the host, with what is said where it is not known, and what to do.
fn needy() -> Vec<(String, &'static str)> {
    let efi = guest("", "").replace("<os>", "<os firmware='efi'>");
    vec![
        (guest("", NETWORK), "network `default` is not known here; describe it with --network or --host"),
        (
            guest(
                "",
                "<graphics type='vnc'><listen type='network' network='default'/></graphics><video><model type='vga'/></video>",
            ),
            "network `default` is not known here; describe it with --network or --host",
        ),
        (guest("", VOLUME), "storage pool `images` is not known here; describe it with --pool or --host"),
        (
            guest("", LUKS),
            "secret `0b6a5c2e-6a4b-4c8e-9a53-2b7a4f3e9d10` is not known here; give its value with --secret or --host",
        ),
        (efi, "the firmware of the host is not known here; describe it with --host"),
        (
            guest(NOW, ""),
            "the time of the host is not known here; give it with --now, or describe it with --host",
        ),
        (
            guest(HOST_MODEL, ""),
            "the CPU that the guest gets is not checked: the CPU of the host is not known; check on that host with `--caps probe:PATH`, the path of its QEMU, or describe its CPU in a file for `--host`",
        ),
        (
            guest(TUNE, ""),
            "the advice of automatic NUMA placement is not known here; describe it with --host",
        ),
        (
            guest(
                "",
                "<hostdev mode='subsystem' type='usb'><source><vendor id='0x1234'/><product id='0x5678'/></source></hostdev>",
            ),
            "the USB devices of the host are not known here; describe them with --host",
        ),
        (
            guest(
                "",
                "<hostdev mode='subsystem' type='scsi'><source><adapter name='scsi_host0'/><address bus='0' target='0' unit='0'/></source></hostdev>",
            ),
            "the units of SCSI host adapter `scsi_host0` are not known here; describe them with --host",
        ),
        (
            guest("", "<graphics type='egl-headless'/>"),
            "the DRM render node of the host is not known here; describe it with --host",
        ),
        (
            guest("", "<vsock model='virtio'><cid auto='yes'/></vsock>"),
            "a free vsock CID is not known here; describe it with --host",
        ),
    ]
}

#[test]
fn check_has_notes_and_argv_errors() {
    for (document, expected) in needy() {
        let (message, help) = expected.split_once("; ").expect("a message and help");
        let (message, help) = (format!("]: {message}\n"), format!("= help: {help}\n"));
        let output = virtargv(&["check", "-"], &document);
        let told = text(&output.stdout);
        assert!(told.starts_with("note["), "{document}\n{told}");
        assert!(told.contains(&message) && told.contains(&help), "{document}\n{told}");
        assert!(!told.contains("error["), "{document}\n{told}");
        assert_eq!(output.status.code(), Some(0), "{document}\n{told}");
        let output = virtargv(&["argv", "--host", "none", "-"], &document);
        let told = text(&output.stderr);
        assert!(told.starts_with("error["), "{document}\n{told}");
        assert!(told.contains(&message) && told.contains(&help), "{document}\n{told}");
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(1), ""), "{document}");
    }
}

#[test]
fn what_is_wrong_is_told_beside_what_is_not_known() {
    let devices = format!("{NETWORK}<vsock model='virtio'><cid auto='yes'/></vsock>");
    let document = guest("", &devices).replace("<os>", "<os firmware='efi'>");
    let output = virtargv(&["check", "--format", "json", "-"], &document);
    let reports: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let problems = reports["documents"][0]["problems"].as_array().expect("an array");
    let notes = problems.iter().filter(|problem| problem["severity"] == "note").count();
    assert_eq!((notes, problems.len(), output.status.code()), (3, 3, Some(0)), "{reports:#}");
    let document = document.replace("model type='virtio'", "model type='none'");
    let output = virtargv(&["check", "--format", "json", "-"], &document.replace("'MiB'>64<", "'Mob'>64<"));
    let reports: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let problems = reports["documents"][0]["problems"].as_array().expect("an array");
    assert!(problems.iter().any(|problem| problem["severity"] == "error"), "{reports:#}");
    assert_eq!(output.status.code(), Some(1));
}

/// A directory for the files of a test, removed in the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("virtargv-host-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a directory");
        Self(path)
    }

    /// Writes a file; returns its path.
    fn file(&self, name: &str, content: &str) -> String {
        let path = self.0.join(name);
        std::fs::write(&path, content).expect("a file");
        path.into_os_string().into_string().expect("UTF-8")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_cpu_needs_definitions_and_the_host() {
    let scratch = Scratch::new("cpu");
    scratch.file("index.xml", "<cpus><arch name='x86'><include filename='all.xml'/></arch></cpus>");
    scratch.file(
        "all.xml",
        "<cpus><vendor name='Intel' string='GenuineIntel'/><feature name='vmx'><cpuid eax_in='1' ecx='0x20'/></feature>
         <model name='plain'/></cpus>",
    );
    let directory = scratch.0.to_str().expect("UTF-8");
    let output = virtargv(&["check", "--cpu-map", directory, "-"], &guest(HOST_MODEL, ""));
    let told = text(&output.stdout);
    assert!(
        told.contains("]: the CPU that the guest gets is not checked: the CPU of the host is not known\n"),
        "{told}"
    );
    assert_eq!(output.status.code(), Some(0));
}

/// A document that asks the host for all that the short forms can say.
fn everything() -> String {
    guest(&format!("<genid/>{NOW}"), &format!("{LUKS}{}{NETWORK}", VOLUME.replace("vda", "vdb")))
}

#[test]
fn short_forms_make_output_the_same_every_time() {
    let scratch = Scratch::new("short");
    let secret = format!("0b6a5c2e-6a4b-4c8e-9a53-2b7a4f3e9d10={}", scratch.file("secret", "open sesame"));
    let xml = scratch.file("net.xml", "<network><forward mode='bridge'/><bridge name='br0'/></network>");
    let network = format!("default={xml}");
    let run = |network: &str, seed: &str| {
        let output = virtargv(
            &[
                "argv",
                "--host",
                "none",
                "--network",
                network,
                "--pool",
                "images=/srv/images",
                "--secret",
                &secret,
                "--uuid",
                "2b7a4f3e-9d10-4c8e-9a53-0b6a5c2e6a4b",
                "--domain-id",
                "7",
                "--env",
                "clean",
                "--now",
                "1767225600",
                "--seed",
                seed,
                "-",
            ],
            &everything(),
        );
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        text(&output.stdout).to_owned()
    };
    let line = run("default=bridge:br0", "42");
    assert_eq!(run("default=bridge:br0", "42"), line);
    assert_eq!(run(&network, "42"), line);
    assert_ne!(run("default=bridge:br0", "43"), line);
    for part in [
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "/var/lib/libvirt/qemu/domain-7-demo",
        "-uuid 2b7a4f3e-9d10-4c8e-9a53-0b6a5c2e6a4b",
        "base=2026-01-01T00:01:00",
        "/srv/images/a",
    ] {
        assert!(line.contains(part), "{part}\n{line}");
    }
    // What the seed makes may never change.
    let random = ["\"guid\":\"", "\"mac\":\"", "\"iv\":\""].map(|before| {
        let rest = line.split(before).nth(1).unwrap_or_default();
        rest.split(['"', ' ', '\'']).next().unwrap_or_default()
    });
    assert_eq!(
        random,
        ["956eeb2f-2632-47bd-83f1-66b233e3ef28", "52:54:00:52:94:f2", "rnd/KTjXVJ6/GVt3SnJ0NA=="]
    );
}

#[test]
fn a_file_describes_the_host() {
    let scratch = Scratch::new("file");
    let file = scratch.file(
        "host.json",
        r#"{ "version": 1, "arch": "x86_64", "machine": { "now": 0, "env": { "USER": "me" } },
             "networks": { "default": { "xml": "<network><bridge name='virbr0'/></network>" },
                           "gone": { "error": "not-found" } } }"#,
    );
    let line = virtargv(&["argv", "--host", &file, "-"], &guest(NOW, NETWORK));
    let line = text(&line.stdout);
    assert!(line.contains("USER=me") && line.contains("base=1970-01-01T00:01:00"), "{line}");
    // What does not exist is an error of the document, what is not known is none.
    let gone = virtargv(&["check", "--host", &file, "-"], &guest("", &NETWORK.replace("default", "gone")));
    assert_eq!(gone.status.code(), Some(1));
    let other = virtargv(&["check", "--host", &file, "-"], &guest("", &NETWORK.replace("default", "other")));
    assert_eq!(other.status.code(), Some(0));
    // The short forms come first.
    let args = ["argv", "--host", &file, "--now", "60", "-"];
    let line = virtargv(&args, &guest(NOW, NETWORK));
    assert!(text(&line.stdout).contains("base=1970-01-01T00:02:00"));
}

#[test]
fn wrong_descriptions_are_refused_with_their_place() {
    let scratch = Scratch::new("wrong");
    let check = |content: &str, expected: &str| {
        let file = scratch.file("host.json", content);
        let output = virtargv(&["argv", "--host", &file, "-"], &guest("", ""));
        let told = text(&output.stderr);
        assert!(told.contains(expected), "{told}");
        assert_eq!(output.status.code(), Some(2));
    };
    check(
        "{ \"version\": 1,\n \"arch\": \"x86_64\", \"net\": {} }",
        "line 2, column 24: unknown field 'net'",
    );
    check("{ \"version\": 3, \"arch\": \"x86_64\" }", "\"version\" is 3, this program reads version 1");
    for (args, expected) in [
        (["--network", "default"], "the value `default` of --network is not NAME=bridge:BRIDGE or NAME=FILE"),
        (["--pool", "=/srv"], "the value `=/srv` of --pool is not NAME=DIR"),
        (["--secret", "a=/no/such/file"], "cannot read `/no/such/file`, the value of secret `a`"),
        (["--network", "a=/no/such/file"], "cannot read `/no/such/file`, the definition of a network"),
        (["--uuid", "1"], "16 pairs of hexadecimal digits are expected"),
    ] {
        let output = virtargv(&[&["argv"], args.as_slice(), &["-"]].concat(), &guest("", ""));
        assert!(text(&output.stderr).contains(expected), "{}", text(&output.stderr));
        assert_eq!(output.status.code(), Some(2));
    }
}

#[test]
fn a_shown_host_answers_as_the_host_itself() {
    let scratch = Scratch::new("shown");
    let image = scratch.file("a.raw", "a boot sector");
    let disk = format!("<disk type='file'><source file='{image}'/><target dev='vda'/></disk>");
    let document = guest(NOW, &disk);
    let file = scratch.file("guest.xml", &document);
    let shown = virtargv(&["host", "show", "--now", "5", &file], "");
    assert_eq!(shown.status.code(), Some(0), "{}", text(&shown.stderr));
    let host = scratch.file("host.json", text(&shown.stdout));
    let uuid = "2b7a4f3e-9d10-4c8e-9a53-0b6a5c2e6a4b";
    let run = |args: &[&str]| {
        let output = virtargv(&[&["argv", "--seed", "1", "--uuid", uuid], args, &[&file]].concat(), "");
        (output.status.code(), text(&output.stdout).to_owned(), text(&output.stderr).to_owned())
    };
    assert_eq!(run(&["--host", &host]), run(&["--host", "here", "--now", "5"]));
    assert_eq!(run(&["--host", &host]).0, Some(0));
    // Without documents there are general facts.
    let shown = virtargv(&["host", "show"], "");
    let facts: serde_json::Value = serde_json::from_slice(&shown.stdout).expect("JSON");
    assert_eq!(facts["version"], 1);
    assert!(facts["machine"]["page_size"].is_u64() && facts["numa"]["nodes"].is_array(), "{facts:#}");
}

#[test]
fn capabilities_are_those_of_the_architecture() {
    let check = |arch: &str, machine: &str, expected: Result<&str, &str>| {
        let document = format!(
            "<domain type='qemu'><name>demo</name><memory unit='MiB'>64</memory>
             <os><type arch='{arch}' machine='{machine}'>hvm</type></os></domain>"
        );
        let output = virtargv(&["argv", "--host", "none", "-"], &document);
        let (out, told) = (text(&output.stdout), text(&output.stderr));
        match expected {
            Ok(program) => assert!(out.contains(program), "{arch}: {out}{told}"),
            Err(message) => assert!(told.contains(message), "{arch}: {told}"),
        }
        let require = virtargv(&["caps", "require", "-"], &document);
        assert_eq!(require.status.code(), Some(if expected.is_ok() { 0 } else { 2 }), "{arch}");
    };
    check("x86_64", "q35", Ok("/usr/bin/qemu-system-x86_64"));
    check("i686", "pc", Ok("/usr/bin/qemu-system-"));
    check("aarch64", "virt", Ok("/usr/bin/qemu-system-aarch64"));
    check("ppc64", "pseries", Ok("/usr/bin/qemu-system-ppc64"));
    check("riscv64", "virt", Ok("/usr/bin/qemu-system-riscv64"));
    check("s390x", "s390-ccw-virtio", Ok("/usr/bin/qemu-system-s390x"));
    check(
        "mips",
        "malta",
        Err("there is no built-in QEMU for architecture `mips`: give the capabilities of one with --caps"),
    );
}

#[test]
fn an_architecture_in_the_name_of_a_set_is_that_of_the_document() {
    let document = guest("", "").replace("'x86_64' machine='q35'", "'aarch64' machine='virt'");
    let document = document.replace("<features><acpi/></features>", "");
    let output = virtargv(&["argv", "--caps", "builtin:qemu-7.2-{arch}", "-"], &document);
    assert!(text(&output.stdout).contains("qemu-system-aarch64"), "{}", text(&output.stderr));
}
