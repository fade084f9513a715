//! Documents of any size, for benchmarks.

pub mod growth;

use std::fmt::Write as _;

/// A document with `disks` virtio disks, and as many channels on four virtio-serial controllers.
pub fn document(disks: usize) -> String {
    let mut text = String::from(
        "<domain type='kvm'>\n  <name>bench</name>\n  <uuid>2b7e1516-28ae-42d2-a6ab-f7158809cf4f</uuid>\n  \
         <memory unit='GiB'>4</memory>\n  <vcpu>4</vcpu>\n  <os>\n    \
         <type arch='x86_64' machine='q35'>hvm</type>\n  </os>\n  <features><acpi/><apic/></features>\n  \
         <devices>\n    <emulator>/usr/bin/qemu-system-x86_64</emulator>\n    \
         <controller type='scsi' index='0' model='virtio-scsi'/>\n",
    );
    for n in 0..disks {
        let (target, unit) = (growth::letters(n), n);
        let _ = write!(
            text,
            "    <disk type='file' device='disk'>\n      <driver name='qemu' type='qcow2' cache='none'/>\n      \
             <source file='/var/lib/images/disk{n}.qcow2'/>\n      <target dev='sd{target}' bus='scsi'/>\n      \
             <address type='drive' controller='0' bus='0' target='{}' unit='{}'/>\n    </disk>\n",
            unit / 16384 % 256,
            unit % 16384,
        );
    }
    text.push_str("  </devices>\n</domain>\n");
    text
}
