//! `<iothreads>`, `<cputune>`, `<numatune>`, `<blkiotune>`, `<memtune>`, `<resource>`.

pub(crate) mod cputune;
pub(crate) mod iothreads;
pub(crate) mod numatune;
pub(crate) mod resctrl;

pub use cputune::{CpuTune, IothreadPin, Period, Quota, Sched, Scheduler, VcpuPin};
pub use iothreads::{DefaultIothread, Iothread, Iothreads, Poll};
pub use numatune::{MemNode, NumaMode, NumaTune, NumaTuneMemory};
pub use resctrl::{BandwidthAllocation, CacheAllocation, CacheType, Resctrl, ResctrlKind, ResctrlMonitor};

use std::collections::BTreeMap;

use crate::read::{self, El, Element, Reader};
use crate::write::Writer;
use crate::{Kib, Pos};

crate::rules! {
    /// A `<blkiotune>` has one `<device>` for each path.
    BLKIOTUNE_DEVICE_TWICE = "blkiotune-device-twice": Unsupported, Read,
        "`<blkiotune><device><path>`: one set of limits for each block device of the host",
        help "keep one `<device>` of that path";
    /// A `<device>` of `<blkiotune>` has a `<path>`.
    BLKIOTUNE_PATH = "blkiotune-path": Unsupported (Xml before "11.3"), Read,
        "`<blkiotune><device><path>`: the block device of the host that the limits are for",
        help "add `<path>`, or remove the `<device>`";
    /// A domain has one `<resource>` at most.
    RESOURCE_TWICE = "resource-twice": Xml, Read, "`<resource><partition>`: a domain is in one control group",
        help "keep one `<resource>`";
    /// A `<resource>` has a `<partition>` or a `<fibrechannel>` with `appid`.
    RESOURCE_PARTITION = "resource-partition": Plain (Internal before "11.3"), Read,
        "`<resource>`: the control group and the Fibre Channel application id of the domain",
        help "add `<partition>`, such as `/machine`, or remove `<resource>`";
}

/// The memory limit from which on there is no limit, in KiB.
pub const UNLIMITED: Kib = Kib((1 << 53) - 1);

/// The elements that tune the domain on its host.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tune {
    /// `<iothreads>`, `<iothreadids>`, `<defaultiothread>`.
    pub iothreads: Iothreads,
    /// `<cputune>`.
    pub cpu: CpuTune,
    /// `<numatune>`.
    pub numa: NumaTune,
    /// `<blkiotune>`.
    pub block: BlockTune,
    /// `<memtune>`.
    pub memory: MemTune,
    /// `<resource>`.
    pub resource: Resource,
}

/// `<blkiotune>`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct BlockTune {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `<weight>` of the domain against others.
    pub weight: Option<u32>,
    /// `<device>`: limits on single block devices.
    pub devices: Vec<BlockTuneDevice>,
}

/// `<blkiotune><device>`: limits on one block device of the host.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct BlockTuneDevice {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `<path>` of the block device on the host.
    pub path: String,
    /// `<weight>` of the domain against others.
    pub weight: Option<u32>,
    /// `<read_iops_sec>`, operations a second.
    pub read_iops_sec: Option<u32>,
    /// `<write_iops_sec>`, operations a second.
    pub write_iops_sec: Option<u32>,
    /// `<read_bytes_sec>`, bytes a second.
    pub read_bytes_sec: Option<u64>,
    /// `<write_bytes_sec>`, bytes a second.
    pub write_bytes_sec: Option<u64>,
}

/// `<memtune>`; a limit of [`UNLIMITED`] or more is read as absent.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MemTune {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `<hard_limit>`: the most host memory that the domain can use.
    pub hard_limit: Option<Kib>,
    /// `<soft_limit>`: the limit that the kernel enforces when the host is short of memory.
    pub soft_limit: Option<Kib>,
    /// `<min_guarantee>`: the least host memory (VMware).
    pub min_guarantee: Option<Kib>,
    /// `<swap_hard_limit>`: the most host memory and swap together.
    pub swap_hard_limit: Option<Kib>,
}

/// `<resource>`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Resource {
    /// `<partition>`: the control group that the domain is placed in.
    pub partition: Option<String>,
    /// `<fibrechannel appid=>`: the application id of its Fibre Channel traffic.
    pub fibrechannel_appid: Option<String>,
}

impl Tune {
    /// Reads `<blkiotune>` and `<memtune>`, which libvirt reads before `<vcpu>`.
    pub(crate) fn read_memory(&mut self, domain: El<'_>, r: &mut Reader) {
        self.block = domain.child("blkiotune").map(|e| BlockTune::read(e, r)).unwrap_or_default();
        self.memory = domain.child("memtune").map(|e| MemTune::read(e, r)).unwrap_or_default();
    }

    /// Reads `<iothreads>` and `<cputune>`, which libvirt reads before `<cpu>`.
    pub(crate) fn read_cpus(&mut self, domain: El<'_>, r: &mut Reader) {
        self.iothreads = Iothreads::read(domain, r);
        self.cpu = domain.child("cputune").map(|e| CpuTune::read(e, &self.iothreads, r)).unwrap_or_default();
    }

    /// Reads `<numatune>` and `<resource>`, which libvirt reads after the NUMA cells.
    pub(crate) fn read_numa(&mut self, domain: El<'_>, r: &mut Reader) {
        self.numa = domain.child("numatune").map(|e| NumaTune::read(e, r)).unwrap_or_default();
        self.resource = domain.child("resource").map(|e| Resource::read(e, r)).unwrap_or_default();
    }

    /// Writes `<blkiotune>` and `<memtune>`, which precede `<vcpu>`.
    pub(crate) fn write_before_vcpus(&self, w: &mut Writer) {
        self.block.write(w);
        self.memory.write(w);
    }

    /// Writes `<cputune>` and `<numatune>`, which follow the iothreads and throttle groups.
    pub(crate) fn write_after_iothreads(&self, w: &mut Writer) {
        self.cpu.write(w);
        self.numa.write(w);
    }

    /// Writes `<resource>`, which follows `<iommufd>`.
    pub(crate) fn write_resource(&self, w: &mut Writer) {
        self.resource.write(w);
    }
}

impl BlockTune {
    fn read(el: El<'_>, r: &mut Reader) -> Self {
        let weight = el.child("weight").and_then(|weight| r.lenient_text(weight));
        let tune = Self { pos: el.pos(), weight, devices: read::all(el, "device", r) };
        let mut seen = BTreeMap::new();
        for device in &tune.devices {
            if let Some(first) = seen.get(device.path.as_str()) {
                let message = format!("`<blkiotune>` has more than one `<device>` `{}`", device.path);
                let message = crate::Message::new(message).with_first(Pos::path(*first, ""));
                r.refuse(&BLKIOTUNE_DEVICE_TWICE, device.pos, message);
            } else {
                seen.insert(device.path.as_str(), device.pos);
            }
        }
        tune
    }

    fn write(&self, w: &mut Writer) {
        w.element("blkiotune").children_or_nothing(|w| {
            w.opt_text_element("weight", self.weight);
            read::write_all(&self.devices, w);
        });
    }
}

impl Element for BlockTuneDevice {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let Some(path) = el.child("path").map(El::text) else {
            r.refuse(&BLKIOTUNE_PATH, el.pos(), "`<device>` of `<blkiotune>` has no `<path>`");
            return None;
        };
        Some(Self {
            pos: el.pos(),
            path,
            weight: r.child_text(el, "weight"),
            read_iops_sec: r.child_text(el, "read_iops_sec"),
            write_iops_sec: r.child_text(el, "write_iops_sec"),
            read_bytes_sec: r.child_text(el, "read_bytes_sec"),
            write_bytes_sec: r.child_text(el, "write_bytes_sec"),
        })
    }

    fn write(&self, w: &mut Writer) {
        w.element("device").children(|w| {
            w.text_element("path", &self.path);
            w.opt_text_element("weight", self.weight);
            w.opt_text_element("read_iops_sec", self.read_iops_sec);
            w.opt_text_element("write_iops_sec", self.write_iops_sec);
            w.opt_text_element("read_bytes_sec", self.read_bytes_sec);
            w.opt_text_element("write_bytes_sec", self.write_bytes_sec);
        });
    }
}

impl MemTune {
    fn read(el: El<'_>, r: &mut Reader) -> Self {
        let mut limit =
            |name| el.child(name).and_then(|limit| r.kib(limit)).filter(|limit| *limit < UNLIMITED);
        Self {
            pos: el.pos(),
            hard_limit: limit("hard_limit"),
            soft_limit: limit("soft_limit"),
            min_guarantee: limit("min_guarantee"),
            swap_hard_limit: limit("swap_hard_limit"),
        }
    }

    fn write(&self, w: &mut Writer) {
        let limits = [
            ("hard_limit", self.hard_limit),
            ("soft_limit", self.soft_limit),
            ("min_guarantee", self.min_guarantee),
            ("swap_hard_limit", self.swap_hard_limit),
        ];
        w.element("memtune").children_or_nothing(|w| {
            for (name, limit) in limits {
                if let Some(limit) = limit {
                    w.element(name).attr("unit", "KiB").text(limit.0);
                }
            }
        });
    }
}

impl Resource {
    fn read(el: El<'_>, r: &mut Reader) -> Self {
        if let Some(second) = el.parent().and_then(|domain| domain.children("resource").nth(1)) {
            r.refuse_second(&RESOURCE_TWICE, second, "there is more than one `<resource>`");
        }
        let resource = Self {
            partition: el.child_text("partition"),
            fibrechannel_appid: r.child_since("7.7", el, "fibrechannel").and_then(|e| e.string("appid")),
        };
        if resource == Self::default() {
            let message = "`<resource>` has no `<partition>`";
            r.refuse(&RESOURCE_PARTITION, el.pos(), message);
        }
        resource
    }

    fn write(&self, w: &mut Writer) {
        w.element("resource").children_or_nothing(|w| {
            w.opt_text_element("partition", self.partition.as_ref());
            if let Some(appid) = &self.fibrechannel_appid {
                w.element("fibrechannel").attr("appid", appid).empty();
            }
        });
    }
}
