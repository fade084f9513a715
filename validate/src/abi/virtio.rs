//! The options that all virtio devices have.

use virtargv_model::device::virtio::VirtioOptions;

use super::compared::{At, Driver, Out, Row, Value, row};

virtargv_model::rules! {
    /// A device has a `<driver>` in both definitions or in neither.
    DRIVER = "abi-virtio-driver": Unsupported, Validate,
        "`<driver>`: libvirt compares the options of virtio only where both have the element",
        help "give the device the `<driver>` that it has in the source, or remove it as there";
    /// A virtio device keeps whether it uses the guest's IOMMU.
    IOMMU = "abi-virtio-iommu": Unsupported, Validate,
        "`<driver iommu=>`: the feature `VIRTIO_F_ACCESS_PLATFORM`, which the guest's driver negotiates",
        help "set `iommu=` as in the source";
    /// A virtio device keeps its address translation services.
    ATS = "abi-virtio-ats": Unsupported, Validate,
        "`<driver ats=>`: a PCI capability of the device",
        help "set `ats=` as in the source";
    /// A virtio device keeps the layout of its virtqueues.
    PACKED = "abi-virtio-packed": Unsupported, Validate,
        "`<driver packed=>`: the feature `VIRTIO_F_RING_PACKED`, which the guest's driver negotiates",
        help "set `packed=` as in the source";
    /// A virtio device keeps the layout of its notification pages.
    PAGE_PER_VQ = "abi-virtio-page-per-vq": Unsupported, Validate,
        "`<driver page_per_vq=>`: where in a BAR the guest notifies each virtqueue",
        help "set `page_per_vq=` as in the source";
}

const ROWS: &[Row<VirtioOptions>] = &[
    row(&IOMMU, "driver/@iommu", |options| Value::word(options.iommu)),
    row(&ATS, "driver/@ats", |options| Value::word(options.ats)),
    row(&PACKED, "driver/@packed", |options| Value::word(options.packed)),
    row(&PAGE_PER_VQ, "driver/@page_per_vq", |options| Value::word(options.page_per_vq)),
];

/// Compares the options of two devices.
pub(super) fn compare(source: &Driver, target: &Driver, at: &At, out: &mut Out) {
    match (source, target) {
        (Driver::Options(source), Driver::Options(target)) => {
            out.rows(at, ROWS, source, target);
        }
        (source, target) => {
            let there = |driver: &Driver| Value::there(matches!(driver, Driver::Options(_)));
            out.value(&DRIVER, at, "driver", &there(source), &there(target));
        }
    }
}
