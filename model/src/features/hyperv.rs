//! `<hyperv>`: Hyper-V enlightenments for Windows guests.

use crate::read::{El, Reader};
use crate::write::Writer;
use crate::{Class, OnOff, Pos, Spelled};

crate::rules! {
    /// Each child of `<hyperv>` is a Hyper-V enlightenment of the domain format.
    FEATURE_HYPERV_UNKNOWN = "feature-hyperv-unknown": Unsupported, Read, "`<features><hyperv>`",
        help "remove the element, or correct its name (such as `relaxed`, `vapic`, `spinlocks`)";
    /// The spinlock retries of Hyper-V are at least 4095.
    FEATURE_HYPERV_RETRIES = "feature-hyperv-retries": Xml, Read,
        "`<hyperv><spinlocks retries=>`: the Hyper-V specification's least value is 0xFFF",
        help "set `retries=` to 4095 or more, such as `retries='8191'`";
    /// A Hyper-V vendor id has at most 12 characters and no comma.
    FEATURE_HYPERV_VENDOR = "feature-hyperv-vendor": Xml, Read,
        "`<hyperv><vendor_id value=>`: CPUID leaf 0x40000000 has 12 bytes for it, and a comma ends a value of `-cpu`",
        help "shorten the value and leave commas out";
}

spelled! {
    /// Which enlightenments a guest gets (`<hyperv mode=>`).
    pub enum HypervMode {
        /// Those listed.
        Custom = "custom",
        /// All that the host supports. QEMU finds out which.
        Passthrough = "passthrough",
        /// All that the host supports, and that are not listed. libvirt finds out which, at the start.
        HostModel = "host-model" since "11.9",
    }
}

spelled! {
    /// A Hyper-V enlightenment (the name of a child of `<hyperv>`).
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
        /// Notifications of migration (re-enlightenment).
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

/// The settings of an enlightenment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HypervItem {
    /// Place of the element in the text.
    pub pos: Pos,
    /// The enlightenment.
    pub feature: HypervFeature,
    /// `state=`
    pub state: OnOff,
    /// `retries=` of `spinlocks`, from 4095.
    pub retries: Option<u32>,
    /// `value=` of `vendor_id`, at most 12 characters.
    pub vendor: Option<String>,
    /// `<direct state=>` of `stimer` and `tlbflush`.
    pub direct: Option<OnOff>,
    /// `<extended state=>` of `tlbflush`.
    pub extended: Option<OnOff>,
}

/// `<hyperv>`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hyperv {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `mode=`
    pub mode: Option<HypervMode>,
    /// The enlightenments in the order of [`HypervFeature`], each at most once.
    pub items: Vec<HypervItem>,
    /// Whether it is written with an end tag even without enlightenments, as before 11.9.
    pub end_tag: bool,
}

impl Hyperv {
    /// The settings of `feature`, where the document has it.
    pub fn get(&self, feature: HypervFeature) -> Option<&HypervItem> {
        self.items.iter().find(|item| item.feature == feature)
    }

    /// Whether the document turns `feature` on.
    pub fn is_on(&self, feature: HypervFeature) -> bool {
        self.get(feature).is_some_and(|item| item.state.is_on())
    }

    /// Reads the element, after the one `before` it, whose features it adds to.
    pub(super) fn read(before: Option<Self>, el: El<'_>, r: &mut Reader) -> Self {
        let mut hyperv = before.unwrap_or_else(|| Self {
            pos: el.pos(),
            mode: None,
            items: Vec::new(),
            end_tag: !r.knows("11.9"),
        });
        hyperv.mode = r.attr_since("8.0", el, "mode");
        if hyperv.mode == Some(HypervMode::Passthrough) {
            return hyperv;
        }
        for child in el.every_of::<HypervFeature>() {
            let Ok(feature) = child.name().parse::<HypervFeature>() else {
                let message = format!("unknown enlightenment `{}` in `<hyperv>`", child.name());
                r.refuse(&FEATURE_HYPERV_UNKNOWN, child.pos(), message);
                continue;
            };
            if !r.knows_element(Class::Unsupported, child, feature.releases()) {
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
        let tag = w.element("hyperv").opt("mode", self.mode);
        let items = |w: &mut Writer| self.items.iter().for_each(|item| item.write(w));
        if self.end_tag { tag.open_children(items) } else { tag.children(items) }
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
    let message = format!("`retries` of `<spinlocks>` is `{retries}`, expected 4095 or more");
    r.refuse(&FEATURE_HYPERV_RETRIES, el.pos().attr("retries"), message);
    None
}

/// `value=` of `vendor_id`: at most 12 bytes without a comma, which would end the value in QEMU's `-cpu`.
fn read_vendor(el: El<'_>, r: &mut Reader) -> Option<String> {
    let vendor: String = r.required(el, "value")?;
    if vendor.len() <= 12 && !vendor.contains(',') {
        return Some(vendor);
    }
    let message =
        format!("`value` of `<vendor_id>` is `{vendor}`, expected up to 12 characters without a comma");
    r.refuse(&FEATURE_HYPERV_VENDOR, el.pos().attr("value"), message);
    None
}
