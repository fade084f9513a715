//! `<hyperv>`: what a Windows guest finds of Hyper-V.

use crate::read::{El, Reader};
use crate::write::Writer;
use crate::{Kind, OnOff, Pos, Spelled};

crate::rules! {
    /// TODO feature-hyperv-unknown
    FEATURE_HYPERV_UNKNOWN = "feature-hyperv-unknown": Unsupported, Read, "TODO";
    /// TODO feature-hyperv-retries
    FEATURE_HYPERV_RETRIES = "feature-hyperv-retries": Xml, Read, "TODO";
    /// TODO feature-hyperv-vendor
    FEATURE_HYPERV_VENDOR = "feature-hyperv-vendor": Xml, Read, "TODO";
}

spelled! {
    /// Which enlightenments a guest gets.
    pub enum HypervMode {
        /// Those listed.
        Custom = "custom",
        /// All that host and QEMU have.
        Passthrough = "passthrough",
    }
}

spelled! {
    /// An enlightenment.
    pub enum HypervFeature {
        /// Relaxed timing constraints.
        Relaxed = "relaxed",
        /// Paravirtual APIC.
        Vapic = "vapic",
        /// Spinlock retries.
        Spinlocks = "spinlocks",
        /// Virtual processor index.
        Vpindex = "vpindex",
        /// Virtual processor run time.
        Runtime = "runtime",
        /// Synthetic interrupt controller.
        Synic = "synic",
        /// Synthetic timers.
        Stimer = "stimer",
        /// Hypervisor reset.
        Reset = "reset",
        /// Hypervisor vendor.
        VendorId = "vendor_id",
        /// Frequency registers.
        Frequencies = "frequencies",
        /// Notification of migration.
        Reenlightenment = "reenlightenment",
        /// Paravirtual TLB flush.
        Tlbflush = "tlbflush",
        /// Paravirtual interrupts between CPUs.
        Ipi = "ipi",
        /// Enlightened VMCS.
        Evmcs = "evmcs",
        /// APICv or AVIC alongside the synthetic interrupt controller.
        Avic = "avic" since "8.10",
        /// Enlightened MSR bitmap.
        EmsrBitmap = "emsr_bitmap" since "10.7",
        /// Hypercall parameters in XMM registers.
        XmmInput = "xmm_input" since "10.7",
    }
}

/// One enlightenment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HypervItem {
    /// Where it stands.
    pub pos: Pos,
    /// Which one.
    pub feature: HypervFeature,
    /// `state=`
    pub state: OnOff,
    /// `retries=` of spinlocks.
    pub retries: Option<u32>,
    /// `value=` of the vendor.
    pub vendor: Option<String>,
    /// `<direct state=>` of synthetic timers and TLB flush.
    pub direct: Option<OnOff>,
    /// `<extended state=>` of TLB flush.
    pub extended: Option<OnOff>,
}

/// `<hyperv>`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hyperv {
    /// Where it stands.
    pub pos: Pos,
    /// `mode=`
    pub mode: Option<HypervMode>,
    /// The enlightenments in the order of [`HypervFeature`], each at most once.
    pub items: Vec<HypervItem>,
}

impl Hyperv {
    /// One enlightenment, where it is listed.
    pub fn get(&self, feature: HypervFeature) -> Option<&HypervItem> {
        self.items.iter().find(|item| item.feature == feature)
    }

    /// Whether an enlightenment is listed as on.
    pub fn is_on(&self, feature: HypervFeature) -> bool {
        self.get(feature).is_some_and(|item| item.state.is_on())
    }

    pub(super) fn read(el: El<'_>, r: &mut Reader) -> Self {
        let mut hyperv = Self { pos: el.pos(), mode: r.attr_since("8.0", el, "mode"), items: Vec::new() };
        if hyperv.mode == Some(HypervMode::Passthrough) {
            return hyperv;
        }
        for child in el.elements() {
            let Ok(feature) = child.name().parse::<HypervFeature>() else {
                let message = format!("unknown enlightenment '{}' in element 'hyperv'", child.name());
                r.refuse(&FEATURE_HYPERV_UNKNOWN, child.pos(), message);
                continue;
            };
            if !r.knows_element(Kind::Unsupported, child, feature.since()) {
                continue;
            }
            if let Some(item) = HypervItem::read(child, feature, r) {
                hyperv.items.retain(|known| known.feature != feature);
                hyperv.items.push(item);
            }
        }
        hyperv.items.sort_by_key(|item| item.feature);
        hyperv
    }

    pub(super) fn write(&self, w: &mut Writer) {
        w.element("hyperv").opt("mode", self.mode).open_children(|w| {
            for item in &self.items {
                item.write(w);
            }
        });
    }
}

impl HypervItem {
    fn read(el: El<'_>, feature: HypervFeature, r: &mut Reader) -> Option<Self> {
        let state: OnOff = super::word_of(el, "state", r)?;
        let mut item =
            Self { pos: el.pos(), feature, state, retries: None, vendor: None, direct: None, extended: None };
        if !state.is_on() {
            return Some(item);
        }
        match feature {
            HypervFeature::Spinlocks => item.retries = read_retries(el, r),
            HypervFeature::VendorId => item.vendor = read_vendor(el, r),
            HypervFeature::Stimer => item.direct = read_part(el, "direct", r),
            HypervFeature::Tlbflush if r.knows("11.0") => {
                item.direct = read_part(el, "direct", r);
                item.extended = read_part(el, "extended", r);
            }
            _ => {}
        }
        Some(item)
    }

    fn write(&self, w: &mut Writer) {
        let tag = w.element(self.feature.as_str()).attr("state", self.state);
        let tag = tag.opt("retries", self.retries).opt("value", self.vendor.as_ref());
        tag.children(|w| {
            for (name, state) in [("direct", self.direct), ("extended", self.extended)] {
                if let Some(state) = state {
                    w.element(name).attr("state", state).empty();
                }
            }
        });
    }
}

fn read_part(el: El<'_>, name: &str, r: &mut Reader) -> Option<OnOff> {
    el.child(name).and_then(|part| super::word_of(part, "state", r))
}

fn read_retries(el: El<'_>, r: &mut Reader) -> Option<u32> {
    let retries: u32 = r.required(el, "retries")?;
    if retries >= 0xFFF {
        return Some(retries);
    }
    let message = format!("attribute 'retries' of element 'spinlocks' is '{retries}', the least is 4095");
    r.refuse(&FEATURE_HYPERV_RETRIES, el.pos().attr("retries"), message);
    None
}

/// At most 12 bytes, and no comma, as it is one value among many on QEMU's command line.
fn read_vendor(el: El<'_>, r: &mut Reader) -> Option<String> {
    let vendor: String = r.required(el, "value")?;
    if vendor.len() <= 12 && !vendor.contains(',') {
        return Some(vendor);
    }
    let message = format!(
        "attribute 'value' of element 'vendor_id' is '{vendor}', expected up to 12 characters without a comma"
    );
    r.refuse(&FEATURE_HYPERV_VENDOR, el.pos().attr("value"), message);
    None
}
