//! NUMA nodes and huge pages.

use virtargv_host::{Answer, HostError, Hugetlbfs, Numa};

use crate::SystemHost;
use crate::root::Root;

/// The NUMA nodes in sysfs.
const NODES: &str = "/sys/devices/system/node";

impl Numa for SystemHost {
    /// A kernel without NUMA support has node 0 only.
    fn numa_nodes(&self) -> Answer<Vec<u32>> {
        let names = match self.root.names(NODES) {
            Err(HostError::NotFound { .. }) => return Ok(vec![0]),
            names => names?,
        };
        let mut nodes: Vec<u32> =
            names.iter().filter_map(|name| name.strip_prefix("node")?.parse().ok()).collect();
        nodes.sort_unstable();
        Ok(nodes)
    }

    /// All nodes: numad is not asked.
    fn numa_advice(&self) -> Answer<Vec<u32>> {
        self.numa_nodes()
    }

    fn numa_node_of_cpu(&self, cpu: u32) -> Answer<u32> {
        let has = |node: &u32| self.root.exists(format!("{NODES}/node{node}/cpu{cpu}"));
        let node = self.numa_nodes()?.into_iter().find(has);
        node.ok_or_else(|| HostError::not_found("CPU", format!("cpu{cpu}")))
    }
}

/// The mounted huge page file systems, in the order in which they were mounted. A page size that the mount does not tell is
/// the kernel's default.
pub(crate) fn huge_page_mounts(root: &Root) -> Vec<Hugetlbfs> {
    let Some(default) = default_huge_page(root) else { return Vec::new() };
    let mounts = root.word("/proc/self/mounts").or_else(|| root.word("/proc/mounts")).unwrap_or_default();
    let mount = |line: &str| {
        let mut fields = line.split(' ').skip(1);
        let (path, kind, options) = (fields.next()?, fields.next()?, fields.next()?);
        if kind != "hugetlbfs" {
            return None;
        }
        let size = options.split(',').find_map(|option| option.strip_prefix("pagesize="));
        let size_kib = match size {
            Some(size) => size_kib(size)?,
            None => default,
        };
        Some(Hugetlbfs { path: unescape(path), size_kib, default: size_kib == default })
    };
    mounts.lines().filter_map(mount).collect()
}

/// The kernel's default size of huge pages in KiB; `None` if it has none.
fn default_huge_page(root: &Root) -> Option<u64> {
    let memory = root.word("/proc/meminfo")?;
    let size = memory.lines().find_map(|line| line.strip_prefix("Hugepagesize:"))?;
    size.trim().strip_suffix("kB")?.trim().parse().ok()
}

/// A size as the kernel shows it: `2M`, `1024M`, `64K`, `16G`, or bytes.
fn size_kib(text: &str) -> Option<u64> {
    let (number, kib) = match text.as_bytes().last()? {
        b'K' => (text.strip_suffix('K')?, 1),
        b'M' => (text.strip_suffix('M')?, 1 << 10),
        b'G' => (text.strip_suffix('G')?, 1 << 20),
        _ => return Some(text.parse::<u64>().ok()? >> 10),
    };
    number.parse::<u64>().ok()?.checked_mul(kib)
}

/// A path of the table of mounts, in which the kernel writes spaces, tabs, line ends and backslashes as `\040`.
fn unescape(path: &str) -> String {
    let mut parts = path.split('\\');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let code = part.get(..3).and_then(|digits| u8::from_str_radix(digits, 8).ok());
        if let Some(code) = code.filter(u8::is_ascii) {
            out.push(char::from(code));
            out.push_str(part.get(3..).unwrap_or_default());
        } else {
            out.push('\\');
            out.push_str(part);
        }
    }
    out
}
