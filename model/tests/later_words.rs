//! Words of the format that came after libvirt 7.0, read under 7.0 and under the current release.

#![allow(clippy::expect_used, reason = "a test that cannot be set up has failed")]

use virtargv_model::{Class, Domain, Release, Report, format, parse_as};

/// A domain that holds `devices` in its `<devices>` and `rest` beside them.
fn document(rest: &str, devices: &str) -> String {
    format!(
        "<domain type='kvm'><name>words</name><memory>65536</memory>\
         <os><type arch='x86_64' machine='q35'>hvm</type></os>{rest}<devices>{devices}</devices></domain>"
    )
}

fn read(text: &str, release: Release) -> (Domain, Report) {
    let parsed = parse_as(text, release);
    (*parsed.value.expect("a domain"), parsed.report)
}

/// `word` of `text` is ignored by 7.0 and kept by the current release; neither reports it.
fn check_passed_over(text: &str, word: &str) {
    for (release, kept) in [(Release::V7_0, false), (Release::V11_3, true)] {
        let (domain, report) = read(text, release);
        assert!(report.is_empty(), "{release}: {text}: {report}");
        assert_eq!(format(&domain).contains(word), kept, "{release}: {text}");
    }
}

/// 7.0 refuses `text` in the class `class`, and names the version that brought the word; the current release reads it.
fn check_refused(text: &str, class: Class, since: &str) {
    let (_, report) = read(text, Release::V7_0);
    let found: Vec<_> = report.iter().map(|problem| (problem.id(), problem.class)).collect();
    assert_eq!(found, [("word-of-a-later-release", class)], "{text}: {report}");
    let known = format!("is in libvirt since {since}; the release followed is 7.0");
    assert!(report.to_string().ends_with(&known), "{text}: {report}");
    let (_, report) = read(text, Release::V11_3);
    assert!(report.is_empty(), "{text}: {report}");
}

#[test]
fn attributes_and_elements_are_passed_over() {
    let check = |rest: &str, word: &str| check_passed_over(&document(rest, ""), word);
    check("<cpu mode='host-passthrough' deprecated_features='off'/>", "deprecated_features");
    check("<cpu mode='host-passthrough'><maxphysaddr mode='passthrough'/></cpu>", "maxphysaddr");
    check("<cpu><topology sockets='1' clusters='2' cores='1' threads='1'/></cpu>", "clusters");
    check("<defaultiothread thread_pool_min='1'/>", "defaultiothread");
    check("<iothreadids><iothread id='1' thread_pool_max='2'/></iothreadids>", "thread_pool_max");
    check("<iothreadids><iothread id='1'><poll max='2'/></iothread></iothreadids>", "poll");
    check("<memoryBacking><allocation threads='2'/></memoryBacking>", "threads");
    check("<features><hyperv mode='custom'/></features>", "custom");
    check(
        "<features><hyperv><tlbflush state='on'><extended state='on'/></tlbflush></hyperv></features>",
        "extended",
    );
    check(
        "<qemu:override xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><qemu:device alias='a'>\
         <qemu:frontend><qemu:property name='x' type='bool' value='true'/></qemu:frontend></qemu:device>\
         </qemu:override>",
        "override",
    );
}

#[test]
fn words_of_firmware_are_passed_over() {
    let check = |os: &str, word: &str| {
        let os = format!("<os firmware='efi'><type arch='x86_64' machine='q35'>hvm</type>{os}</os>");
        let text = document("", "").replace("<os><type arch='x86_64' machine='q35'>hvm</type></os>", &os);
        check_passed_over(&text, word);
    };
    check("<firmware><feature enabled='yes' name='secure-boot'/></firmware>", "secure-boot");
    check("<loader stateless='yes'/>", "stateless");
    check("<loader format='qcow2'/>", "qcow2");
    check("<nvram templateFormat='raw' template='/t'>/n</nvram>", "templateFormat");
    check("<nvram type='file'><source file='/vars'/></nvram>", "/vars");
    check("<shim>/shim</shim>", "shim");
}

#[test]
fn attributes_of_devices_are_passed_over() {
    let check = |devices: &str, word: &str| check_passed_over(&document("", devices), word);
    let disk = |inside: &str| format!("<disk type='file'><target dev='vda'/>{inside}</disk>");
    check(&disk("<driver queue_size='64'/>"), "queue_size");
    check(&disk("<driver page_per_vq='on'/>"), "page_per_vq");
    check(&disk("<driver><iothreads><iothread id='1'/></iothreads></driver>"), "iothreads");
    check(&disk("<transient shareBacking='yes'/>"), "shareBacking");
    check(&disk("<blockio discard_granularity='512'/>"), "discard_granularity");
    check(&disk("<throttlefilters><throttlefilter group='g'/></throttlefilters>"), "throttlefilters");
    check(&disk("<source file='/a' fdgroup='g'/>"), "fdgroup");
    check(
        &disk(
            "<source file='/a'><dataStore type='file'><format type='raw'/><source file='/b'/></dataStore></source>",
        ),
        "dataStore",
    );
    check("<crypto model='virtio' type='qemu'><backend model='builtin'/></crypto>", "crypto");
    check("<pstore backend='acpi-erst'><path>/p</path><size unit='KiB'>8</size></pstore>", "pstore");
    check("<interface type='user'><source dev='eth0'/></interface>", "eth0");
    check("<interface type='user'><backend type='passt' logFile='/log'/></interface>", "passt");
    check("<interface type='user'><acpi index='3'/></interface>", "index");
    check("<graphics type='vnc' powerControl='yes'/>", "powerControl");
    check("<sound model='usb' multichannel='yes'/>", "multichannel");
    check("<video><model type='virtio' blob='on'/></video>", "blob");
    check("<tpm><backend type='emulator' debug='3'/></tpm>", "debug");
    check(
        "<tpm><backend type='emulator'><active_pcr_banks><sha1/></active_pcr_banks></backend></tpm>",
        "active_pcr_banks",
    );
    check(
        "<hostdev type='usb'><source guestReset='off'><address bus='1' device='2'/></source></hostdev>",
        "guestReset",
    );
    check(
        "<filesystem><binary><sandbox mode='chroot'/></binary><source dir='/a'/><target dir='b'/></filesystem>",
        "sandbox",
    );
}

#[test]
fn values_are_refused_in_the_class_of_their_attribute() {
    use Class::{Unsupported, Xml};
    let check = |rest: &str, devices: &str, class: Class, since: &str| {
        check_refused(&document(rest, devices), class, since);
    };
    check("<cpu mode='maximum'/>", "", Unsupported, "7.1");
    check("<clock offset='absolute' start='0'/>", "", Unsupported, "8.4");
    check("<numatune><memory mode='restrictive' nodeset='0'/></numatune>", "", Unsupported, "7.3");
    check("<launchSecurity type='s390-pv'/>", "", Xml, "7.6");
    check("", "<graphics type='dbus'/>", Unsupported, "8.4");
    check("", "<audio id='1' type='pipewire'/>", Unsupported, "9.10");
    check("", "<sound model='virtio'/>", Unsupported, "10.4");
    check("", "<watchdog model='itco'/>", Unsupported, "9.1");
    check("", "<panic model='pvpanic'/>", Unsupported, "9.1");
    check("", "<input type='evdev'><source dev='/d'/></input>", Unsupported, "7.4");
    check("", "<iommu model='virtio'/>", Xml, "8.3");
    check("", "<channel type='qemu-vdagent'><target type='virtio'/></channel>", Unsupported, "8.4");
    check(
        "",
        "<memory model='virtio-pmem'><source><path>/p</path></source><target><size>1</size></target></memory>",
        Xml,
        "7.1",
    );
    check(
        "",
        "<disk type='vhostvdpa'><source dev='/dev/vhost-vdpa-0'/><target dev='vda'/></disk>",
        Unsupported,
        "9.8",
    );
}

#[test]
fn elements_of_a_list_are_refused() {
    let check = |features: &str, since: &str| {
        check_refused(&document(&format!("<features>{features}</features>"), ""), Class::Unsupported, since);
    };
    check("<tcg/>", "8.0");
    check("<ps2 state='off'/>", "10.7");
    check("<async-teardown/>", "9.6");
    check("<hyperv><avic state='on'/></hyperv>", "8.10");
    check("<kvm><dirty-ring state='on' size='1024'/></kvm>", "8.0");
}
