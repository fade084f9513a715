//! What `check` warns of.

#![allow(clippy::disallowed_methods, reason = "a test reads a set of capabilities")]
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use virtargv::{Caps, FixedHost, Level, Levels, Release, Request, Severity, builtin};

/// A document with `rest` in `<domain>` and `devices` in `<devices>`.
fn document(machine: &str, rest: &str, devices: &str) -> String {
    format!(
        "<domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><name>x</name>\
         <memory unit='MiB'>512</memory>{rest}<os><type arch='x86_64' machine='{machine}'>hvm</type></os>\
         <devices>{devices}</devices></domain>"
    )
}

/// Checks the ids and severities of what is found under the release, with everything on.
fn check_text(release: Release, text: &str, expected: &[(&str, Severity)]) {
    let caps = builtin::get("qemu-10.0-x86_64", release).unwrap();
    let host = FixedHost::default();
    let mut levels = Levels::default();
    {
        let id = "advice";
        levels.set(id, Level::Warn).unwrap();
    }
    let report = virtargv::check(text, &Request::new(&caps, &host), &levels);
    let found: Vec<_> = report.iter().map(|problem| (problem.id(), problem.severity)).collect();
    assert_eq!(found, expected, "{text}\n{report}");
}

/// As [`check_text`], for warnings about a document in parts.
fn check(machine: &str, rest: &str, devices: &str, expected: &[&str]) {
    let expected: Vec<_> = expected.iter().map(|id| (*id, Severity::Warning)).collect();
    check_text(Release::V12_9, &document(machine, rest, devices), &expected);
}

const MACHINE: &str = "pc-q35-10.0";

#[test]
fn a_good_document_has_no_warnings() {
    check(MACHINE, "", "", &[]);
    check(
        MACHINE,
        "<currentMemory unit='MiB'>256</currentMemory>",
        "<interface type='user'><model type='e1000e'/></interface>\
         <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>\
         <graphics type='vnc'/>",
        &[],
    );
}

#[test]
fn machine_types() {
    check("q35", "", "", &["machine-alias"]);
    check("pc-q35-2.12", "", "", &["machine-deprecated"]);
}

#[test]
fn memory() {
    check(MACHINE, "<currentMemory unit='GiB'>1</currentMemory>", "", &["memory-current-above"]);
    check(MACHINE, "<currentMemory unit='MiB'>512</currentMemory>", "", &[]);
}

#[test]
fn nic_models() {
    let nic = |model: &str| format!("<interface type='user'><model type='{model}'/></interface>");
    for model in ["virtio", "e1000", "e1000e", "igb", "rtl8139", "vmxnet3", "usb-net"] {
        let found = if model == "usb-net" { "<controller type='usb' model='qemu-xhci'/>" } else { "" };
        check(MACHINE, "", &format!("{found}{}", nic(model)), &[]);
    }
    check(MACHINE, "", &nic("e1000x"), &["nic-model-unknown"]);
    check(MACHINE, "", &nic("vlance"), &["nic-model-unknown"]);
}

#[test]
fn channels() {
    let channel = |target: &str| format!("<channel type='unix'><target type='virtio'{target}/></channel>");
    check(MACHINE, "", &channel(""), &["channel-unnamed"]);
    check(MACHINE, "", &channel(" name='org.example.0'"), &[]);
}

#[test]
fn passwords() {
    check(MACHINE, "", "<graphics type='vnc' passwd='secret'/>", &["password-in-document"]);
}

#[test]
fn teaming_pairs() {
    let pair = |alias: &str, mac: &str, managed: &str| {
        format!(
            "<interface type='user'><mac address='52:54:00:00:00:01'/><model type='virtio'/>\
             <teaming type='persistent'/><alias name='ua-net'/></interface>\
             <interface type='hostdev'{managed}><source><address type='pci' domain='0x0' bus='0x1' slot='0x2' function='0x3'/></source>\
             <mac address='{mac}'/><teaming type='transient' persistent='{alias}'/></interface>"
        )
    };
    let ids = |devices: &str| {
        let caps = builtin::get("qemu-10.0-x86_64", Release::V12_9).unwrap();
        let host = FixedHost::default();
        let text = document(MACHINE, "", devices);
        let report = virtargv::check(&text, &Request::new(&caps, &host), &Levels::default());
        let found: Vec<_> = report.iter().map(virtargv::Problem::id).collect();
        found.into_iter().filter(|id| id.starts_with("net-teaming")).collect::<Vec<_>>()
    };
    let (same, managed) = ("52:54:00:00:00:01", " managed='yes'");
    assert_eq!(ids(&pair("ua-net", same, managed)), [] as [&str; 0]);
    assert_eq!(ids(&pair("ua-net", "52:54:00:00:00:02", managed)), ["net-teaming-mac"]);
    assert_eq!(ids(&pair("ua-nett", same, managed)), ["net-teaming-partner"]);
    assert_eq!(ids(&pair("ua-net", same, "")), ["net-teaming-managed"]);
}

#[test]
fn qemu_arguments() {
    let args = |args: &[&str]| {
        let args: Vec<String> = args.iter().map(|arg| format!("<qemu:arg value='{arg}'/>")).collect();
        let args = args.concat();
        let text = document(MACHINE, "", "").replace("</domain>", "");
        format!("{text}<qemu:commandline>{args}</qemu:commandline></domain>")
    };
    let check = |given: &[&str], expected: &[&str]| {
        let expected: Vec<_> = expected.iter().map(|id| (*id, Severity::Warning)).collect();
        check_text(Release::V12_9, &args(given), &expected);
    };
    check(&["-device", "pcie-root-port,id=mine"], &[]);
    check(&["-name", "other"], &["qemu-argument-twice"]);
    check(&["--m", "1024"], &["qemu-argument-twice"]);
    check(&["-device", "pcie-root-port,id=balloon0"], &["qemu-argument-twice"]);
    check(&["-object", "memory-backend-ram,id=pc.ram,size=1M"], &["qemu-argument-twice"]);
}

#[test]
fn vhost_user_without_shared_memory() {
    let device = "<interface type='vhostuser'><source type='unix' path='/run/a' mode='client'/><model type='virtio'/></interface>";
    let caps = builtin::get("qemu-10.0-x86_64", Release::V7_0).unwrap();
    let host = FixedHost::default();
    let has = |rest: &str| {
        let report = virtargv::check(
            &document(MACHINE, rest, device),
            &Request::new(&caps, &host),
            &Levels::default(),
        );
        let of_memory = |id: &&str| id.starts_with("vhost-user");
        report.iter().map(virtargv::Problem::id).filter(of_memory).count()
    };
    assert_eq!(has(""), 1, "one warning, or one error, but not both");
    assert_eq!(has("<memoryBacking><access mode='shared'/></memoryBacking>"), 0);
}

/// The built-in set of QEMU 10.0, with the CPU model `name` as one that QEMU will remove.
fn with_deprecated(name: &str) -> Caps {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../caps/builtin/qemu-10.0-x86_64.xml");
    let text = std::fs::read_to_string(path).unwrap();
    let named = format!("name='{name}'");
    assert!(text.contains(&named));
    Caps::from_xml(&text.replace(&named, &format!("{named} deprecated='yes'")), Release::V12_9).unwrap()
}

/// Each lint, with the part of a document that it is about and a part that is like it without it. What is in `<domain>` comes
/// first, then what is in `<devices>`.
const LINTS: &[(&str, [&str; 2], [&str; 2])] = &[
    (
        "channel-unnamed",
        ["", CHANNEL],
        ["", "<channel type='unix'><target type='virtio' name='a'/></channel>"],
    ),
    (
        "cpu-model-deprecated",
        ["<cpu mode='custom'><model>qemu64</model></cpu>", ""],
        ["<cpu mode='custom'><model>max</model></cpu>", ""],
    ),
    (
        "disk-chain-unknown",
        ["", DISK],
        [
            "",
            "<disk type='file'><driver name='qemu' type='qcow2'/><source file='/a'/><backingStore/><target dev='vda'/></disk>",
        ],
    ),
    ("disk-alias-same", ["", SAME_ALIAS], ["", OTHER_ALIAS]),
    ("password-in-document", ["", "<graphics type='vnc' passwd='a'/>"], ["", "<graphics type='vnc'/>"]),
    (
        "memory-current-above",
        ["<currentMemory unit='GiB'>1</currentMemory>", ""],
        ["<currentMemory unit='MiB'>1</currentMemory>", ""],
    ),
    (
        "nic-model-unknown",
        ["", "<interface type='user'><model type='e1001'/></interface>"],
        ["", "<interface type='user'><model type='e1000'/></interface>"],
    ),
    ("memory-numa-cells", [CELLS_DIFFER, ""], [CELLS, ""]),
    (
        "text-not-read",
        ["", "<memballoon model='virtio'>text</memballoon>"],
        ["", "<memballoon model='virtio'/>"],
    ),
    ("unknown-element", ["<xyzzy/>", ""], ["<description/>", ""]),
    (
        "unknown-attribute",
        ["", "<memballoon model='virtio' xyzzy='1'/>"],
        ["", "<memballoon model='virtio'/>"],
    ),
    ("misplaced-name", ["<hyperv/>", ""], ["<features><hyperv/></features>", ""]),
    ("name-not-read-here", ["", TWO_EMULATORS], ["", "<emulator>/a</emulator>"]),
    (
        "ignored-value",
        ["", "<graphics type='vnc' autoport='1'/>"],
        ["", "<graphics type='vnc' autoport='yes'/>"],
    ),
    (
        "qemu-namespace",
        ["<q:commandline xmlns:q='http://libvirt.org/schemas/domain/qemu/2.0'/>", ""],
        ["<q:commandline xmlns:q='http://libvirt.org/schemas/domain/qemu/1.0'/>", ""],
    ),
];

const CELLS: &str = "<vcpu>1</vcpu><cpu><numa><cell id='0' cpus='0' memory='512' unit='MiB'/></numa></cpu>";
const CELLS_DIFFER: &str =
    "<vcpu>1</vcpu><cpu><numa><cell id='0' cpus='0' memory='256' unit='MiB'/></numa></cpu>";
const CHANNEL: &str = "<channel type='unix'><target type='virtio'/></channel>";
const DISK: &str =
    "<disk type='file'><driver name='qemu' type='qcow2'/><source file='/a'/><target dev='vda'/></disk>";
const SAME_ALIAS: &str = "<disk><source file='/a'/><target dev='vda'/></disk><disk><source file='/b'/><target dev='sda' bus='virtio'/></disk>";
const OTHER_ALIAS: &str = "<disk><source file='/a'/><target dev='vda'/></disk><disk><source file='/b'/><target dev='sdb' bus='virtio'/></disk>";
const TWO_EMULATORS: &str = "<emulator>/a</emulator><emulator>/b</emulator>";

/// The lints that have a test of their own: they are about more than a part, or not a warning.
const ELSEWHERE: &[&str] = &[
    "machine-alias",
    "machine-deprecated",
    "name-of-another-driver",
    "name-of-another-release",
    "net-teaming-mac",
    "net-teaming-managed",
    "net-teaming-partner",
    "qemu-argument-twice",
    "vhost-user-memory",
];

#[test]
fn each_lint_finds_what_it_is_for_and_nothing_else() {
    let caps = with_deprecated("qemu64");
    let mut levels = Levels::default();
    levels.set("advice", Level::Warn).unwrap();
    let check = |id: &str, [rest, devices]: [&str; 2], expected: usize| {
        let host = FixedHost::default();
        let text = document(MACHINE, rest, devices);
        let report = virtargv::check(&text, &Request::new(&caps, &host), &levels);
        let found = report.iter().filter(|problem| problem.id() == id).count();
        assert_eq!(found, expected, "{id}: {text}\n{report}");
    };
    for (id, has, has_not) in LINTS {
        check(id, *has, 1);
        check(id, *has_not, 0);
    }
    let mut tested: Vec<&str> = LINTS.iter().map(|(id, ..)| *id).chain(ELSEWHERE.iter().copied()).collect();
    tested.sort_unstable();
    let mut all: Vec<&str> = virtargv::lint::all().map(|lint| lint.id).collect();
    all.sort_unstable();
    assert_eq!(tested, all);
}

#[test]
fn names_of_other_drivers_and_releases() {
    check_text(
        Release::V12_9,
        &document(MACHINE, "<idmap/>", ""),
        &[("name-of-another-driver", Severity::Note)],
    );
    let iommufd = document(MACHINE, "<iommufd enabled='yes'/>", "");
    check_text(Release::V11_3, &iommufd, &[("name-of-another-release", Severity::Warning)]);
}

#[test]
fn levels_allow_and_deny() {
    let caps = builtin::get("qemu-10.0-x86_64", Release::V12_9).unwrap();
    let host = FixedHost::default();
    let text = document(MACHINE, "<xyzzy/>", "");
    let check = |level: Option<Level>, expected: Option<Severity>| {
        let mut levels = Levels::default();
        if let Some(level) = level {
            levels.set("unknown-element", level).unwrap();
        }
        let report = virtargv::check(&text, &Request::new(&caps, &host), &levels);
        assert_eq!(report.first().map(|problem| problem.severity), expected);
        assert_eq!(report.refuses(), expected == Some(Severity::Error));
    };
    check(None, Some(Severity::Warning));
    check(Some(Level::Deny), Some(Severity::Error));
    check(Some(Level::Allow), None);
}

#[test]
fn a_check_of_migration_reads_once_and_tells_once() {
    let caps = builtin::get("qemu-10.0-x86_64", Release::V12_9).unwrap();
    let host = FixedHost::default();
    let check = |text: &str, expected: &[&str]| {
        let report = virtargv::check_migration(text, &Request::new(&caps, &host), &Levels::default());
        let found: Vec<_> = report.iter().map(virtargv::Problem::id).collect();
        assert_eq!(found, expected, "{text}\n{report}");
    };
    let pair = |persistent: &str, mac: &str, model: &str, managed: &str| {
        let devices = format!(
            "<interface type='user'><mac address='52:54:00:00:00:01'/><model type='{model}'/>\
             <teaming type='persistent'/><alias name='ua-net'/></interface>\
             <interface type='hostdev' {managed}><mac address='{mac}'/>\
             <source><address type='pci' domain='0' bus='3' slot='0' function='0'/></source>\
             <teaming type='transient' persistent='{persistent}'/></interface>"
        );
        document(MACHINE, "", &devices)
    };
    let (same, other, managed) = ("52:54:00:00:00:01", "52:54:00:00:00:02", "managed='yes'");
    check("<domain", &["xml"]);
    check("<network/>", &["root-element"]);
    check(&document(MACHINE, "<vcpu>x</vcpu>", ""), &["element-value"]);
    check(&pair("ua-net", same, "virtio", managed), &["migration-teaming-guest"]);
    check(&pair("ua-net", other, "virtio", managed), &["migration-teaming-mac", "migration-teaming-guest"]);
    check(
        &pair("ua-net", other, "virtio", ""),
        &["migration-teaming-mac", "migration-teaming-guest", "net-teaming-managed"],
    );
    check(&pair("ua-nett", same, "virtio", managed), &["migration-teaming-partner"]);
    check(
        &pair("ua-net", same, "e1000", managed),
        &["net-teaming-persistent-model", "migration-teaming-partner"],
    );
}
