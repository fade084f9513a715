//! One mistake is one problem, whichever stage finds it, and two mistakes are two.

mod common;

use common::{Document, check as check_document};
use virtargv_caps::Release;

/// Checks `document` under the current release.
fn check(document: Document<'_>, expected: &[&str]) {
    check_document(Release::V11_3, &document, expected);
}

const Q35: Document<'_> = Document::DEFAULT;
const PC: Document<'_> = Document { machine: "pc", ..Q35 };
const RASPI: Document<'_> = Document {
    caps: "qemu-10.0-aarch64",
    arch: "aarch64",
    machine: "raspi3b",
    devices: "<memballoon model='none'/>",
    ..Q35
};

/// A Q35 guest with these elements of `<domain>`.
fn rest(rest: &str) -> Document<'_> {
    Document { rest, ..Q35 }
}

/// A Q35 guest with these devices.
fn devices(devices: &str) -> Document<'_> {
    Document { devices, ..Q35 }
}

/// The same for an i440FX guest.
fn pc_devices(devices: &str) -> Document<'_> {
    Document { devices, ..PC }
}

/// A serial number that breaks a rule of its own, in a disk whose other parts are right.
const OTHER: &str =
    "<disk type='file'><source file='/b'/><target dev='sdb' bus='scsi'/><serial>a;b</serial></disk>";

#[test]
fn addresses_of_disks() {
    let disk = |target: &str, address: &str| {
        format!(
            "<disk type='file'><source file='/a'/><target {target}/><address type={address}/></disk>{OTHER}"
        )
    };
    let pci = "'pci' domain='0' bus='0' slot='9' function='0'";
    check(
        Document { devices: &disk("dev='sda' bus='sata'", pci), ..Q35 },
        &["disk-address-type", "disk-serial-characters"],
    );
    check(
        Document { devices: &disk("dev='sda' bus='usb'", pci), ..Q35 },
        &["disk-address-kind", "disk-serial-characters"],
    );
    check(
        Document { devices: &disk("dev='sda' bus='sata'", "'ccw' cssid='0xfe' ssid='0' devno='0x1'"), ..Q35 },
        &["address-ccw", "disk-serial-characters"],
    );
    // The name is the same, so the address by it is.
    let same = "<disk type='file'><source file='/a'/><target dev='sda' bus='sata'/></disk>\
                <disk type='file'><source file='/b'/><target dev='sda' bus='sata'/></disk>";
    check(Document { devices: same, ..Q35 }, &["disk-name-twice"]);
    let unit = "<hostdev mode='subsystem' type='scsi'><source><adapter name='scsi_host0'/>\
                <address bus='0' target='0' unit='0'/></source>\
                <address type='drive' controller='0' bus='0' target='0' unit='0'/></hostdev>\
                <disk type='file'><source file='/a'/><target dev='sda' bus='scsi'/></disk>";
    check(Document { devices: unit, ..Q35 }, &["disk-hostdev-scsi"]);
}

#[test]
fn disks_without_a_source() {
    let disk = |rest: &str| format!("<disk type='file' device='disk'>{rest}</disk>");
    check(Document { devices: &disk("<target dev='sda' bus='usb'/>"), ..Q35 }, &["disk-source-missing"]);
    check(
        Document { devices: &disk("<target dev='vda' bus='virtio'/><transient/>"), ..Q35 },
        &["disk-source-missing"],
    );
    check(
        Document {
            devices: "<disk type='file' device='cdrom'><target dev='sda' bus='sata'/><transient/></disk>",
            ..Q35
        },
        &["disk-transient", "disk-transient", "disk-transient"],
    );
}

#[test]
fn vcpus_and_cpus() {
    check(rest("<vcpu>0</vcpu>"), &["vcpu-none"]);
    check(
        rest("<vcpu>many</vcpu><cpu><topology sockets='1' cores='2' threads='1'/></cpu>"),
        &["element-value"],
    );
    let scheduler = "<cputune><vcpusched vcpus='0-2' scheduler='batch'/></cputune>";
    check(rest(&format!("<vcpu>2</vcpu>{scheduler}")), &["sched-vcpu-missing"]);
    check(rest(&format!("<vcpu>0</vcpu>{scheduler}")), &["vcpu-none"]);
    check(rest(&format!("<vcpu>many</vcpu>{scheduler}")), &["element-value"]);
    check(
        rest("<cpu mode='host-passthrough'><cache mode='emulate' level='4'/></cpu>"),
        &["cpu-cache-level-range"],
    );
    check(rest("<cpu mode='host-passthrough'><cache mode='emulate' level='2'/></cpu>"), &["cpu-cache-level"]);
    check(rest("<cpu><vendor>Intel</vendor><feature name='aes'/></cpu>"), &["cpu-vendor-without-model"]);
    check(rest("<cpu><feature name='aes'/></cpu>"), &["cpu-features-without-model"]);
    check(Document { rest: "<vcpu>5000</vcpu>", ..PC }, &["vcpu-machine-limit"]);
}

#[test]
fn the_kind_of_guest() {
    // What the emulator does not run, and what has nothing to do with it.
    check(Document { machine: "bogus", devices: OTHER, ..Q35 }, &["os-machine", "disk-serial-characters"]);
    check(
        Document { arch: "aarch64", machine: "bogus", devices: OTHER, ..Q35 },
        &["os-arch", "disk-serial-characters"],
    );
    check(Document { arch: "bogus", devices: OTHER, ..Q35 }, &["os-arch-unknown", "disk-serial-characters"]);
    // The name says that it is an i440FX machine, though this QEMU does not have it.
    check(
        Document { machine: "pc-i440fx-0.1", devices: "<watchdog model='itco'/>", ..Q35 },
        &["os-machine", "watchdog-machine"],
    );
    let text = Document { devices: "<watchdog model='itco'/>", ..Q35 }.text();
    let untyped = |kind: &str| text.replace("<type arch='x86_64' machine='q35'>hvm</type>", kind);
    common::check_text(Release::V11_3, &untyped(""), &["os-type-missing"]);
    common::check_text(
        Release::V11_3,
        &untyped("<type arch='x86_64' machine='q35'>bogus</type>"),
        &["os-type-unknown"],
    );
}

#[test]
fn pci_controllers() {
    // A bridge must have a larger index than its bus.
    check(
        devices(
            "<controller type='pci' index='1' model='pci-bridge'>\
             <address type='pci' domain='0' bus='2' slot='1' function='0'/></controller>\
             <controller type='pci' index='2' model='dmi-to-pci-bridge'/>",
        ),
        &["pci-controller-options"],
    );
    check(
        devices("<controller type='pci' index='70000' model='pcie-root-port'/>"),
        &["pci-controller-index"],
    );
    check(devices("<controller type='pci' index='1'/>"), &["pci-controller-model"]);
    check(devices("<controller type='pci' index='0' model='pcie-root-port'/>"), &["pci-root-kind"]);
    check(
        devices("<controller type='pci' index='0' model='pcie-root'/>".repeat(2).as_str()),
        &["controller-twice"],
    );
    check(
        Document {
            devices: "<controller type='pci' index='0' model='pci-root'><model name='spapr-pci-host-bridge'/></controller>",
            ..PC
        },
        &["pci-option"],
    );
    // libvirt assigns no options on a machine without PCI.
    check(
        Document {
            devices: "<controller type='pci' index='0' model='pci-root'/>\
                      <controller type='pci' index='1' model='pci-bridge'/><memballoon model='none'/>",
            ..RASPI
        },
        &["pci-option-missing"],
    );
    check(RASPI, &[]);
}

#[test]
fn models_that_are_no_pci_devices() {
    let placed = "<address type='pci' domain='0' bus='0' slot='9' function='0'/>";
    check(pc_devices("<sound model='ich7'/>"), &["pci-no-device"]);
    check(pc_devices(&format!("<sound model='ich7'>{placed}</sound>")), &["sound-model"]);
    check(pc_devices("<memballoon model='xen'/>"), &["pci-no-device"]);
    check(pc_devices(&format!("<memballoon model='xen'>{placed}</memballoon>")), &["memballoon-model"]);
    // Two devices with one address are another matter.
    check(
        pc_devices(&format!("<sound model='ich6'>{placed}</sound><sound model='ich7'>{placed}</sound>")),
        &["pci-address", "sound-model"],
    );
}

#[test]
fn controllers_and_their_threads() {
    let document = |driver: &str, model: &str| {
        Document {
            rest: "<iothreads>1</iothreads>",
            devices: &format!(
                "<controller type='scsi' index='0' model='{model}'><driver {driver}/></controller>"
            ),
            ..Q35
        }
        .text()
    };
    let check = |driver: &str, model: &str, expected: &[&str]| {
        common::check_text(Release::V11_3, &document(driver, model), expected);
    };
    check("iothread='1'", "virtio-scsi", &[]);
    check("iothread='2'", "virtio-scsi", &["controller-iothread-id"]);
    check("iothread='1'", "lsilogic", &["controller-iothread-type"]);
    check(
        "iothread='1' queues='2'",
        "lsilogic",
        &["controller-iothread-type", "controller-virtio-scsi-only"],
    );
}

#[test]
fn memory_devices() {
    let cell = "<cpu><numa><cell id='0' cpus='0' memory='262144'/></numa></cpu>";
    let dimm = |address: &str, node: u8| {
        format!(
            "<memory model='dimm'><target><size unit='MiB'>64</size><node>{node}</node></target>{address}</memory>"
        )
    };
    let check = |max: &str, cpu: &str, devices: &str, expected: &[&str]| {
        check(
            Document {
                memory: "<memory unit='MiB'>256</memory>",
                rest: &format!("{max}{cpu}"),
                devices,
                ..Q35
            },
            expected,
        );
    };
    let max = "<maxMemory slots='1' unit='MiB'>1024</maxMemory>";
    let none = "<maxMemory unit='MiB'>1024</maxMemory>";
    let slot = "<address type='dimm' slot='3'/>";
    check(max, cell, &dimm("", 0), &[]);
    check(max, cell, &dimm("", 0).repeat(2), &["memory-device-slots-full"]);
    check(max, cell, &dimm(slot, 0), &["memory-device-slot-range"]);
    check(none, cell, &dimm("", 0).repeat(2), &["memory-device-slots-full"]);
    check(none, cell, &dimm(slot, 0).repeat(2), &["memory-device-slot-range"]);
    check(max, cell, &dimm("", 1), &["memory-device-cell"]);
    check(max, "", &dimm("", 0), &["memory-device-no-cells"]);
    check("<maxMemory slots='many' unit='MiB'>1024</maxMemory>", cell, &dimm("", 0), &["attribute-value"]);
    check("<maxMemory slots='1' unit='bogus'>1024</maxMemory>", cell, &dimm("", 0), &["unit"]);
}

#[test]
fn what_all_devices_need_is_missed_once() {
    let share = "<filesystem type='mount'><driver type='virtiofs'/><source dir='/srv'/><target dir='a'/></filesystem>\
                 <filesystem type='mount'><driver type='virtiofs'/><source dir='/opt'/><target dir='b'/></filesystem>";
    let document = |rest| Document { rest, devices: share, ..Q35 };
    check(document(""), &["vhost-user-shared-memory"]);
    check(document("<memoryBacking><access mode='bogus'/></memoryBacking>"), &["attribute-value"]);
    check(
        Document { devices: "<video><model type='none'/></video>".repeat(2).as_str(), ..Q35 },
        &["video-none-alone"],
    );
}

#[test]
fn displays_inputs_and_ports() {
    let check = |devices: &str, expected: &[&str]| check(Document { devices, ..Q35 }, expected);
    check("<input type='passthrough' bus='ps2'><source evdev='/dev/input/event1'/></input>", &["input-bus"]);
    check(
        "<input type='passthrough' bus='usb'><source evdev='/dev/input/event1'/></input>",
        &["input-passthrough-bus"],
    );
    check(
        "<serial type='pty'><target type='isa-serial'/>\
         <address type='pci' domain='0' bus='0' slot='9' function='0'/></serial>",
        &["serial-address-type"],
    );
    check("<channel type='unix'/>", &["channel-target"]);
    check("<interface type='udp'><model type='virtio'/></interface>", &["net-source-missing"]);
    check("<interface type='network'><model type='virtio'/></interface>", &["net-source-missing"]);
}
