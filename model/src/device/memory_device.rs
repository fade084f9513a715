//! `<memory>` among the devices: memory that can be added to a running guest, persistent memory, enclaves.

use crate::info::DeviceInfo;
use crate::memory::MemoryAccess;
use crate::read::{AnyBase, El, Element, Reader, attr_place, hex};
use crate::write::Writer;
use crate::{Kib, NumberSet, Pos, YesNo};

crate::rules! {
    /// TODO memory-device-uuid
    MEMORY_DEVICE_UUID = "memory-device-uuid": Xml, Read, "TODO";
}

spelled! {
    /// `<memory model=>`.
    pub enum MemoryModel {
        /// A memory module.
        Dimm = "dimm",
        /// A module whose content stays.
        Nvdimm = "nvdimm",
        /// A virtio device whose content stays.
        VirtioPmem = "virtio-pmem" since "7.1",
        /// A virtio device whose size can be changed.
        VirtioMem = "virtio-mem" since "7.9",
        /// Memory for Intel's enclaves.
        SgxEpc = "sgx-epc" since "8.10",
    }
}

/// `<memory>`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MemoryDevice {
    /// What all devices have: place, alias, address, boot order.
    pub info: DeviceInfo,
    /// `model=`.
    pub model: Option<MemoryModel>,
    /// `access=`: whether others see the guest's writes.
    pub access: Option<MemoryAccess>,
    /// `discard=`: whether content need not be kept when QEMU ends.
    pub discard: Option<YesNo>,
    /// `<uuid>` of an NVDIMM (pseries), in its usual form.
    pub uuid: Option<String>,
    /// `<source>`.
    pub source: MemoryDeviceSource,
    /// `<target>`.
    pub target: MemoryDeviceTarget,
}

/// `<source>`: where the memory is on the host.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MemoryDeviceSource {
    /// Where it stands.
    pub pos: Pos,
    /// `<nodemask>`: the host's nodes.
    pub nodemask: Option<NumberSet>,
    /// `<pagesize>` of the host's pages.
    pub page_size: Option<Kib>,
    /// `<path>` of the file with the content.
    pub path: Option<String>,
    /// `<alignsize>` of the mapping.
    pub align_size: Option<Kib>,
    /// `<pmem>`: the file is on persistent memory itself.
    pub pmem: bool,
}

/// `<target>`: what the guest sees.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MemoryDeviceTarget {
    /// Where it stands.
    pub pos: Pos,
    /// `dynamicMemslots=`: whether host memory is mapped in as it is needed.
    pub dynamic_memslots: Option<YesNo>,
    /// `<size>`.
    pub size: Kib,
    /// `<node>`: the guest's NUMA cell.
    pub node: Option<u32>,
    /// `<label><size>` of an NVDIMM.
    pub label_size: Option<Kib>,
    /// `<readonly>`
    pub readonly: bool,
    /// `<block>`: the steps in which the size changes.
    pub block: Option<Kib>,
    /// `<requested>`: the size wanted at the start.
    pub requested: Option<Kib>,
    /// `<current>`: the size there is now.
    pub current: Option<Kib>,
    /// `<address base=>`: the guest-physical address.
    pub address: Option<u64>,
}

impl MemoryDevice {
    /// Its model; `dimm` where it could not be read.
    pub fn model(&self) -> MemoryModel {
        self.model.unwrap_or(MemoryModel::Dimm)
    }

    /// Whether it takes one of the slots of `<maxMemory>`.
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
            let uuid = crate::domain::uuid(&text);
            if uuid.is_none() {
                let message =
                    format!("element 'uuid' of element 'memory' is '{text}', expected 32 hexadecimal digits");
                r.refuse(&MEMORY_DEVICE_UUID, e.pos(), message);
            }
            uuid
        });
        let source = el.child("source").map(|e| MemoryDeviceSource::read(e, r)).unwrap_or_default();
        let target = r.need(el, "target").map(|e| MemoryDeviceTarget::read(e, r)).unwrap_or_default();
        Some(Self { info: DeviceInfo::read(el, r), model, access, discard, uuid, source, target })
    }

    fn write(&self, w: &mut Writer) {
        w.element("memory")
            .opt("model", self.model)
            .opt("access", self.access)
            .opt("discard", self.discard)
            .children(|w| {
                w.opt_text_element("uuid", self.uuid.as_ref());
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
    fn read(el: El<'_>, r: &mut Reader) -> Self {
        Self {
            pos: el.pos(),
            page_size: el.child("pagesize").and_then(|e| r.kib(e)),
            nodemask: el.child("nodemask").and_then(|e| nodemask(e, r)),
            path: el.child_text("path").filter(|path| !path.is_empty()),
            align_size: el.child("alignsize").and_then(|e| r.kib(e)),
            pmem: el.child("pmem").is_some(),
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
            let message = format!("element 'nodemask' is '{text}', nothing is left of it");
            r.refuse(&crate::read::NUMBER_SET_EMPTY, el.pos(), message);
            None
        }
        Ok(set) => Some(set),
        Err(expected) => {
            let message = format!("bad value '{text}' in element 'nodemask': {expected}");
            r.refuse_as(crate::Kind::InvalidArgument, &crate::read::ELEMENT_VALUE, el.pos(), message);
            None
        }
    }
}

impl MemoryDeviceTarget {
    fn read(el: El<'_>, r: &mut Reader) -> Self {
        Self {
            pos: el.pos(),
            dynamic_memslots: r.attr_since("10.1", el, "dynamicMemslots"),
            node: r.child_text(el, "node"),
            size: r.need(el, "size").and_then(|e| r.kib(e)).unwrap_or_default(),
            label_size: el.child("label").and_then(|e| r.need(e, "size")).and_then(|e| r.kib(e)),
            readonly: el.child("readonly").is_some(),
            block: el.child("block").and_then(|e| r.kib(e)),
            requested: el.child("requested").and_then(|e| r.kib(e)),
            current: el.child("current").and_then(|e| r.kib(e)),
            address: r.child_since("9.4", el, "address").and_then(|e| base(e, r)),
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

/// `<address base=>` of a target; 0 is read as absent.
fn base(el: El<'_>, r: &mut Reader) -> Option<u64> {
    let text = el.get("base")?;
    match <AnyBase<u64> as crate::read::Value>::parse(text) {
        Ok(AnyBase(base)) => Some(base).filter(|base| *base > 0),
        Err(expected) => {
            let message = format!("bad value '{text}' for attribute 'base' of element 'address': {expected}");
            r.refuse(&crate::read::ATTRIBUTE_VALUE, attr_place(el, "base"), message);
            None
        }
    }
}
