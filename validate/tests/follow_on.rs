//! One mistake in a document is reported as one problem. Independent problems are reported too.

mod common;

use common::{Document, check};
use virtargv_caps::Release;

/// Checks a Q35 guest with `devices` under the current release.
fn devices(devices: &str, expected: &[&str]) {
    check(Release::V11_3, &Document { devices, ..Document::DEFAULT }, expected);
}

/// A virtio disk that breaks no rule.
const DISK: &str = "<disk type='file'><source file='/a.img'/><target dev='vda' bus='virtio'/></disk>";
/// A disk with a serial number that breaks a rule of its own.
const BAD_SERIAL: &str =
    "<disk type='file'><source file='/b.img'/><target dev='sdb' bus='scsi'/><serial>a;b</serial></disk>";

#[test]
fn the_fragments_of_these_tests_are_right() {
    devices("", &[]);
    devices(DISK, &[]);
    devices(BAD_SERIAL, &["disk-serial-characters"]);
}

#[test]
fn a_bad_target_name_is_one_problem() {
    let disk = |target: &str| format!("<disk type='file'><source file='/a.img'/><target {target}/></disk>");
    devices(&disk("dev='bogus'"), &["disk-name-unknown"]);
    devices(&disk("dev='bogus' bus='scsi'"), &["disk-name-unknown"]);
    devices(&disk("dev='fda' bus='sata'"), &["disk-name-prefix"]);
    devices(&disk("dev='sda1' bus='scsi'"), &["disk-target-name"]);
}

#[test]
fn an_unknown_word_is_one_problem() {
    devices(
        "<disk type='bogus'><source file='/a.img'/><target dev='vda' bus='virtio'/></disk>",
        &["attribute-value"],
    );
    devices(
        "<disk type='file'><source file='/a.img'/><target dev='vda' bus='bogus'/></disk>",
        &["attribute-value"],
    );
    devices("<channel type='pty'><target type='bogus'/></channel>", &["attribute-value"]);
    devices("<channel type='pty'><target name='org.example.a'/></channel>", &["channel-target-type"]);
    devices("<controller type='pci' index='1' model='bogus'/>", &["attribute-value"]);
    devices("<interface type='bogus'><mtu size='9000'/></interface>", &["attribute-value"]);
    devices("<video><model type='bogus' heads='2' vgamem='8'/></video>", &["attribute-value"]);
    devices(
        "<tpm><backend type='emulator' version='bogus'><active_pcr_banks><sha1/></active_pcr_banks></backend></tpm>",
        &["attribute-value"],
    );
}

#[test]
fn what_needs_an_unread_element_is_not_reported() {
    let hostdev = "<hostdev type='mdev' model='vfio-pci' display='on'><source>\
                   <address uuid='53764d0e-85a0-42b4-af5c-2046b460b1dc'/></source></hostdev>";
    devices(hostdev, &["hostdev-display-graphics"]);
    devices(&format!("{hostdev}<graphics type='bogus'/>"), &["attribute-value"]);
    let threads = |ids: &str| {
        Document {
            rest: &format!("<iothreadids>{ids}</iothreadids>"),
            devices: "<disk type='file'><driver name='qemu' iothread='5'/><source file='/a.img'/>\
                  <target dev='vda' bus='virtio'/></disk>",
            ..Document::DEFAULT
        }
        .text()
    };
    common::check_text(Release::V11_3, &threads("<iothread id='4'/>"), &["disk-iothread-unknown"]);
    common::check_text(Release::V11_3, &threads("<iothread id='five'/>"), &["attribute-value"]);
}

#[test]
fn a_bad_memory_size_is_no_missing_one() {
    let check = |memory: &str, devices: &str, expected: &[&str]| {
        check(Release::V11_3, &Document { memory, devices, ..Document::DEFAULT }, expected);
    };
    check("", "", &["memory-size-missing"]);
    check("<memory unit='GigaByte'>1</memory>", "", &["unit"]);
    check("<memory>much</memory>", "", &["element-value"]);
    // An earlier problem elsewhere has nothing to do with it.
    check("", "<interface type='bogus'/>", &["attribute-value", "memory-size-missing"]);
    check("", BAD_SERIAL, &["memory-size-missing", "disk-serial-characters"]);
}

#[test]
fn an_unknown_machine_type_is_one_problem() {
    let check = |machine: &str, devices: &str, expected: &[&str]| {
        check(Release::V11_3, &Document { machine, devices, ..Document::DEFAULT }, expected);
    };
    check("bogus", "", &["os-machine"]);
    check("bogus", DISK, &["os-machine"]);
    check("bogus", "<watchdog model='itco'/>", &["os-machine"]);
    check("bogus", "<controller type='ide' index='1'/>", &["os-machine"]);
    check("pc", "<watchdog model='itco'/>", &["watchdog-machine"]);
    check("bogus", BAD_SERIAL, &["os-machine", "disk-serial-characters"]);
}

#[test]
fn a_problem_elsewhere_is_reported_all_the_same() {
    let bad_word = "<video><model type='bogus'/></video>";
    devices(&format!("{bad_word}{BAD_SERIAL}"), &["attribute-value", "disk-serial-characters"]);
    // In the same device: the word is about the cache, the serial number is not.
    devices(
        "<disk type='file'><driver name='qemu' cache='bogus'/><source file='/b.img'/>\
         <target dev='sdb' bus='scsi'/><serial>a;b</serial></disk>",
        &["attribute-value", "disk-serial-characters"],
    );
    // A problem with the same rule in another device.
    devices(
        "<disk type='file'><source file='/a.img'/><target dev='bogus'/></disk>\
         <disk type='file'><source file='/b.img'/><target dev='wrong'/></disk>",
        &["disk-name-unknown", "disk-name-unknown"],
    );
    devices(
        &format!("<graphics type='bogus'/>{BAD_SERIAL}<watchdog model='diag288'/>"),
        &["attribute-value", "disk-serial-characters", "watchdog-machine"],
    );
}

#[test]
fn a_report_never_becomes_empty() {
    // A rule that needs the part that it says is unknown.
    let rest = "<maxMemory slots='4'>0</maxMemory><cpu><numa><cell id='0' memory='262144'/></numa></cpu>";
    check(Release::V11_3, &Document { rest, ..Document::DEFAULT }, &["memory-slots-without-max"]);
}

#[test]
fn a_machine_that_libvirt_refuses_for_a_feature_is_one_problem() {
    let tseg = "<features><smm state='on'><tseg unit='MiB'>48</tseg></smm></features>";
    let expander = "<controller type='pci' index='1' model='pcie-expander-bus'/>";
    let check = |machine: &str, rest: &str, devices: &str, expected: &[&str]| {
        check(Release::V11_3, &Document { machine, rest, devices, ..Document::DEFAULT }, expected);
    };
    // libvirt refuses the feature or controller while it completes the domain, and looks for the machine type later.
    check("bogus", tseg, "", &["features-tseg-machine"]);
    check("bogus", tseg, DISK, &["features-tseg-machine"]);
    check("bogus", tseg, "<watchdog model='itco'/>", &["features-tseg-machine"]);
    check("bogus", tseg, BAD_SERIAL, &["features-tseg-machine", "disk-serial-characters"]);
    check("bogus", "", expander, &["pci-expander-machine"]);
    check("pc", tseg, "", &["features-tseg-machine"]);
    // The name says that it is an i440FX machine, which this QEMU does not have and which has no TSEG.
    check("pc-i440fx-0.1", tseg, "", &["features-tseg-machine", "os-machine"]);
    check("pc-q35-0.1", tseg, "", &["os-machine"]);
}

#[test]
fn controllers_with_one_index_are_one_problem() {
    let twice = |machine: &str, controller: &str, expected: &[&str]| {
        let devices = &controller.repeat(2);
        check(Release::V11_3, &Document { machine, devices, ..Document::DEFAULT }, expected);
    };
    // Both are at the same address of the chipset.
    twice("pc", "<controller type='ide' index='0'/>", &["controller-twice"]);
    twice("q35", "<controller type='sata' index='0'/>", &["controller-twice"]);
    twice("q35", "<controller type='scsi' index='0' model='virtio-scsi'/>", &["controller-twice"]);
    twice("q35", "<controller type='pci' index='1' model='pcie-root-port'/>", &["controller-twice"]);
    twice("q35", "<controller type='usb' index='0' model='qemu-xhci'/>", &["usb-address"]);
    twice("q35", "<controller type='usb' index='0' model='ich9-ehci1'/>", &["pci-address"]);
    // Another clash of addresses is another mistake.
    let placed = "<interface type='user'><model type='virtio'/>\
                  <address type='pci' domain='0' bus='0' slot='9' function='0'/></interface>";
    devices(
        &format!(
            "{}{}",
            "<controller type='scsi' index='0' model='virtio-scsi'/>".repeat(2),
            placed.repeat(2)
        ),
        &["controller-twice", "pci-address"],
    );
}

#[test]
fn launch_security_that_qemu_lacks_is_one_problem() {
    let rest = "<launchSecurity type='sev'><policy>1</policy></launchSecurity>";
    check(Release::V11_3, &Document { rest, ..Document::DEFAULT }, &["launch-security"]);
}
