//! Devices that are attached to a running q35 guest with free ports.

use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::select;

/// The element of a device that can be attached, with an image of `disk` at `/srv/images/hot.raw`.
pub fn device() -> impl Strategy<Value = String> {
    prop_oneof![disk(), nic(), channel(), rng(), input(), shmem(), memory(), controller(), other()]
}

fn disk() -> impl Strategy<Value = String> {
    let target = select(vec![("vdb", "virtio"), ("vdc", "virtio"), ("sdb", "scsi"), ("sdd", "usb")]);
    let cache =
        select(vec!["", " cache='none'", " cache='writeback'", " cache='unsafe'", " discard='unmap'"]);
    let format = select(vec!["raw", "qcow2"]);
    let more = select(vec!["", "<readonly/>", "<shareable/>", "<serial>HOT-1</serial>", "<boot order='4'/>"]);
    (target, cache, format, more).prop_map(|((dev, bus), cache, format, more)| {
        // Several guests write to a raw image only.
        let refused = more == "<shareable/>" && format != "raw" || bus == "usb" && more == "<readonly/>";
        let more = if refused { "" } else { more };
        format!(
            "<disk type='file' device='disk'><driver name='qemu' type='{format}'{cache}/>\
             <source file='/srv/images/hot.raw'/><target dev='{dev}' bus='{bus}'/>{more}</disk>"
        )
    })
}

fn nic() -> impl Strategy<Value = String> {
    let model = select(vec!["virtio", "e1000e", "e1000", "rtl8139", "usb-net", "virtio-non-transitional"]);
    (model, any::<u8>(), any::<bool>()).prop_map(|(model, last, boots)| {
        let boot = if boots { "<boot order='5'/>" } else { "" };
        format!(
            "<interface type='user'><mac address='52:54:00:0b:00:{last:02x}'/><model type='{model}'/>{boot}</interface>"
        )
    })
}

fn channel() -> impl Strategy<Value = String> {
    let sources = vec![
        ("pty", ""),
        ("null", ""),
        ("unix", "<source mode='bind' path='/run/hot.sock'/>"),
        ("unix", "<source mode='connect' path='/run/hot.sock'/>"),
        ("tcp", "<source mode='bind' host='127.0.0.1' service='5577'/><protocol type='raw'/>"),
        (
            "udp",
            "<source mode='bind' host='127.0.0.1' service='5578'/><source mode='connect' host='127.0.0.1' service='5579'/>",
        ),
        ("file", "<source path='/run/hot.log'/>"),
    ];
    (select(sources), "[a-z]{1,8}").prop_map(|((kind, source), name)| {
        format!("<channel type='{kind}'>{source}<target type='virtio' name='org.{name}.0'/></channel>")
    })
}

fn rng() -> impl Strategy<Value = String> {
    let backend = select(vec![("builtin", ""), ("random", "/dev/urandom")]);
    (backend, proptest::option::of(1..5000_u32)).prop_map(|((model, path), bytes)| {
        let rate = bytes.map(|bytes| format!("<rate bytes='{bytes}' period='2000'/>")).unwrap_or_default();
        format!("<rng model='virtio'>{rate}<backend model='{model}'>{path}</backend></rng>")
    })
}

fn input() -> impl Strategy<Value = String> {
    let of = (select(vec!["keyboard", "mouse", "tablet"]), select(vec!["usb", "virtio"]));
    of.prop_map(|(kind, bus)| format!("<input type='{kind}' bus='{bus}'/>"))
}

fn shmem() -> impl Strategy<Value = String> {
    (select(vec!["", " role='peer'", " role='master'"]), 0..4_u32).prop_map(|(role, power)| {
        let size = 1_u32 << power;
        format!("<shmem name='hot'{role}><model type='ivshmem-plain'/><size unit='M'>{size}</size></shmem>")
    })
}

fn memory() -> impl Strategy<Value = String> {
    let dimm = (1..4_u32).prop_map(|blocks| {
        format!(
            "<memory model='dimm'><target><size unit='MiB'>{}</size><node>0</node></target></memory>",
            blocks * 128
        )
    });
    let plugged = (1..3_u32, 0..64_u32).prop_map(|(size, requested)| {
        format!(
            "<memory model='virtio-mem'><target><size unit='MiB'>{}</size><node>0</node><block unit='MiB'>2</block>\
             <requested unit='MiB'>{}</requested></target></memory>",
            size * 128,
            requested * 2
        )
    });
    prop_oneof![dimm, plugged]
}

fn controller() -> impl Strategy<Value = String> {
    let scsi = (select(vec!["virtio-scsi", "lsilogic", "lsisas1078"]), 1..4_u32);
    let scsi =
        scsi.prop_map(|(model, index)| format!("<controller type='scsi' index='{index}' model='{model}'/>"));
    prop_oneof![scsi, Just("<controller type='virtio-serial' index='1'/>".to_owned())]
}

fn other() -> impl Strategy<Value = String> {
    select(vec![
        "<watchdog model='i6300esb' action='reset'/>",
        "<redirdev bus='usb' type='tcp'><source mode='bind' host='127.0.0.1' service='5580'/></redirdev>",
        "<console type='pty'><target type='virtio'/></console>",
        "<serial type='pty'><target type='pci-serial'/></serial>",
        "<serial type='null'><target type='usb-serial'/></serial>",
        "<disk type='file' device='cdrom'><target dev='sdc' bus='scsi'/><readonly/></disk>",
    ])
    .prop_map(str::to_owned)
}
