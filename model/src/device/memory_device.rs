//! `<memory>` of `<devices>`: memory modules, persistent memory, virtio memory and enclave memory.

use crate::device::virtio::VirtioOptions;
use crate::info::DeviceInfo;
use crate::memory::MemoryAccess;
use crate::read::{AnyBase, El, Element, Reader, attr_place, hex};
use crate::write::Writer;
use crate::{Kib, NumberSet, Pos, Uuid, YesNo};

crate::rules! {
    /// The `<uuid>` of a memory device is a UUID.
    MEMORY_DEVICE_UUID = "memory-device-uuid": Xml, Read,
        "`<memory model='nvdimm'><uuid>`: pseries guests identify NVDIMMs by UUID",
        help "write 32 hexadecimal digits, with or without dashes";
}

spelled! {
    /// `<memory model=>`.
    pub enum MemoryModel {
        /// A memory module.
        Dimm = "dimm",
        /// A persistent memory module.
        Nvdimm = "nvdimm",
        /// Persistent memory as a virtio device.
        VirtioPmem = "virtio-pmem" since "7.1",
        /// Memory as a virtio device, whose size can change at run time.
        VirtioMem = "virtio-mem" since "7.9",
        /// Enclave page cache of Intel SGX.
        SgxEpc = "sgx-epc" since "8.10",
    }
}

/// `<memory>`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MemoryDevice {
    /// The part that all devices have: place, alias, address, boot order, option ROM.
    pub info: DeviceInfo,
    /// `model=`.
    pub model: Option<MemoryModel>,
    /// `access=`: whether other processes see the guest's writes.
    pub access: Option<MemoryAccess>,
    /// `discard=`: whether the content is discarded when QEMU ends.
    pub discard: Option<YesNo>,
    /// `<uuid>` of an NVDIMM (pseries).
    pub uuid: Option<Uuid>,
    /// `<driver>`: the options that all virtio devices have.
    pub virtio: VirtioOptions,
    /// `<source>`.
    pub source: MemoryDeviceSource,
    /// `<target>`.
    pub target: MemoryDeviceTarget,
}

/// `<source>`: the host memory that backs the device.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MemoryDeviceSource {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `<nodemask>`: the host NUMA nodes.
    pub nodemask: Option<NumberSet>,
    /// `<pagesize>` of the host's pages.
    pub page_size: Option<Kib>,
    /// `<path>` of the file with the content.
    pub path: Option<String>,
    /// `<alignsize>` of the mapping.
    pub align_size: Option<Kib>,
    /// `<pmem>`: whether the file is on persistent memory, so that QEMU flushes writes for it.
    pub pmem: bool,
}

/// `<target>`: the device in the guest.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MemoryDeviceTarget {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `dynamicMemslots=`: whether KVM memory slots are used as memory is plugged (virtio-mem).
    pub dynamic_memslots: Option<YesNo>,
    /// `<size>`.
    pub size: Kib,
    /// `<node>`: the guest NUMA cell.
    pub node: Option<u32>,
    /// `<label><size>`: the size of the label area of an NVDIMM.
    pub label_size: Option<Kib>,
    /// `<readonly>`: whether the guest can only read (NVDIMM).
    pub readonly: bool,
    /// `<block>`: the block size, in multiples of which memory is plugged (virtio-mem).
    pub block: Option<Kib>,
    /// `<requested>`: the size that the guest is asked to plug (virtio-mem).
    pub requested: Option<Kib>,
    /// `<current>`: the size that the guest has plugged (virtio-mem), in a running domain.
    pub current: Option<Kib>,
    /// `<address base=>`: the guest-physical address.
    pub address: Option<u64>,
}

impl MemoryDevice {
    /// The model; `dimm` where it could not be read.
    pub fn model(&self) -> MemoryModel {
        self.model.unwrap_or(MemoryModel::Dimm)
    }

    /// Whether the device takes one of the slots of `<maxMemory>`.
    pub fn takes_slot(&self) -> bool {
        matches!(self.model(), MemoryModel::Dimm | MemoryModel::Nvdimm)
    }
}

impl Element for MemoryDevice {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let model = r.required(el, "model");
        let access = r.attr(el, "access");
        let discard = r.attr(el, "discard");
        let uuid = el.child("uuid").and_then(|e| {
            let text = e.text();
            let uuid = Uuid::parse(&text);
            if uuid.is_none() {
                let message = format!("`<uuid>` of `<memory>` is `{text}`, expected 32 hexadecimal digits");
                r.refuse(&MEMORY_DEVICE_UUID, e.pos(), message);
            }
            uuid
        });
        let kind = model.unwrap_or(MemoryModel::Dimm);
        let virtio =
            r.child_since("11.9", el, "driver").map(|d| VirtioOptions::read(d, r)).unwrap_or_default();
        let source = el.child("source").map(|e| MemoryDeviceSource::read(kind, e, r)).unwrap_or_default();
        let target = r.need(el, "target").map(|e| MemoryDeviceTarget::read(kind, e, r)).unwrap_or_default();
        Some(Self { info: DeviceInfo::read(el, r), model, access, discard, uuid, virtio, source, target })
    }

    fn write(&self, w: &mut Writer) {
        w.element("memory")
            .opt("model", self.model)
            .opt("access", self.access)
            .opt("discard", self.discard)
            .children(|w| {
                w.opt_text_element("uuid", self.uuid);
                if !self.virtio.is_empty() {
                    self.virtio.write(w.element("driver")).empty();
                }
                self.source.write(w);
                self.target.write(w);
                self.info.write(w);
            });
    }
}

/// `<name unit='KiB'>`.
fn write_kib(w: &mut Writer, name: &str, size: Option<Kib>) {
    if let Some(size) = size {
        w.element(name).attr("unit", "KiB").text(size.0);
    }
}

impl MemoryDeviceSource {
    /// Reads what a device of `model` has of `<source>`; the rest is ignored.
    fn read(model: MemoryModel, el: El<'_>, r: &mut Reader) -> Self {
        use MemoryModel::{Dimm, Nvdimm, SgxEpc, VirtioMem, VirtioPmem};
        let child = |name, models: &[MemoryModel]| el.child(name).filter(|_| models.contains(&model));
        Self {
            pos: el.pos(),
            page_size: child("pagesize", &[Dimm, VirtioMem]).and_then(|e| r.kib(e)),
            nodemask: child("nodemask", &[Dimm, VirtioMem, SgxEpc]).and_then(|e| nodemask(e, r)),
            path: child("path", &[Nvdimm, VirtioPmem]).map(El::text).filter(|path| !path.is_empty()),
            align_size: child("alignsize", &[Nvdimm]).and_then(|e| r.kib(e)),
            pmem: child("pmem", &[Nvdimm]).is_some(),
        }
    }

    fn write(&self, w: &mut Writer) {
        w.element("source").children_or_nothing(|w| {
            w.opt_text_element("nodemask", self.nodemask.as_ref());
            write_kib(w, "pagesize", self.page_size);
            w.opt_text_element("path", self.path.as_ref());
            write_kib(w, "alignsize", self.align_size);
            if self.pmem {
                w.element("pmem").empty();
            }
        });
    }
}

fn nodemask(el: El<'_>, r: &mut Reader) -> Option<NumberSet> {
    let text = el.text();
    match <NumberSet as crate::read::Value>::parse(&text) {
        Ok(set) if set.is_empty() => {
            let message = format!("`<nodemask>` is `{text}`, which names no number");
            r.refuse(&crate::read::NUMBER_SET_EMPTY, el.pos(), message);
            None
        }
        Ok(set) => Some(set),
        Err(expected) => {
            let message = format!("bad value `{text}` in `<nodemask>`: {expected}");
            r.refuse_as(crate::Class::InvalidArgument, &crate::read::ELEMENT_VALUE, el.pos(), message);
            None
        }
    }
}

impl MemoryDeviceTarget {
    /// Reads what a device of `model` has of `<target>`; the rest is ignored.
    fn read(model: MemoryModel, el: El<'_>, r: &mut Reader) -> Self {
        use MemoryModel::{Nvdimm, VirtioMem, VirtioPmem};
        let child = |name, models: &[MemoryModel]| el.child(name).filter(|_| models.contains(&model));
        let plugged = Some(el).filter(|_| model == VirtioMem);
        let address = child("address", &[VirtioPmem, VirtioMem]).filter(|_| r.knows("9.4"));
        Self {
            pos: el.pos(),
            node: r.child_text(el, "node"),
            size: size(el, r).unwrap_or_default(),
            label_size: child("label", &[Nvdimm]).and_then(|l| l.child("size")).and_then(|e| r.kib(e)),
            readonly: child("readonly", &[Nvdimm]).is_some(),
            block: child("block", &[VirtioMem]).and_then(|e| r.kib(e)),
            requested: child("requested", &[VirtioMem]).and_then(|e| r.kib(e)),
            current: child("current", &[VirtioMem]).and_then(|e| r.kib(e)),
            dynamic_memslots: plugged.and_then(|el| r.attr_since("10.1", el, "dynamicMemslots")),
            address: address.and_then(|e| base(e, r)),
        }
    }

    fn write(&self, w: &mut Writer) {
        w.element("target").opt("dynamicMemslots", self.dynamic_memslots).children(|w| {
            write_kib(w, "size", Some(self.size));
            w.opt_text_element("node", self.node);
            if self.label_size.is_some() {
                w.element("label").children(|w| write_kib(w, "size", self.label_size));
            }
            if self.readonly {
                w.element("readonly").empty();
            }
            write_kib(w, "block", self.block);
            write_kib(w, "requested", self.requested);
            write_kib(w, "current", self.current);
            if let Some(address) = self.address {
                w.element("address").attr("base", hex(address, 1)).empty();
            }
        });
    }
}

/// The mandatory `<size>` of `el`.
fn size(el: El<'_>, r: &mut Reader) -> Option<Kib> {
    let child = el.child("size").filter(|size| !size.text_ref().is_empty());
    if child.is_none() {
        let message = format!("`<{}>` has no `<size>`", el.name());
        r.refuse(&crate::read::ELEMENT_MISSING, el.pos().path("size"), message);
    }
    child.and_then(|child| r.kib(child))
}

/// `<address base=>` of a target; 0 is read as absent.
fn base(el: El<'_>, r: &mut Reader) -> Option<u64> {
    let text = el.get("base")?;
    match <AnyBase<u64> as crate::read::Value>::parse(text) {
        Ok(AnyBase(base)) => Some(base).filter(|base| *base > 0),
        Err(expected) => {
            let message = format!("bad value `{text}` for `base` of `<address>`: {expected}");
            r.refuse(&crate::read::ATTRIBUTE_VALUE, attr_place(el, "base"), message);
            None
        }
    }
}
