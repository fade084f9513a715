//! `<cpu><cache>`.

use crate::Pos;
use crate::read::{El, Reader, attr_place};

crate::rules! {
    /// A `<cpu>` has one `<cache>` at most.
    CPU_CACHE_TWICE = "cpu-cache-twice": Xml, Read, "`<cpu><cache>` describes all cache levels or one of them",
        help "keep one `<cache>`";
    /// The `level` of a CPU cache is 1, 2 or 3.
    CPU_CACHE_LEVEL_RANGE = "cpu-cache-level-range": Xml, Read, "`<cpu><cache level=>`",
        help "use 1, 2 or 3, or leave `level=` out for all levels";
}

spelled! {
    /// The CPU cache that the guest sees (`<cache mode=>`).
    pub enum CpuCacheMode {
        /// An emulated cache.
        Emulate = "emulate",
        /// The data of the host's cache.
        Passthrough = "passthrough",
        /// No cache.
        Disable = "disable",
    }
}

/// `<cpu><cache>`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CpuCache {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `level=`: 1 to 3; without it, all levels.
    pub level: Option<u8>,
    /// `mode=`.
    pub mode: CpuCacheMode,
}

impl CpuCache {
    /// Reads the `<cache>` of `cpu`.
    pub(super) fn read(cpu: El<'_>, r: &mut Reader) -> Option<Self> {
        let mut caches = cpu.children("cache");
        let el = caches.next()?;
        if let Some(second) = caches.next() {
            let message = "`<cpu>` has more than one `<cache>`";
            r.refuse_second(&CPU_CACHE_TWICE, second, message);
        }
        let level = el.get("level").and_then(|text| {
            let level = text.trim().parse().ok().filter(|level| (1..=3).contains(level));
            if level.is_none() {
                let message = format!("`level` of `<cache>` is `{text}`, not 1 to 3");
                r.refuse(&CPU_CACHE_LEVEL_RANGE, attr_place(el, "level"), message);
            }
            level
        });
        let mode = r.required(el, "mode")?;
        Some(Self { pos: el.pos(), level, mode })
    }
}
