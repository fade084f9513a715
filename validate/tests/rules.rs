//! The rules, a fragment of a document for one or more of each family.

mod common;

use common::{Document, check};
use virtargv_caps::Release;

/// The releases that a row is for.
const BOTH: &[Release] = &[Release::V7_0, Release::V11_3];
const NOW: &[Release] = &[Release::V11_3];
const ONCE: &[Release] = &[Release::V7_0];

/// Checks a Q35 guest with `devices`.
fn devices(releases: &[Release], devices: &str, expected: &[&str]) {
    for release in releases {
        check(*release, &Document { devices, ..Document::DEFAULT }, expected);
    }
}

/// Checks a Q35 guest with `rest` beside its devices.
fn domain(releases: &[Release], rest: &str, expected: &[&str]) {
    for release in releases {
        check(*release, &Document { rest, ..Document::DEFAULT }, expected);
    }
}

#[test]
fn a_guest_without_devices_breaks_no_rule() {
    devices(BOTH, "", &[]);
}

#[test]
fn operating_system() {
    let os = |releases: &[Release], os: &str, expected: &[&str]| {
        for release in releases {
            check(*release, &Document { os, ..Document::DEFAULT }, expected);
        }
    };
    os(NOW, "<loader readonly='yes' type='pflash'/>", &["firmware-uefi-acpi", "loader-path"]);
    os(NOW, "<nvram>/vars.fd</nvram>", &["nvram-loader-path"]);
    os(ONCE, "<nvram>/vars.fd</nvram>", &[]);
    os(NOW, "<bios useserial='yes'/>", &["os-bios-useserial-port"]);
    for release in BOTH {
        check(*release, &Document { arch: "z80", ..Document::DEFAULT }, &["os-arch-unknown"]);
    }
}

#[test]
fn memory_and_cpus() {
    domain(BOTH, "<memtune><min_guarantee>1</min_guarantee></memtune>", &["memtune-min-guarantee"]);
    domain(
        BOTH,
        "<vcpu>2</vcpu><cpu><topology sockets='1' cores='1' threads='1'/></cpu>",
        &["vcpu-topology-mismatch"],
    );
    domain(ONCE, "<cputune><shares>1</shares></cputune>", &["cputune-shares-range"]);
    domain(NOW, "<cputune><shares>1</shares></cputune>", &[]);
    domain(BOTH, "<cputune><period>1</period></cputune>", &["cputune-range"]);
    domain(
        BOTH,
        "<cputune><cachetune vcpus='0'><cache id='0' level='3' type='both' size='3'/></cachetune></cputune>",
        &["cputune-resctrl"],
    );
    domain(
        BOTH,
        "<numatune><memory mode='strict' nodeset='0'/><memnode cellid='0' mode='strict' nodeset='0'/></numatune>",
        &["memnode-no-cells"],
    );
}

#[test]
fn features_clock_and_lifecycle() {
    domain(BOTH, "<features><hpt resizing='enabled'/></features>", &["features-machine"]);
    domain(
        ONCE,
        "<features><kvm><hint-dedicated state='on'/></kvm></features>",
        &["features-kvm-hint-dedicated"],
    );
    domain(NOW, "<features><kvm><hint-dedicated state='on'/></kvm></features>", &[]);
    domain(BOTH, "<clock><timer name='rtc' frequency='1'/></clock>", &["clock-timer-parts"]);
    domain(NOW, "<on_poweroff>preserve</on_poweroff>", &["lifecycle-preserve"]);
    domain(ONCE, "<on_poweroff>preserve</on_poweroff>", &[]);
    domain(BOTH, "<on_reboot>coredump-destroy</on_reboot>", &["lifecycle-coredump"]);
}

#[test]
fn disks() {
    let disk = |releases: &[Release], bus: &str, attributes: &str, inside: &str, expected: &[&str]| {
        let name = if bus == "virtio" { "vda" } else { "sda" };
        let text = format!(
            "<disk type='file' {attributes}><source file='/a.img'/><target dev='{name}' bus='{bus}'/>{inside}</disk>"
        );
        devices(releases, &text, expected);
    };
    disk(BOTH, "sata", "", "<geometry cyls='1' heads='1' secs='1' trans='lba'/>", &["disk-geometry-bus"]);
    disk(ONCE, "sata", "", "<geometry cyls='1' heads='1'/>", &["disk-geometry-part"]);
    disk(NOW, "sata", "", "<geometry cyls='1' heads='1'/>", &[]);
    disk(BOTH, "scsi", "", "<serial>a;b</serial>", &["disk-serial-characters"]);
    disk(BOTH, "virtio", "", "<vendor>ACME</vendor>", &["disk-vendor-bus"]);
    disk(BOTH, "scsi", "", "<vendor>NineChars</vendor>", &["disk-vendor-length"]);
    disk(BOTH, "scsi", "rawio='yes'", "", &["disk-rawio"]);
    disk(BOTH, "virtio", "", "<driver name='qemu' iothread='3'/>", &["disk-iothread-unknown"]);
    disk(BOTH, "sata", "", "<readonly/>", &["disk-readonly-bus"]);
    devices(
        NOW,
        "<disk type='file' device='disk'><target dev='sda' bus='sata'/></disk>",
        &["disk-source-missing"],
    );
    let network = "<disk type='network'><source protocol='sheepdog' name='a'><host name='h'/></source>\
                   <target dev='vda' bus='virtio'/></disk>";
    devices(NOW, network, &["image-protocol-gone"]);
}

#[test]
fn interfaces() {
    let nic = |releases: &[Release], inside: &str, expected: &[&str]| {
        devices(releases, &format!("<interface type='user'>{inside}</interface>"), expected);
    };
    nic(BOTH, "<mtu size='9000'/>", &["net-mtu-type"]);
    nic(BOTH, "<route address='192.0.2.0' prefix='24' gateway='192.0.2.1'/>", &["net-guest-route"]);
    nic(NOW, "<ip family='ipv6' address='2001:db8::1' prefix='96'/>", &["net-guest-ipv6-prefix"]);
    nic(ONCE, "<ip family='ipv6' address='2001:db8::1' prefix='96'/>", &[]);
    nic(ONCE, "<ip family='ipv6' address='2001:db8::1' prefix='124'/>", &["net-guest-ipv6-long"]);
    nic(BOTH, "<model type='e1000'/><teaming type='persistent'/>", &["net-teaming-persistent-model"]);
    nic(BOTH, "<coalesce><rx><frames max='7'/></rx></coalesce>", &["net-coalesce-type"]);
}

#[test]
fn controllers() {
    devices(BOTH, "<controller type='ide' index='1'/>", &["controller-ide"]);
    devices(
        BOTH,
        "<controller type='sata' index='1'/><controller type='sata' index='1'/>",
        &["controller-twice"],
    );
    devices(BOTH, "<controller type='pci' index='1' model='pci-expander-bus'/>", &["pci-expander-machine"]);
    let node =
        "<controller type='pci' index='0' model='pcie-root'><target><node>0</node></target></controller>";
    domain_and(NOW, CELL, node, &["pci-first-node", "pci-option"]);
    domain_and(ONCE, CELL, node, &["pci-option"]);
    devices(
        NOW,
        "<controller type='virtio-serial' index='0'><driver iothread='1'/></controller>",
        &["controller-iothread-type"],
    );
}

/// A NUMA cell with all of the guest's memory.
const CELL: &str = "<cpu><numa><cell id='0' cpus='0' memory='262144'/></numa></cpu>";

/// Checks a Q35 guest with `rest` and `devices`.
fn domain_and(releases: &[Release], rest: &str, devices: &str, expected: &[&str]) {
    for release in releases {
        check(*release, &Document { rest, devices, ..Document::DEFAULT }, expected);
    }
}

#[test]
fn host_devices() {
    let mdev = "<hostdev type='mdev' model='vfio-pci' display='on'><source>\
                <address uuid='53764d0e-85a0-42b4-af5c-2046b460b1dc'/></source></hostdev>";
    devices(BOTH, mdev, &["hostdev-display-graphics"]);
    let usb = "<hostdev type='usb'><source><address bus='1' device='2'/></source></hostdev>";
    devices(NOW, &usb.repeat(2), &["hostdev-twice"]);
    devices(ONCE, &usb.repeat(2), &[]);
}

#[test]
fn displays_and_sound() {
    devices(NOW, "<graphics type='vnc' passwd='ninechars'/>", &["graphics-vnc-password"]);
    devices(ONCE, "<graphics type='vnc' passwd='ninechars'/>", &[]);
    devices(BOTH, "<graphics type='egl-headless'/><graphics type='sdl'/>", &["graphics-egl-headless-pair"]);
    devices(NOW, "<video><model type='vga' heads='2'/></video>", &["video-heads"]);
    devices(ONCE, "<video><model type='vga' heads='2'/></video>", &[]);
    devices(BOTH, "<video><model type='vga' vram='512'/></video>", &["video-vga-small"]);
    devices(NOW, "<sound model='ich9'><audio id='7'/></sound>", &["sound-backend"]);
    devices(NOW, "<audio id='1' type='none'/><audio id='1' type='none'/>", &["audio-id-twice"]);
}

#[test]
fn character_devices() {
    devices(BOTH, "<serial type='file'/>", &["chardev-source-path"]);
    devices(BOTH, "<serial type='pty'><target type='sclp-serial'/></serial>", &["serial-machine"]);
    devices(BOTH, "<channel type='pty'/>", &["channel-target"]);
    devices(BOTH, "<smartcard mode='host'/><smartcard mode='host'/>", &["smartcard-single"]);
}

#[test]
fn smaller_devices() {
    devices(BOTH, "<tpm model='tpm-crb'><backend type='emulator' version='1.2'/></tpm>", &["tpm-version"]);
    devices(BOTH, "<watchdog model='diag288'/>", &["watchdog-machine"]);
    let two = "<watchdog model='i6300esb'/><watchdog model='i6300esb'/>";
    devices(ONCE, two, &["watchdog-single"]);
    devices(NOW, two, &[]);
    devices(BOTH, "<panic model='pseries'/>", &["panic-machine"]);
    devices(
        BOTH,
        "<rng model='virtio'><rate bytes='0'/><backend model='random'>/dev/random</backend></rng>",
        &[],
    );
    devices(
        BOTH,
        "<shmem name='a/b'><model type='ivshmem-plain'/><size unit='M'>4</size></shmem>",
        &["shmem-name"],
    );
    devices(
        NOW,
        "<shmem name='a'><model type='ivshmem-plain'/><size unit='M'>3</size></shmem>",
        &["shmem-size"],
    );
    devices(NOW, "<iommu model='smmuv3'/>", &["iommu-machine"]);
    devices(BOTH, "<vsock model='virtio'><cid address='2'/></vsock>", &["vsock-cid"]);
    devices(BOTH, "<memballoon model='none'/><memballoon model='none'/>", &["memballoon-single"]);
    devices(
        NOW,
        "<memory model='dimm'><target><size unit='MiB'>64</size></target></memory>",
        &["memory-device-no-max"],
    );
    devices(NOW, "<redirdev bus='usb' type='spicevmc'/>", &["chardev-source-spice"]);
}

#[test]
fn numa_and_security() {
    let cells = "<cpu><numa><cell id='0' cpus='0' memory='262144'>\
                 <cache level='1' associativity='direct' policy='writeback'><size value='8' unit='KiB'/>\
                 <line value='5' unit='B'/></cache>\
                 <cache level='1' associativity='direct' policy='writeback'><size value='8' unit='KiB'/>\
                 <line value='5' unit='B'/></cache></cell></numa></cpu>";
    domain(BOTH, cells, &["numa-cache-twice"]);
    domain(NOW, "<launchSecurity type='s390-pv'/>", &["launch-security"]);
}

#[test]
fn cpus_and_sysinfo() {
    domain(
        BOTH,
        "<cpu mode='custom'><model>qemu64</model><cache mode='passthrough'/></cpu>",
        &["cpu-cache-passthrough"],
    );
    let fwcfg = "<sysinfo type='fwcfg'><entry name='etc/a'>b</entry></sysinfo>";
    domain(BOTH, fwcfg, &["sysinfo-fwcfg-name"]);
}

#[test]
fn file_systems_and_storage_of_other_devices() {
    let fs = |releases: &[Release], attributes: &str, inside: &str, expected: &[&str]| {
        let text = format!(
            "<filesystem type='mount' {attributes}><source dir='/srv'/><target dir='srv'/>{inside}</filesystem>"
        );
        devices(releases, &text, expected);
    };
    fs(BOTH, "", "", &[]);
    fs(BOTH, "", "<space_hard_limit>1</space_hard_limit>", &["filesystem-limits"]);
    fs(BOTH, "accessmode='passthrough' fmode='644'", "", &["filesystem-create-mode"]);
    fs(NOW, "", "<driver type='virtiofs'/>", &["vhost-user-shared-memory"]);
    devices(BOTH, "<nvram/>", &["nvram-machine"]);
}

#[test]
fn options_that_many_devices_have() {
    devices(
        BOTH,
        "<disk type='file'><driver name='qemu' iommu='on'/><source file='/a.img'/><target dev='sda' bus='scsi'/></disk>",
        &["virtio-options"],
    );
    let aliased = |alias: &str| format!("<serial type='pty'><alias name='{alias}'/></serial>");
    devices(BOTH, &format!("{}{}", aliased("ua-a"), aliased("ua-b")), &[]);
    devices(BOTH, &aliased("ua-a").repeat(2), &["alias-twice"]);
    let indexed =
        "<input type='tablet' bus='usb'><address type='usb' bus='0' port='1'/><acpi index='3'/></input>";
    devices(NOW, indexed, &["address-pci-only"]);
    devices(ONCE, indexed, &[]);
    devices(BOTH, "<input type='keyboard' bus='usb' model='virtio'/>", &["input-model-bus"]);
}
