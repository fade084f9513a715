//! Memory objects: `memory-backend-ram`, `-file`, `-memfd`, `-epc`, and the thread contexts that fill them.

use virtargv_caps::Cap;
use virtargv_model::device::memory_device::{MemoryDevice, MemoryModel};
use virtargv_model::memory::{MemoryAccess, MemoryAllocation, MemorySource};
use virtargv_model::tune::NumaMode;
use virtargv_model::vcpu::Placement;
use virtargv_model::{Kib, Kind, NumberSet, Place, Pos, Problem, YesNo};

use crate::emit::{Done, Emit, problem};
use crate::needs::{Need, Role};
use crate::plan::short_name;
use crate::{Props, Value};

/// Memory that may need an object.
#[derive(Debug)]
pub(crate) struct Wanted<'a> {
    /// Id of the object.
    id: String,
    /// Its size.
    size: Kib,
    /// The guest's NUMA cell it belongs to.
    cell: Option<u32>,
    /// Whether it is the main memory of a guest without cells.
    main: bool,
    /// The memory device it is for.
    device: Option<&'a MemoryDevice>,
}

impl<'a> Wanted<'a> {
    /// The main memory of a guest without NUMA cells.
    pub fn main(id: &str, size: Kib) -> Self {
        Self { id: id.to_owned(), size, cell: None, main: true, device: None }
    }

    /// The memory of a cell.
    pub fn cell(cell: u32, size: Kib) -> Self {
        Self { id: format!("ram-node{cell}"), size, cell: Some(cell), main: false, device: None }
    }

    /// The memory of a device with that alias.
    pub fn device(device: &'a MemoryDevice, alias: &str) -> Self {
        let target = &device.target;
        Self {
            id: format!("mem{alias}"),
            size: target.size,
            cell: target.node,
            main: false,
            device: Some(device),
        }
    }

    fn model(&self) -> Option<MemoryModel> {
        self.device.map(MemoryDevice::model)
    }

    /// The file a device's content is in.
    fn content(&self) -> Option<&'a str> {
        let device = self.device?;
        let keeps = matches!(device.model(), MemoryModel::Nvdimm | MemoryModel::VirtioPmem);
        device.source.path.as_deref().filter(|_| keeps)
    }

    /// The host nodes a device asks for itself.
    fn own_nodes(&self) -> Option<&'a NumberSet> {
        let device = self.device?;
        let placed =
            matches!(device.model(), MemoryModel::Dimm | MemoryModel::VirtioMem | MemoryModel::SgxEpc);
        device.source.nodemask.as_ref().filter(|_| placed)
    }

    fn pos(&self) -> Pos {
        self.device.map(|device| device.info.pos).unwrap_or_default()
    }
}

/// A memory object ready to be emitted.
#[derive(Debug)]
pub(crate) struct Backend {
    id: String,
    props: Props,
    /// The host nodes it is taken from.
    nodes: Option<NumberSet>,
    /// Whether it is filled before the guest starts.
    prealloc: bool,
    /// Whether the memory cannot be had without the object.
    pub needed: bool,
}

impl Backend {
    /// Emits it, and before it the threads that fill it from near the memory.
    pub fn emit(mut self, e: &mut Emit<'_>) {
        if let Some(nodes) = self.affinity(e) {
            let context = format!("tc-{}", self.id);
            let threads = Props::new("qom-type", "thread-context")
                .with("id", context.as_str())
                .with("node-affinity", Value::Set(nodes.iter().collect()));
            e.object(&threads);
            self.props.set("prealloc-context", context);
        }
        e.object(&self.props);
    }

    /// The host nodes whose CPUs fill it: those of the memory, as far as QEMU may run there at all.
    fn affinity(&self, e: &Emit<'_>) -> Option<NumberSet> {
        let mut nodes = self.nodes.clone().filter(|_| self.prealloc && e.has(Cap::ThreadContext))?;
        let vcpus = &e.domain().vcpus;
        let pin = e.domain().tune.cpu.emulator_pin.clone();
        let auto = vcpus.placement == Some(Placement::Auto);
        let auto = auto.then(|| e.host.numa().numa_advice().ok()).flatten();
        let auto = auto.map(|nodes| nodes.into_iter().collect());
        if let Some(cpus) = pin.or(auto).or_else(|| vcpus.cpuset.clone()) {
            let allowed: NumberSet = cpus.iter().filter_map(|cpu| e.host.numa().numa_node_of_cpu(cpu).ok()).collect();
            nodes.intersect(&allowed);
        }
        Some(nodes).filter(|nodes| !nodes.is_empty())
    }
}

/// Puts together the object for `wanted`.
pub(crate) fn make(e: &Emit<'_>, wanted: &Wanted<'_>) -> Result<Backend, Problem> {
    let domain = e.domain();
    let backing = &domain.memory.backing;
    let cell = wanted.cell.and_then(|cell| domain.numa.cells.get(cell as usize));
    let own_access = wanted.device.and_then(|device| device.access);
    let access = own_access.or_else(|| cell.and_then(|cell| cell.mem_access)).or(backing.access);
    if let Some(node) = wanted.cell.filter(|_| cell.is_none()) {
        let cells = domain.numa.cells.len();
        let message =
            format!("memory '{}' is for the guest NUMA cell '{node}', there are '{cells}'", wanted.id);
        return Err(problem(
            Kind::Unsupported,
            "memory-device-cell",
            wanted.pos().path("target/node"),
            message,
        ));
    }
    let pages = pages(e, wanted)?;
    let content = wanted.content();
    let prealloc = prealloc(e, wanted, &pages);

    let mut props = Props::object();
    let kind = if wanted.model() == Some(MemoryModel::SgxEpc) {
        "memory-backend-epc"
    } else if content.is_none() && backing.source == Some(MemorySource::Memfd) {
        if let Some(size) = pages.size {
            props.set("hugetlb", true).set("hugetlbsize", size.bytes());
        }
        share(&mut props, access);
        "memory-backend-memfd"
    } else if pages.size.is_some()
        || content.is_some()
        || access.is_some()
        || backing.source == Some(MemorySource::File)
    {
        let path = match (content, pages.size) {
            (Some(path), _) => {
                e.need_path(path, Role::Memory);
                path.to_owned()
            }
            (None, Some(size)) => huge_page_path(e, Some(size))?,
            (None, None) => file_path(e, file_name(wanted)),
        };
        props.set("mem-path", path);
        if content.is_none() {
            discard(e, &mut props, wanted, cell.and_then(|cell| cell.discard))?;
        }
        share(&mut props, access);
        "memory-backend-file"
    } else {
        "memory-backend-ram"
    };
    if wanted.main && kind != "memory-backend-ram" && e.has(Cap::XUseCanonicalPathForRamblockId) {
        props.set("x-use-canonical-path-for-ramblock-id", false);
    }
    let preallocated = allocation(e, &mut props, wanted, prealloc);
    props.set("size", wanted.size.bytes());
    nvdimm(e, &mut props, wanted)?;
    let nodes = nodes(e, &mut props, wanted)?;

    let needed = pages.needed
        || wanted.own_nodes().is_some()
        || wanted.cell.is_some_and(|cell| domain.tune.numa.node(cell).is_some())
        || content.is_some()
        || access.is_some()
        || matches!(backing.source, Some(MemorySource::File | MemorySource::Memfd))
        || wanted.device.is_some();
    if needed {
        supported(e, kind, wanted)?;
    }
    let mut all = Props::new("qom-type", kind).with("id", wanted.id.as_str());
    all.extend(props);
    Ok(Backend { id: wanted.id.clone(), props: all, nodes, prealloc: preallocated, needed })
}

/// The QEMU must have the type of object.
fn supported(e: &Emit<'_>, kind: &str, wanted: &Wanted<'_>) -> Done {
    let cap = match kind {
        "memory-backend-ram" => Cap::ObjectMemoryRam,
        "memory-backend-file" => Cap::ObjectMemoryFile,
        "memory-backend-memfd" => Cap::ObjectMemoryMemfd,
        _ => return Ok(()),
    };
    if e.has(cap) {
        return Ok(());
    }
    let message = format!("this QEMU has no object '{kind}', which memory '{}' needs", wanted.id);
    Err(problem(Kind::Unsupported, "memory-backend-missing", wanted.pos(), message))
}

/// Which host pages the memory is made of.
struct Pages {
    /// The size of huge pages; `None` for the host's usual ones.
    size: Option<Kib>,
    /// Whether they were asked for by device or cell, not for the guest as a whole.
    needed: bool,
}

fn pages(e: &Emit<'_>, wanted: &Wanted<'_>) -> Result<Pages, Problem> {
    let own = wanted.device.and_then(|device| device.source.page_size).filter(|size| size.0 > 0);
    let (size, needed) = match own {
        Some(size) => (Some(size), true),
        None => match &e.domain().memory.backing.hugepages {
            None => (None, false),
            Some(pages) => {
                let for_cell = |cell| {
                    pages.iter().find(move |page| page.nodeset.as_ref().is_some_and(|set| set.contains(cell)))
                };
                let general = || pages.iter().rfind(|page| page.nodeset.is_none());
                match wanted.cell.and_then(for_cell) {
                    Some(page) => (Some(page.size), true),
                    // `<hugepages/>` alone means pages of the host's default size.
                    None if pages.is_empty() => (Some(Kib(0)), false),
                    None => (general().map(|page| page.size), false),
                }
            }
        },
    };
    match size {
        Some(size) if e.host.machine().page_size() == Ok(size.bytes()) => Ok(Pages { size: None, needed: false }),
        Some(Kib(0)) => Ok(Pages { size: Some(default_huge_page(e)?), needed }),
        size => Ok(Pages { size, needed }),
    }
}

/// The size of huge pages the host takes where none is said.
fn default_huge_page(e: &Emit<'_>) -> Result<Kib, Problem> {
    let mounts = &e.host.config().hugetlbfs;
    let mount = mounts.iter().find(|mount| mount.default).or(mounts.first());
    mount.map(|mount| Kib(mount.size_kib)).ok_or_else(|| {
        let message = "the host offers no huge pages: no hugetlbfs is mounted";
        problem(Kind::Internal, "hugepages-not-mounted", hugepages_place(e), message)
    })
}

/// This domain's folder of huge pages of `size`, or of the host's default size.
pub(super) fn huge_page_path(e: &Emit<'_>, size: Option<Kib>) -> Result<String, Problem> {
    let size = match size {
        Some(size) if size.0 > 0 => size,
        _ => default_huge_page(e)?,
    };
    let mounts = &e.host.config().hugetlbfs;
    let Some(mount) = mounts.iter().find(|mount| mount.size_kib == size.0) else {
        let message = format!("the host has no hugetlbfs mounted for pages of '{}' KiB", size.0);
        return Err(problem(Kind::Internal, "hugepages-size-not-mounted", hugepages_place(e), message));
    };
    let path = format!("{}/libvirt/qemu/{}", mount.path, short_name(e.domain()));
    e.need(Need::HugePages { path: path.clone(), size_kib: mount.size_kib });
    Ok(path)
}

fn hugepages_place(e: &Emit<'_>) -> Place {
    e.domain().memory.backing.pos.path("hugepages")
}

/// The file `name` in this domain's folder of memory files.
pub(super) fn file_path(e: &Emit<'_>, name: &str) -> String {
    let dir = match &e.plan.standalone {
        Some(dir) => dir.clone(),
        None => format!("{}/{}", e.host.config().memory_backing_dir, short_name(e.domain())),
    };
    let path = format!("{dir}/{name}");
    e.need(Need::Folder { path: dir });
    path
}

/// The name of the file that holds the memory: a device's is called as the device.
fn file_name<'w>(wanted: &'w Wanted<'_>) -> &'w str {
    match wanted.device {
        Some(_) => wanted.id.strip_prefix("mem").unwrap_or(&wanted.id),
        None => &wanted.id,
    }
}

/// Whether the memory is to be filled before the guest starts. Real persistent memory would only wear off.
pub(crate) fn is_preallocated(e: &Emit<'_>, wanted: &Wanted<'_>) -> Result<bool, Problem> {
    Ok(prealloc(e, wanted, &pages(e, wanted)?))
}

fn prealloc(e: &Emit<'_>, wanted: &Wanted<'_>, pages: &Pages) -> bool {
    let asked = e.domain().memory.backing.allocation == Some(MemoryAllocation::Immediate);
    let own = match wanted.device {
        Some(device) if device.model() == MemoryModel::SgxEpc => true,
        Some(device) if wanted.content().is_some() => {
            device.model() == MemoryModel::Nvdimm && !device.source.pmem
        }
        _ => pages.size.is_some(),
    };
    asked || own
}

/// `share=`.
fn share(props: &mut Props, access: Option<MemoryAccess>) {
    props.set_opt("share", access.map(|access| access == MemoryAccess::Shared));
}

/// `discard-data=`.
fn discard(e: &Emit<'_>, props: &mut Props, wanted: &Wanted<'_>, of_cell: Option<YesNo>) -> Done {
    let backing = e.domain().memory.backing.discard.then_some(YesNo::Yes);
    let own = wanted.device.and_then(|device| device.discard);
    let Some(discard) = own.or(of_cell).or(backing) else { return Ok(()) };
    if e.release().has(virtargv_caps::Convention::ExplicitNoDiscard) || discard.is_yes() {
        if !e.has(Cap::ObjectMemoryFileDiscard) {
            let message = format!("this QEMU cannot discard the content of memory '{}'", wanted.id);
            return Err(problem(Kind::Unsupported, "memory-discard", wanted.pos(), message));
        }
        props.set("discard-data", discard.is_yes());
    }
    Ok(())
}

/// When host memory is taken. Returns whether the object itself fills it beforehand.
fn allocation(e: &Emit<'_>, props: &mut Props, wanted: &Wanted<'_>, prealloc: bool) -> bool {
    let global = e.counters.mem_prealloc;
    if wanted.model() == Some(MemoryModel::VirtioMem) {
        if global && !e.has(Cap::DeviceVirtioMemPciPrealloc) {
            props.set("prealloc", false);
        }
        if e.has(Cap::MemoryBackendReserve) {
            props.set("reserve", false);
        }
        return false;
    }
    if global {
        return false;
    }
    if prealloc {
        props.set("prealloc", true);
    }
    if e.has(Cap::MemoryBackendPreallocThreads) {
        props.set_opt("prealloc-threads", e.domain().memory.backing.allocation_threads);
    }
    prealloc
}

/// What only an NVDIMM's memory has.
fn nvdimm(e: &Emit<'_>, props: &mut Props, wanted: &Wanted<'_>) -> Done {
    let Some(device) = wanted.device.filter(|device| device.model() == MemoryModel::Nvdimm) else {
        return Ok(());
    };
    if let Some(align) = device.source.align_size.filter(|align| align.0 > 0) {
        if !e.has(Cap::ObjectMemoryFileAlign) {
            let message = format!("this QEMU cannot align a mapping, here to 'alignsize' '{}' KiB", align.0);
            return Err(problem(Kind::Unsupported, "nvdimm-align", wanted.pos(), message));
        }
        props.set("align", align.bytes());
    }
    if device.source.pmem {
        if !e.has(Cap::ObjectMemoryFilePmem) {
            let message = "this QEMU cannot be told that a file is on persistent memory ('pmem')";
            return Err(problem(Kind::Unsupported, "nvdimm-pmem", wanted.pos(), message));
        }
        props.set("pmem", true);
    }
    Ok(())
}

/// `host-nodes=` and `policy=`. Returns the nodes.
fn nodes(e: &Emit<'_>, props: &mut Props, wanted: &Wanted<'_>) -> Result<Option<NumberSet>, Problem> {
    let tune = &e.domain().tune.numa;
    let nodes = match wanted.own_nodes() {
        Some(nodes) => Some(nodes.clone()),
        None => tuned_nodes(e, wanted.cell)?,
    };
    let Some(nodes) = nodes else { return Ok(None) };
    available(e, &nodes, tune.pos)?;
    let policy = match tune.mode(wanted.cell).unwrap_or(NumaMode::Strict) {
        NumaMode::Strict => "bind",
        NumaMode::Preferred => "preferred",
        NumaMode::Interleave => "interleave",
        NumaMode::Restrictive => return Ok(Some(nodes)),
    };
    props.set("host-nodes", Value::Set(nodes.iter().collect())).set("policy", policy);
    Ok(Some(nodes))
}

/// The host nodes that `<numatune>` gives a cell, or the guest as a whole.
pub(crate) fn tuned_nodes(e: &Emit<'_>, cell: Option<u32>) -> Result<Option<NumberSet>, Problem> {
    let tune = &e.domain().tune.numa;
    if tune.is_auto() {
        let advice = e.host.numa().numa_advice().map_err(|error| {
            let message = format!("placement 'auto' of element 'numatune' has no NUMA nodes: {error}");
            problem(Kind::Internal, "numa-advice", tune.pos, message)
        })?;
        return Ok(Some(advice.into_iter().collect()));
    }
    let node = cell.and_then(|cell| tune.node(cell));
    Ok(node.map(|node| node.nodeset.clone()).or_else(|| tune.memory.as_ref()?.nodeset.clone()))
}

/// Every one of `nodes` must be there.
pub(crate) fn available(e: &Emit<'_>, nodes: &NumberSet, place: impl Into<Place>) -> Done {
    // Where the host does not know its nodes, QEMU finds out.
    let Ok(known) = e.host.numa().numa_nodes() else { return Ok(()) };
    match nodes.iter().find(|node| !known.contains(node)) {
        None => Ok(()),
        Some(missing) => {
            let message = format!("the host has no NUMA node '{missing}'");
            let named = e.release().has(virtargv_caps::Convention::NumaNodeUnsupported);
            let kind = if named { Kind::Unsupported } else { Kind::Internal };
            Err(problem(kind, "numa-node-missing", place, message))
        }
    }
}
