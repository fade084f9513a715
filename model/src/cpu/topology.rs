//! `<cpu><topology>`.

use crate::Pos;
use crate::read::{El, Reader, attr_place};

crate::rules! {
    /// The numbers of a CPU topology are at least 1.
    CPU_TOPOLOGY_ZERO = "cpu-topology-zero": Xml, Read,
        "`<topology>`: sockets, dies, clusters, cores and threads are multiplied",
        help "use 1 or more, or leave `dies=` and `clusters=` out";
}

/// `<cpu><topology>`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct CpuTopology {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `sockets=`, from 1.
    pub sockets: u32,
    /// `dies=` of each socket, from 1.
    pub dies: Option<u32>,
    /// `clusters=` of each die, from 1.
    pub clusters: Option<u32>,
    /// `cores=` of each cluster, from 1.
    pub cores: u32,
    /// `threads=` of each core, from 1.
    pub threads: u32,
}

impl CpuTopology {
    pub(super) fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let has_clusters = r.knows("10.1");
        let mut count = |name: &'static str, mandatory: bool| -> Option<u32> {
            let count = if mandatory { r.required(el, name) } else { r.attr(el, name) };
            if count == Some(0) {
                let message = format!("`{name}` of `<topology>` is `0`");
                r.refuse(&CPU_TOPOLOGY_ZERO, attr_place(el, name), message);
                return None;
            }
            count
        };
        let (sockets, dies) = (count("sockets", true), count("dies", false));
        let clusters = has_clusters.then(|| count("clusters", false)).flatten();
        let (cores, threads) = (count("cores", true), count("threads", true));
        Some(Self { pos: el.pos(), sockets: sockets?, dies, clusters, cores: cores?, threads: threads? })
    }
}
