//! `<numatune>`: where guest memory comes from on the host.

use std::collections::BTreeSet;

use crate::read::{self, El, Element, Reader};
use crate::vcpu::Placement;
use crate::write::Writer;
use crate::{Kind, NumberSet, Pos};

crate::rules! {
    /// TODO numatune-double
    NUMATUNE_DOUBLE = "numatune-double": Xml, Read, "TODO";
    /// TODO numatune-nodeset-missing
    NUMATUNE_NODESET_MISSING = "numatune-nodeset-missing": Unsupported, Read, "TODO";
    /// TODO memnode-auto
    MEMNODE_AUTO = "memnode-auto": Unsupported, Read, "TODO";
    /// TODO memnode-no-cells
    MEMNODE_NO_CELLS = "memnode-no-cells": Xml, Read, "TODO";
    /// TODO memnode-cell
    MEMNODE_CELL = "memnode-cell": Xml, Read, "TODO";
    /// TODO memnode-double
    MEMNODE_DOUBLE = "memnode-double": Xml, Read, "TODO";
    /// TODO memnode-restrictive
    MEMNODE_RESTRICTIVE = "memnode-restrictive": Xml, Read, "TODO";
}

spelled! {
    /// How strictly memory is taken from the given host nodes (`mode=`).
    pub enum NumaMode {
        /// From nowhere else.
        Strict = "strict",
        /// From the one node as long as it has any.
        Preferred = "preferred",
        /// From all in turn.
        Interleave = "interleave",
        /// As the control group says; QEMU is told nothing.
        Restrictive = "restrictive" since "7.3",
    }
}

/// `<numatune>`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NumaTune {
    /// Where it stands.
    pub pos: Pos,
    /// `<memory>`: for all of the guest.
    pub memory: Option<NumaTuneMemory>,
    /// `<memnode>`s: for single cells.
    pub nodes: Vec<MemNode>,
}

/// `<numatune><memory>`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NumaTuneMemory {
    /// Where it stands.
    pub pos: Pos,
    /// `mode=`
    pub mode: Option<NumaMode>,
    /// `placement=`
    pub placement: Option<Placement>,
    /// `nodeset=`: the host nodes.
    pub nodeset: Option<NumberSet>,
}

/// `<numatune><memnode>`.
#[derive(Debug, Clone, PartialEq)]
pub struct MemNode {
    /// Where it stands.
    pub pos: Pos,
    /// `cellid=`: the guest's cell.
    pub cell: u32,
    /// `mode=`
    pub mode: Option<NumaMode>,
    /// `nodeset=`: the host nodes.
    pub nodeset: NumberSet,
}

impl NumaTune {
    pub(crate) fn read(el: El<'_>, r: &mut Reader) -> Self {
        if let Some(second) = el.parent().and_then(|domain| domain.children("numatune").nth(1)) {
            r.refuse(&NUMATUNE_DOUBLE, second.pos(), "there is more than one element 'numatune'");
        }
        let tune = Self {
            pos: el.pos(),
            memory: el.child("memory").map(|e| NumaTuneMemory {
                pos: e.pos(),
                mode: r.attr_as(Kind::Unsupported, e, "mode"),
                placement: r.attr_as(Kind::Unsupported, e, "placement"),
                nodeset: r.number_set(Kind::Unsupported, e, "nodeset"),
            }),
            nodes: read::all(el, "memnode", r),
        };
        tune.check_static(el, r);
        tune.check_nodes(el, r);
        tune
    }

    /// A static placement needs its nodes.
    fn check_static(&self, el: El<'_>, r: &mut Reader) {
        let Some(memory) = self.memory.as_ref().filter(|m| m.mode.is_some() || m.placement.is_some()) else {
            return;
        };
        let vcpus =
            el.parent().and_then(|domain| domain.child("vcpu")).and_then(|vcpu| vcpu.get("placement"));
        let guessed = if vcpus == Some("auto") { Placement::Auto } else { Placement::Static };
        if memory.nodeset.is_none() && memory.placement.unwrap_or(guessed) == Placement::Static {
            let message = "element 'memory' of element 'numatune' lacks 'nodeset', which its 'placement' 'static' needs";
            r.refuse(&NUMATUNE_NODESET_MISSING, memory.pos, message);
        }
    }

    /// Single cells can only be placed where there are cells, and where numad does not place all of them.
    fn check_nodes(&self, el: El<'_>, r: &mut Reader) {
        let Some(first) = el.child("memnode") else { return };
        if self.is_auto() {
            let message =
                "element 'memnode' cannot be used where numad places the guest ('placement' is 'auto')";
            r.refuse(&MEMNODE_AUTO, first.pos(), message);
            return;
        }
        let numa = el.parent().and_then(|domain| domain.child("cpu")).and_then(|cpu| cpu.child("numa"));
        let cells = numa.map_or(0, |numa| numa.children("cell").count());
        if cells == 0 {
            let message = "element 'memnode' is for a guest NUMA cell, and there are none";
            r.refuse(&MEMNODE_NO_CELLS, first.pos(), message);
            return;
        }
        let restrictive = self.memory.as_ref().and_then(|m| m.mode) == Some(NumaMode::Restrictive);
        let mut seen = BTreeSet::new();
        for node in &self.nodes {
            if node.cell as usize >= cells {
                let message = format!(
                    "attribute 'cellid' of element 'memnode' is '{}', there is no such cell",
                    node.cell
                );
                r.refuse(&MEMNODE_CELL, node.pos.attr("cellid"), message);
            } else if !seen.insert(node.cell) {
                let message =
                    format!("there is more than one element 'memnode' for the cell '{}'", node.cell);
                r.refuse(&MEMNODE_DOUBLE, node.pos, message);
            }
            if restrictive && node.mode != Some(NumaMode::Restrictive) {
                let message =
                    "element 'memnode' has to have the mode 'restrictive' as element 'memory' has it";
                r.refuse(&MEMNODE_RESTRICTIVE, node.pos.attr("mode"), message);
            }
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

    /// What is said of one cell alone. The nodes have to be in the order of their cells, as completing puts them.
    pub fn node(&self, cell: u32) -> Option<&MemNode> {
        let at = self.nodes.binary_search_by_key(&cell, |node| node.cell).ok()?;
        self.nodes.get(at)
    }

    /// The mode for a cell, or for all of the guest; `None` where nothing is said.
    pub fn mode(&self, cell: Option<u32>) -> Option<NumaMode> {
        let memory = || self.memory.as_ref().map(|memory| memory.mode.unwrap_or(NumaMode::Strict));
        match cell.and_then(|cell| self.node(cell)) {
            Some(node) => Some(node.mode.unwrap_or(NumaMode::Strict)),
            None => memory(),
        }
    }

    /// Whether numad chooses the nodes.
    pub fn is_auto(&self) -> bool {
        self.memory.as_ref().is_some_and(|memory| memory.placement == Some(Placement::Auto))
    }
}

impl Element for MemNode {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let cell = r.required(el, "cellid");
        let mode = r.attr(el, "mode");
        r.required::<String>(el, "nodeset")?;
        let nodeset = r.number_set(Kind::Unsupported, el, "nodeset");
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
