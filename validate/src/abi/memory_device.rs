//! `<memory>` devices.

use virtargv_model::device::memory_device::{MemoryDevice, MemoryModel};
use virtargv_model::info::DeviceInfo;

use super::compared::{At, Compared, Out, Row, Value, key, row};
use super::memory::kib;

virtargv_model::rules! {
    /// A memory device keeps its model.
    MODEL = "abi-memory-device-model": Unsupported, Validate,
        "`<memory model=>`: the device that the guest sees",
        help "set `model=` as in the source";
    /// A memory device keeps its NUMA cell.
    NODE = "abi-memory-device-node": Unsupported, Validate,
        "`<memory><target><node>`",
        help "set `<node>` as in the source";
    /// A memory device keeps its size.
    SIZE = "abi-memory-device-size": Unsupported, Validate,
        "`<memory><target><size>`",
        help "set `<size>` as in the source";
    /// An NVDIMM keeps its label, alignment and UUID, and whether it is persistent and read-only.
    NVDIMM = "abi-memory-device-nvdimm": Unsupported, Validate,
        "`<memory model='nvdimm'>`: `<label>`, `<readonly>` and `<uuid>` of the device, `<alignsize>` and `<pmem>` of its memory",
        help "set the element as in the source";
    /// A virtio-pmem or virtio-mem device keeps its guest-physical address.
    BASE = "abi-memory-device-base": Unsupported, Validate,
        "`<memory><target><address base=>`: `memaddr=`",
        help "set `base=` as in the source";
    /// A virtio-mem device keeps the size of its blocks and what is requested of it.
    BLOCK = "abi-memory-device-block": Unsupported, Validate,
        "`<memory model='virtio-mem'><target>`: `<block>`, `<requested>` and `dynamicMemslots=`",
        help "set the element as in the source; `virsh update-memory-device` changes `<requested>`";
}

impl Compared for MemoryDevice {
    const ELEMENT: &'static str = "memory";
    const ROWS: &'static [Row<Self>] = &[
        key(&MODEL, "@model", |device| Value::word(device.model)),
        row(&NODE, "target/node", |device| Value::number(device.target.node)),
        row(&SIZE, "target/size", |device| kib(Some(device.target.size))),
    ];

    fn info(&self) -> &DeviceInfo {
        &self.info
    }

    fn more(source: &Self, target: &Self, at: &At, out: &mut Out) {
        let rows = match source.model() {
            MemoryModel::Nvdimm => NVDIMMS,
            MemoryModel::VirtioPmem => PMEM,
            MemoryModel::VirtioMem => MEM,
            MemoryModel::Dimm | MemoryModel::SgxEpc => &[],
        };
        out.rows(at, rows, source, target);
    }
}

const NVDIMMS: &[Row<MemoryDevice>] = &[
    row(&NVDIMM, "target/label/size", |device| kib(device.target.label_size)),
    row(&NVDIMM, "source/alignsize", |device| kib(device.source.align_size)),
    row(&NVDIMM, "source/pmem", |device| Value::there(device.source.pmem)),
    row(&NVDIMM, "target/readonly", |device| Value::there(device.target.readonly)),
    row(&NVDIMM, "uuid", |device| Value::text(device.uuid.as_ref())),
];

const PMEM: &[Row<MemoryDevice>] = &[row(&BASE, "target/address/@base", base)];

const MEM: &[Row<MemoryDevice>] = &[
    row(&BLOCK, "target/block", |device| kib(device.target.block)),
    row(&BLOCK, "target/requested", |device| kib(device.target.requested)),
    row(&BASE, "target/address/@base", base),
    row(&BLOCK, "target/@dynamicMemslots", |device| Value::word(device.target.dynamic_memslots)),
];

fn base(device: &MemoryDevice) -> Value {
    Value::Hex(device.target.address.unwrap_or(0))
}
