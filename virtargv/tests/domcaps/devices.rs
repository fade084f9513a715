//! What follows from devices and limits of the host.

use std::collections::BTreeSet;

use expect_test::{Expect, expect};
use virtargv::domcaps::DomcapsRequest;
use virtargv::model::VirtType;
use virtargv::{FixedHost, Release};

use crate::common::{document, machine, section, set};

#[test]
fn the_host_limits_vcpus_under_kvm() {
    let caps = set("qemu-11.1-x86_64", Release::V12_9);
    let check = |virt_type, most, expected: &str| {
        let wanted = DomcapsRequest { virt_type: Some(virt_type), ..machine("q35") };
        let told = document(&wanted, &caps, &FixedHost { kvm_max_vcpus: most, ..FixedHost::default() });
        assert!(told.contains(expected), "{virt_type} {most:?}: {told}");
    };
    check(VirtType::Kvm, Some(710), "<vcpu max='710'/>");
    check(VirtType::Kvm, Some(u32::MAX), "<vcpu max='4096'/>");
    check(VirtType::Kvm, None, "<vcpu max='4096'/>");
    check(VirtType::Qemu, Some(710), "<vcpu max='4096'/>");
}

#[test]
fn devices_of_the_host() {
    let caps = set("qemu-10.0-x86_64", Release::V11_3);
    let check = |host: &FixedHost, what: &str, expected: Expect| {
        expected.assert_eq(&section(&document(&machine("q35"), &caps, host), what));
    };
    let without_swtpm = FixedHost {
        missing_tpm_versions: BTreeSet::from(["1.2".to_owned(), "2.0".to_owned()]),
        ..FixedHost::default()
    };
    check(
        &without_swtpm,
        "tpm",
        expect![[r#"
        <tpm supported='yes'>
          <enum name='model'>
            <value>tpm-tis</value>
            <value>tpm-crb</value>
          </enum>
          <enum name='backendModel'>
            <value>passthrough</value>
            <value>external</value>
          </enum>
          <enum name='backendVersion'/>
        </tpm>
    "#]],
    );
    let one = FixedHost { missing_tpm_versions: BTreeSet::from(["1.2".to_owned()]), ..FixedHost::default() };
    check(
        &one,
        "tpm",
        expect![[r#"
        <tpm supported='yes'>
          <enum name='model'>
            <value>tpm-tis</value>
            <value>tpm-crb</value>
          </enum>
          <enum name='backendModel'>
            <value>passthrough</value>
            <value>emulator</value>
            <value>external</value>
          </enum>
          <enum name='backendVersion'>
            <value>2.0</value>
          </enum>
        </tpm>
    "#]],
    );
    check(
        &FixedHost { qemu_rdp: true, ..FixedHost::default() },
        "graphics",
        expect![[r#"
        <graphics supported='yes'>
          <enum name='type'>
            <value>sdl</value>
            <value>vnc</value>
            <value>rdp</value>
            <value>spice</value>
            <value>egl-headless</value>
            <value>dbus</value>
          </enum>
        </graphics>
    "#]],
    );
    check(
        &FixedHost { vfio: false, ..FixedHost::default() },
        "hostdev",
        expect![[r#"
        <hostdev supported='yes'>
          <enum name='mode'>
            <value>subsystem</value>
          </enum>
          <enum name='startupPolicy'>
            <value>default</value>
            <value>mandatory</value>
            <value>requisite</value>
            <value>optional</value>
          </enum>
          <enum name='subsysType'>
            <value>usb</value>
            <value>pci</value>
            <value>scsi</value>
          </enum>
          <enum name='capsType'/>
          <enum name='pciBackend'/>
        </hostdev>
    "#]],
    );
}
