//! `<features>`: features of the hypervisor and the machine.

use crate::advice::nearest;
use crate::read::{El, Reader, UNSUPPORTED_BEFORE_9_0, Value};
use crate::write::Writer;
use crate::{Class, Edit, Message, OnOff, Pos, Span, YesNo};

pub(crate) mod guest;
pub(crate) mod hyperv;

pub use guest::{
    Aia, CapabilityPolicy, Cfpc, Gic, GicVersion, Hpt, HptResizing, Ibs, IoApic, Kvm, KvmFeature, Sbbc, Smm,
    Tcg, UnknownMsr, Xen, XenPassthroughMode,
};
pub use hyperv::{Hyperv, HypervFeature, HypervItem, HypervMode};

crate::rules! {
    /// Each child of `<features>` is a feature of the domain format.
    FEATURE_UNKNOWN = "feature-unknown": Unsupported, Read, "`<features>`",
        help "remove the element, or correct its name";
}

/// The names of the features, for a suggestion.
const NAMES: [&str; 27] = [
    "acpi",
    "apic",
    "pae",
    "pvspinlock",
    "pmu",
    "vmport",
    "vmcoreinfo",
    "hyperv",
    "kvm",
    "xen",
    "ioapic",
    "msrs",
    "smm",
    "tcg",
    "async-teardown",
    "ps2",
    "gic",
    "ras",
    "aia",
    "virtualization",
    "hpt",
    "htm",
    "nested-hv",
    "ccf-assist",
    "cfpc",
    "sbbc",
    "ibs",
];

/// `<features>`. A feature without `state=` is on.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Features {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `<acpi/>`
    pub acpi: bool,
    /// `<apic>`
    pub apic: Option<Apic>,
    /// `<pae/>`
    pub pae: bool,
    /// `<hap state=>`: hardware-assisted paging.
    pub hap: Option<OnOff>,
    /// `<viridian/>`: Viridian (Hyper-V) extensions of Xen.
    pub viridian: bool,
    /// `<privnet/>`: a private network namespace of the container.
    pub privnet: bool,
    /// `<hyperv>`
    pub hyperv: Option<Hyperv>,
    /// `<kvm>`
    pub kvm: Option<Kvm>,
    /// `<pvspinlock state=>`: paravirtual spinlocks.
    pub pvspinlock: Option<OnOff>,
    /// `<capabilities policy=>` (containers): the policy, and the state of each capability that differs from it.
    pub capabilities: Option<(CapabilityPolicy, Vec<(String, OnOff)>)>,
    /// `<pmu state=>`: the performance monitoring unit.
    pub pmu: Option<OnOff>,
    /// `<vmport state=>`: VMware's I/O port.
    pub vmport: Option<OnOff>,
    /// `<gic>`: Arm's interrupt controller.
    pub gic: Option<Gic>,
    /// `<smm>`: system management mode.
    pub smm: Option<Smm>,
    /// `<ioapic driver=>`
    pub ioapic: Option<IoApic>,
    /// `<hpt>`: the hash page table of POWER guests.
    pub hpt: Option<Hpt>,
    /// `<vmcoreinfo state=>`: a device in which the guest stores debug information for memory dumps.
    pub vmcoreinfo: Option<OnOff>,
    /// `<htm state=>`: hardware transactional memory (POWER).
    pub htm: Option<OnOff>,
    /// `<nested-hv state=>`: nested virtualisation (POWER).
    pub nested_hv: Option<OnOff>,
    /// `<msrs unknown=>`: what an access to an unknown model-specific register does.
    pub msrs: Option<UnknownMsr>,
    /// `<ccf-assist state=>`: count cache flush assistance (POWER).
    pub ccf_assist: Option<OnOff>,
    /// `<xen>`
    pub xen: Option<Xen>,
    /// `<cfpc value=>`: cache flush on privilege change (POWER).
    pub cfpc: Option<Cfpc>,
    /// `<sbbc value=>`: speculation barrier bounds checking (POWER).
    pub sbbc: Option<Sbbc>,
    /// `<ibs value=>`: indirect branch speculation (POWER).
    pub ibs: Option<Ibs>,
    /// `<tcg>`
    pub tcg: Option<Tcg>,
    /// `<async-teardown enabled=>`: a separate process releases the guest's memory after QEMU has ended.
    pub async_teardown: Option<YesNo>,
    /// `<ras state=>`: memory errors of the host are reported to the guest (Arm).
    pub ras: Option<OnOff>,
    /// `<ps2 state=>`: the PS/2 controller.
    pub ps2: Option<OnOff>,
    /// `<aia value=>`: the Advanced Interrupt Architecture (RISC-V).
    pub aia: Option<Aia>,
    /// `<virtualization/>`: the CPU has the virtualization extensions, so that the guest can have guests (Arm).
    pub virtualization: bool,
}

/// `<apic>`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Apic {
    /// `eoi=`: paravirtual end of interrupt.
    pub eoi: Option<OnOff>,
}

/// The features that came later than the oldest release followed, and the releases that have each.
const LATER: [(&str, Span); 6] = [
    ("tcg", Span::ALWAYS.since("8.0")),
    ("async-teardown", Span::ALWAYS.since("9.6")),
    ("ras", Span::ALWAYS.since("10.4")),
    ("ps2", Span::ALWAYS.since("10.7")),
    ("aia", Span::ALWAYS.since("11.1")),
    ("virtualization", Span::ALWAYS.since("12.1")),
];

impl Features {
    pub(crate) fn read(domain: El<'_>, r: &mut Reader) -> Self {
        let Some(el) = domain.child("features") else { return Self::default() };
        let mut features = Self { pos: el.pos(), ..Self::default() };
        for child in el.every() {
            let later = LATER.iter().find(|(name, _)| *name == child.name());
            let releases = later.map_or(Span::ALWAYS, |(_, releases)| *releases);
            if r.knows_element(Class::Unsupported, child, releases) {
                features.read_common(child, r);
            }
        }
        features
    }

    fn read_common(&mut self, el: El<'_>, r: &mut Reader) {
        match el.name() {
            "acpi" => self.acpi = true,
            "pae" => self.pae = true,
            "viridian" => self.viridian = true,
            "privnet" => self.privnet = true,
            "apic" => self.apic = Some(Apic { eoi: r.attr_as(UNSUPPORTED_BEFORE_9_0, el, "eoi") }),
            "hap" => self.hap = state_or_on(el, r),
            "pvspinlock" => self.pvspinlock = state_or_on(el, r),
            "pmu" => self.pmu = state_or_on(el, r),
            "vmport" => self.vmport = state_or_on(el, r),
            "vmcoreinfo" => self.vmcoreinfo = state_or_on(el, r),
            "hyperv" => self.hyperv = Some(Hyperv::read(self.hyperv.take(), el, r)),
            "kvm" => self.kvm = Some(Kvm::read(self.kvm.take(), el, r)),
            "xen" => self.xen = Some(Xen::read(el, r)),
            "capabilities" => self.capabilities = Some(guest::read_capabilities(el, r)),
            "ioapic" => self.ioapic = r.attr_as(UNSUPPORTED_BEFORE_9_0, el, "driver"),
            "msrs" => {
                self.msrs = r.required_as(UNSUPPORTED_BEFORE_9_0, UNSUPPORTED_BEFORE_9_0, el, "unknown");
            }
            "smm" => self.smm = Smm::read(el, r),
            "tcg" => self.tcg = Tcg::read(el, r),
            "async-teardown" => {
                self.async_teardown = match el.get("enabled") {
                    Some(_) => r.attr(el, "enabled"),
                    None => Some(YesNo::Yes),
                }
            }
            "ps2" => self.ps2 = r.required(el, "state"),
            _ => self.read_of_machine(el, r),
        }
    }

    /// Reads a feature that only one architecture has.
    fn read_of_machine(&mut self, el: El<'_>, r: &mut Reader) {
        match el.name() {
            "gic" => self.gic = Some(Gic { version: r.attr(el, "version") }),
            "ras" => self.ras = r.required(el, "state"),
            "aia" => self.aia = r.required(el, "value"),
            "virtualization" => self.virtualization = true,
            "hpt" => self.hpt = Hpt::read(el, r),
            "htm" => self.htm = state_of(el, r),
            "nested-hv" => self.nested_hv = state_of(el, r),
            "ccf-assist" => self.ccf_assist = state_of(el, r),
            "cfpc" => self.cfpc = word_of(el, "value", r),
            "sbbc" => self.sbbc = word_of(el, "value", r),
            "ibs" => self.ibs = word_of(el, "value", r),
            unknown => {
                let message = Message::new(format!("unknown feature `{unknown}` in `<features>`"));
                let message = match nearest(unknown, NAMES) {
                    Some(found) if found.is_sure => {
                        let help = format!("did you mean `<{}>`?", found.word);
                        message.with_help(help).with_edit(Edit::name(el.pos(), found.word))
                    }
                    Some(found) => message.with_help(format!("did you mean `<{}>`?", found.word)),
                    None => message,
                };
                r.refuse(&FEATURE_UNKNOWN, el.pos(), message);
            }
        }
    }

    pub(crate) fn write(&self, w: &mut Writer) {
        let present = *self != Self { pos: self.pos, ..Self::default() };
        if !present {
            return;
        }
        w.element("features").children(|w| {
            self.write_common(w);
            self.write_rest(w);
        });
    }

    fn write_common(&self, w: &mut Writer) {
        flag(w, "acpi", self.acpi);
        if let Some(apic) = &self.apic {
            w.element("apic").opt("eoi", apic.eoi).empty();
        }
        flag(w, "pae", self.pae);
        state(w, "hap", self.hap);
        flag(w, "viridian", self.viridian);
        flag(w, "privnet", self.privnet);
        if let Some(hyperv) = &self.hyperv {
            hyperv.write(w);
        }
        if let Some(kvm) = &self.kvm {
            kvm.write(w);
        }
        state(w, "pvspinlock", self.pvspinlock);
        if let Some((policy, names)) = &self.capabilities {
            w.element("capabilities").attr("policy", policy).children(|w| {
                for (name, on) in names {
                    w.element(name).attr("state", on).empty();
                }
            });
        }
        state(w, "pmu", self.pmu);
        state(w, "vmport", self.vmport);
    }

    fn write_rest(&self, w: &mut Writer) {
        if let Some(gic) = &self.gic {
            w.element("gic").opt("version", gic.version).empty();
        }
        if let Some(smm) = &self.smm {
            smm.write(w);
        }
        word(w, "ioapic", "driver", self.ioapic);
        if let Some(hpt) = &self.hpt {
            hpt.write(w);
        }
        state(w, "vmcoreinfo", self.vmcoreinfo);
        state(w, "htm", self.htm);
        state(w, "nested-hv", self.nested_hv);
        word(w, "msrs", "unknown", self.msrs);
        state(w, "ccf-assist", self.ccf_assist);
        if let Some(xen) = &self.xen {
            xen.write(w);
        }
        word(w, "cfpc", "value", self.cfpc);
        word(w, "sbbc", "value", self.sbbc);
        word(w, "ibs", "value", self.ibs);
        if let Some(tcg) = &self.tcg {
            tcg.write(w);
        }
        word(w, "async-teardown", "enabled", self.async_teardown);
        state(w, "ras", self.ras);
        state(w, "ps2", self.ps2);
        word(w, "aia", "value", self.aia);
        flag(w, "virtualization", self.virtualization);
    }
}

/// `state=`; without it, `on`.
fn state_or_on(el: El<'_>, r: &mut Reader) -> Option<OnOff> {
    if el.get("state").is_none() { Some(OnOff::On) } else { r.attr_as(UNSUPPORTED_BEFORE_9_0, el, "state") }
}

/// The mandatory `state=` of a feature of POWER machines.
fn state_of(el: El<'_>, r: &mut Reader) -> Option<OnOff> {
    r.required_as(UNSUPPORTED_BEFORE_9_0, UNSUPPORTED_BEFORE_9_0, el, "state")
}

/// The mandatory attribute `name`.
fn word_of<T: Value>(el: El<'_>, name: &'static str, r: &mut Reader) -> Option<T> {
    r.required_as(Class::Xml, UNSUPPORTED_BEFORE_9_0, el, name)
}

fn flag(w: &mut Writer, name: &str, present: bool) {
    if present {
        w.element(name).empty();
    }
}

fn state(w: &mut Writer, name: &str, state: Option<OnOff>) {
    word(w, name, "state", state);
}

fn word(w: &mut Writer, name: &str, attr: &str, value: Option<impl std::fmt::Display>) {
    if let Some(value) = value {
        w.element(name).attr(attr, value).empty();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_that_are_suggested_are_known() {
        for name in NAMES {
            let text = format!("<domain><features><{name}/></features></domain>");
            let report = crate::parse(&text).report;
            assert!(report.iter().all(|problem| problem.id() != FEATURE_UNKNOWN.id), "{name}: {report}");
        }
    }
}
