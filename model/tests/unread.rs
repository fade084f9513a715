//! What is told of elements and attributes that are not read.

#![allow(clippy::disallowed_methods, reason = "the test reads documents")]

use virtargv_model::device::DeviceKind;
use virtargv_model::device::one::parse_device_with_names;
use virtargv_model::{Problem, Release, Source, advice, parse_with_names};

/// A document with `rest` in `<domain>` and `devices` in `<devices>`.
fn document(rest: &str, devices: &str) -> String {
    format!(
        "<domain type='kvm'><name>x</name><memory>1</memory>{rest}<os><type arch='x86_64' machine='q35'>hvm</type></os>\
         <devices>{devices}</devices></domain>"
    )
}

fn problems(text: &str, release: Release) -> Vec<Problem> {
    parse_with_names(text, release).1
}

/// Checks the ids, messages and help texts about a document.
fn check_as(release: Release, rest: &str, devices: &str, expected: &[(&str, &str, &str)]) {
    let text = document(rest, devices);
    let found = problems(&text, release);
    let found: Vec<_> = found.iter().map(|p| (p.id(), p.message.as_str(), p.help())).collect();
    assert_eq!(found, expected, "{text}");
}

const UNKNOWN_ELEMENT: &str = "correct the name, or remove the element";
const UNKNOWN_ATTRIBUTE: &str = "correct the name, or remove the attribute";
const LATER: &str = "follow a release that has it, or remove it";
const OTHER: &str = "remove it; it has no effect on a QEMU guest";

#[test]
fn names_that_are_read_or_free_are_not_told() {
    let check = |rest: &str, devices: &str| check_as(Release::V12_9, rest, devices, &[]);
    check("", "");
    check("<metadata><a:x xmlns:a='urn:a' y='1'/></metadata><description>a <b c='1'/></description>", "");
    check(
        "<a:own xmlns:a='urn:a' y='1'><z/></a:own>",
        "<disk xmlns:a='urn:a' a:note='1'><target dev='vda'/></disk>",
    );
    check("<features><acpi/></features><features><pae/></features>", "");
    check(
        "",
        "<disk type='network'><source protocol='rbd' name='a/b'><host name='c' port='1'/></source>\
         <target dev='vda' bus='virtio'/></disk>",
    );
}

#[test]
fn an_unknown_name_is_told_with_the_nearest() {
    let check = |rest: &str, devices: &str, expected: &[(&str, &str, &str)]| {
        check_as(Release::V12_9, rest, devices, expected);
    };
    let element = |message, help| ("unknown-element", message, help);
    let attribute = |message, help| ("unknown-attribute", message, help);
    check(
        "<currentmemory>1</currentmemory>",
        "",
        &[element("unknown element `<currentmemory>` is ignored", "did you mean `<currentMemory>`?")],
    );
    check("<xyzzy><vcpu/></xyzzy>", "", &[element("unknown element `<xyzzy>` is ignored", UNKNOWN_ELEMENT)]);
    check(
        "",
        "<disk><driver name='qemu' caches='none'/><source file='/a'/><target dev='vda'/></disk>",
        &[attribute("unknown attribute `caches` of `<driver>` is ignored", "did you mean `cache=`?")],
    );
    // What is there already is not meant.
    check(
        "",
        "<disk><driver name='qemu' cache='none' caches='none'/><source file='/a'/><target dev='vda'/></disk>",
        &[attribute("unknown attribute `caches` of `<driver>` is ignored", UNKNOWN_ATTRIBUTE)],
    );
    check(
        "",
        "<interface type='user'><mac adress='52:54:00:00:00:01'/></interface>",
        &[attribute("unknown attribute `adress` of `<mac>` is ignored", "did you mean `address=`?")],
    );
}

#[test]
fn a_known_name_at_the_wrong_place_is_told_with_its_place() {
    let check = |rest: &str, devices: &str, message: &str| {
        let found = problems(&document(rest, devices), Release::V12_9);
        let found: Vec<_> = found.iter().map(|p| (p.id(), p.message.as_str())).collect();
        assert_eq!(found, [("misplaced-name", message)]);
    };
    check("<hyperv/>", "", "element `<hyperv>` is ignored: `<hyperv>` belongs in `<features>`");
    check(
        "",
        "<disk cache='none'><source file='/a'/><target dev='vda'/></disk>",
        "attribute `cache` of `<disk>` is ignored: `cache=` belongs in `<driver>`",
    );
    check(
        "",
        "<disk><source><file>/a</file></source><target dev='vda'/></disk>",
        "element `<file>` is ignored: `file=` is an attribute of `<source>`",
    );
    check(
        "",
        "<interface type='user' mac='52:54:00:00:00:01'/>",
        "attribute `mac` of `<interface>` is ignored: `<mac>` is a child element of `<interface>`",
    );
}

#[test]
fn a_name_of_another_release_is_told_with_its_version() {
    let check =
        |release: Release, rest: &str, expected: &[(&str, &str, &str)]| check_as(release, rest, "", expected);
    let rest = "<iommufd enabled='yes'/>";
    check(Release::V12_9, rest, &[]);
    let message =
        "element `<iommufd>` is ignored: it is read since libvirt 12.2; the release followed is 11.3";
    check(Release::V11_3, rest, &[("name-of-another-release", message, LATER)]);
}

#[test]
fn what_is_for_another_driver_is_a_note() {
    let message = "element `<bootloader>` has no effect on a QEMU guest: it is for Xen";
    check_as(
        Release::V12_9,
        "<bootloader>/usr/bin/pygrub</bootloader>",
        "",
        &[("name-of-another-driver", message, OTHER)],
    );
}

#[test]
fn what_another_value_decides_is_told_with_what_is_read() {
    let check = |devices: &str, message: &str, help: &str| {
        check_as(Release::V12_9, "", devices, &[("name-not-read-here", message, help)]);
    };
    check(
        "<disk type='block'><source dev='/dev/a' file='/b'/><target dev='vda'/></disk>",
        "attribute `file` of `<source>` is ignored here",
        "remove it; the attributes of this `<source>` are `dev`, `index`, `startupPolicy`",
    );
    check(
        "<emulator>/a</emulator><emulator>/b</emulator>",
        "element `<emulator>` is ignored: of several, the first is read",
        "remove one of the `<emulator>`",
    );
}

#[test]
fn a_value_that_is_ignored_is_told_with_those_that_are_read() {
    let check = |rest: &str, devices: &str, message: &str, help: &str| {
        check_as(Release::V12_9, rest, devices, &[("ignored-value", message, help)]);
    };
    check(
        "",
        "<graphics type='vnc' autoport='true'/>",
        "value `true` of `autoport` of `<graphics>` is ignored",
        "did you mean `yes`? Allowed: `yes`, `no`",
    );
    check(
        "",
        "<graphics type='rdp' multiUser='1'/>",
        "value `1` of `multiUser` of `<graphics>` is ignored",
        "did you mean `yes`? Allowed: `yes`, `no`",
    );
    check(
        "",
        "<hostdev type='pci' managed='ye'><source><address bus='1'/></source></hostdev>",
        "value `ye` of `managed` of `<hostdev>` is ignored",
        "did you mean `yes`? Allowed: `yes`, `no`",
    );
    check(
        "<blkiotune><weight>much</weight></blkiotune>",
        "",
        "value `much` in `<weight>` is ignored",
        "write a whole number",
    );
    check(
        "<clock offset='variable' adjustment='1h'/>",
        "",
        "value `1h` of `adjustment` of `<clock>` is ignored",
        "write a whole number",
    );
    check(
        "<sysinfo type='smbios'><system><entry name='serail'>1</entry></system></sysinfo>",
        "",
        "value `serail` of `name` of `<entry>` is ignored",
        "did you mean `serial`? Allowed: `manufacturer`, `product`, `version`, `serial`, `uuid`, `sku`, `family`",
    );
    // Without a value there is none that is ignored.
    check_as(Release::V12_9, "<blkiotune><weight/></blkiotune>", "<graphics type='vnc'/>", &[]);
}

#[test]
fn text_is_told_where_it_is_not_read() {
    let check = |rest: &str, devices: &str, message: &str| {
        let found = problems(&document(rest, devices), Release::V12_9);
        let found: Vec<_> = found.iter().map(|p| (p.id(), p.message.as_str())).collect();
        assert_eq!(found, [("text-not-read", message)]);
    };
    check("<vcpus>2</vcpus>", "", "text `2` in `<vcpus>` is ignored");
    check("", "hello\n<input type='tablet' bus='usb'/>", "text `hello` in `<devices>` is ignored");
    let disk = "<disk><source file='/a'/><target dev='vda'/><readonly>no</readonly></disk>";
    check("", disk, "text `no` in `<readonly>` is ignored");
    let long = "a".repeat(100);
    let shown = format!("text `{}...` in `<acpi>` is ignored", "a".repeat(40));
    check(&format!("<features><acpi>{long}</acpi></features>"), "", &shown);
}

#[test]
fn attributes_of_sections_are_told() {
    let check = |rest: &str, expected: &[(&str, &str)]| {
        let found = problems(&document(rest, ""), Release::V12_9);
        let found: Vec<_> = found.iter().map(|p| (p.id(), p.message.as_str())).collect();
        assert_eq!(found, expected, "{rest}");
    };
    // An `<idmap>` is for containers.
    let sections = [
        "blkiotune",
        "clock",
        "cputune",
        "devices",
        "features",
        "iothreadids",
        "keywrap",
        "memoryBacking",
        "memtune",
        "os",
        "perf",
        "pm",
        "throttlegroups",
        "vcpus",
    ];
    for name in sections {
        let message = format!("unknown attribute `zzz` of `<{name}>` is ignored");
        check(&format!("<{name} zzz='1'/>"), &[("unknown-attribute", &message)]);
    }
    check(
        "<clock ofset='localtime'/>",
        &[("unknown-attribute", "unknown attribute `ofset` of `<clock>` is ignored")],
    );
    check(
        "<clock offset='utc'/><clock offset='localtime'/>",
        &[("name-not-read-here", "attribute `offset` of `<clock>` is ignored here")],
    );
}

#[test]
fn a_letter_is_likelier_wrong_than_the_place() {
    let check = |rest: &str, help: &str| {
        let found = problems(&document(rest, ""), Release::V12_9);
        let found: Vec<_> = found.iter().map(|p| (p.id(), p.help())).collect();
        assert_eq!(found, [("unknown-element", help)]);
    };
    check("<device><input type='tablet'/></device>", "did you mean `<devices>`?");
    check("<feature><acpi/></feature>", "did you mean `<features>`?");
}

#[test]
fn the_namespace_for_qemu_is_known_by_its_name() {
    let check = |rest: &str, expected: &[&str]| {
        let found = problems(&document(rest, ""), Release::V12_9);
        assert_eq!(found.iter().map(Problem::id).collect::<Vec<_>>(), expected, "{rest}");
    };
    let right = "http://libvirt.org/schemas/domain/qemu/1.0";
    let arg = "<qemu:arg value='-S'/>";
    check(&format!("<qemu:commandline xmlns:qemu='{right}'>{arg}</qemu:commandline>"), &[]);
    check(&format!("<q:commandline xmlns:q='{right}'><q:arg value='-S'/></q:commandline>"), &[]);
    check(
        &format!(
            "<qemu:commandline xmlns:qemu='http://libvirt.org/schemas/domain/qemu/2.0'>{arg}</qemu:commandline>"
        ),
        &["qemu-namespace"],
    );
    check("<commandline><arg value='-S'/></commandline>", &["qemu-namespace"]);
    check(
        &format!("<qemu:commandline xmlns:qemu='{right}'><qemu:arg vale='-S'/></qemu:commandline>"),
        &["unknown-attribute"],
    );
}

#[test]
fn nothing_follows_from_what_could_not_be_read() {
    let check = |rest: &str, devices: &str, expected: &[&str]| {
        let found = problems(&document(rest, devices), Release::V12_9);
        assert_eq!(found.iter().map(Problem::id).collect::<Vec<_>>(), expected, "{rest}{devices}");
    };
    // The feature is refused by its name.
    check("<features><apci state='on'/></features>", "", &[]);
    // The type is refused, so what belongs to it is not known; a name that no type has is told all the same.
    check(
        "",
        "<disk type='fiel'><source dev='/a' flie='/b'/><target dev='vda'/></disk>",
        &["unknown-attribute"],
    );
}

/// The id, message and help of a problem, and the text at its place.
type Told = (&'static str, String, String, Option<String>);

/// What is told of the device `device`: of its own document, and of one of a domain.
fn of_device(device: &str, base: usize) -> [Vec<Told>; 2] {
    let told = |problem: &Problem, text: &str| {
        let at = Source::new(text).locate(&problem.place).map(|frame| text[frame.range].to_owned());
        (problem.id(), problem.message.clone(), problem.help().to_owned(), at)
    };
    let (read, names) = parse_device_with_names(device, Release::V12_9, base);
    let alone = read.report.iter().cloned().chain(names).filter_map(|problem| problem.within(base));
    let whole = document("", device);
    let (read, names) = parse_with_names(&whole, Release::V12_9);
    let domain = read.report.iter().chain(&names).map(|problem| told(problem, &whole));
    [alone.map(|problem| told(&problem, device)).collect(), domain.collect()]
}

#[test]
fn a_device_alone_is_told_as_in_a_domain() {
    let check = |device: &str| {
        let [alone, domain] = of_device(device, 1000);
        assert_eq!(alone, domain, "{device}");
        assert!(!alone.is_empty(), "{device}");
    };
    for kind in DeviceKind::ALL {
        let name = kind.element();
        check(&format!("<{name} bogus='1'/>"));
        check(&format!("<{name} adress='1'><bogus/>stray<adress/><alias nmae='ua-x'/></{name}>"));
    }
    for device in [
        "<disk type='file'><driver nmae='qemu'/><source fiel='/a' dev='/b'/><target dev='vda'/></disk>",
        "<disk type='fiel'><source dev='/a' flie='/b'/><target dev='vda'/></disk>",
        "<disk type='file'><target dev='vda'/><target dev='vdb'/></disk>",
        "<disk type='file' cache='none'><target dev='vda'/></disk>",
        "<interface type='user'><backenddomain name='x'/><mac adress='52:54:00:00:00:01'/></interface>",
        "<channel type='unix'><target type='virtio' name='a'/><clock/><clock/><x:y xmlns:x='urn:x'/></channel>",
    ] {
        check(device);
    }
}

#[test]
fn a_sure_suggestion_mends_the_text() {
    let check = |before: &str, after: &str| {
        let text = document(before, "");
        let found = problems(&text, Release::V12_9);
        let source = Source::new(&text);
        let edits: Vec<_> = found.iter().flat_map(Problem::edits).cloned().collect();
        let mended = advice::apply(&text, source.replacements(&edits).unwrap());
        assert_eq!(mended, document(after, ""));
        assert_eq!(problems(&mended, Release::V12_9), []);
    };
    check("<currentmemory unit='KiB'>1</currentmemory>", "<currentMemory unit='KiB'>1</currentMemory>");
    check("<vcpu plcement='static'>1</vcpu>", "<vcpu placement='static'>1</vcpu>");
}

/// Where documents from elsewhere are there: none of them has a name that is unknown.
#[test]
fn no_name_of_known_documents_is_unknown() {
    let corpus = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus");
    for (set, release) in
        [("classic", Release::V7_0), ("modern", Release::V11_3), ("native-12.9", Release::V12_9)]
    {
        let files = std::fs::read_dir(corpus.join(set).join("domains")).into_iter().flatten().flatten();
        for file in
            files.map(|file| file.path()).filter(|file| file.extension().is_some_and(|end| end == "xml"))
        {
            let Ok(text) = std::fs::read_to_string(&file) else { continue };
            let unknown = ["unknown-element", "unknown-attribute", "misplaced-name"];
            let found: Vec<_> =
                problems(&text, release).into_iter().filter(|p| unknown.contains(&p.id())).collect();
            assert_eq!(found, [], "{}", file.display());
        }
    }
}
