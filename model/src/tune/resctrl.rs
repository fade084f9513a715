//! `<cachetune>`, `<memorytune>` and `<energytune>`: allocations and monitors of the host's caches, memory bandwidth and
//! energy (resctrl).

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::read::{self, El, Element, Reader};
use crate::write::Writer;
use crate::{Class, NumberSet, Pos, Spelled as _};

crate::rules! {
    /// Two resource groups have the same vCPUs, or none in common.
    RESCTRL_VCPUS = "cputune-resctrl-vcpus": Xml, Read,
        "`<cachetune vcpus=>`, `<memorytune vcpus=>`, `<energytune vcpus=>`: a thread is in one group of Linux's resctrl",
        help "name each vCPU in one `<cachetune>`, and the same vCPUs in the others";
    /// Resource groups are of the whole process, or of vCPUs.
    RESCTRL_WHOLE = "cputune-resctrl-whole": Xml, Read,
        "`<cachetune>`, `<memorytune>` and `<energytune>` without `vcpus=` are for the whole QEMU process",
        help "add `vcpus=` to all of them and to their monitors, or to none", since "12.8";
    /// A group has one allocation of each part of a cache, and of the bandwidth of a node.
    RESCTRL_TWICE = "cputune-resctrl-twice": Xml, Read,
        "`<cachetune><cache id= level= type=>` and `<memorytune><node id=>`: one line of a resctrl schema each",
        help "keep one of the elements";
    /// A cache monitor is one of the last level.
    RESCTRL_LEVEL = "cputune-resctrl-monitor-level": Xml, Read,
        "`<cachetune><monitor level=>`: resctrl monitors the occupancy of the L3 cache",
        help "use `level='3'`";
    /// The monitors of one kind have vCPUs of the domain, each its own.
    RESCTRL_MONITOR = "cputune-resctrl-monitor": InvalidArgument, Read,
        "`<monitor vcpus=>`: a thread is in one monitoring group of Linux's resctrl",
        help "name each vCPU in one `<monitor>` of a kind";
}

spelled! {
    /// The content of a cache (`type=`).
    pub enum CacheType {
        /// Code and data.
        Both = "both",
        /// Code.
        Code = "code",
        /// Data.
        Data = "data",
    }
}

/// A resource group: the `<cachetune>`, `<memorytune>` and `<energytune>` elements for the same vCPUs.
#[derive(Debug, Clone, PartialEq)]
pub struct Resctrl {
    /// Place of the first of its elements in the text.
    pub pos: Pos,
    /// `vcpus=`; `None` for the whole process.
    pub vcpus: Option<NumberSet>,
    /// `<cachetune><cache>`: the allocated parts of caches.
    pub caches: Vec<CacheAllocation>,
    /// `<memorytune><node>`: the allocated bandwidth of each host node.
    pub nodes: Vec<BandwidthAllocation>,
    /// `<monitor>`: what is monitored.
    pub monitors: Vec<ResctrlMonitor>,
}

/// `<cachetune><cache>`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CacheAllocation {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `id=` of the cache on the host.
    pub id: u32,
    /// `level=` of the cache.
    pub level: u32,
    /// `type=`
    pub kind: CacheType,
    /// `size=`, in bytes.
    pub size: u64,
}

/// `<memorytune><node>`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BandwidthAllocation {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `id=` of the NUMA node of the host.
    pub id: u32,
    /// `bandwidth=`, in percent.
    pub bandwidth: u32,
}

/// `<monitor>` of a resource group.
#[derive(Debug, Clone, PartialEq)]
pub struct ResctrlMonitor {
    /// Place of the element in the text.
    pub pos: Pos,
    /// The element that it is in, which says what is monitored.
    pub kind: ResctrlKind,
    /// `level=` of the cache; monitors of other kinds have none.
    pub level: Option<u32>,
    /// `vcpus=`; `None` for the whole process.
    pub vcpus: Option<NumberSet>,
}

spelled! {
    /// A resource that is allocated or monitored (an element of `<cputune>`).
    pub enum ResctrlKind {
        /// Caches.
        Cache = "cachetune",
        /// Memory bandwidth.
        Memory = "memorytune",
        /// Energy, which is monitored only.
        Energy = "energytune" since "12.4",
    }
}

/// The resource groups so far, and the vCPUs of the domain.
struct Groups<'a> {
    list: Vec<Resctrl>,
    domain: Option<&'a NumberSet>,
    /// The groups of the vCPUs.
    owners: Owners,
    /// What is looked up of each group.
    seen: Vec<Seen>,
}

/// What is looked up of a group, so that no list is searched for each of its items.
#[derive(Default)]
struct Seen {
    caches: HashMap<(u32, u32, CacheType), Pos>,
    nodes: HashMap<u32, Pos>,
    /// The monitors of the vCPUs: the first of those with the same.
    owners: Owners,
    /// The monitors of vCPUs by kind, and the first with the same vCPUs.
    of_kind: HashSet<(ResctrlKind, usize)>,
    /// The monitors of the whole process, by kind.
    whole: HashMap<ResctrlKind, usize>,
}

/// The sets of vCPUs of which each vCPU is in one, by number.
#[derive(Default)]
struct Owners(BTreeMap<u32, (u32, usize)>);

impl Owners {
    /// A set that has one of `numbers`.
    fn any(&self, numbers: &NumberSet) -> Option<usize> {
        numbers.runs().find_map(|(first, last)| {
            let (_, (end, owner)) = self.0.range(..=last).next_back()?;
            (*end >= first).then_some(*owner)
        })
    }

    /// Adds a set that has none of the others' numbers.
    fn add(&mut self, numbers: &NumberSet, owner: usize) {
        self.0.extend(numbers.runs().map(|(first, last)| (first, (last, owner))));
    }
}

impl Resctrl {
    /// Reads the resource groups of `<cputune>`, in a domain with these vCPUs.
    pub(crate) fn read_all(cputune: El<'_>, domain: Option<&NumberSet>, r: &mut Reader) -> Vec<Self> {
        let mut groups = Groups { list: Vec::new(), domain, owners: Owners::default(), seen: Vec::new() };
        for kind in [ResctrlKind::Cache, ResctrlKind::Memory, ResctrlKind::Energy] {
            if kind == ResctrlKind::Energy && !r.knows("12.4") {
                continue;
            }
            for el in cputune.children(kind.as_str()) {
                groups.add(el, kind, r);
            }
        }
        groups.list
    }

    /// Writes the elements of all groups.
    pub(crate) fn write_all(groups: &[Self], w: &mut Writer) {
        for kind in ResctrlKind::ALL {
            for group in groups.iter().filter(|group| group.has(*kind)) {
                group.write(*kind, w);
            }
        }
    }

    /// Whether it neither allocates nor monitors anything.
    fn is_empty(&self) -> bool {
        self.caches.is_empty() && self.nodes.is_empty() && self.monitors.is_empty()
    }

    /// Whether it allocates or monitors a resource.
    pub fn has(&self, kind: ResctrlKind) -> bool {
        let allocates = match kind {
            ResctrlKind::Cache => !self.caches.is_empty(),
            ResctrlKind::Memory => !self.nodes.is_empty(),
            ResctrlKind::Energy => false,
        };
        allocates || self.monitors.iter().any(|monitor| monitor.kind == kind)
    }

    fn write(&self, kind: ResctrlKind, w: &mut Writer) {
        let name = kind.as_str();
        w.element(name).opt("vcpus", self.vcpus.as_ref()).children(|w| {
            match kind {
                ResctrlKind::Cache => read::write_all(&self.caches, w),
                ResctrlKind::Memory => read::write_all(&self.nodes, w),
                ResctrlKind::Energy => {}
            }
            for monitor in self.monitors.iter().filter(|monitor| monitor.kind == kind) {
                let tag = w.element("monitor").opt("level", monitor.level);
                tag.opt("vcpus", monitor.vcpus.as_ref()).empty();
            }
        });
    }

    /// Adds a monitor, which must have vCPUs that no other of its kind has.
    fn monitor(&mut self, monitor: ResctrlMonitor, seen: &mut Seen, r: &mut Reader) {
        let place = monitor.pos.attr("vcpus");
        let Some(vcpus) = &monitor.vcpus else {
            *seen.whole.entry(monitor.kind).or_default() += 1;
            self.monitors.push(monitor);
            return;
        };
        if vcpus.is_empty() {
            r.refuse(&RESCTRL_MONITOR, place, "`<monitor>` names no vCPU of the domain");
            return;
        }
        let first = if let Some(owner) = seen.owners.any(vcpus) {
            let theirs = self.monitors.get(owner).and_then(|other| other.vcpus.as_ref());
            if let Some(theirs) = theirs.filter(|theirs| *theirs != vcpus) {
                let message = format!("`<monitor>` with the vCPUs `{theirs}` and `{vcpus}` overlap");
                r.refuse(&RESCTRL_MONITOR, place, message);
                return;
            }
            owner
        } else {
            seen.owners.add(vcpus, self.monitors.len());
            self.monitors.len()
        };
        if !seen.of_kind.insert((monitor.kind, first)) {
            r.refuse(&RESCTRL_MONITOR, place, format!("two `<monitor>` have the vCPUs `{vcpus}`"));
            return;
        }
        self.monitors.push(monitor);
    }
}

impl Groups<'_> {
    /// `vcpus=`, as far as the domain has them; `None` where it cannot be read, or is missing in a release that needs it.
    /// The inner `None` stands for the whole process.
    #[expect(clippy::option_option, reason = "the attribute may be missing, and that is an answer")]
    fn vcpus(&self, el: El<'_>, r: &mut Reader) -> Option<Option<NumberSet>> {
        if el.get("vcpus").is_none() && r.knows("12.8") {
            return Some(None);
        }
        let mut vcpus: NumberSet = r.required(el, "vcpus")?;
        if vcpus.is_empty() {
            r.number_set(Class::Xml, el, "vcpus");
            return None;
        }
        if let Some(domain) = self.domain {
            vcpus.intersect(domain);
        }
        Some(Some(vcpus))
    }

    fn add(&mut self, el: El<'_>, kind: ResctrlKind, r: &mut Reader) {
        let Some(vcpus) = self.vcpus(el, r) else { return };
        if vcpus.as_ref().is_some_and(NumberSet::is_empty) {
            return;
        }
        let Some(at) = self.group(el, vcpus, kind, r) else { return };
        if let (Some(group), Some(seen)) = (self.list.get_mut(at), self.seen.get_mut(at)) {
            group.allocate(el, kind, seen, r);
        }
        let monitors: Vec<ResctrlMonitor> =
            el.children("monitor").filter_map(|monitor| self.monitor(monitor, kind, at, r)).collect();
        let (Some(group), Some(seen)) = (self.list.get_mut(at), self.seen.get_mut(at)) else { return };
        for monitor in monitors {
            group.monitor(monitor, seen, r);
        }
        let whole: usize = seen.whole.values().sum();
        if seen.whole.get(&kind).is_some_and(|count| *count > 1) {
            r.refuse(
                &RESCTRL_WHOLE,
                el.pos(),
                "there is more than one `<monitor>` of the whole process of its kind",
            );
        } else if whole > 0 && whole < group.monitors.len() {
            let message = "a `<monitor>` is for the whole process, another one for vCPUs";
            r.refuse(&RESCTRL_WHOLE, el.pos(), message);
        }
        // An element without content is ignored.
        if group.is_empty() {
            // It was added for this element.
            if let Some(vcpus) = &group.vcpus {
                vcpus.runs().for_each(|(first, _)| _ = self.owners.0.remove(&first));
            }
            self.list.remove(at);
            self.seen.remove(at);
        }
    }

    /// The place of the group of these vCPUs, which is added where there is none.
    fn group(
        &mut self,
        el: El<'_>,
        vcpus: Option<NumberSet>,
        kind: ResctrlKind,
        r: &mut Reader,
    ) -> Option<usize> {
        // All groups are of one sort: others are refused.
        if self.list.first().is_some_and(|group| group.vcpus.is_some() != vcpus.is_some()) {
            let message = "a resource group is for the whole process, another one for vCPUs";
            r.refuse(&RESCTRL_WHOLE, el.pos().attr("vcpus"), message);
            return None;
        }
        let other = match &vcpus {
            Some(vcpus) => self.owners.any(vcpus),
            None => (!self.list.is_empty()).then_some(0),
        };
        let is_same = |at: &usize| self.list.get(*at).is_some_and(|group| group.vcpus == vcpus);
        if let Some(at) = other.filter(is_same).filter(|_| kind != ResctrlKind::Cache) {
            return Some(at);
        }
        if other.is_some() {
            let named = vcpus.map_or_else(String::new, |vcpus| format!(" of the vCPUs `{vcpus}`"));
            let message = format!("`<{kind}>`{named} overlaps another resource group");
            r.refuse(&RESCTRL_VCPUS, el.pos().attr("vcpus"), message);
            return None;
        }
        let (caches, nodes, monitors) = (Vec::new(), Vec::new(), Vec::new());
        if let Some(vcpus) = &vcpus {
            self.owners.add(vcpus, self.list.len());
        }
        self.seen.push(Seen::default());
        self.list.push(Resctrl { pos: el.pos(), vcpus, caches, nodes, monitors });
        Some(self.list.len().saturating_sub(1))
    }

    fn monitor(&self, el: El<'_>, kind: ResctrlKind, group: usize, r: &mut Reader) -> Option<ResctrlMonitor> {
        let mut level = None;
        if kind == ResctrlKind::Cache {
            let told: u32 = r.required(el, "level")?;
            if told != 3 {
                let message = format!("`level` of `<monitor>` is `{told}`, only `3` is monitored");
                r.refuse(&RESCTRL_LEVEL, el.pos().attr("level"), message);
                return None;
            }
            level = Some(told);
        }
        // A monitor is for the vCPUs of its group where it names none.
        let of_group = || self.list.get(group).and_then(|group| group.vcpus.clone());
        let vcpus = self.vcpus(el, r)?.or_else(of_group);
        Some(ResctrlMonitor { pos: el.pos(), kind, level, vcpus })
    }
}

impl Resctrl {
    /// Adds the allocations in an element of this kind.
    fn allocate(&mut self, el: El<'_>, kind: ResctrlKind, seen: &mut Seen, r: &mut Reader) {
        match kind {
            ResctrlKind::Cache => {
                for cache in read::all(el, "cache", r) {
                    self.cache(cache, seen, r);
                }
            }
            ResctrlKind::Memory => {
                for node in read::all(el, "node", r) {
                    self.node(node, seen, r);
                }
            }
            ResctrlKind::Energy => {}
        }
    }

    fn cache(&mut self, cache: CacheAllocation, seen: &mut Seen, r: &mut Reader) {
        let key = (cache.id, cache.level, cache.kind);
        if let Some(first) = read::earlier(&mut seen.caches, key, cache.pos) {
            let CacheAllocation { id, level, kind, .. } = cache;
            let message = format!(
                "there is more than one `<cache>` of level `{level}` with id `{id}` and type `{kind}`"
            );
            r.refuse(&RESCTRL_TWICE, cache.pos, crate::Message::new(message).with_first(first));
            return;
        }
        self.caches.push(cache);
    }

    fn node(&mut self, node: BandwidthAllocation, seen: &mut Seen, r: &mut Reader) {
        if let Some(first) = read::earlier(&mut seen.nodes, node.id, node.pos) {
            let message = format!("there is more than one `<node>` with id `{}`", node.id);
            r.refuse(&RESCTRL_TWICE, node.pos, crate::Message::new(message).with_first(first));
            return;
        }
        self.nodes.push(node);
    }
}

impl Element for CacheAllocation {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let (id, level) = (r.required(el, "id"), r.required(el, "level"));
        let kind = r.required(el, "type");
        let text = r.required::<String>(el, "size")?;
        let size = r.scaled(el, &text, el.get("unit"), 1024);
        Some(Self { pos: el.pos(), id: id?, level: level?, kind: kind?, size: size? })
    }

    fn write(&self, w: &mut Writer) {
        let (size, unit) = largest_unit(self.size);
        w.element("cache")
            .attr("id", self.id)
            .attr("level", self.level)
            .attr("type", self.kind)
            .attr("size", size)
            .attr("unit", unit)
            .empty();
    }
}

/// The size in the largest unit that divides it.
fn largest_unit(bytes: u64) -> (u64, &'static str) {
    let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let power = if bytes == 0 { 0 } else { bytes.trailing_zeros() / 10 };
    let unit = units.get(power as usize).copied().unwrap_or("B");
    (bytes >> (10 * power), unit)
}

impl Element for BandwidthAllocation {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        Some(Self { pos: el.pos(), id: r.required(el, "id")?, bandwidth: r.required(el, "bandwidth")? })
    }

    fn write(&self, w: &mut Writer) {
        w.element("node").attr("id", self.id).attr("bandwidth", self.bandwidth).empty();
    }
}
