//! The names of device types that `-device` takes besides those of QOM. No QMP command tells them.

/// The names, and the types that they stand for.
const NAMES: &[(&str, &str)] = &[
    ("ac97", "AC97"),
    ("ahci", "ich9-ahci"),
    ("e1000-82540em", "e1000"),
    ("es1370", "ES1370"),
    ("lsi", "lsi53c895a"),
];

/// The virtio devices that have a name without their transport.
const VIRTIO: &[&str] = &[
    "virtio-9p",
    "virtio-balloon",
    "virtio-blk",
    "virtio-gpu",
    "virtio-gpu-gl",
    "virtio-input-host",
    "virtio-iommu",
    "virtio-keyboard",
    "virtio-mouse",
    "virtio-net",
    "virtio-rng",
    "virtio-scsi",
    "virtio-serial",
    "virtio-tablet",
];

/// The transports of virtio. A QEMU that has CCW takes it, and the last one is for targets without PCI.
const TRANSPORTS: [&str; 3] = ["ccw", "pci", "device"];

/// The device type that `-device` takes for `name`, where `has` tells which types QEMU has: the type of that name, else the
/// one that the name stands for.
pub(crate) fn device_type(name: &str, has: impl Fn(&str) -> bool) -> Option<String> {
    if has(name) {
        return Some(name.to_owned());
    }
    let other = NAMES.iter().find(|(alias, _)| *alias == name).map(|(_, of)| (*of).to_owned());
    let virtio = VIRTIO.contains(&name).then(|| TRANSPORTS.map(|transport| format!("{name}-{transport}")));
    other.into_iter().chain(virtio.into_iter().flatten()).find(|of| has(of))
}

#[cfg(test)]
mod tests {
    use super::device_type;

    #[test]
    fn names_stand_for_the_types_that_a_qemu_has() {
        let check = |types: &[&str], name: &str, expected: Option<&str>| {
            assert_eq!(device_type(name, |of| types.contains(&of)).as_deref(), expected, "{name}");
        };
        check(&["lsi53c895a"], "lsi", Some("lsi53c895a"));
        check(&["lsi53c895a"], "lsi53c895a", Some("lsi53c895a"));
        check(&["virtio-blk-pci", "virtio-blk-device"], "virtio-blk", Some("virtio-blk-pci"));
        check(&["virtio-blk-pci", "virtio-blk-ccw"], "virtio-blk", Some("virtio-blk-ccw"));
        check(&["virtio-vga"], "virtio-vga", Some("virtio-vga"));
        check(&["virtio-crypto-pci"], "virtio-crypto", None);
        check(&["e1000"], "ahci", None);
    }
}
