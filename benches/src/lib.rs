//! Documents of any size, for benchmarks.

pub mod clock;
pub mod growth;
pub mod stages;

/// A document with `disks` SCSI disks.
pub fn document(disks: usize) -> String {
    with_devices((0..disks).map(disk))
}

/// A guest of the usual size: a disk, a network interface, a console, a channel, a random number generator.
pub const TYPICAL: &str = include_str!("../../examples/server.xml");

/// Makes the nth device, as the text of its element.
pub type Device = fn(usize) -> String;

/// Kinds of devices of which a guest can have thousands, with the text of the nth device.
pub const KINDS: &[(&str, Device)] =
    &[("SCSI disks", disk), ("SCSI disks without addresses", open_disk), ("channels", channel)];

/// A document of at least `bytes` with devices of one kind.
pub fn of_size(bytes: usize, device: Device) -> String {
    let mut size = 0;
    with_devices((0..).map(device).take_while(|text| {
        let is_wanted = size < bytes;
        size += text.len();
        is_wanted
    }))
}

fn disk(n: usize) -> String {
    let (target, unit) = (name(n), n);
    format!(
        "    <disk type='file' device='disk'>\n      <driver name='qemu' type='qcow2' cache='none'/>\n      \
         <source file='/var/lib/images/disk{n}.qcow2'/>\n      <target dev='{target}' bus='scsi'/>\n      \
         <address type='drive' controller='0' bus='0' target='{}' unit='{}'/>\n    </disk>\n",
        unit / 16384 % 256,
        unit % 16384,
    )
}

fn open_disk(n: usize) -> String {
    format!(
        "    <disk type='block' device='disk'>\n      <source dev='/dev/mapper/disk{n}'/>\n      \
         <target dev='{}' bus='scsi'/>\n    </disk>\n",
        name(n)
    )
}

/// The target name of the nth disk: `sda`, `sdb` and so on.
fn name(n: usize) -> String {
    format!("sd{}", growth::letters(n))
}

fn channel(n: usize) -> String {
    format!(
        "    <channel type='unix'>\n      <source mode='bind' path='/run/guests/channel{n}'/>\n      \
         <target type='virtio' name='org.example.{n}'/>\n    </channel>\n"
    )
}

/// A document with these devices, and a SCSI controller.
fn with_devices(devices: impl Iterator<Item = String>) -> String {
    let mut text = String::from(
        "<domain type='kvm'>\n  <name>bench</name>\n  <uuid>2b7e1516-28ae-42d2-a6ab-f7158809cf4f</uuid>\n  \
         <memory unit='GiB'>4</memory>\n  <vcpu>4</vcpu>\n  <os>\n    \
         <type arch='x86_64' machine='q35'>hvm</type>\n  </os>\n  <features><acpi/><apic/></features>\n  \
         <devices>\n    <emulator>/usr/bin/qemu-system-x86_64</emulator>\n    \
         <controller type='scsi' index='0' model='virtio-scsi'/>\n",
    );
    text.extend(devices);
    text.push_str("  </devices>\n</domain>\n");
    text
}
