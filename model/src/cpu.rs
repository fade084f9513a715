//! `<cpu>`, without its `<numa>`.

pub(crate) mod cache;
pub(crate) mod features;
pub(crate) mod topology;

pub use cache::{CPU_CACHE_LEVEL_RANGE, CpuCache, CpuCacheMode};
pub use features::{CpuFeature, FeaturePolicy};
pub use topology::CpuTopology;

use crate::read::{El, Element, Reader, attr_place};
use crate::write::Writer;
use crate::{Class, OnOff, Pos};

crate::rules! {
    /// A CPU with `migratable` has the mode `host-passthrough` or `maximum`.
    CPU_MIGRATABLE_MODE = "cpu-migratable-mode": Unsupported, Read,
        "`<cpu migratable=>`: only these modes can pass features that block migration",
        help "remove `migratable=`, or use `mode='host-passthrough'`";
    /// A `vendor_id` has exactly 12 characters and no comma.
    CPU_VENDOR_ID = "cpu-vendor-id": Xml, Read,
        "`<model vendor_id=>`: CPUID leaf 0 has 12 bytes for it, and a comma ends a value of `-cpu`",
        help "pad or shorten the vendor id to 12 characters";
    /// A CPU with `<vendor>` names a `<model>`.
    CPU_VENDOR_WITHOUT_MODEL = "cpu-vendor-without-model": Xml, Read, "`<cpu><vendor>` restricts a named CPU model",
        help "add `<model>`, or remove `<vendor>`";
}

spelled! {
    /// How the model of the CPU is chosen (`<cpu mode=>`).
    pub enum CpuMode {
        /// By `<model>`.
        Custom = "custom",
        /// The named model closest to the host's CPU, with the features that differ.
        HostModel = "host-model",
        /// The host's CPU.
        HostPassthrough = "host-passthrough",
        /// All features that the accelerator supports.
        Maximum = "maximum" since "7.1",
    }
}

spelled! {
    /// How closely the guest's CPU must match the host's (`<cpu match=>`).
    pub enum CpuMatch {
        /// The guest gets the host's additional features.
        Minimum = "minimum",
        /// The guest gets exactly the CPU described.
        Exact = "exact",
        /// The guest gets exactly the CPU described, and the host must not have additional features.
        Strict = "strict",
    }
}

spelled! {
    /// How it is checked that the host supports the guest's CPU (`<cpu check=>`).
    pub enum CpuCheck {
        /// Not at all.
        None = "none",
        /// Against libvirt's CPU model definitions, before the start.
        Partial = "partial",
        /// Against the CPU that QEMU created.
        Full = "full",
    }
}

spelled! {
    /// What happens where the QEMU binary does not support the model (`<model fallback=>`).
    pub enum CpuFallback {
        /// The closest supported model is used.
        Allow = "allow",
        /// The domain is refused.
        Forbid = "forbid",
    }
}

spelled! {
    /// The source of the number of physical address bits (`<maxphysaddr mode=>`).
    pub enum MaxPhysAddrMode {
        /// `bits=`.
        Emulate = "emulate",
        /// The host's CPU.
        Passthrough = "passthrough",
    }
}

/// `<cpu>`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Cpu {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `mode=`: how the model is chosen.
    pub mode: Option<CpuMode>,
    /// `match=`: how closely the CPU must match the host's.
    pub matching: Option<CpuMatch>,
    /// `check=`: how host support is checked.
    pub check: Option<CpuCheck>,
    /// `migratable=`: whether features that block migration are left out.
    pub migratable: Option<OnOff>,
    /// `deprecated_features=`: whether features that QEMU reports as deprecated are enabled (s390).
    pub deprecated_features: Option<OnOff>,
    /// `<model>`.
    pub model: CpuModel,
    /// `<vendor>`: the vendor the host's CPU must have.
    pub vendor: Option<String>,
    /// `<topology>`.
    pub topology: Option<CpuTopology>,
    /// `<cache>`.
    pub cache: Option<CpuCache>,
    /// `<maxphysaddr>`.
    pub max_phys_addr: Option<MaxPhysAddr>,
    /// `<feature>`s in document order.
    pub features: Vec<CpuFeature>,
}

/// `<cpu><model>`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CpuModel {
    /// Place of the element in the text.
    pub pos: Pos,
    /// The text: the name of the model.
    pub name: Option<String>,
    /// `fallback=`.
    pub fallback: Option<CpuFallback>,
    /// `vendor_id=`: the vendor that the guest sees, 12 characters.
    pub vendor_id: Option<String>,
    /// `fallback=` of a model without a name in a completed domain. It has an effect at the start, but libvirt does not
    /// write it. Reading never sets it.
    pub unwritten_fallback: Option<CpuFallback>,
}

/// `<cpu><maxphysaddr>`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MaxPhysAddr {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `mode=`.
    pub mode: MaxPhysAddrMode,
    /// `bits=`: the number of physical address bits.
    pub bits: Option<u32>,
    /// `limit=`: the most bits that are taken from the host.
    pub limit: Option<u32>,
}

impl Cpu {
    /// `mode=`; without it, `custom`.
    pub fn mode(&self) -> CpuMode {
        self.mode.unwrap_or(CpuMode::Custom)
    }

    /// Whether the element selects a CPU model, and not only a topology or NUMA cells.
    pub fn names_a_cpu(&self) -> bool {
        self.mode() != CpuMode::Custom || self.model.name.is_some()
    }

    /// Whether the mode is `host-passthrough` or `maximum`.
    pub fn is_native(&self) -> bool {
        matches!(self.mode(), CpuMode::HostPassthrough | CpuMode::Maximum)
    }

    /// Writes `<cpu>` with the children that `inside` adds at its end, unless both are empty.
    pub(crate) fn write_with(cpu: Option<&Self>, inside: impl FnOnce(&mut Writer), w: &mut Writer) {
        let Some(cpu) = cpu else {
            return w.element("cpu").children_or_nothing(inside);
        };
        let tag = w
            .element("cpu")
            .opt("mode", cpu.mode)
            .opt("match", cpu.matching)
            .opt("check", cpu.check)
            .opt("migratable", cpu.migratable)
            .opt("deprecated_features", cpu.deprecated_features);
        tag.children(|w| {
            cpu.write_children(w);
            inside(w);
        });
    }

    fn write_children(&self, w: &mut Writer) {
        let model = &self.model;
        if model.name.is_some() || model.fallback.is_some() || model.vendor_id.is_some() {
            let tag = w.element("model").opt("fallback", model.fallback);
            let tag = tag.opt("vendor_id", model.vendor_id.as_ref());
            match &model.name {
                Some(name) => tag.text(name),
                None => tag.empty(),
            }
        }
        w.opt_text_element("vendor", self.vendor.as_ref());
        if let Some(topology) = &self.topology {
            w.element("topology")
                .attr("sockets", topology.sockets)
                .opt("dies", topology.dies)
                .opt("clusters", topology.clusters)
                .attr("cores", topology.cores)
                .attr("threads", topology.threads)
                .empty();
        }
        if let Some(cache) = &self.cache {
            w.element("cache").opt("level", cache.level).attr("mode", cache.mode).empty();
        }
        if let Some(addr) = &self.max_phys_addr {
            let tag = w.element("maxphysaddr").attr("mode", addr.mode);
            tag.opt("bits", addr.bits).opt("limit", addr.limit).empty();
        }
        for feature in &self.features {
            w.element("feature").attr("policy", feature.policy).attr("name", &feature.name).empty();
        }
    }
}

impl Element for Cpu {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let mode = r.attr_as(Class::Unsupported, el, "mode");
        let mut cpu = Self {
            pos: el.pos(),
            mode,
            migratable: r.attr(el, "migratable"),
            matching: r.attr(el, "match"),
            check: r.attr(el, "check"),
            deprecated_features: r.attr_since("11.0", el, "deprecated_features"),
            ..Self::default()
        };
        let is_unread = mode.is_none() && el.get("mode").is_some();
        if cpu.migratable.is_some() && !cpu.is_native() && !is_unread {
            let message = format!(
                "`migratable` of `<cpu>` needs mode `host-passthrough` or `maximum`, not `{}`",
                cpu.mode()
            );
            r.refuse(&CPU_MIGRATABLE_MODE, attr_place(el, "migratable"), message);
        }
        cpu.read_model(el, r);
        cpu.topology = el.child("topology").and_then(|el| CpuTopology::read(el, r));
        cpu.read_features(el, r);
        cpu.cache = CpuCache::read(el, r);
        cpu.max_phys_addr = r.child_since("8.7", el, "maxphysaddr").and_then(|el| read_max_phys_addr(el, r));
        Some(cpu)
    }

    fn write(&self, w: &mut Writer) {
        Self::write_with(Some(self), |_| {}, w);
    }
}

impl Cpu {
    fn read_model(&mut self, el: El<'_>, r: &mut Reader) {
        let named = !self.is_native();
        if let Some(model) = el.child("model") {
            self.model.pos = model.pos();
            self.model.name = Some(model.text()).filter(|name| !name.is_empty());
            // They apply to named models only.
            if named {
                let fallback = model.get("fallback").filter(|word| !word.is_empty());
                self.model.fallback = fallback.and_then(|_| r.attr_as(Class::Unsupported, model, "fallback"));
                self.model.vendor_id = model.string("vendor_id").filter(|id| !id.is_empty());
            }
        }
        if let Some(id) = self.model.vendor_id.as_deref()
            && (id.len() != 12 || id.contains(','))
        {
            let message = format!("`vendor_id` of `<model>` is `{id}`, not 12 characters without a comma");
            r.refuse(&CPU_VENDOR_ID, self.model.pos.attr("vendor_id"), message);
            self.model.vendor_id = None;
        }
        self.vendor = el.child_text("vendor");
        if let Some(vendor) = self.vendor.as_deref()
            && self.model.name.is_none()
        {
            let message = format!("`<vendor>` asks for `{vendor}`, but `<model>` names no CPU");
            r.refuse(&CPU_VENDOR_WITHOUT_MODEL, el.pos(), message);
        }
    }
}

fn read_max_phys_addr(el: El<'_>, r: &mut Reader) -> Option<MaxPhysAddr> {
    let mode = r.required(el, "mode");
    let (bits, limit) = (r.attr(el, "bits"), r.attr_since("9.3", el, "limit"));
    Some(MaxPhysAddr { pos: el.pos(), mode: mode?, bits, limit })
}

#[cfg(test)]
mod tests {
    fn check(cpu: &str, problems: &[&str]) {
        let text = format!(
            "<domain type='kvm'>\n  <name>cpu</name>\n  <os><type>hvm</type></os>\n  {cpu}\n</domain>\n"
        );
        let parsed = crate::parse(&text);
        let found: Vec<String> = parsed.report.iter().map(|problem| problem.message.clone()).collect();
        assert_eq!(found, problems);
        if found.is_empty() {
            let written = crate::format(&parsed.value.unwrap_or_default());
            assert!(written.contains(cpu), "{written}");
        }
    }

    #[test]
    fn a_cpu_is_written_as_it_was_read() {
        check(
            "<cpu mode='custom' match='exact' check='partial'>
    <model fallback='forbid' vendor_id='AcmeAcmeAcme'>Haswell</model>
    <vendor>Intel</vendor>
    <topology sockets='1' dies='2' clusters='1' cores='4' threads='2'/>
    <cache level='3' mode='emulate'/>
    <maxphysaddr mode='emulate' bits='42'/>
    <feature policy='disable' name='rtm'/>
  </cpu>",
            &[],
        );
        check("<cpu mode='host-passthrough' check='none' migratable='off'/>", &[]);
        check("<cpu mode='host-model' deprecated_features='off'/>", &[]);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let twice = "CPU feature `rtm` is given more than once in `<cpu>`";
        check(
            "<cpu><model>486</model><feature name='rtm'/><feature name='rtm' policy='forbid'/></cpu>",
            &[twice],
        );
        let nameless = "`<feature>` needs a CPU model, and `<model>` names none";
        check("<cpu><feature name='rtm'/></cpu>", &[nameless]);
        let zero = "`cores` of `<topology>` is `0`";
        check("<cpu><topology sockets='1' cores='0' threads='1'/></cpu>", &[zero]);
        let level = "`level` of `<cache>` is `4`, not 1 to 3";
        check("<cpu><cache level='4' mode='disable'/></cpu>", &[level]);
        let vendor = "`vendor_id` of `<model>` is `Acme`, not 12 characters without a comma";
        check("<cpu><model vendor_id='Acme'>486</model></cpu>", &[vendor]);
        let migratable = "`migratable` of `<cpu>` needs mode `host-passthrough` or `maximum`, not `custom`";
        check("<cpu migratable='on'/>", &[migratable]);
    }
}
