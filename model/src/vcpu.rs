//! `<vcpu>` and `<vcpus>`.

use crate::read::{self, El, Element, Reader, UNSUPPORTED_BEFORE_9_0};
use crate::write::Writer;
use crate::{Class, NumberSet, Pos, YesNo};

crate::rules! {
    /// A domain has at least one vCPU.
    VCPU_NONE = "vcpu-none": Internal (Unsupported before "11.3"), Read, "`<vcpu>`: the maximum number of vCPUs",
        help "set `<vcpu>` to 1 or more";
    /// A `<vcpu>` of `<vcpus>` is below the maximum number of vCPUs.
    VCPU_ID_RANGE = "vcpu-id-range": Xml, Read, "`<vcpus><vcpu id=>` counts from 0 to the maximum in `<vcpu>` less 1",
        help "raise the number in `<vcpu>`, or remove this entry";
    /// The number of vCPUs at boot is at most the maximum.
    VCPU_CURRENT_RANGE = "vcpu-current-range": Unsupported, Read,
        "`<vcpu current=>` says how many of the maximum are enabled at boot",
        help "lower `current=`, or raise the number in `<vcpu>`";
}

spelled! {
    /// What chooses the host CPUs or NUMA nodes (`placement=`).
    pub enum Placement {
        /// The document, by `cpuset=` or `nodeset=`.
        Static = "static",
        /// The advice of numad when the guest starts.
        Auto = "auto",
    }
}

/// The number of vCPUs, and which of them are enabled at boot.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Vcpus {
    /// Place of `<vcpu>` in the text.
    pub pos: Pos,
    /// The text of `<vcpu>`: the maximum number of vCPUs.
    pub max: Option<u32>,
    /// `current=`: the number of vCPUs enabled at boot; without it, all.
    pub current: Option<u32>,
    /// `placement=`.
    pub placement: Option<Placement>,
    /// `cpuset=`: the host CPUs that QEMU runs on.
    pub cpuset: Option<NumberSet>,
    /// `<vcpus>`: the state of each vCPU. Where it is given, `current=` is ignored.
    pub individual: Vec<Vcpu>,
}

/// One `<vcpu>` of `<vcpus>`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Vcpu {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `id=`, from 0.
    pub id: u32,
    /// `enabled=`: whether the vCPU is enabled at boot.
    pub enabled: YesNo,
    /// `hotpluggable=`: whether the vCPU can be unplugged.
    pub hotpluggable: Option<YesNo>,
    /// `order=`: the order in which vCPUs are plugged, from 1; 0 is read as absent.
    pub order: Option<u32>,
}

impl Vcpus {
    pub(crate) fn read(domain: El<'_>, r: &mut Reader) -> Self {
        let mut vcpus = domain.child("vcpu").map(|el| Self::read_count(el, r)).unwrap_or_default();
        if let Some(el) = domain.child("vcpus") {
            vcpus.individual = read::all(el, "vcpu", r);
        }
        // Without the element there is one vCPU. If it could not be read, the number is not known.
        if vcpus.max.is_some() || domain.child("vcpu").is_none() {
            vcpus.check(r);
        }
        vcpus
    }

    /// Checks that there is a vCPU, and that none exceeds the maximum.
    fn check(&self, r: &mut Reader) {
        let max = self.max();
        if max == 0 {
            let message = "`<vcpu>` is `0`, expected at least one vCPU";
            r.refuse(&VCPU_NONE, self.pos, message);
            return;
        }
        for vcpu in self.individual.iter().filter(|vcpu| vcpu.id >= max) {
            let message = format!("`id` of `<vcpu>` is `{}`, ids are below the maximum of `{max}`", vcpu.id);
            r.refuse(&VCPU_ID_RANGE, vcpu.pos.attr("id"), message);
        }
        if let Some(current) = self.current.filter(|current| *current > max && self.individual.is_empty()) {
            let message = format!("`current` of `<vcpu>` is `{current}`, the maximum is `{max}`");
            r.refuse(&VCPU_CURRENT_RANGE, self.pos.attr("current"), message);
        }
    }

    fn read_count(el: El<'_>, r: &mut Reader) -> Self {
        let mut vcpus = Self { pos: el.pos(), max: r.text(el), ..Self::default() };
        if el.text_ref().is_empty() {
            let message = "`<vcpu>` has no text, expected a whole number";
            r.refuse(&read::ELEMENT_VALUE, el.pos(), message);
        }
        vcpus.current = r.attr(el, "current").filter(|current| Some(*current) != vcpus.max);
        vcpus.placement = r.attr_as(UNSUPPORTED_BEFORE_9_0, el, "placement");
        if vcpus.placement != Some(Placement::Auto) {
            vcpus.cpuset = r.number_set(Class::Unsupported, el, "cpuset");
        }
        vcpus
    }

    pub(crate) fn write(&self, w: &mut Writer) {
        let tag = w
            .element("vcpu")
            .opt("placement", self.placement)
            .opt("cpuset", self.cpuset.as_ref())
            .opt("current", self.current);
        match self.max {
            Some(max) => tag.text(max),
            None => tag.children_or_nothing(|_| {}),
        }
        if !self.individual.is_empty() {
            w.element("vcpus").children(|w| read::write_all(&self.individual, w));
        }
    }

    /// The number of vCPUs that are enabled at boot and cannot be unplugged, which `-smp` counts.
    pub fn fixed(&self) -> u32 {
        if self.individual.is_empty() {
            return self.current.or(self.max).unwrap_or(1);
        }
        let fixed = |v: &&Vcpu| v.enabled.is_yes() && !v.hotpluggable.is_some_and(YesNo::is_yes);
        u32::try_from(self.individual.iter().filter(fixed).count()).unwrap_or(u32::MAX)
    }

    /// The number of vCPUs that are enabled at boot.
    pub fn online(&self) -> u32 {
        if self.individual.is_empty() {
            return self.current.or(self.max).unwrap_or(1);
        }
        let online = self.individual.iter().filter(|v| v.enabled.is_yes()).count();
        u32::try_from(online).unwrap_or(u32::MAX)
    }

    /// The maximum number of vCPUs.
    pub fn max(&self) -> u32 {
        self.max.unwrap_or(1)
    }
}

impl Element for Vcpu {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        Some(Self {
            pos: el.pos(),
            id: r.required(el, "id")?,
            enabled: r.required(el, "enabled")?,
            hotpluggable: r.attr(el, "hotpluggable"),
            order: r.attr(el, "order").filter(|order| *order > 0),
        })
    }

    fn write(&self, w: &mut Writer) {
        w.element("vcpu")
            .attr("id", self.id)
            .attr("enabled", self.enabled)
            .opt("hotpluggable", self.hotpluggable)
            .opt("order", self.order)
            .empty();
    }
}
