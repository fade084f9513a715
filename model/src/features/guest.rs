//! The features with more than a state: `<gic>`, `<smm>`, `<hpt>`, `<kvm>`, `<xen>`, `<tcg>` and others.

use crate::read::{El, Reader, UNSUPPORTED_BEFORE_9_0};
use crate::write::Writer;
use crate::{Class, Kib, OnOff, Pos, Spelled};

crate::rules! {
    /// Each child of `<kvm>` is a KVM feature of the domain format.
    FEATURE_KVM_UNKNOWN = "feature-kvm-unknown": Unsupported, Read, "`<features><kvm>`",
        help "remove the element, or use `hidden`, `hint-dedicated`, `poll-control`, `pv-ipi` or `dirty-ring`";
    /// The `size` of a dirty ring is a power of two from 1024 to 65536.
    FEATURE_KVM_DIRTY_RING_SIZE = "feature-kvm-dirty-ring-size": Xml, Read,
        "`<kvm><dirty-ring size=>`: entries of KVM's ring of dirty pages for each vCPU",
        help "use 1024, 2048, 4096, 8192, 16384, 32768 or 65536";
    /// Each child of `<xen>` is a Xen feature of the domain format.
    FEATURE_XEN_UNKNOWN = "feature-xen-unknown": Unsupported, Read, "`<features><xen>`",
        help "remove the element, or use `e820_host` or `passthrough`";
}

spelled! {
    /// The version of the Generic Interrupt Controller (`<gic version=>`).
    pub enum GicVersion {
        /// Version 2.
        V2 = "2",
        /// Version 3.
        V3 = "3",
        /// The version of the host.
        Host = "host",
    }
}

/// `<gic>`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Gic {
    /// `version=`; without it, the version follows the host and the machine type.
    pub version: Option<GicVersion>,
}

/// `<smm>`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Smm {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `state=`
    pub state: Option<OnOff>,
    /// `<tseg>`: the memory reserved for SMM, in bytes.
    pub tseg: Option<u64>,
}

spelled! {
    /// What emulates the I/O APIC (`<ioapic driver=>`).
    pub enum IoApic {
        /// QEMU; KVM emulates the local APICs (split irqchip).
        Qemu = "qemu",
        /// KVM.
        Kvm = "kvm",
    }
}

spelled! {
    /// Whether a guest can resize its hash page table (`<hpt resizing=>`).
    pub enum HptResizing {
        /// It can, where host and guest support it.
        Enabled = "enabled",
        /// It cannot.
        Disabled = "disabled",
        /// It can; the guest fails to boot where it does not support it.
        Required = "required",
    }
}

/// `<hpt>`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Hpt {
    /// `resizing=`
    pub resizing: Option<HptResizing>,
    /// `<maxpagesize>`: the largest page that the guest can use.
    pub max_page_size: Option<Kib>,
}

spelled! {
    /// What an access to an unknown model-specific register does (`<msrs unknown=>`).
    pub enum UnknownMsr {
        /// It is ignored.
        Ignore = "ignore",
        /// It raises a fault in the guest.
        Fault = "fault",
    }
}

spelled! {
    /// Cache flush on privilege change (`<cfpc value=>`).
    pub enum Cfpc {
        /// No protection.
        Broken = "broken",
        /// Protection in software.
        Workaround = "workaround",
        /// Protection in hardware.
        Fixed = "fixed",
    }
}

spelled! {
    /// Speculation barrier bounds checking (`<sbbc value=>`).
    pub enum Sbbc {
        /// No protection.
        Broken = "broken",
        /// Protection in software.
        Workaround = "workaround",
        /// Protection in hardware.
        Fixed = "fixed",
    }
}

spelled! {
    /// Indirect branch speculation (`<ibs value=>`).
    pub enum Ibs {
        /// No protection.
        Broken = "broken",
        /// Count cache flush in software.
        Workaround = "workaround",
        /// Indirect branches are serialized.
        FixedIbs = "fixed-ibs",
        /// The count cache is disabled.
        FixedCcd = "fixed-ccd",
        /// No protection is needed.
        FixedNa = "fixed-na",
    }
}

spelled! {
    /// The interrupt controllers of a RISC-V guest (`<aia value=>`).
    pub enum Aia {
        /// The platform-level interrupt controller.
        None = "none",
        /// The advanced platform-level interrupt controller, for wired interrupts.
        Aplic = "aplic",
        /// As `aplic`, and the incoming MSI controller for message-signaled interrupts.
        AplicImsic = "aplic-imsic",
    }
}

spelled! {
    /// Which capabilities a container keeps (`<capabilities policy=>`).
    pub enum CapabilityPolicy {
        /// A set that the container driver chooses.
        Default = "default",
        /// All but those that are off.
        Allow = "allow",
        /// None but those that are on.
        Deny = "deny",
    }
}

/// `<tcg>`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tcg {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `<tb-cache>`: the size of the cache of translated code.
    pub tb_cache: Option<Kib>,
}

spelled! {
    /// A KVM feature (the name of a child of `<kvm>`).
    pub enum KvmFeature {
        /// The hypervisor is hidden.
        Hidden = "hidden",
        /// The guest is told that its vCPUs are pinned to host CPUs of their own.
        HintDedicated = "hint-dedicated",
        /// The guest can disable the host's polling before a halt.
        PollControl = "poll-control",
        /// Inter-processor interrupts by hypercall.
        PvIpi = "pv-ipi" since "7.10",
        /// KVM logs dirty pages in a ring for each vCPU.
        DirtyRing = "dirty-ring" since "8.0",
    }
}

/// `<kvm>`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Kvm {
    /// Place of the element in the text.
    pub pos: Pos,
    /// The features in the order of [`KvmFeature`], each at most once.
    pub items: Vec<(KvmFeature, OnOff)>,
    /// `<dirty-ring size=>`: the number of entries, a power of two from 1024 to 65536.
    pub dirty_ring_size: Option<u32>,
}

impl Kvm {
    /// The state of `feature`.
    pub fn get(&self, feature: KvmFeature) -> Option<OnOff> {
        self.items.iter().find(|(known, _)| *known == feature).map(|(_, state)| *state)
    }
}

spelled! {
    /// How a Xen guest's page tables are used for PCI passthrough (`<passthrough mode=>`).
    pub enum XenPassthroughMode {
        /// The IOMMU has page tables of its own, which are kept in sync.
        Sync = "sync_pt",
        /// The IOMMU shares the page tables of the CPU.
        Share = "share_pt",
    }
}

/// `<xen>`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Xen {
    /// `<e820_host state=>`: the guest sees the host's memory map.
    pub e820_host: Option<OnOff>,
    /// `<passthrough state=>`
    pub passthrough: Option<OnOff>,
    /// `<passthrough mode=>`
    pub passthrough_mode: Option<XenPassthroughMode>,
}

impl Smm {
    pub(super) fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let state = super::state_or_on(el, r)?;
        // libvirt ignores `<tseg>` where SMM is off.
        let tseg = el.child("tseg").filter(|_| state.is_on());
        let tseg = tseg.and_then(|tseg| r.bytes(tseg, 1024 * 1024));
        Some(Self { pos: el.pos(), state: Some(state), tseg })
    }

    pub(super) fn write(&self, w: &mut Writer) {
        w.element("smm").opt("state", self.state).children(|w| {
            if let Some(bytes) = self.tseg {
                let (size, unit) = largest_unit(bytes);
                w.element("tseg").attr("unit", unit).text(size);
            }
        });
    }
}

/// The size in the largest unit that divides it.
fn largest_unit(bytes: u64) -> (u64, &'static str) {
    const UNITS: [(u32, &str); 6] =
        [(60, "EiB"), (50, "PiB"), (40, "TiB"), (30, "GiB"), (20, "MiB"), (10, "KiB")];
    if bytes == 0 {
        return (0, "B");
    }
    let fits = UNITS.iter().find(|(bits, _)| bytes.trailing_zeros() >= *bits);
    fits.map_or((bytes, "B"), |(bits, unit)| (bytes >> bits, unit))
}

impl Hpt {
    /// Reads the element; without content it is read as absent.
    pub(super) fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let hpt = Self {
            resizing: r.attr_as(UNSUPPORTED_BEFORE_9_0, el, "resizing"),
            max_page_size: el.child("maxpagesize").and_then(|size| r.kib(size)),
        };
        (hpt != Self::default()).then_some(hpt)
    }

    pub(super) fn write(&self, w: &mut Writer) {
        w.element("hpt").opt("resizing", self.resizing).children(|w| {
            if let Some(size) = self.max_page_size {
                w.element("maxpagesize").attr("unit", "KiB").text(size.0);
            }
        });
    }
}

impl Tcg {
    /// Reads the element; without content it is read as absent.
    pub(super) fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let tb_cache = el.child("tb-cache").and_then(|cache| r.kib(cache))?;
        Some(Self { pos: el.pos(), tb_cache: Some(tb_cache) })
    }

    pub(super) fn write(&self, w: &mut Writer) {
        w.element("tcg").children(|w| {
            if let Some(cache) = self.tb_cache {
                w.element("tb-cache").attr("unit", "KiB").text(cache.0);
            }
        });
    }
}

impl Kvm {
    /// Reads the element, after the one `before` it, whose features it adds to.
    pub(super) fn read(before: Option<Self>, el: El<'_>, r: &mut Reader) -> Self {
        let mut kvm = before.unwrap_or_else(|| Self { pos: el.pos(), ..Self::default() });
        for child in el.every_of::<KvmFeature>() {
            let Ok(feature) = child.name().parse::<KvmFeature>() else {
                let message = format!("unknown feature `{}` in `<kvm>`", child.name());
                r.refuse(&FEATURE_KVM_UNKNOWN, child.pos(), message);
                continue;
            };
            if !r.knows_element(Class::Unsupported, child, feature.releases()) {
                continue;
            }
            let Some(state) = super::word_of(child, "state", r) else { continue };
            kvm.items.retain(|(known, _)| *known != feature);
            kvm.items.push((feature, state));
            if feature == KvmFeature::DirtyRing && state == OnOff::On {
                kvm.read_dirty_ring(child, r);
            }
        }
        kvm.items.sort();
        kvm
    }

    fn read_dirty_ring(&mut self, el: El<'_>, r: &mut Reader) {
        let Some(size) = r.required::<u32>(el, "size") else { return };
        if size.is_power_of_two() && (1024..=65536).contains(&size) {
            self.dirty_ring_size = Some(size);
            return;
        }
        let message =
            format!("`size` of `<dirty-ring>` is `{size}`, expected a power of two from 1024 to 65536");
        r.refuse(&FEATURE_KVM_DIRTY_RING_SIZE, el.pos().attr("size"), message);
    }

    pub(super) fn write(&self, w: &mut Writer) {
        w.element("kvm").open_children(|w| {
            for (feature, state) in &self.items {
                let size = self.dirty_ring_size.filter(|_| *feature == KvmFeature::DirtyRing);
                w.element(feature.as_str()).attr("state", state).opt("size", size).empty();
            }
        });
    }
}

impl Xen {
    pub(super) fn read(el: El<'_>, r: &mut Reader) -> Self {
        let mut xen = Self::default();
        for child in el.every() {
            match child.name() {
                "e820_host" => xen.e820_host = super::word_of(child, "state", r),
                "passthrough" => {
                    xen.passthrough = super::word_of(child, "state", r);
                    let mode = r.attr_as(UNSUPPORTED_BEFORE_9_0, child, "mode");
                    xen.passthrough_mode = mode.filter(|_| xen.passthrough.is_some());
                }
                unknown => {
                    let message = format!("unknown feature `{unknown}` in `<xen>`");
                    r.refuse(&FEATURE_XEN_UNKNOWN, child.pos(), message);
                }
            }
        }
        xen
    }

    pub(super) fn write(self, w: &mut Writer) {
        w.element("xen").open_children(|w| {
            if let Some(state) = self.e820_host {
                w.element("e820_host").attr("state", state).empty();
            }
            if let Some(state) = self.passthrough {
                w.element("passthrough").attr("state", state).opt("mode", self.passthrough_mode).empty();
            }
        });
    }
}

/// Reads `<capabilities policy=>` and its children, one for each capability that differs from the policy.
pub(super) fn read_capabilities(el: El<'_>, r: &mut Reader) -> (CapabilityPolicy, Vec<(String, OnOff)>) {
    let policy = r.attr_as(UNSUPPORTED_BEFORE_9_0, el, "policy").unwrap_or(CapabilityPolicy::Default);
    let named =
        |child: El<'_>, r: &mut Reader| Some((child.name().to_owned(), super::state_or_on(child, r)?));
    (policy, el.every().filter_map(|child| named(child, r)).collect())
}
