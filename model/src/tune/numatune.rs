//! `<numatune>`: the host NUMA nodes that the guest's memory is allocated on.

use std::collections::BTreeMap;

use crate::read::{self, El, Element, Reader};
use crate::vcpu::Placement;
use crate::write::Writer;
use crate::{Class, NumberSet, Pos};

crate::rules! {
    /// A domain has one `<numatune>` at most.
    NUMATUNE_TWICE = "numatune-twice": Xml, Read, "`<numatune>`: one NUMA policy for the domain",
        help "keep one `<numatune>` with one `<memory>`";
    /// A static placement of memory has a `nodeset`.
    NUMATUNE_NODESET_MISSING = "numatune-nodeset-missing": Unsupported, Read,
        "`<numatune><memory placement='static' nodeset=>`: the host nodes for the guest's memory",
        help "add `nodeset=`, or use `placement='auto'`";
    /// A `<memnode>` is not combined with automatic placement.
    MEMNODE_AUTO = "memnode-auto": Unsupported, Read,
        "`<numatune><memory placement='auto'>`: numad chooses the host nodes for the whole guest",
        help "remove `<memnode>`, or use `placement='static'` with `nodeset=`";
    /// A domain with `<memnode>` has guest NUMA cells.
    MEMNODE_NO_CELLS = "memnode-no-cells": Xml, Read,
        "`<numatune><memnode cellid=>` is the policy of one guest NUMA cell",
        help "add `<cpu><numa>` with `<cell>`, or use `<memory>` of `<numatune>`";
    /// A `<memnode>` names an existing guest NUMA cell.
    MEMNODE_CELL = "memnode-cell": Xml, Read, "`<memnode cellid=>`: the id of a `<cell>`",
        help "use the `id` of a `<cell>`";
    /// A guest NUMA cell has one `<memnode>` at most.
    MEMNODE_TWICE = "memnode-twice": Xml, Read, "`<memnode cellid=>`: one policy for each cell",
        help "keep one `<memnode>` for the cell";
    /// The `<memory>` of `<numatune>` and each `<memnode>` are `restrictive`, or none is.
    MEMNODE_RESTRICTIVE = "memnode-restrictive": Xml, Read,
        "`<numatune>`: the restrictive mode is applied by control groups, for the whole guest",
        help "add `mode='restrictive'` to `<memnode>`, or use another mode for `<memory>`";
}

spelled! {
    /// The memory policy for the host nodes (`mode=`).
    pub enum NumaMode {
        /// Memory is allocated on these nodes only.
        Strict = "strict",
        /// Memory is allocated on the node while it has free memory, then on others.
        Preferred = "preferred",
        /// Memory is interleaved across the nodes.
        Interleave = "interleave",
        /// Control groups restrict the memory; QEMU is not given a policy.
        Restrictive = "restrictive" since "7.3",
    }
}

/// `<numatune>`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NumaTune {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `<memory>`: the policy for the whole guest.
    pub memory: Option<NumaTuneMemory>,
    /// `<memnode>`: policies for single guest NUMA cells.
    pub nodes: Vec<MemNode>,
}

/// `<numatune><memory>`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NumaTuneMemory {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `mode=`: the policy; without it, `strict`.
    pub mode: Option<NumaMode>,
    /// `placement=`: by `nodeset=` or by numad.
    pub placement: Option<Placement>,
    /// `nodeset=`: the host NUMA nodes.
    pub nodeset: Option<NumberSet>,
}

/// `<numatune><memnode>`.
#[derive(Debug, Clone, PartialEq)]
pub struct MemNode {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `cellid=`: the id of the guest NUMA cell.
    pub cell: u32,
    /// `mode=`: the policy; without it, `strict`.
    pub mode: Option<NumaMode>,
    /// `nodeset=`: the host NUMA nodes.
    pub nodeset: NumberSet,
}

impl NumaTune {
    pub(crate) fn read(el: El<'_>, r: &mut Reader) -> Self {
        if let Some(second) = el.parent().and_then(|domain| domain.children("numatune").nth(1)) {
            r.refuse_second(&NUMATUNE_TWICE, second, "there is more than one `<numatune>`");
        }
        let tune = Self {
            pos: el.pos(),
            memory: el.child("memory").map(|e| NumaTuneMemory {
                pos: e.pos(),
                mode: r.attr_as(Class::Unsupported, e, "mode"),
                placement: r.attr_as(Class::Unsupported, e, "placement"),
                nodeset: r.number_set(Class::Unsupported, e, "nodeset"),
            }),
            nodes: read::all(el, "memnode", r),
        };
        tune.check_static(el, r);
        tune.check_nodes(el, r);
        tune
    }

    /// Checks that a static placement has a `nodeset`.
    fn check_static(&self, el: El<'_>, r: &mut Reader) {
        let Some(memory) = self.memory.as_ref().filter(|m| m.mode.is_some() || m.placement.is_some()) else {
            return;
        };
        let guessed = if are_vcpus_auto(el) { Placement::Auto } else { Placement::Static };
        if memory.nodeset.is_none() && memory.placement.unwrap_or(guessed) == Placement::Static {
            let message = "`<memory>` of `<numatune>` lacks `nodeset`, which its `placement` `static` needs";
            r.refuse(&NUMATUNE_NODESET_MISSING, memory.pos, message);
        }
    }

    /// Checks that `<memnode>` names existing cells, each once, and does not contradict `<memory>`.
    fn check_nodes(&self, el: El<'_>, r: &mut Reader) {
        let Some(first) = el.child("memnode") else { return };
        // Automatic placement of vCPUs is that of memory too, where `<numatune>` has no `<memory>`.
        if self.is_auto() || self.memory.is_none() && are_vcpus_auto(el) {
            let message = "`<memnode>` cannot be used with automatic placement (`placement` is `auto`)";
            r.refuse(&MEMNODE_AUTO, first.pos(), message);
            return;
        }
        let numa = el.parent().and_then(|domain| domain.child("cpu")).and_then(|cpu| cpu.child("numa"));
        let cells = numa.map_or(0, |numa| numa.children("cell").count());
        if cells == 0 {
            let message = "`<memnode>` needs guest NUMA cells, and the domain has none";
            r.refuse(&MEMNODE_NO_CELLS, first.pos(), message);
            return;
        }
        let restrictive = self.memory.as_ref().and_then(|m| m.mode) == Some(NumaMode::Restrictive);
        let mut seen = BTreeMap::new();
        for node in &self.nodes {
            if node.cell as usize >= cells {
                let message = format!("`cellid` of `<memnode>` is `{}`, there is no such cell", node.cell);
                r.refuse(&MEMNODE_CELL, node.pos.attr("cellid"), message);
            } else if let Some(first) = seen.get(&node.cell) {
                let message = format!("there is more than one `<memnode>` for the cell `{}`", node.cell);
                r.refuse(&MEMNODE_TWICE, node.pos, crate::Message::new(message).with_first(*first));
            } else {
                seen.insert(node.cell, node.pos);
            }
            let message = match (restrictive, node.mode == Some(NumaMode::Restrictive)) {
                (true, false) => "`<memnode>` needs the mode `restrictive`, which `<memory>` has",
                (false, true) => "`<memory>` needs the mode `restrictive`, which `<memnode>` has",
                _ => continue,
            };
            r.refuse(&MEMNODE_RESTRICTIVE, node.pos.attr("mode"), message);
        }
    }

    pub(crate) fn write(&self, w: &mut Writer) {
        w.element("numatune").children_or_nothing(|w| {
            if let Some(memory) = &self.memory {
                w.element("memory")
                    .opt("mode", memory.mode)
                    .opt("placement", memory.placement)
                    .opt("nodeset", memory.nodeset.as_ref())
                    .empty();
            }
            read::write_all(&self.nodes, w);
        });
    }

    /// The policy for the guest NUMA cell `cell`. [`NumaTune::nodes`] must be in the order of the cells, as in a
    /// completed domain.
    pub fn node(&self, cell: u32) -> Option<&MemNode> {
        let at = self.nodes.binary_search_by_key(&cell, |node| node.cell).ok()?;
        self.nodes.get(at)
    }

    /// The mode for a cell, or without a cell for the whole guest; `None` where the document has no policy.
    pub fn mode(&self, cell: Option<u32>) -> Option<NumaMode> {
        let memory = || {
            let memory = self.memory.as_ref().filter(|_| !self.is_without_policy());
            memory.map(|memory| memory.mode.unwrap_or(NumaMode::Strict))
        };
        match cell.and_then(|cell| self.node(cell)) {
            Some(node) => Some(node.mode.unwrap_or(NumaMode::Strict)),
            None => memory(),
        }
    }

    /// Whether there is a `<memory>` that says nothing: neither a policy nor nodes. It keeps automatic placement of
    /// vCPUs from applying to memory too.
    pub fn is_without_policy(&self) -> bool {
        self.memory.as_ref().is_some_and(|memory| {
            memory.mode.is_none() && memory.placement.is_none() && memory.nodeset.is_none()
        })
    }

    /// Whether numad chooses the host nodes (`placement='auto'`).
    pub fn is_auto(&self) -> bool {
        self.memory.as_ref().is_some_and(|memory| memory.placement == Some(Placement::Auto))
    }
}

/// Whether the `<vcpu>` beside `<numatune>` has automatic placement.
fn are_vcpus_auto(numatune: El<'_>) -> bool {
    let vcpu = numatune.parent().and_then(|domain| domain.child("vcpu"));
    vcpu.and_then(|vcpu| vcpu.get("placement")) == Some("auto")
}

impl Element for MemNode {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let cell = r.required(el, "cellid");
        let mode = r.attr(el, "mode");
        r.required::<String>(el, "nodeset")?;
        let nodeset = r.number_set(Class::Unsupported, el, "nodeset");
        Some(Self { pos: el.pos(), cell: cell?, mode, nodeset: nodeset? })
    }

    fn write(&self, w: &mut Writer) {
        w.element("memnode")
            .attr("cellid", self.cell)
            .opt("mode", self.mode)
            .attr("nodeset", &self.nodeset)
            .empty();
    }
}
