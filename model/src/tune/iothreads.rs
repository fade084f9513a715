//! `<iothreads>`, `<iothreadids>`, `<defaultiothread>`.

use std::collections::BTreeSet;

use crate::Pos;
use crate::read::{self, El, Element, Reader, attr_place};
use crate::write::Writer;

crate::rules! {
    /// A domain has at most 65536 iothreads.
    IOTHREADS_LIMIT = "iothreads-limit": Unsupported, Read,
        "a limit of this project, which bounds memory and time; each iothread is a thread and an object of QEMU",
        help "lower the number in `<iothreads>`";
    /// No two iothreads have the same id.
    IOTHREAD_ID_TWICE = "iothread-id-twice": Xml, Read,
        "`<iothreadids><iothread id=>` identifies the iothread for disks, controllers and `<iothreadpin>`",
        help "give each `<iothread>` an id of its own";
    /// The id of an iothread is at least 1.
    IOTHREAD_ID_ZERO = "iothread-id-zero": Xml, Read, "`<iothreadids><iothread id=>`: 0 stands for no iothread",
        help "number iothreads from 1";
}

/// The iothreads of QEMU, which process I/O of disks and controllers.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Iothreads {
    /// Place of `<iothreads>` in the text.
    pub pos: Pos,
    /// `<iothreads>`: the number of iothreads.
    pub count: Option<u32>,
    /// `<iothreadids>`: the iothreads with an id in the document; in a completed domain, all iothreads.
    pub list: Vec<Iothread>,
    /// `<defaultiothread>`: the thread pool of QEMU's main loop.
    pub default: Option<DefaultIothread>,
}

/// `<iothreadids><iothread>`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Iothread {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `id=`, from 1.
    pub id: u32,
    /// Whether the id was assigned, and is not in the document.
    pub chosen: bool,
    /// `thread_pool_min=`: the least number of worker threads.
    pub thread_pool_min: Option<u32>,
    /// `thread_pool_max=`: the largest number of worker threads.
    pub thread_pool_max: Option<u32>,
    /// `<poll>`.
    pub poll: Option<Poll>,
}

/// `<poll>`: how long an iothread polls before it sleeps.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Poll {
    /// `max=`: the longest time, in nanoseconds; 0 disables polling.
    pub max: Option<u64>,
    /// `grow=`: the factor by which the time grows; 0 for QEMU's default.
    pub grow: Option<u64>,
    /// `shrink=`: the divisor by which the time shrinks; 0 for QEMU's default.
    pub shrink: Option<u64>,
    /// `weight=`: the binary logarithm of how little the last event counts for the time, 0 to 63.
    pub weight: Option<u32>,
}

/// `<defaultiothread>`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct DefaultIothread {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `thread_pool_min=`: the least number of worker threads.
    pub thread_pool_min: Option<u32>,
    /// `thread_pool_max=`: the largest number of worker threads.
    pub thread_pool_max: Option<u32>,
}

impl Iothreads {
    /// The most iothreads of a domain.
    pub const LIMIT: u32 = 65536;

    pub(crate) fn read(domain: El<'_>, r: &mut Reader) -> Self {
        let count = domain.child("iothreads");
        let iothreads = Self {
            pos: count.map(El::pos).unwrap_or_default(),
            count: count.and_then(|e| r.text(e)),
            list: domain.child("iothreadids").map(|e| read::all(e, "iothread", r)).unwrap_or_default(),
            default: r
                .child_since("8.5", domain, "defaultiothread")
                .map(|e| DefaultIothread {
                    pos: e.pos(),
                    thread_pool_min: r.attr(e, "thread_pool_min"),
                    thread_pool_max: r.attr(e, "thread_pool_max"),
                })
                .filter(|d| d.thread_pool_min.is_some() || d.thread_pool_max.is_some()),
        };
        if iothreads.count() > Self::LIMIT {
            let message = format!("`<iothreads>` is `{}`, the limit is `{}`", iothreads.count(), Self::LIMIT);
            r.refuse(&IOTHREADS_LIMIT, iothreads.pos, message);
        }
        let mut ids: Vec<(u32, Pos)> = iothreads.list.iter().map(|thread| (thread.id, thread.pos)).collect();
        ids.sort_by_key(|(id, _)| *id);
        for pair in ids.windows(2) {
            if let [(id, first), (again, pos)] = pair
                && id == again
            {
                let message = format!("there is more than one iothread with the id `{id}`");
                let message = crate::Message::new(message).with_first(first.attr("id"));
                r.refuse(&IOTHREAD_ID_TWICE, pos.attr("id"), message);
            }
        }
        iothreads
    }

    pub(crate) fn write(&self, w: &mut Writer) {
        w.opt_text_element("iothreads", self.count);
        if self.list.iter().any(|thread| !thread.chosen) {
            w.element("iothreadids").children(|w| read::write_all(&self.list, w));
        }
        if let Some(default) = &self.default {
            w.element("defaultiothread")
                .opt("thread_pool_min", default.thread_pool_min)
                .opt("thread_pool_max", default.thread_pool_max)
                .empty();
        }
    }

    /// The number of iothreads.
    pub fn count(&self) -> u32 {
        self.count.unwrap_or(0).max(u32::try_from(self.list.len()).unwrap_or(u32::MAX))
    }

    /// All iothreads: those with an id in the document, then the others, with the lowest free ids. At most
    /// [`Iothreads::LIMIT`] are added.
    pub fn complete(&self) -> Vec<Iothread> {
        let mut all = self.list.clone();
        let taken: BTreeSet<u32> = all.iter().map(|thread| thread.id).collect();
        let missing = (self.count() as usize).saturating_sub(all.len()).min(Self::LIMIT as usize);
        let free = (1..=u32::MAX).filter(|id| !taken.contains(id)).take(missing);
        all.extend(free.map(|id| Iothread { id, chosen: true, ..Iothread::default() }));
        all
    }
}

impl Element for Iothread {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let id: u32 = r.required(el, "id")?;
        if id == 0 {
            let message = "`id` of `<iothread>` is `0`, expected 1 or more";
            r.refuse(&IOTHREAD_ID_ZERO, attr_place(el, "id"), message);
            return None;
        }
        Some(Self {
            pos: el.pos(),
            id,
            chosen: false,
            thread_pool_min: r.attr_since("8.5", el, "thread_pool_min"),
            thread_pool_max: r.attr_since("8.5", el, "thread_pool_max"),
            poll: r
                .child_since("9.4", el, "poll")
                .map(|poll| Poll {
                    max: r.attr(poll, "max"),
                    grow: r.attr(poll, "grow"),
                    shrink: r.attr(poll, "shrink"),
                    weight: r.attr_since("12.7", poll, "weight"),
                })
                .filter(|poll| *poll != Poll::default()),
        })
    }

    fn write(&self, w: &mut Writer) {
        w.element("iothread")
            .attr("id", self.id)
            .opt("thread_pool_min", self.thread_pool_min)
            .opt("thread_pool_max", self.thread_pool_max)
            .children(|w| {
                if let Some(poll) = self.poll {
                    w.element("poll")
                        .opt("max", poll.max)
                        .opt("grow", poll.grow)
                        .opt("shrink", poll.shrink)
                        .opt("weight", poll.weight)
                        .empty();
                }
            });
    }
}
