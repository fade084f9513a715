//! Memory backends.

use virtargv_caps::{Cap, Convention};
use virtargv_host::Fact;
use virtargv_model::device::memory_device::{MemoryDevice, MemoryModel};
use virtargv_model::memory::{MemoryAccess, MemoryAllocation, MemorySource};
use virtargv_model::tune::NumaMode;
use virtargv_model::vcpu::Placement;
use virtargv_model::{Kib, NumberSet, Place, Pos, Problem, YesNo};
use virtargv_validate::rules::memory_device as rules;

use super::pages::{MemoryPath, Pages, in_directory, in_huge_pages, pages};
use crate::prepare::context::{Prepare, broken};
use crate::text::{Text, text};

/// Memory that can need a memory backend.
#[derive(Debug)]
pub(crate) struct Wanted<'a> {
    /// The id of the memory backend.
    id: Text,
    /// Its size.
    size: Kib,
    /// The guest NUMA cell that it belongs to.
    cell: Option<u32>,
    /// Whether it is the main memory of a guest without NUMA cells.
    main: bool,
    /// The memory device that it belongs to, with its alias.
    device: Option<(&'a MemoryDevice, &'a str)>,
}

impl<'a> Wanted<'a> {
    /// The main memory of a guest without NUMA cells.
    pub fn main(id: Text, size: Kib) -> Self {
        Self { id, size, cell: None, main: true, device: None }
    }

    /// The memory of a guest NUMA cell.
    pub fn cell(cell: u32, size: Kib) -> Self {
        Self { id: text!("ram-node", cell), size, cell: Some(cell), main: false, device: None }
    }

    /// The memory of a memory device with this alias.
    pub fn device(device: &'a MemoryDevice, alias: &'a str) -> Self {
        let target = &device.target;
        Self {
            id: text!("mem", alias),
            size: target.size,
            cell: target.node,
            main: false,
            device: Some((device, alias)),
        }
    }

    fn element(&self) -> Option<&'a MemoryDevice> {
        self.device.map(|(device, _)| device)
    }

    fn model(&self) -> Option<MemoryModel> {
        self.element().map(MemoryDevice::model)
    }

    /// The file of a persistent memory device.
    fn content(&self) -> Option<&'a str> {
        let device = self.element()?;
        let keeps = matches!(device.model(), MemoryModel::Nvdimm | MemoryModel::VirtioPmem);
        device.source.path.as_deref().filter(|_| keeps)
    }

    /// The host NUMA nodes of a memory device (`<source><nodemask>`).
    fn own_nodes(&self) -> Option<&'a NumberSet> {
        let device = self.element()?;
        let placed =
            matches!(device.model(), MemoryModel::Dimm | MemoryModel::VirtioMem | MemoryModel::SgxEpc);
        device.source.nodemask.as_ref().filter(|_| placed)
    }

    /// The size of its host pages.
    fn pages(&self, cx: &Prepare<'_>) -> Result<Pages, Problem> {
        pages(cx, self.element().and_then(|device| device.source.page_size), self.cell)
    }

    fn pos(&self) -> Pos {
        self.element().map_or(Pos::NONE, |device| device.info.pos)
    }
}

/// A prepared memory backend.
#[derive(Debug)]
pub(crate) struct Backend {
    /// Its id.
    pub id: Text,
    /// Its type.
    pub kind: BackendKind,
    /// `share=`: whether other processes can map it.
    pub share: Option<bool>,
    /// Whether its RAM block is named after the id alone and not after the path of the object, as in machine types from
    /// before memory backends, so that migration finds it (`x-use-canonical-path-for-ramblock-id=off`).
    pub plain_name: bool,
    /// Whether it is preallocated.
    pub prealloc: Option<bool>,
    /// `reserve=`: whether swap space or huge pages are reserved.
    pub reserve: Option<bool>,
    /// The number of threads that preallocate it.
    pub threads: Option<u32>,
    /// Its size.
    pub size: Kib,
    /// The alignment of its mapping (`align=`).
    pub align: Option<Kib>,
    /// Whether it is on persistent memory.
    pub pmem: bool,
    /// The host NUMA nodes that it is bound to, and the policy.
    pub nodes: Option<(NumberSet, &'static str)>,
    /// The host NUMA nodes whose CPUs preallocate it, by a thread context.
    pub affinity: Option<NumberSet>,
    /// Whether the memory needs this backend, rather than a size alone.
    pub needed: bool,
}

/// The type of a memory backend.
#[derive(Debug)]
pub(crate) enum BackendKind {
    /// Anonymous memory (`memory-backend-ram`).
    Ram,
    /// A file (`memory-backend-file`).
    File {
        /// The file or directory.
        path: MemoryPath,
        /// Whether the content is discarded when QEMU exits.
        discard: Option<bool>,
    },
    /// An anonymous file (`memory-backend-memfd`), of huge pages of this size.
    Memfd(Option<Kib>),
    /// SGX enclave page cache (`memory-backend-epc`).
    Epc,
}

/// Prepares the memory backend of `wanted`.
pub(crate) fn prepare(cx: &Prepare<'_>, wanted: &Wanted<'_>) -> Result<Backend, Problem> {
    let domain = cx.domain;
    let backing = &domain.memory.backing;
    let cell = wanted.cell.map(|cell| {
        let found = domain.numa.cells.get(cell as usize);
        found.ok_or_else(|| {
            let message = format!(
                "memory `{}` belongs to NUMA node `{cell}`, the guest has `{}` NUMA nodes",
                wanted.id,
                domain.numa.cells.len()
            );
            broken(cx.release(), &rules::CELL, wanted.pos().path("target/node"), message)
        })
    });
    let cell = cell.transpose()?;
    let own_access = wanted.element().and_then(|device| device.access);
    let access = own_access.or_else(|| cell.and_then(|cell| cell.mem_access)).or(backing.access);
    let pages = wanted.pages(cx)?;
    let content = wanted.content();
    let kind = if wanted.model() == Some(MemoryModel::SgxEpc) {
        BackendKind::Epc
    } else if content.is_none() && backing.source == Some(MemorySource::Memfd) {
        BackendKind::Memfd(pages.size)
    } else if pages.size.is_some()
        || content.is_some()
        || access.is_some()
        || backing.source == Some(MemorySource::File)
    {
        let path = match (content, pages.size) {
            (Some(path), _) => MemoryPath::Content(path.to_owned().into()),
            (None, Some(size)) => in_huge_pages(cx, Some(size))?,
            (None, None) => in_directory(cx, wanted.device.map_or(&wanted.id, |(_, alias)| alias)),
        };
        let discard = match content {
            Some(_) => None,
            None => discard(cx, wanted, cell.and_then(|cell| cell.discard))?,
        };
        BackendKind::File { path, discard }
    } else {
        BackendKind::Ram
    };
    let needed = pages.needed
        || wanted.own_nodes().is_some()
        || wanted.cell.is_some_and(|cell| domain.tune.numa.node(cell).is_some())
        || content.is_some()
        || access.is_some()
        || matches!(backing.source, Some(MemorySource::File | MemorySource::Memfd))
        || wanted.device.is_some();
    if needed {
        supported(cx, &kind, wanted)?;
    }
    let shares = matches!(kind, BackendKind::File { .. } | BackendKind::Memfd(_));
    let allocation = allocation(cx, wanted, prealloc(cx, wanted, &pages));
    let nodes = nodes(cx, wanted)?;
    let nvdimm = wanted.element().filter(|device| device.model() == MemoryModel::Nvdimm);
    let affinity = match allocation.prealloc {
        Some(true) => affinity(cx, nodes.as_ref().map(|(nodes, _)| nodes)),
        _ => None,
    };
    Ok(Backend {
        id: wanted.id.clone(),
        plain_name: wanted.main
            && !matches!(kind, BackendKind::Ram)
            && cx.has(Cap::XUseCanonicalPathForRamblockId),
        kind,
        share: access.filter(|_| shares).map(|access| access == MemoryAccess::Shared),
        prealloc: allocation.prealloc,
        reserve: allocation.reserve,
        threads: allocation.threads,
        size: wanted.size,
        align: nvdimm.and_then(|device| device.source.align_size).filter(|align| align.0 > 0),
        pmem: nvdimm.is_some_and(|device| device.source.pmem),
        nodes: nodes.and_then(|(nodes, policy)| Some((nodes, policy?))),
        affinity,
        needed,
    })
}

/// The host NUMA nodes whose CPUs preallocate memory on `nodes`: those of them on which QEMU is allowed to run.
fn affinity(cx: &Prepare<'_>, nodes: Option<&NumberSet>) -> Option<NumberSet> {
    let mut nodes = nodes.filter(|_| cx.has(Cap::ThreadContext))?.clone();
    let vcpus = &cx.domain.vcpus;
    let pin = cx.domain.tune.cpu.emulator_pin.clone();
    let auto = vcpus.placement == Some(Placement::Auto);
    let auto = auto.then(|| cx.host.numa().numa_advice().ok()).flatten();
    let auto = auto.map(|nodes| nodes.into_iter().collect());
    if let Some(cpus) = pin.or(auto).or_else(|| vcpus.cpuset.clone()) {
        let allowed: NumberSet =
            cpus.iter().filter_map(|cpu| cx.host.numa().numa_node_of_cpu(cpu).ok()).collect();
        nodes.intersect(&allowed);
    }
    Some(nodes).filter(|nodes| !nodes.is_empty())
}

/// Checks that this QEMU has the type of memory backend.
fn supported(cx: &Prepare<'_>, kind: &BackendKind, wanted: &Wanted<'_>) -> Result<(), Problem> {
    let (cap, name) = match kind {
        BackendKind::Ram => (Cap::ObjectMemoryRam, "memory-backend-ram"),
        BackendKind::File { .. } => (Cap::ObjectMemoryFile, "memory-backend-file"),
        BackendKind::Memfd(_) => (Cap::ObjectMemoryMemfd, "memory-backend-memfd"),
        BackendKind::Epc => return Ok(()),
    };
    if cx.has(cap) {
        return Ok(());
    }
    let message = format!("this QEMU has no object `{name}`, which memory `{}` needs", wanted.id);
    Err(crate::rules::MEMORY_BACKEND_MISSING.problem(cx.release(), wanted.pos(), message))
}

/// Whether the memory of a memory device is preallocated.
pub(crate) fn is_preallocated(cx: &Prepare<'_>, wanted: &Wanted<'_>) -> Result<bool, Problem> {
    Ok(prealloc(cx, wanted, &wanted.pages(cx)?))
}

/// Whether memory is preallocated. Persistent memory is not, which would wear it out.
fn prealloc(cx: &Prepare<'_>, wanted: &Wanted<'_>, pages: &Pages) -> bool {
    let asked = cx.domain.memory.backing.allocation == Some(MemoryAllocation::Immediate);
    let own = match wanted.element() {
        Some(device) if device.model() == MemoryModel::SgxEpc => true,
        Some(device) if wanted.content().is_some() => {
            device.model() == MemoryModel::Nvdimm && !device.source.pmem
        }
        _ => pages.size.is_some(),
    };
    asked || own
}

/// Whether the content is discarded when QEMU exits.
fn discard(cx: &Prepare<'_>, wanted: &Wanted<'_>, of_cell: Option<YesNo>) -> Result<Option<bool>, Problem> {
    let backing = cx.domain.memory.backing.discard.then_some(YesNo::Yes);
    let own = wanted.element().and_then(|device| device.discard);
    let Some(discard) = own.or(of_cell).or(backing).map(YesNo::is_yes) else { return Ok(None) };
    if !cx.release().has(Convention::ExplicitNoDiscard) && !discard {
        return Ok(None);
    }
    if !cx.has(Cap::ObjectMemoryFileDiscard) {
        let message =
            format!("discarding the content of memory `{}` is not supported by this QEMU", wanted.id);
        return Err(crate::rules::MEMORY_DISCARD.problem(cx.release(), wanted.pos(), message));
    }
    Ok(Some(discard))
}

/// How host memory is allocated.
#[derive(Default)]
struct Allocation {
    prealloc: Option<bool>,
    reserve: Option<bool>,
    threads: Option<u32>,
}

fn allocation(cx: &Prepare<'_>, wanted: &Wanted<'_>, prealloc: bool) -> Allocation {
    let all = cx.preallocates;
    if wanted.model() == Some(MemoryModel::VirtioMem) {
        return Allocation {
            prealloc: (all && !cx.has(Cap::DeviceVirtioMemPciPrealloc)).then_some(false),
            reserve: cx.has(Cap::MemoryBackendReserve).then_some(false),
            threads: None,
        };
    }
    if all {
        return Allocation::default();
    }
    let threads = cx.domain.memory.backing.allocation_threads;
    Allocation {
        prealloc: prealloc.then_some(true),
        reserve: None,
        threads: threads.filter(|_| cx.has(Cap::MemoryBackendPreallocThreads)),
    }
}

/// The host NUMA nodes that memory is bound to, and the policy.
fn nodes(
    cx: &Prepare<'_>,
    wanted: &Wanted<'_>,
) -> Result<Option<(NumberSet, Option<&'static str>)>, Problem> {
    let tune = &cx.domain.tune.numa;
    let nodes = match wanted.own_nodes() {
        Some(nodes) => Some(nodes.clone()),
        None => tuned_nodes(cx, wanted.cell)?,
    };
    let Some(nodes) = nodes else { return Ok(None) };
    available(cx, &nodes, tune.pos)?;
    let policy = match tune.mode(wanted.cell).unwrap_or(NumaMode::Strict) {
        NumaMode::Strict => Some("bind"),
        NumaMode::Preferred => Some("preferred"),
        NumaMode::Interleave => Some("interleave"),
        NumaMode::Restrictive => None,
    };
    Ok(Some((nodes, policy)))
}

/// The host NUMA nodes that `<numatune>` has for a guest NUMA cell, or for the guest as a whole.
pub(super) fn tuned_nodes(cx: &Prepare<'_>, cell: Option<u32>) -> Result<Option<NumberSet>, Problem> {
    let tune = &cx.domain.tune.numa;
    if tune.is_auto() {
        if cx.is_for_reader() {
            let message =
                "placement `auto` of `<numatune>` needs the advice of the host, which is asked at a start";
            return Err(crate::rules::NUMA_ADVICE.problem(cx.release(), tune.pos, message));
        }
        let advice = cx.host.numa().numa_advice().map_err(|error| {
            let message = format!("placement `auto` of `<numatune>` needs the advice of the host: {error}");
            let problem = crate::rules::NUMA_ADVICE.problem(cx.release(), tune.pos, message);
            Fact::NumaAdvice.unanswered(&error, problem)
        })?;
        return Ok(Some(advice.into_iter().collect()));
    }
    let node = cell.and_then(|cell| tune.node(cell));
    Ok(node.map(|node| node.nodeset.clone()).or_else(|| tune.memory.as_ref()?.nodeset.clone()))
}

/// Checks that the host has all of `nodes`.
pub(super) fn available(cx: &Prepare<'_>, nodes: &NumberSet, place: impl Into<Place>) -> Result<(), Problem> {
    // If the host does not know its NUMA nodes, QEMU reports a missing one.
    let Ok(known) = cx.host.numa().numa_nodes() else { return Ok(()) };
    match nodes.iter().find(|node| !known.contains(node)) {
        None => Ok(()),
        Some(missing) => {
            let message = format!("the host has no NUMA node `{missing}`");
            Err(crate::rules::NUMA_NODE_MISSING.problem(cx.release(), place, message))
        }
    }
}
