//! `<idmap>`: the user and group ids of the host for those of a guest or container.

use crate::read::{self, El, Element, Reader};
use crate::write::Writer;

/// `<uid>` or `<gid>`: a range of ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct IdRange {
    /// `start=`: the first id in the guest.
    pub start: u32,
    /// `target=`: the first id on the host.
    pub target: u32,
    /// `count=`: the number of ids.
    pub count: u32,
}

/// `<idmap>`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IdMap {
    /// `<uid>`: ranges of user ids.
    pub users: Vec<IdRange>,
    /// `<gid>`: ranges of group ids.
    pub groups: Vec<IdRange>,
}

/// A range, whose element is called `uid` or `gid`.
struct Named(IdRange);

impl Element for Named {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let mut number = |name| r.required(el, name).unwrap_or_default();
        Some(Self(IdRange { start: number("start"), target: number("target"), count: number("count") }))
    }

    fn write(&self, _: &mut Writer) {}
}

impl Element for IdMap {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let mut ranges = |name| read::all::<Named>(el, name, r).into_iter().map(|n| n.0).collect();
        let map = Self { users: ranges("uid"), groups: ranges("gid") };
        (map != Self::default()).then_some(map)
    }

    fn write(&self, w: &mut Writer) {
        w.element("idmap").children_or_nothing(|w| {
            for (name, ranges) in [("uid", &self.users), ("gid", &self.groups)] {
                for range in ranges {
                    w.element(name)
                        .attr("start", range.start)
                        .attr("target", range.target)
                        .attr("count", range.count)
                        .empty();
                }
            }
        });
    }
}
