//! Host pages and files of guest memory.

use virtargv_model::{Kib, Place, Problem};

use crate::prepare::context::Prepare;
use crate::text::Text;

/// The file or directory of memory.
#[derive(Debug)]
pub(crate) enum MemoryPath {
    /// The file of a persistent memory device.
    Content(Text),
    /// The domain's directory on a hugetlbfs.
    HugePages {
        /// The directory.
        path: String,
        /// The size of a page in KiB.
        size_kib: u64,
    },
    /// A file in the domain's directory of memory files.
    Directory {
        /// The directory.
        directory: String,
        /// The file.
        path: String,
    },
}

impl MemoryPath {
    /// The path.
    pub fn path(&self) -> Text {
        match self {
            Self::Content(path) => path.clone(),
            Self::HugePages { path, .. } | Self::Directory { path, .. } => path.into(),
        }
    }
}

/// The host pages of memory.
pub(super) struct Pages {
    /// The size of huge pages, 0 for the host's default size; `None` for small pages.
    pub size: Option<Kib>,
    /// Whether a memory device or NUMA cell has a size of its own.
    pub needed: bool,
}

/// The pages of memory of the guest NUMA cell `cell`. `own` is the page size of a memory device.
pub(super) fn pages(cx: &Prepare<'_>, own: Option<Kib>, cell: Option<u32>) -> Result<Pages, Problem> {
    let own = own.filter(|size| size.0 > 0);
    let (size, needed) = match own {
        Some(size) => (Some(size), true),
        None => match &cx.domain.memory.backing.hugepages {
            None => (None, false),
            Some(pages) => {
                let for_cell = |cell| {
                    pages.iter().find(move |page| page.nodeset.as_ref().is_some_and(|set| set.contains(cell)))
                };
                let general = || pages.iter().rfind(|page| page.nodeset.is_none());
                match cell.and_then(for_cell) {
                    Some(page) => (Some(page.size), true),
                    // `<hugepages/>` alone means pages of the host's default size.
                    None if pages.is_empty() => (Some(Kib(0)), false),
                    None => (general().map(|page| page.size), false),
                }
            }
        },
    };
    match size {
        Some(size) if cx.host.machine().page_size() == Ok(size.bytes()) => {
            Ok(Pages { size: None, needed: false })
        }
        Some(Kib(0)) => Ok(Pages { size: Some(default_huge_page(cx)?), needed }),
        size => Ok(Pages { size, needed }),
    }
}

/// The host's default size of huge pages.
fn default_huge_page(cx: &Prepare<'_>) -> Result<Kib, Problem> {
    let mounts = &cx.settings().hugetlbfs;
    let mount = mounts.iter().find(|mount| mount.default).or(mounts.first());
    mount.map(|mount| Kib(mount.size_kib)).ok_or_else(|| {
        let message = "`<hugepages>` needs a mounted hugetlbfs, the host has none";
        crate::rules::HUGEPAGES_NOT_MOUNTED.problem(cx.release(), hugepages_place(cx), message)
    })
}

/// The domain's directory on the hugetlbfs with pages of `size`, or of the host's default size.
pub(super) fn in_huge_pages(cx: &Prepare<'_>, size: Option<Kib>) -> Result<MemoryPath, Problem> {
    let size = match size {
        Some(size) if size.0 > 0 => size,
        _ => default_huge_page(cx)?,
    };
    let mounts = &cx.settings().hugetlbfs;
    let Some(mount) = mounts.iter().find(|mount| mount.size_kib == size.0) else {
        let message = format!("the host has no hugetlbfs mounted for pages of `{}` KiB", size.0);
        return Err(crate::rules::HUGEPAGES_SIZE_NOT_MOUNTED.problem(
            cx.release(),
            hugepages_place(cx),
            message,
        ));
    };
    let path = format!("{}/libvirt/qemu/{}", mount.path, cx.directories.mark);
    Ok(MemoryPath::HugePages { path, size_kib: mount.size_kib })
}

fn hugepages_place(cx: &Prepare<'_>) -> Place {
    cx.domain.memory.backing.pos.path("hugepages")
}

/// The file `name` in the domain's directory of memory files.
pub(super) fn in_directory(cx: &Prepare<'_>, name: &str) -> MemoryPath {
    let directory = match &cx.directories.shell {
        Some(directory) => directory.clone(),
        None => format!("{}/{}", cx.settings().memory_backing_dir, cx.directories.mark),
    };
    MemoryPath::Directory { path: format!("{directory}/{name}"), directory }
}
