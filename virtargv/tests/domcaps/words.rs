//! The words of devices and features.

use expect_test::{Expect, expect};
use virtargv::{Arch, Release};

use crate::common::{document, host, machine, section, set};

#[test]
fn words_follow_from_machine_and_qemu() {
    let check = |name: &str, arch: Arch, release, wanted: &str, what: &str, expected: Expect| {
        let told = document(&machine(wanted), &set(name, release), &host(arch));
        expected.assert_eq(&section(&told, what));
    };
    check(
        "qemu-11.1-x86_64",
        Arch::X86_64,
        Release::V12_9,
        "pc",
        "disk",
        expect![[r#"
        <disk supported='yes'>
          <enum name='diskDevice'>
            <value>disk</value>
            <value>cdrom</value>
            <value>floppy</value>
            <value>lun</value>
          </enum>
          <enum name='bus'>
            <value>ide</value>
            <value>fdc</value>
            <value>scsi</value>
            <value>virtio</value>
            <value>usb</value>
            <value>sata</value>
            <value>nvme</value>
          </enum>
          <enum name='model'>
            <value>virtio</value>
            <value>virtio-transitional</value>
            <value>virtio-non-transitional</value>
          </enum>
        </disk>
    "#]],
    );
    check(
        "qemu-11.1-s390x",
        Arch::S390x,
        Release::V12_9,
        "s390-ccw-virtio",
        "disk",
        expect![[r#"
        <disk supported='yes'>
          <enum name='diskDevice'>
            <value>disk</value>
            <value>cdrom</value>
            <value>lun</value>
          </enum>
          <enum name='bus'>
            <value>scsi</value>
            <value>virtio</value>
            <value>usb</value>
            <value>nvme</value>
          </enum>
          <enum name='model'>
            <value>virtio</value>
            <value>virtio-transitional</value>
            <value>virtio-non-transitional</value>
          </enum>
        </disk>
    "#]],
    );
    check(
        "qemu-10.0-ppc64",
        Arch::Ppc64,
        Release::V11_3,
        "pseries",
        "disk",
        expect![[r#"
        <disk supported='yes'>
          <enum name='diskDevice'>
            <value>disk</value>
            <value>cdrom</value>
            <value>lun</value>
          </enum>
          <enum name='bus'>
            <value>scsi</value>
            <value>virtio</value>
            <value>usb</value>
            <value>sata</value>
          </enum>
          <enum name='model'>
            <value>virtio</value>
            <value>virtio-transitional</value>
            <value>virtio-non-transitional</value>
          </enum>
        </disk>
    "#]],
    );
    check(
        "qemu-10.0-x86_64",
        Arch::X86_64,
        Release::V11_3,
        "q35",
        "panic",
        expect![[r#"
        <panic supported='yes'>
          <enum name='model'>
            <value>isa</value>
            <value>hyperv</value>
            <value>pvpanic</value>
          </enum>
        </panic>
    "#]],
    );
    check(
        "qemu-10.0-ppc64",
        Arch::Ppc64,
        Release::V11_3,
        "pseries",
        "panic",
        expect![[r#"
        <panic supported='yes'>
          <enum name='model'>
            <value>pseries</value>
            <value>pvpanic</value>
          </enum>
        </panic>
    "#]],
    );
    check(
        "qemu-10.0-s390x",
        Arch::S390x,
        Release::V11_3,
        "s390-ccw-virtio",
        "video",
        expect![[r#"
        <video supported='yes'>
          <enum name='modelType'>
            <value>virtio</value>
            <value>none</value>
          </enum>
        </video>
    "#]],
    );
    check(
        "qemu-10.0-s390x",
        Arch::S390x,
        Release::V11_3,
        "s390-ccw-virtio",
        "tpm",
        expect![[r#"
        <tpm supported='no'/>
    "#]],
    );
    check(
        "qemu-11.1-x86_64",
        Arch::X86_64,
        Release::V12_9,
        "q35",
        "filesystem",
        expect![[r#"
        <filesystem supported='yes'>
          <enum name='driverType'>
            <value>path</value>
            <value>virtiofs</value>
          </enum>
        </filesystem>
    "#]],
    );
    check(
        "qemu-10.0-x86_64",
        Arch::X86_64,
        Release::V11_3,
        "q35",
        "filesystem",
        expect![[r#"
        <filesystem supported='yes'>
          <enum name='driverType'>
            <value>path</value>
            <value>handle</value>
            <value>virtiofs</value>
          </enum>
        </filesystem>
    "#]],
    );
    check(
        "qemu-11.1-x86_64",
        Arch::X86_64,
        Release::V12_9,
        "q35",
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
          <enum name='pciBackend'>
            <value>default</value>
            <value>vfio</value>
          </enum>
          <enum name='iommufd'>
            <value>no</value>
          </enum>
        </hostdev>
    "#]],
    );
    check(
        "qemu-10.0-x86_64",
        Arch::X86_64,
        Release::V11_3,
        "microvm",
        "features",
        expect![[r#"
        <features>
          <gic supported='no'/>
          <vmcoreinfo supported='yes'/>
          <genid supported='yes'/>
          <backingStoreInput supported='yes'/>
          <backup supported='yes'/>
          <async-teardown supported='yes'/>
          <ps2 supported='no'/>
          <sev supported='no'/>
          <sgx supported='no'/>
          <launchSecurity supported='no'/>
        </features>
    "#]],
    );
    check(
        "qemu-7.2-x86_64",
        Arch::X86_64,
        Release::V7_0,
        "pc",
        "features",
        expect![[r#"
        <features>
          <gic supported='no'/>
          <vmcoreinfo supported='yes'/>
          <genid supported='yes'/>
          <backingStoreInput supported='yes'/>
          <backup supported='no'/>
          <sev supported='no'/>
        </features>
    "#]],
    );
}
