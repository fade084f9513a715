//! Devices that are attached to a running guest: their commands, and that they have the properties of a start with them.

#![allow(clippy::disallowed_methods, reason = "tests look at files and start programs")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test stops at the first failure")]
#![allow(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

use expect_test::{Expect, expect};
use proptest::prelude::{ProptestConfig, prop_assert, prop_assert_eq, proptest};
use serde_json::Value;
use virtargv::host::SecretLookup;
use virtargv::{
    Cap, Caps, FixedHost, Hotplug, Levels, Release, Report, Request, Source, UpdateOptions, builtin,
};
use virtargv_strategies::hotplug::device;
use virtargv_testsuite::hotplug::{defined, running};

/// The capabilities of a QEMU that reads every option as JSON.
fn caps() -> Caps {
    let caps = builtin::get("qemu-11.1-x86_64", Release::V12_9).expect("a built-in set");
    caps.edit().set(Cap::ChardevJson).build()
}

/// Calls `f` with a request whose host knows nothing.
fn with_request<T>(f: impl FnOnce(&Request<'_>) -> T) -> T {
    let caps = caps();
    let secret = SecretLookup::new(|_, _| Some(b"open sesame".to_vec()));
    let host = FixedHost { secret, ..FixedHost::default() };
    f(&Request::new(&caps, &host))
}

/// The commands, a line each.
fn lines(done: &Hotplug) -> String {
    let lines: Vec<String> = done.commands.iter().map(|command| command.to_qmp().to_string()).collect();
    lines.join("\n") + if lines.is_empty() { "" } else { "\n" }
}

/// Attaches `device` to the guest, detaches it again, and compares both.
fn check(device: &str, attach: &Expect, detach: &Expect) {
    with_request(|request| {
        let running = running(request).expect("a guest");
        let done = virtargv::attach(&running, device, request).unwrap_or_else(|why| panic!("{why}"));
        attach.assert_eq(&lines(&done));
        let after = virtargv::model::format(&done.domain);
        let gone = virtargv::detach(&after, device, request).unwrap_or_else(|why| panic!("{why}"));
        detach.assert_eq(&lines(&gone));
        let before = virtargv::model::parse(&running).value.expect("a domain");
        assert_eq!(virtargv::model::format(&gone.domain), virtargv::model::format(&before));
    });
}

/// The problems of attaching `device`.
fn refused(device: &str, expected: &Expect) {
    with_request(|request| {
        let running = running(request).expect("a guest");
        let refused = virtargv::attach(&running, device, request).expect_err("a problem");
        expected.assert_eq(&refused.to_string());
    });
}

#[test]
fn a_disk_is_its_nodes_and_its_device() {
    check(
        "<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='/srv/a.qcow2'/>
           <target dev='vdb' bus='virtio'/></disk>",
        &expect![[r#"
            {"execute":"blockdev-add","arguments":{"driver":"file","filename":"/srv/a.qcow2","node-name":"libvirt-1-storage","auto-read-only":true,"discard":"unmap"}}
            {"execute":"blockdev-add","arguments":{"node-name":"libvirt-1-format","read-only":false,"driver":"qcow2","file":"libvirt-1-storage"}}
            {"execute":"device_add","arguments":{"driver":"virtio-blk-pci","bus":"pci.6","addr":"0x0","drive":"libvirt-1-format","id":"virtio-disk1"}}
        "#]],
        &expect![[r#"
            {"execute":"device_del","arguments":{"id":"virtio-disk1"}}
            {"execute":"blockdev-del","arguments":{"node-name":"libvirt-1-format"}}
            {"execute":"blockdev-del","arguments":{"node-name":"libvirt-1-storage"}}
        "#]],
    );
}

#[test]
fn a_usb_drive_is_ready_when_its_unit_is_there() {
    check(
        "<disk type='file' device='cdrom'><source file='/srv/a.iso'/><target dev='sdc' bus='usb'/><readonly/></disk>",
        &expect![[r#"
            {"execute":"blockdev-add","arguments":{"driver":"file","filename":"/srv/a.iso","node-name":"libvirt-1-storage","read-only":true}}
            {"execute":"device_add","arguments":{"driver":"usb-bot","id":"usb-disk2","bus":"usb.0","port":"1"}}
            {"execute":"device_add","arguments":{"driver":"scsi-cd","bus":"usb-disk2.0","scsi-id":0,"lun":0,"drive":"libvirt-1-storage","id":"usb-disk2-device"}}
            {"execute":"qom-set","arguments":{"path":"usb-disk2","property":"attached","value":true}}
        "#]],
        &expect![[r#"
            {"execute":"device_del","arguments":{"id":"usb-disk2"}}
            {"execute":"blockdev-del","arguments":{"node-name":"libvirt-1-storage"}}
        "#]],
    );
}

#[test]
fn a_tap_device_is_passed_by_name() {
    check(
        "<interface type='ethernet'><mac address='52:54:00:0a:00:02'/><model type='virtio'/><driver queues='2'/></interface>",
        &expect![[r#"
            {"execute":"getfd","arguments":{"fdname":"tapfd-net10"}}
            {"execute":"getfd","arguments":{"fdname":"tapfd-net11"}}
            {"execute":"netdev_add","arguments":{"type":"tap","fds":"tapfd-net10:tapfd-net11","id":"hostnet1"}}
            {"execute":"device_add","arguments":{"driver":"virtio-net-pci","mq":true,"vectors":6,"netdev":"hostnet1","id":"net1","mac":"52:54:00:0a:00:02","bus":"pci.6","addr":"0x0"}}
        "#]],
        &expect![[r#"
            {"execute":"device_del","arguments":{"id":"net1"}}
            {"execute":"netdev_del","arguments":{"id":"hostnet1"}}
        "#]],
    );
}

#[test]
fn a_listening_socket_is_passed_by_name() {
    check(
        "<channel type='unix'><source mode='bind' path='/run/a.sock'/><target type='virtio' name='org.a'/></channel>",
        &expect![[r#"
            {"execute":"getfd","arguments":{"fdname":"channel0-source"}}
            {"execute":"chardev-add","arguments":{"id":"charchannel0","backend":{"type":"socket","data":{"addr":{"type":"fd","data":{"str":"channel0-source"}},"server":true,"wait":false}}}}
            {"execute":"device_add","arguments":{"driver":"virtserialport","bus":"virtio-serial0.0","nr":1,"chardev":"charchannel0","id":"channel0","name":"org.a"}}
        "#]],
        &expect![[r#"
            {"execute":"device_del","arguments":{"id":"channel0"}}
            {"execute":"chardev-remove","arguments":{"id":"charchannel0"}}
        "#]],
    );
}

#[test]
fn qemu_opens_the_socket_of_usb_redirection() {
    check(
        "<redirdev bus='usb' type='unix'><source mode='bind' path='/run/r.sock'/></redirdev>",
        &expect![[r#"
            {"execute":"chardev-add","arguments":{"id":"charredir0","backend":{"type":"socket","data":{"addr":{"type":"unix","data":{"path":"/run/r.sock"}},"server":true,"wait":false}}}}
            {"execute":"device_add","arguments":{"driver":"usb-redir","chardev":"charredir0","id":"redir0","bus":"usb.0","port":"1"}}
        "#]],
        &expect![[r#"
            {"execute":"device_del","arguments":{"id":"redir0"}}
            {"execute":"chardev-remove","arguments":{"id":"charredir0"}}
        "#]],
    );
}

#[test]
fn a_console_keeps_its_port() {
    with_request(|request| {
        let domain = running(request).expect("a guest");
        let console = "<console type='pty'><target type='virtio' port='7'/></console>";
        let done = virtargv::attach(&domain, console, request).unwrap_or_else(|why| panic!("{why}"));
        let ports: Vec<_> = done.domain.devices.consoles.iter().map(|console| console.port).collect();
        assert_eq!(ports, [Some(7)]);
    });
}

#[test]
fn a_scsi_controller_is_like_the_last_one() {
    with_request(|request| {
        let domain = running(request).expect("a guest").replace("virtio-scsi", "lsilogic");
        let disk = "<disk type='file'><source file='/a'/><target dev='sdh' bus='scsi'/></disk>";
        let done = virtargv::attach(&domain, disk, request).unwrap_or_else(|why| panic!("{why}"));
        expect![[r#"
            {"execute":"device_add","arguments":{"driver":"lsi","id":"scsi1","bus":"pci.13","addr":"0x5"}}
            {"execute":"blockdev-add","arguments":{"driver":"file","filename":"/a","node-name":"libvirt-1-storage","read-only":false}}
            {"execute":"device_add","arguments":{"driver":"scsi-hd","bus":"scsi1.0","scsi-id":0,"device_id":"drive-scsi1-0-0","drive":"libvirt-1-storage","id":"scsi1-0-0"}}
        "#]].assert_eq(&lines(&done));
    });
}

#[test]
fn an_interface_is_described_by_what_it_is_looked_for_by() {
    let check = |details: &str, expected: &str| {
        with_request(|request| {
            let domain = running(request).expect("a guest");
            let nic =
                format!("<interface type='user'><mac address='52:54:00:0a:00:01'/>{details}</interface>");
            let refused = virtargv::detach(&domain, &nic, request).expect_err("a problem");
            assert_eq!(
                refused.device.iter().map(|problem| problem.message.as_str()).collect::<Vec<_>>(),
                [expected]
            );
        });
    };
    check(
        "<alias name='ua-other'/>",
        "the guest has no interface with MAC address `52:54:00:0a:00:01` and alias `ua-other`",
    );
    check(
        "<address type='pci' domain='0' bus='9' slot='0' function='0'/>",
        "the guest has no interface with MAC address `52:54:00:0a:00:01` and PCI address `0000:09:00.0`",
    );
    check(
        "<address type='ccw' cssid='0xfe' ssid='0' devno='1'/>",
        "the guest has no interface with MAC address `52:54:00:0a:00:01` and the given `<address>`",
    );
}

#[test]
fn a_file_is_passed_in_a_set() {
    check(
        "<channel type='file'><source path='/run/a.log'/><target type='virtio' name='org.a'/></channel>",
        &expect![[r#"
            {"execute":"add-fd","arguments":{"opaque":"channel0-source","fdset-id":0}}
            {"execute":"chardev-add","arguments":{"id":"charchannel0","backend":{"type":"file","data":{"out":"/dev/fdset/0","append":true}}}}
            {"execute":"device_add","arguments":{"driver":"virtserialport","bus":"virtio-serial0.0","nr":1,"chardev":"charchannel0","id":"channel0","name":"org.a"}}
        "#]],
        &expect![[r#"
            {"execute":"device_del","arguments":{"id":"channel0"}}
            {"execute":"chardev-remove","arguments":{"id":"charchannel0"}}
            {"execute":"query-fdsets"}
            {"execute":"remove-fd"}
        "#]],
    );
}

#[test]
fn another_watchdog_leaves_the_action() {
    check(
        "<watchdog model='i6300esb' action='reset'/>",
        &expect![[r#"
        {"execute":"device_add","arguments":{"driver":"i6300esb","id":"watchdog1","bus":"pci.13","addr":"0x5"}}
    "#]],
        &expect![[r#"
        {"execute":"device_del","arguments":{"id":"watchdog1"}}
    "#]],
    );
}

#[test]
fn memory_counts_while_it_is_there() {
    check(
        "<memory model='dimm'><target><size unit='MiB'>128</size><node>0</node></target></memory>",
        &expect![[r#"
            {"execute":"object-add","arguments":{"qom-type":"memory-backend-memfd","id":"memdimm0","share":true,"size":134217728}}
            {"execute":"device_add","arguments":{"driver":"pc-dimm","node":0,"memdev":"memdimm0","id":"dimm0","slot":0}}
        "#]],
        &expect![[r#"
            {"execute":"device_del","arguments":{"id":"dimm0"}}
            {"execute":"object-del","arguments":{"id":"memdimm0"}}
        "#]],
    );
}

#[test]
fn a_transient_partner_names_its_pair() {
    with_request(|request| {
        let persistent = "<interface type='user'><mac address='52:54:00:0a:00:09'/><model type='virtio'/>
          <teaming type='persistent'/><alias name='ua-pair'/></interface>";
        let transient = "<interface type='hostdev' managed='yes'><mac address='52:54:00:0a:00:09'/>
          <source><address type='pci' domain='0' bus='3' slot='2' function='1'/></source>
          <teaming type='transient' persistent='ua-pair'/></interface>";
        let running = running(request).expect("a guest");
        let done = virtargv::attach(&running, persistent, request).unwrap_or_else(|why| panic!("{why}"));
        let paired = virtargv::model::format(&done.domain);
        let done = virtargv::attach(&paired, transient, request).unwrap_or_else(|why| panic!("{why}"));
        expect![[r#"
            {"execute":"device_add","arguments":{"driver":"vfio-pci","host":"0000:03:02.1","id":"hostdev0","failover_pair_id":"ua-pair","bus":"pci.7","addr":"0x0"}}
        "#]].assert_eq(&lines(&done));
        let pair = done.teaming.expect("a pair");
        assert_eq!((pair.partner_is_there, pair.same_mac), (true, Some(true)));
        assert!(pair.lines().iter().any(|line| line.contains("UNPLUG_PRIMARY")));
    });
}

#[test]
fn what_cannot_be_attached_is_refused() {
    refused(
        "<video><model type='vga'/></video>",
        &expect!["Operation not supported: `<video>` cannot be attached while the guest runs"],
    );
    refused(
        "<controller type='pci' index='20' model='pcie-root-port'/>",
        &expect![
            "internal error: the controller with index `20` of type `pci` and model `pcie-root-port` cannot be attached while the guest runs"
        ],
    );
    refused(
        "<controller type='pci' model='pcie-root'/>",
        &expect![
            "internal error: the controller with index `0` of type `pci` and model `pcie-root` cannot be attached while the guest runs"
        ],
    );
    refused(
        "<sound model='ich9'/>",
        &expect!["Operation not supported: `<sound>` cannot be attached while the guest runs"],
    );
    refused(
        "<input type='mouse' bus='ps2'/>",
        &expect![
            "Operation not supported: an input device on bus `ps2` cannot be attached while the guest runs"
        ],
    );
    refused("<gizmo/>", &expect!["unsupported configuration: `<gizmo>` is no device"]);
    refused(
        "<disk type='file'><source file='/a'/><target dev='hda' bus='ide'/></disk>",
        &expect![[r#"
        internal error: the address of device `disk` names the controller of type `ide` with index `0`, which the domain does not have
        Operation not supported: a disk on bus `ide` cannot be attached while the guest runs"#]],
    );
    refused(
        "<disk type='file'><source file='/a'/><target dev='vdb' bus='virtio'/>
           <address type='pci' domain='0' bus='0' slot='9' function='0'/></disk>",
        &expect![
            "XML error: PCI address `0000:00:09.0` is on the controller with `index='0'`, to which no device can be attached while the guest runs"
        ],
    );
    refused(
        "<controller type='usb' index='1'/>",
        &expect![
            "Operation not supported: a controller of type `usb` cannot be attached while the guest runs"
        ],
    );
    refused("<rng", &expect!["there is no element in the text"]);
}

#[test]
fn a_medium_is_changed_in_an_open_tray() {
    with_request(|request| {
        let running = running(request).expect("a guest");
        let device = "<disk type='file' device='cdrom'><source file='/srv/b.iso'/><target dev='sdz' bus='sata'/><readonly/></disk>";
        let done = virtargv::update(&running, device, request, UpdateOptions::default());
        let done = done.unwrap_or_else(|why| panic!("{why}"));
        expect![[r#"
            {"execute":"blockdev-open-tray","arguments":{"id":"sata4-0-1","force":false}}
            {"execute":"blockdev-remove-medium","arguments":{"id":"sata4-0-1"}}
            {"execute":"blockdev-add","arguments":{"driver":"file","filename":"/srv/b.iso","node-name":"libvirt-1-storage","read-only":true}}
            {"execute":"blockdev-insert-medium","arguments":{"id":"sata4-0-1","node-name":"libvirt-1-storage"}}
            {"execute":"blockdev-close-tray","arguments":{"id":"sata4-0-1"}}
        "#]].assert_eq(&lines(&done));
        let after = virtargv::model::format(&done.domain);
        let empty = "<disk type='file' device='cdrom'><target dev='sdz' bus='sata'/><readonly/></disk>";
        let done = virtargv::update(&after, empty, request, UpdateOptions { force: true });
        expect![[r#"
            {"execute":"blockdev-open-tray","arguments":{"id":"sata4-0-1","force":true}}
            {"execute":"blockdev-remove-medium","arguments":{"id":"sata4-0-1"}}
            {"execute":"blockdev-del","arguments":{"node-name":"libvirt-1-storage"}}
            {"execute":"blockdev-close-tray","arguments":{"id":"sata4-0-1"}}
        "#]]
        .assert_eq(&lines(&done.unwrap_or_else(|why| panic!("{why}"))));
    });
}

#[test]
fn a_status_file_has_the_numbers_of_nodes() {
    with_request(|request| {
        let status =
            format!("<domstatus><nodename index='41'/>{}</domstatus>", running(request).expect("a guest"));
        let disk = "<disk type='file'><driver name='qemu' type='raw'/><source file='/a'/><target dev='vdb' bus='virtio'/></disk>";
        let done = virtargv::attach(&status, disk, request).unwrap_or_else(|why| panic!("{why}"));
        let node = done.commands.first().and_then(|command| command.arguments.text("node-name")).cloned();
        assert_eq!(node.map(|node| node.to_string()), Some("libvirt-42-storage".to_owned()));
    });
}

#[test]
fn an_interface_without_a_mac_address_is_found() {
    with_request(|request| {
        let domain = running(request).expect("a guest");
        let nic =
            "<interface type='user'><model type='virtio'/><link state='down'/><boot order='1'/></interface>";
        let done = virtargv::update(&domain, nic, request, UpdateOptions::default());
        let done = done.unwrap_or_else(|why| panic!("{why}"));
        expect![[r#"
            {"execute":"set_link","arguments":{"name":"net0","up":false}}
        "#]]
        .assert_eq(&lines(&done));
        assert!(virtargv::model::format(&done.domain).contains("<mac address='52:54:00:0a:00:01'/>"));
        let done = virtargv::detach(&domain, nic, request).unwrap_or_else(|why| panic!("{why}"));
        assert!(done.domain.devices.interfaces.is_empty());
    });
}

#[test]
fn another_bus_of_a_drive_is_told_alone() {
    with_request(|request| {
        let device = "<disk type='file' device='cdrom'><source file='/srv/b.iso'/><target dev='sdz'/></disk>";
        let domain = running(request).expect("a guest");
        let refused = virtargv::update(&domain, device, request, UpdateOptions::default());
        let refused = refused.expect_err("a problem");
        let told: Vec<_> =
            refused.device.iter().map(|problem| (problem.to_string(), problem.help())).collect();
        let expected = "Operation not supported: `bus` of disk `sdz` cannot be changed while the guest runs";
        assert_eq!(told, [(expected.to_owned(), "the guest has `bus='sata'`")]);
    });
}

/// Devices that are accepted and have a mistake, by the id of what is told of each.
const MISTAKES: &[(&str, &str)] = &[
    ("unknown-attribute", "<rng model='virtio' modle='x'><backend model='builtin'/></rng>"),
    ("unknown-element", "<rng model='virtio'><backend model='builtin'/><rat bytes='1'/></rng>"),
    ("misplaced-name", "<rng model='virtio' bytes='1'><backend model='builtin'/></rng>"),
    (
        "name-not-read-here",
        "<disk type='file'><source file='/a' dev='/b'/><target dev='vdb' bus='virtio'/></disk>",
    ),
    ("text-not-read", "<rng model='virtio'>stray<backend model='builtin'/></rng>"),
    ("name-of-another-driver", "<interface type='user'><model type='virtio'/><backenddomain name='x'/></interface>"),
    ("nic-model-unknown", "<interface type='user'><model type='vritio'/></interface>"),
    ("channel-unnamed", "<channel type='pty'><target type='virtio'/></channel>"),
    (
        "net-teaming-managed",
        "<interface type='hostdev'><source><address type='pci' domain='0' bus='3' slot='2' function='1'/></source>
         <teaming type='transient' persistent='ua-none'/></interface>",
    ),
    (
        "net-teaming-partner",
        "<interface type='hostdev' managed='yes'><source><address type='pci' domain='0' bus='3' slot='2' function='1'/></source>
         <teaming type='transient' persistent='ua-none'/></interface>",
    ),
];

/// What `report`, which is of `text`, says of the part that begins at byte `from`.
fn told(report: &Report, text: &str, from: usize) -> Vec<(&'static str, String, String, String)> {
    let source = Source::new(text);
    let there = report.iter().filter_map(|problem| {
        let frame = source.locate(&problem.place).filter(|frame| frame.range.start >= from)?;
        let shown = text.get(frame.range).unwrap_or_default().to_owned();
        Some((problem.id(), problem.message.clone(), problem.help().to_owned(), shown))
    });
    there.collect()
}

#[test]
fn a_mistake_is_told_as_in_a_whole_document() {
    with_request(|request| {
        let domain = running(request).expect("a guest");
        for (id, device) in MISTAKES {
            let done = virtargv::attach(&domain, device, request).unwrap_or_else(|why| panic!("{id}: {why}"));
            let whole = domain.replace("</devices>", &format!("{device}</devices>"));
            let report = virtargv::check(&whole, request, &Levels::default());
            let from = whole.find(device).expect("the device");
            let alone = told(&done.warnings, device, 0);
            assert_eq!(alone, told(&report, &whole, from), "{id}");
            assert!(alone.iter().any(|(found, ..)| found == id), "{id}: {alone:?}");
        }
    });
}

#[test]
fn a_mistake_is_told_whatever_becomes_of_the_device() {
    with_request(|request| {
        let domain = running(request).expect("a guest");
        let ids = |report: &Report| -> Vec<&str> { report.iter().map(virtargv::Problem::id).collect() };
        let refused = |device: &str, expected: &[&str]| {
            let refused = virtargv::attach(&domain, device, request).expect_err("a problem");
            assert_eq!(ids(&refused.device), expected, "{device}");
        };
        refused("<video bogus='1'><model type='vga'/></video>", &["unknown-attribute", "hotplug-kind"]);
        // Where the kind of a device is not known, nothing follows from it.
        refused(
            "<rng model='vritio'><backend model='builtin' bogus='1'/></rng>",
            &["attribute-value", "unknown-attribute"],
        );
        let nic = "<interface type='user' bogus='1'><mac address='52:54:00:0a:00:01'/><model type='virtio'/><link state='down'/><boot order='1'/></interface>";
        let options = UpdateOptions::default();
        let done = virtargv::update(&domain, nic, request, options).unwrap_or_else(|why| panic!("{why}"));
        assert_eq!(ids(&done.warnings), ["unknown-attribute"]);
        let done = virtargv::detach(&domain, nic, request).unwrap_or_else(|why| panic!("{why}"));
        assert_eq!(ids(&done.warnings), ["unknown-attribute"]);
    });
}

#[test]
fn a_bad_word_is_told_with_those_that_the_guest_allows() {
    with_request(|request| {
        let domain = running(request).expect("a guest");
        let device = "<disk type='file'><source file='/a'/><target dev='vdb' bus='vritio'/></disk>";
        let refused = virtargv::attach(&domain, device, request).expect_err("a problem");
        let problem = refused.device.first().expect("a problem");
        expect!["did you mean `virtio`? Allowed: `scsi`, `virtio`, `usb`"].assert_eq(problem.help());
    });
}

#[test]
fn a_transient_disk_gets_an_overlay() {
    check(
        "<disk type='file'><driver name='qemu' type='qcow2'/><source file='/srv/a.qcow2'/><backingStore/>
           <target dev='vdb' bus='virtio'/><transient/></disk>",
        &expect![[r#"
            {"execute":"blockdev-add","arguments":{"driver":"file","filename":"/srv/a.qcow2","node-name":"libvirt-1-storage","auto-read-only":true,"discard":"unmap"}}
            {"execute":"blockdev-add","arguments":{"node-name":"libvirt-1-format","read-only":true,"driver":"qcow2","file":"libvirt-1-storage","backing":null}}
            {"execute":"query-named-block-nodes","arguments":{"flat":true}}
            {"execute":"blockdev-add","arguments":{"driver":"file","filename":"/srv/a.qcow2.TRANSIENT-ports","node-name":"libvirt-2-storage","auto-read-only":true,"discard":"unmap"}}
            {"execute":"blockdev-create","arguments":{"job-id":"create-libvirt-2-format","options":{"driver":"qcow2","file":"libvirt-2-storage","backing-file":"/srv/a.qcow2","backing-fmt":"qcow2"}}}
            {"execute":"query-jobs"}
            {"execute":"job-dismiss","arguments":{"id":"create-libvirt-2-format"}}
            {"execute":"blockdev-add","arguments":{"node-name":"libvirt-2-format","read-only":false,"driver":"qcow2","file":"libvirt-2-storage","backing":null}}
            {"execute":"transaction","arguments":{"actions":[{"type":"blockdev-snapshot","data":{"node":"libvirt-1-format","overlay":"libvirt-2-format"}}]}}
            {"execute":"device_add","arguments":{"driver":"virtio-blk-pci","bus":"pci.6","addr":"0x0","drive":"libvirt-2-format","id":"virtio-disk1"}}
        "#]],
        &expect![[r#"
            {"execute":"device_del","arguments":{"id":"virtio-disk1"}}
            {"execute":"blockdev-del","arguments":{"node-name":"libvirt-2-format"}}
            {"execute":"blockdev-del","arguments":{"node-name":"libvirt-2-storage"}}
            {"execute":"blockdev-del","arguments":{"node-name":"libvirt-1-format"}}
            {"execute":"blockdev-del","arguments":{"node-name":"libvirt-1-storage"}}
        "#]],
    );
    with_request(|request| {
        let device = "<disk type='file'><driver name='qemu' type='raw'/><source file='/srv/a.raw'/>
           <target dev='vdb' bus='virtio'/><transient/></disk>";
        let done = virtargv::attach(&running(request).expect("a guest"), device, request);
        let done = done.unwrap_or_else(|why| panic!("{why}"));
        let needs: Vec<String> = done.needs.iter().map(ToString::to_string).collect();
        expect![[r#"
            the image `/srv/a.raw`
            an empty file `/srv/a.raw.TRANSIENT-ports` (the overlay of a transient disk)"#]]
        .assert_eq(&needs.join("\n"));
        let create =
            done.commands.iter().find(|command| command.execute == "blockdev-create").expect("a job");
        let told: Vec<String> = create.from_reply.iter().map(ToString::to_string).collect();
        expect!["`/options/size` is `/image/virtual-size` of the item in the reply to query-named-block-nodes whose `/node-name` is `libvirt-1-storage`"].assert_eq(&told.join("\n"));
    });
}

#[test]
fn a_document_without_aliases_is_refused() {
    with_request(|request| {
        let domain = defined(request).expect("a guest");
        let check = |done: Result<Hotplug, virtargv::Refused>, at: &str, expected: &Expect| {
            let refused = done.expect_err("a problem");
            assert!(refused.device.is_empty());
            let problems: Vec<_> = refused.domain.iter().collect();
            let [problem] = problems.as_slice() else { panic!("{refused}") };
            expected.assert_eq(&refused.to_string());
            assert!(problem.help().contains("virsh dumpxml"), "{problem:?}");
            let offset = problem.place.element.offset().expect("a place");
            assert!(domain.get(offset..).is_some_and(|text| text.starts_with(at)), "{offset}");
        };
        let nic = "<interface type='user'><mac address='52:54:00:0a:00:01'/><model type='virtio'/><link state='down'/><boot order='1'/></interface>";
        let drive = "<disk type='file' device='cdrom'><source file='/srv/b.iso'/><target dev='sdz' bus='sata'/><readonly/></disk>";
        let options = UpdateOptions::default();
        check(
            virtargv::update(&domain, nic, request, options),
            "<interface",
            &expect![
                "Requested operation is not valid: this `<interface>` has no alias; a device of a running domain has one"
            ],
        );
        check(
            virtargv::update(&domain, drive, request, options),
            "<disk",
            &expect![
                "Requested operation is not valid: this `<disk>` has no alias; a device of a running domain has one"
            ],
        );
        check(
            virtargv::detach(&domain, nic, request),
            "<interface",
            &expect![
                "Requested operation is not valid: this `<interface>` has no alias; a device of a running domain has one"
            ],
        );
        let port = "<channel type='pty'><target type='virtio' name='org.a'/></channel>";
        let expected = expect![
            "Requested operation is not valid: this is the document of a domain that is not running: its devices have no aliases"
        ];
        check(virtargv::attach(&domain, port, request), "<domain", &expected);
    });
}

/// The guest with two disks, whose document has no numbers of block nodes.
fn two_disks(request: &Request<'_>) -> String {
    let disks = "<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='/srv/a.img'/><target dev='sda' bus='scsi'/></disk>
      <disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='/srv/b.qcow2'/><target dev='sdb' bus='scsi'/></disk>";
    let domain = defined(request).expect("a guest").replace("<devices>", &format!("<devices>{disks}"));
    let mut completed = virtargv::complete(&domain, request).expect("a guest");
    completed.assign_aliases(request).expect("aliases");
    completed.to_xml(virtargv::Secrets::Shown)
}

#[test]
fn nodes_without_numbers_have_those_of_a_start() {
    with_request(|request| {
        let domain = two_disks(request);
        let read = virtargv::model::parse(&domain).value.expect("a domain");
        assert!(read.devices.disks.iter().all(|disk| disk.image.index.is_none()), "{domain}");
        let line = virtargv::command_line(&domain, request).unwrap_or_else(|why| panic!("{why}"));
        let started = |file: &str| {
            let blockdevs = line.arguments.iter().filter(|argument| argument.option == "-blockdev");
            let props = blockdevs.filter_map(virtargv::Argument::props);
            let found =
                props.filter(|props| props.text("filename").is_some_and(|name| name.as_str() == file));
            let names: Vec<String> =
                found.filter_map(|props| props.text("node-name")).map(ToString::to_string).collect();
            names.join(" ")
        };
        let last = |done: &Hotplug| {
            let command = done.commands.last().expect("a command");
            command.arguments.text("node-name").map(ToString::to_string).expect("a node")
        };
        let disk = |name: &str, file: &str| {
            format!("<disk type='file'><source file='{file}'/><target dev='{name}' bus='scsi'/></disk>")
        };
        for (name, file) in [("sda", "/srv/a.img"), ("sdb", "/srv/b.qcow2")] {
            let done = virtargv::detach(&domain, &disk(name, file), request);
            assert_eq!(last(&done.unwrap_or_else(|why| panic!("{why}"))), started(file));
        }
        // The drive without a medium has the first number at the start.
        let check = |domain: &str, name: &str, expected: &Expect| {
            let done = virtargv::attach(domain, &disk(name, "/srv/c.img"), request);
            let done = done.unwrap_or_else(|why| panic!("{why}"));
            expected.assert_eq(&lines(&done));
            virtargv::model::format(&done.domain)
        };
        let numbered = check(
            &domain,
            "sdc",
            &expect![[r#"
            {"execute":"blockdev-add","arguments":{"driver":"file","filename":"/srv/c.img","node-name":"libvirt-4-storage","read-only":false}}
            {"execute":"device_add","arguments":{"driver":"scsi-hd","bus":"scsi0.0","channel":0,"scsi-id":0,"lun":2,"device_id":"drive-scsi0-0-0-2","drive":"libvirt-4-storage","id":"scsi0-0-0-2"}}
        "#]],
        );
        let numbered = check(
            &numbered,
            "sdd",
            &expect![[r#"
            {"execute":"blockdev-add","arguments":{"driver":"file","filename":"/srv/c.img","node-name":"libvirt-5-storage","read-only":false}}
            {"execute":"device_add","arguments":{"driver":"scsi-hd","bus":"scsi0.0","channel":0,"scsi-id":0,"lun":3,"device_id":"drive-scsi0-0-0-3","drive":"libvirt-5-storage","id":"scsi0-0-0-3"}}
        "#]],
        );
        let done = virtargv::detach(&numbered, &disk("sda", "/srv/a.img"), request);
        assert_eq!(last(&done.unwrap_or_else(|why| panic!("{why}"))), started("/srv/a.img"));
    });
}

#[test]
fn a_descriptor_that_was_taken_need_not_be_closed() {
    with_request(|request| {
        let nic =
            "<interface type='ethernet'><mac address='52:54:00:0a:00:02'/><model type='virtio'/></interface>";
        let done = virtargv::attach(&running(request).expect("a guest"), nic, request);
        let done = done.unwrap_or_else(|why| panic!("{why}"));
        let undone: Vec<_> = done.commands.iter().filter_map(|command| command.undo.as_ref()).collect();
        let may_fail: Vec<_> = undone.iter().map(|undo| (undo.execute, undo.may_fail)).collect();
        assert_eq!(may_fail, [("closefd", true), ("netdev_del", false), ("device_del", false)]);
    });
}

/// A verb with which a rule is broken.
#[derive(Debug, Clone, Copy)]
enum Verb {
    Attach,
    Detach,
    Update,
}

/// What breaks each rule, under a guest that has the device `with` besides.
const BROKEN: &[(&str, Verb, &str, &str)] = &[
    ("device-unknown", Verb::Attach, "", "<gizmo/>"),
    ("hotplug-kind", Verb::Attach, "", "<tpm model='tpm-tis'><backend type='emulator' version='2.0'/></tpm>"),
    (
        "hotplug-disk-bus",
        Verb::Attach,
        "",
        "<disk type='file'><source file='/a'/><target dev='hda' bus='ide'/></disk>",
    ),
    (
        "hotplug-disk-target",
        Verb::Attach,
        "",
        "<disk type='file'><source file='/a'/><target dev='sdz' bus='usb'/></disk>",
    ),
    (
        "hotplug-disk-address",
        Verb::Attach,
        SCSI,
        "<disk type='file'><source file='/a'/><target dev='sdc' bus='scsi'/><address type='drive' controller='0' bus='0' target='0' unit='1'/></disk>",
    ),
    ("hotplug-controller-kind", Verb::Attach, "", "<controller type='usb' index='1' model='qemu-xhci'/>"),
    (
        "hotplug-controller-pci",
        Verb::Attach,
        "",
        "<controller type='pci' index='20' model='pcie-root-port'/>",
    ),
    ("hotplug-controller-index", Verb::Attach, "", "<controller type='scsi' index='0' model='virtio-scsi'/>"),
    (
        "hotplug-interface-type",
        Verb::Attach,
        "",
        "<interface type='mcast'><source address='230.0.0.1' port='5558'/><model type='virtio'/></interface>",
    ),
    (
        "hotplug-filesystem",
        Verb::Attach,
        "",
        "<filesystem type='mount'><source dir='/srv'/><target dir='t'/></filesystem>",
    ),
    ("hotplug-watchdog-model", Verb::Attach, "", "<watchdog model='itco' action='reset'/>"),
    ("hotplug-input-bus", Verb::Attach, "", "<input type='mouse' bus='ps2'/>"),
    ("hotplug-console-target", Verb::Attach, "", "<console type='pty'><target type='serial'/></console>"),
    (
        "hotplug-chardev-backend",
        Verb::Attach,
        "",
        "<channel type='stdio'><target type='virtio' name='a'/></channel>",
    ),
    (
        "hotplug-chardev-backend",
        Verb::Attach,
        "",
        "<rng model='virtio'><backend model='egd' type='pipe'><source path='/run/pipe'/></backend></rng>",
    ),
    (
        "hotplug-memory-max",
        Verb::Attach,
        "",
        "<memory model='dimm'><target><size unit='GiB'>4</size><node>0</node></target></memory>",
    ),
    (
        "hotplug-memory-slot",
        Verb::Attach,
        DIMM,
        "<memory model='dimm'><target><size unit='MiB'>128</size><node>0</node></target><address type='dimm' slot='1'/></memory>",
    ),
    (
        "hotplug-boot-order",
        Verb::Attach,
        "",
        "<interface type='user'><model type='virtio'/><boot order='1'/></interface>",
    ),
    (
        "hotplug-boot-two-ways",
        Verb::Attach,
        BY_CLASS,
        "<interface type='user'><model type='virtio'/><boot order='1'/></interface>",
    ),
    (
        "hotplug-master-key",
        Verb::Attach,
        "",
        "<disk type='file'><source file='/a'><encryption format='luks'><secret type='passphrase' usage='/a'/></encryption></source><target dev='vdb' bus='virtio'/></disk>",
    ),
    (
        "hotplug-device-missing",
        Verb::Detach,
        "",
        "<disk type='file'><source file='/a'/><target dev='vdq' bus='virtio'/></disk>",
    ),
    (
        "hotplug-device-ambiguous",
        Verb::Detach,
        "<interface type='user'><mac address='52:54:00:0a:00:01'/><model type='virtio'/></interface>",
        "<interface type='user'><mac address='52:54:00:0a:00:01'/></interface>",
    ),
    ("hotplug-detach-kind", Verb::Detach, "", "<video><model type='none'/></video>"),
    (
        "hotplug-detach-disk",
        Verb::Detach,
        "",
        "<disk type='file' device='cdrom'><target dev='sdz' bus='sata'/></disk>",
    ),
    ("hotplug-detach-controller", Verb::Detach, "", "<controller type='virtio-serial' index='0'/>"),
    (
        "hotplug-controller-busy",
        Verb::Detach,
        SCSI,
        "<controller type='scsi' index='0' model='virtio-scsi'/>",
    ),
    ("hotplug-alias-missing", Verb::Attach, DEFINED, "<rng model='virtio'><backend model='builtin'/></rng>"),
    ("hotplug-update-kind", Verb::Update, "", "<rng model='virtio'><backend model='builtin'/></rng>"),
    (
        "hotplug-update-alias",
        Verb::Update,
        SCSI,
        "<disk type='file'><source file='/a'/><target dev='sdb' bus='scsi'/><alias name='ua-mine'/></disk>",
    ),
    (
        "hotplug-update-fixed",
        Verb::Update,
        SCSI,
        "<disk type='file'><source file='/a'/><target dev='sdb' bus='scsi'/><serial>NEW</serial></disk>",
    ),
    (
        "hotplug-update-medium",
        Verb::Update,
        SCSI,
        "<disk type='file'><source file='/b'/><target dev='sdb' bus='scsi'/></disk>",
    ),
    (
        "hotplug-update-connection",
        Verb::Update,
        "",
        "<interface type='bridge'><mac address='52:54:00:0a:00:01'/><source bridge='br0'/><model type='virtio'/><boot order='1'/></interface>",
    ),
    ("hotplug-update-memory", Verb::Update, DIMM, DIMM),
];

/// In the place of a device: the guest is only defined.
const DEFINED: &str = "defined";
/// In the place of a device: the guest boots by device class.
const BY_CLASS: &str = "by class";
const SCSI: &str = "<disk type='file'><source file='/a'/><target dev='sdb' bus='scsi'/></disk>";
const DIMM: &str = "<memory model='dimm'><target><size unit='MiB'>128</size><node>0</node></target><address type='dimm' slot='1'/></memory>";

#[test]
fn every_rule_is_broken() {
    with_request(|request| {
        for (id, verb, with, device) in BROKEN {
            let mut domain = running(request).expect("a guest");
            if *with == DEFINED {
                domain = defined(request).expect("a guest");
            } else if *with == BY_CLASS {
                domain = domain.replace("<boot order='1'/>", "").replace("</os>", "<boot dev='hd'/></os>");
            } else if !with.is_empty() {
                let done =
                    virtargv::attach(&domain, with, request).unwrap_or_else(|why| panic!("{id}: {why}"));
                domain = virtargv::model::format(&done.domain);
            }
            let refused = match verb {
                Verb::Attach => virtargv::attach(&domain, device, request),
                Verb::Detach => virtargv::detach(&domain, device, request),
                Verb::Update => virtargv::update(&domain, device, request, UpdateOptions::default()),
            };
            let refused = refused.err().unwrap_or_else(|| panic!("{id}: nothing is wrong"));
            let found: Vec<&str> =
                refused.device.iter().chain(&refused.domain).map(virtargv::Problem::id).collect();
            assert!(found.contains(id), "{id}: {found:?}");
        }
    });
    let broken: Vec<&str> = BROKEN.iter().map(|(id, ..)| *id).collect();
    let whole: Vec<&str> =
        virtargv::hotplug_rules().map(|rule| rule.id).filter(|id| !broken.contains(id)).collect();
    assert!(whole.is_empty(), "rules that nothing breaks: {whole:?}");
}

/// What is named otherwise on the monitor than on the command line: block nodes are numbered anew at a start, and
/// descriptors have names.
fn alike(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let one = |(key, value): (&String, &Value)| {
                let value = match key.as_str() {
                    "fd" | "fds" | "vhostfd" | "str" => Value::from("descriptor"),
                    _ => alike(value),
                };
                (key.clone(), value)
            };
            Value::Object(members.iter().map(one).collect())
        }
        Value::Array(items) => items.iter().map(alike).collect(),
        Value::String(text) => match text.strip_prefix("libvirt-").and_then(|rest| rest.split_once('-')) {
            Some((number, rest)) if number.parse::<u32>().is_ok() => format!("libvirt-N-{rest}").into(),
            _ if text.starts_with("/dev/fdset/") => "/dev/fdset/N".into(),
            _ => value.clone(),
        },
        other => other.clone(),
    }
}

/// The option of the command line with the properties of a command.
const OPTIONS: &[(&str, &str)] = &[
    ("object-add", "-object"),
    ("blockdev-add", "-blockdev"),
    ("netdev_add", "-netdev"),
    ("chardev-add", "-chardev"),
    ("device_add", "-device"),
];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Attaching a device gives it the properties that it has in a guest that is started with it, and detaching it removes
    /// everything again.
    #[test]
    fn an_attached_device_is_as_a_started_one(device in device()) {
        let caps = caps();
        let host = FixedHost::default();
        let request = Request::new(&caps, &host);
        let running = running(&request).expect("a guest");
        let done = virtargv::attach(&running, &device, &request).map_err(|why| proptest::test_runner::TestCaseError::fail(format!("{device}: {why}")))?;
        let after = virtargv::model::format(&done.domain);
        let line = virtargv::command_line(&after, &request).map_err(|why| proptest::test_runner::TestCaseError::fail(format!("{after}\n{why}")))?;
        let of = |option: &str| -> Vec<Value> {
            let found = line.arguments.iter().filter(|argument| argument.option == option);
            found.filter_map(|argument| Some(alike(&Value::from(argument.props()?)))).collect()
        };
        for command in &done.commands {
            let Some((_, option)) = OPTIONS.iter().find(|(name, _)| *name == command.execute) else { continue };
            let wanted = alike(&Value::from(&command.arguments));
            let there = of(option);
            prop_assert!(there.contains(&wanted), "{device}\n{wanted}\nis none of\n{there:#?}");
        }
        let gone = virtargv::detach(&after, &device, &request).or_else(|_| {
            // What QEMU and libvirt choose is part of what a device is found by.
            let last = virtargv::model::status::parse_running(&after, request.release()).value.expect("a domain");
            let before = virtargv::model::status::parse_running(&running, request.release()).value.expect("a domain");
            let new = last.domain.devices.infos().map(|(id, _)| last.domain.devices.to_xml(id).unwrap_or_default())
                .find(|xml| !before.domain.devices.infos().any(|(id, _)| before.domain.devices.to_xml(id).as_deref() == Some(xml)));
            virtargv::detach(&after, &new.unwrap_or_default(), &request)
        });
        if !device.starts_with("<controller type='virtio-serial'") {
            let gone = gone.map_err(|why| proptest::test_runner::TestCaseError::fail(format!("{device}: {why}")))?;
            let before = virtargv::model::parse(&running).value.expect("a domain");
            prop_assert_eq!(virtargv::model::format(&gone.domain), virtargv::model::format(&before));
            let undone: Vec<&str> = done.commands.iter().filter_map(|c| c.undo.as_ref()).map(|c| c.execute).filter(|name| *name != "closefd").collect();
            let removed = gone.commands.iter().filter(|c| c.undo.is_none() && c.execute != "query-fdsets").count();
            prop_assert!(removed >= undone.len().min(1), "{device}");
        }
    }
}
