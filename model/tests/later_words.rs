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

/// `word` of `text` is ignored by 7.0 and kept by 11.3; neither reports it.
fn check_passed_over(text: &str, word: &str) {
    check_kept(text, word, [(Release::V7_0, false), (Release::V11_3, true)]);
}

/// `word` of `text` is ignored by 11.3 and kept by 12.9; neither reports it.
fn check_new_in_12(text: &str, word: &str) {
    check_kept(text, word, [(Release::V11_3, false), (Release::V12_9, true)]);
}

fn check_kept(text: &str, word: &str, releases: [(Release, bool); 2]) {
    for (release, kept) in releases {
        let (domain, report) = read(text, release);
        assert!(report.is_empty(), "{release}: {text}: {report}");
        assert_eq!(format(&domain).contains(word), kept, "{release}: {text}");
    }
}

/// 7.0 refuses `text` in the class `class`, and names the version that brought the word; the newest release reads it.
fn check_refused(text: &str, class: Class, since: &str) {
    let (_, report) = read(text, Release::V7_0);
    let found: Vec<_> = report.iter().map(|problem| (problem.id(), problem.class)).collect();
    assert_eq!(found, [("word-of-a-later-release", class)], "{text}: {report}");
    let known = format!("is in libvirt since {since}; the release followed is 7.0");
    assert!(report.to_string().ends_with(&known), "{text}: {report}");
    let (_, report) = read(text, Release::default());
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
    check("<virtualization/>", "12.1");
}

#[test]
fn elements_of_libvirt_12_are_kept() {
    let check = |rest: &str, word: &str| check_new_in_12(&document(rest, ""), word);
    check("<hwuuid>c7a5fdbd-edaf-9455-926a-d65c16db1809</hwuuid>", "hwuuid");
    check("<iommufd enabled='yes' fdgroup='g'/>", "<iommufd enabled='yes' fdgroup='g'/>");
    check("<iothreadids><iothread id='1'><poll max='2' weight='3'/></iothread></iothreadids>", "weight='3'");
    check(
        "<vcpu>2</vcpu><cputune><energytune vcpus='0-1' id='e'><monitor vcpus='0'/></energytune></cputune>",
        "energytune",
    );
}

#[test]
fn attributes_of_devices_of_libvirt_12_are_kept() {
    let check = |devices: &str, word: &str| check_new_in_12(&document("", devices), word);
    let disk = |inside: &str| {
        format!("<disk type='block' device='lun'>{inside}<target dev='sda' bus='scsi'/></disk>")
    };
    check(&disk("<driver><statistics><statistic interval='10'/></statistics></driver>"), "interval='10'");
    let histogram = |kind: &str| {
        format!(
            "<driver><statistics><latency-histogram type='{kind}'><bin start='0'/><bin start='9'/>\
             </latency-histogram></statistics></driver>"
        )
    };
    for kind in ["read", "write", "zone", "flush"] {
        check(&disk(&histogram(kind)), &format!("<latency-histogram type='{kind}'>"));
    }
    let reservations = "<reservations managed='yes' migration='no'/>";
    check(&disk(&format!("<source dev='/dev/a'>{reservations}</source>")), "migration='no'");
    check("<disk type='file'><target dev='sda' bus='scsi' dpofua='on'/></disk>", "dpofua='on'");
    check("<graphics type='vnc' port='5900' wait='yes'/>", "wait='yes'");
    check(
        "<interface type='user'><backend type='passt' hostname='h' fqdn='h.org'/></interface>",
        "fqdn='h.org'",
    );
    check("<interface type='user'><backend type='passt' hostname='h'/></interface>", "hostname='h'");
    let pci = "<address type='pci' domain='0' bus='6' slot='0' function='0'/>";
    check(
        &format!("<hostdev type='pci'><driver iommufd='yes'/><source>{pci}</source></hostdev>"),
        "iommufd='yes'",
    );
    check(
        &format!("<interface type='hostdev'><driver iommufd='no'/><source>{pci}</source></interface>"),
        "iommufd='no'",
    );
    check("<video><model type='vga' edid='on'/></video>", "edid='on'");
    for device in
        ["virtio-gpu", "virtio-gpu-gl", "virtio-vga", "virtio-vga-gl", "vhost-user-gpu", "vhost-user-vga"]
    {
        check(
            &format!("<video><model type='virtio' device='{device}'/></video>"),
            &format!("device='{device}'"),
        );
    }
    for option in ["iommu", "ats", "packed", "page_per_vq"] {
        check(
            &format!(
                "<memory model='virtio-mem'><driver {option}='on'/><target><size>1</size><node>0</node>\
                 <requested>0</requested></target></memory>"
            ),
            &format!("{option}='on'"),
        );
    }
}

#[test]
fn ports_of_usb_host_devices_are_kept() {
    let check = |device: &str| {
        let text = document("", device);
        let (domain, report) = read(&text, Release::V12_9);
        assert!(report.is_empty() && format(&domain).contains("port='2.3'"), "{text}: {report}");
        let (_, report) = read(&text, Release::V11_3);
        assert_eq!(
            report.iter().map(virtargv_model::Problem::id).collect::<Vec<_>>(),
            ["attribute-missing"],
            "{text}"
        );
    };
    check("<hostdev type='usb'><source><address bus='1' port='2.3'/></source></hostdev>");
    check("<interface type='hostdev'><source><address type='usb' bus='1' port='2.3'/></source></interface>");
}

#[test]
fn options_of_iommus_of_libvirt_12_are_kept() {
    let check = |options: &str| {
        check_new_in_12(&document("", &format!("<iommu model='intel'><driver {options}/></iommu>")), options);
    };
    for name in ["accel", "ats", "cmdqv", "passthrough", "ril", "xtsup"] {
        check(&format!("{name}='on'"));
    }
    check("pciBus='1'");
    check("oas='44'");
    check("ssidsize='8'");
    let granule =
        |inside: &str| document("", &format!("<iommu model='virtio'><driver>{inside}</driver></iommu>"));
    check_new_in_12(&granule("<granule mode='host'/>"), "<granule mode='host'/>");
    check_new_in_12(&granule("<granule size='4' unit='KiB'/>"), "<granule size='4' unit='KiB'/>");
}

#[test]
fn generic_initiators_are_kept() {
    let pci = "<address domain='0' bus='6' slot='0' function='0'/>";
    for device in [
        "<disk type='file'><target dev='sda' bus='scsi'/>@</disk>".to_owned(),
        "<controller type='scsi'>@</controller>".to_owned(),
        "<filesystem><source dir='/a'/><target dir='b'/>@</filesystem>".to_owned(),
        "<interface type='user'>@</interface>".to_owned(),
        "<input type='mouse'>@</input>".to_owned(),
        "<sound model='ich9'>@</sound>".to_owned(),
        "<video><model type='vga'/>@</video>".to_owned(),
        "<watchdog model='i6300esb'>@</watchdog>".to_owned(),
        "<memballoon model='virtio'>@</memballoon>".to_owned(),
        "<rng model='virtio'><backend model='random'>/dev/random</backend>@</rng>".to_owned(),
        "<shmem name='s'>@</shmem>".to_owned(),
        "<vsock model='virtio'>@</vsock>".to_owned(),
        "<iommu model='virtio'>@</iommu>".to_owned(),
        format!("<hostdev type='pci'><source>{pci}</source>@</hostdev>"),
    ] {
        let device = device.replace('@', "<acpi nodeset='1-2'/>");
        check_new_in_12(&document("", &device), "<acpi nodeset='1-2'/>");
    }
}
