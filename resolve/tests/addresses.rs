//! The addresses of devices, by kind of guest.

#![allow(clippy::expect_used, reason = "a test that cannot be set up has failed")]

use std::fmt::Write as _;

use expect_test::{Expect, expect};
use virtargv_caps::{Arch, Cap, Caps, Release};
use virtargv_host::{FixedHost, Request};
use virtargv_model::Spelled as _;
use virtargv_model::info::Address;
use virtargv_resolve::resolve;

/// The flags that the guests here have.
const FLAGS: &[Cap] = &[
    Cap::DeviceQemuXhci,
    Cap::Piix3UsbUhci,
    Cap::DevicePcieRootPort,
    Cap::DevicePciePciBridge,
    Cap::VirtioPciDisableLegacy,
    Cap::DeviceVideoPrimary,
    Cap::Ccw,
];

/// Completes a guest with `devices` and shows its controllers, every address, and the first problem.
fn check(release: Release, arch: Arch, machine: &str, devices: &str, expect: &Expect) {
    let text = format!(
        "<domain type='qemu'><name>t</name><memory>65536</memory>
           <os><type arch='{arch}' machine='{machine}'>hvm</type></os>
           <devices>{devices}<memballoon model='none'/></devices></domain>"
    );
    let caps = Caps::builder(release, arch).flags(FLAGS.iter().copied()).build();
    let host = FixedHost::default();
    let mut request = Request::new(&caps, &host);
    request.read.abi_update = true;
    let outcome = resolve(virtargv_model::parse(&text), &request);
    let resolved = outcome.value.expect("the document is XML");
    let mut shown = String::new();
    let devices = &resolved.domain().devices;
    for (id, info) in devices.infos() {
        let controller = devices.controllers.get(id.index).filter(|_| id.kind.element() == "controller");
        let name = controller.map_or(id.kind.element().to_owned(), |c| {
            let model = c.pci_model().map_or("", |model| model.as_str());
            format!("{} {} {model}", c.controller_type(), c.number()).trim_end().to_owned()
        });
        let at = match &info.address {
            Some(Address::Pci(pci)) => pci.to_string(),
            Some(Address::Ccw(Some(ccw))) => ccw.to_string(),
            Some(Address::Usb(usb)) => format!("usb {} port {:?}", usb.bus, usb.port),
            Some(Address::VirtioSerial(at)) => format!("virtio-serial {} port {}", at.controller, at.port),
            Some(Address::SpaprVio { reg: Some(reg) }) => format!("reg {reg:#x}"),
            _ => continue,
        };
        let _ = writeln!(shown, "{name} @ {at}");
    }
    if let Some(problem) = outcome.report.first() {
        let _ = writeln!(shown, "{problem}");
    }
    expect.assert_eq(&shown);
}

const DISK: &str = "<disk type='file'><source file='/a'/><target dev='vda' bus='virtio'/></disk>";

#[test]
fn a_pc_has_its_chipset_in_slot_1() {
    let devices = format!("{DISK}<controller type='ide' index='0'/><sound model='ac97'/>");
    check(
        Release::V7_0,
        Arch::X86_64,
        "pc",
        &devices,
        &expect![[r"
        disk @ 0000:00:03.0
        sound @ 0000:00:02.0
        ide 0 @ 0000:00:01.1
        usb 0 @ 0000:00:01.2
    "]],
    );
}

#[test]
fn a_q35_guest_is_extended_by_ports_and_a_bridge() {
    let devices = format!("{DISK}<sound model='ac97'/><controller type='scsi' index='0' model='lsilogic'/>");
    check(
        Release::V11_3,
        Arch::X86_64,
        "q35",
        &devices,
        &expect![[r"
        disk @ 0000:04:00.0
        sound @ 0000:02:01.0
        scsi 0 @ 0000:02:02.0
        usb 0 @ 0000:03:00.0
        sata 0 @ 0000:00:1f.2
        pci 1 pcie-root-port @ 0000:00:01.0
        pci 2 pcie-to-pci-bridge @ 0000:01:00.0
        pci 3 pcie-root-port @ 0000:00:01.1
        pci 4 pcie-root-port @ 0000:00:01.2
        pci 5 pcie-root-port @ 0000:00:01.3
    "]],
    );
}

#[test]
fn a_place_that_is_taken_twice_is_told() {
    let twice = "<sound model='ac97'><address type='pci' slot='0x05'/></sound>
        <sound model='ich6'><address type='pci' slot='0x05'/></sound>";
    check(
        Release::V11_3,
        Arch::X86_64,
        "pc",
        twice,
        &expect![[r"
            sound @ 0000:00:05.0
            sound @ 0000:00:05.0
            XML error: two devices have the PCI address `0000:00:05.0`
        "]],
    );
}

#[test]
fn usb_devices_get_hubs_where_ports_are_too_few() {
    let devices = "<controller type='usb' model='piix3-uhci'/>".to_owned()
        + &"<input type='tablet' bus='usb'/>".repeat(4);
    check(
        Release::V11_3,
        Arch::X86_64,
        "pc",
        &devices,
        &expect![[r"
        usb 0 @ 0000:00:01.2
        input @ usb 0 port [2]
        input @ usb 0 port [1, 1]
        input @ usb 0 port [1, 2]
        input @ usb 0 port [1, 3]
        hub @ usb 0 port [1]
    "]],
    );
}

#[test]
fn other_buses_count_from_where_each_begins() {
    let devices = format!(
        "{DISK}<channel type='pty'><target type='virtio' name='a'/></channel>
         <channel type='pty'><target type='virtio' name='b'/>
           <address type='virtio-serial' controller='1' port='1'/></channel>"
    );
    check(
        Release::V11_3,
        Arch::S390x,
        "s390-ccw-virtio",
        &devices,
        &expect![[r"
        disk @ fe.0.0000
        virtio-serial 0 @ fe.0.0001
        virtio-serial 1 @ fe.0.0002
        channel @ virtio-serial 0 port 1
        channel @ virtio-serial 1 port 1
    "]],
    );
    let devices = "<controller type='scsi' index='0'/><serial type='pty'/><serial type='pty'/>";
    check(
        Release::V11_3,
        Arch::Ppc64,
        "pseries",
        devices,
        &expect![[r"
        scsi 0 @ reg 0x2000
        usb 0 @ 0000:00:01.0
        serial @ reg 0x30000000
        serial @ reg 0x30001000
        console @ reg 0x30000000
    "]],
    );
}
