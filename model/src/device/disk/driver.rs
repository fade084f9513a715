//! `<driver>` of a disk.

use std::num::NonZeroU32;

use super::statistics::Statistics;
use crate::device::storage::{Image, read_metadata_cache, write_metadata_cache};
use crate::device::virtio::VirtioOptions;
use crate::read::{El, Reader, UNSUPPORTED_BEFORE_9_0};
use crate::write::Writer;
use crate::{Class, OnOff, Pos, Spelled};

crate::rules! {
    /// The error policy for reads is not `enospace`.
    DISK_RERROR_POLICY = "disk-rerror-policy": Unsupported, Read,
        "`<driver rerror_policy=>`: only writes can run out of space",
        help "use `stop`, `report` or `ignore`";
}

spelled! {
    /// `cache=`: how the host caches the image.
    pub enum CacheMode {
        /// The host's page cache is bypassed; flushes of the guest are passed on.
        None = "none",
        /// Reads are cached; every write is flushed.
        Writethrough = "writethrough",
        /// Reads and writes are cached; flushes of the guest are passed on.
        Writeback = "writeback",
        /// The host's page cache is bypassed; every write is flushed.
        Directsync = "directsync",
        /// Reads and writes are cached; flushes of the guest are ignored.
        Unsafe = "unsafe",
    }
}

spelled! {
    /// `error_policy=`, `rerror_policy=`: what happens on an I/O error.
    pub enum ErrorPolicy {
        /// The guest is paused.
        Stop = "stop",
        /// The error is reported to the guest.
        Report = "report",
        /// The error is ignored.
        Ignore = "ignore",
        /// The guest is paused where the host has no space left, else the error is reported to the guest.
        Enospace = "enospace",
    }
}

spelled! {
    /// `io=`: how QEMU performs I/O on the host.
    pub enum IoMode {
        /// Linux native asynchronous I/O.
        Native = "native",
        /// A pool of threads.
        Threads = "threads",
        /// Linux io_uring.
        IoUring = "io_uring",
    }
}

spelled! {
    /// `discard=`: whether discard requests of the guest are passed on.
    pub enum Discard {
        /// They are passed to the image.
        Unmap = "unmap",
        /// They are ignored.
        Ignore = "ignore",
    }
}

spelled! {
    /// `detect_zeroes=`: how writes of zeroes are handled.
    pub enum DetectZeroes {
        /// As other writes.
        Off = "off",
        /// As efficient zero writes, which may not allocate space.
        On = "on",
        /// The blocks are discarded, where `discard='unmap'` allows it.
        Unmap = "unmap",
    }
}

/// `<iothread>` of `<iothreads>`: an iothread and its virtqueues.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IothreadMap {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `id=` of the iothread, from 1.
    pub id: u32,
    /// `<queue id=>`: the virtqueues; empty where QEMU distributes them.
    pub queues: Vec<u32>,
}

impl IothreadMap {
    /// Reads the `<iothreads>` child of a `<driver>`.
    pub fn read_all(driver: El<'_>, r: &mut Reader) -> Vec<Self> {
        let Some(list) = r.child_since("10.0", driver, "iothreads") else { return Vec::new() };
        let mut maps = Vec::new();
        for el in list.children("iothread") {
            let id: Option<u32> = r.required(el, "id");
            let queues = el.children("queue").filter_map(|q| r.required(q, "id")).collect();
            maps.extend(id.map(|id| Self { pos: el.pos(), id, queues }));
        }
        maps
    }

    /// Writes `<iothreads>`, unless there are none.
    pub fn write_all(maps: &[Self], w: &mut Writer) {
        if maps.is_empty() {
            return;
        }
        w.element("iothreads").children(|w| {
            for map in maps {
                w.element("iothread").attr("id", map.id).children(|w| {
                    for queue in &map.queues {
                        w.element("queue").attr("id", queue).empty();
                    }
                });
            }
        });
    }
}

/// `<driver>` of a disk. [`Image`] has the format and the metadata cache.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DiskDriver {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `name=`: the driver, `qemu`.
    pub name: Option<String>,
    /// `cache=`
    pub cache: Option<CacheMode>,
    /// `error_policy=`, for writes, and for reads without `rerror_policy=`.
    pub error_policy: Option<ErrorPolicy>,
    /// `rerror_policy=`, for reads.
    pub rerror_policy: Option<ErrorPolicy>,
    /// `io=`
    pub io: Option<IoMode>,
    /// `ioeventfd=`
    pub ioeventfd: Option<OnOff>,
    /// `event_idx=`
    pub event_idx: Option<OnOff>,
    /// `copy_on_read=`: whether data read from the backing chain is copied into the image.
    pub copy_on_read: Option<OnOff>,
    /// `discard=`
    pub discard: Option<Discard>,
    /// `iothread=`: the id of the iothread that processes the I/O, from 1.
    pub iothread: Option<u32>,
    /// `<iothreads>`: several iothreads, and the virtqueues of each.
    pub iothreads: Vec<IothreadMap>,
    /// `detect_zeroes=`
    pub detect_zeroes: Option<DetectZeroes>,
    /// `queues=`: the number of virtqueues.
    pub queues: Option<u32>,
    /// `queue_size=`: the number of entries of each virtqueue.
    pub queue_size: Option<u32>,
    /// `discard_no_unref=`: whether discarded clusters of a qcow2 image stay allocated.
    pub discard_no_unref: Option<OnOff>,
    /// `<statistics>`: what QEMU collects besides the common counters.
    pub statistics: Option<Box<Statistics>>,
    /// `iommu=`, `ats=`, `packed=`, `page_per_vq=`
    pub virtio: VirtioOptions,
}

impl DiskDriver {
    pub(super) fn read(el: El<'_>, image: &mut Image, r: &mut Reader) -> Self {
        // Unlike other attributes, `cache=` may be `default`, which is the same as no attribute.
        let cache = r.attr_unless(UNSUPPORTED_BEFORE_9_0, el, "cache", "default");
        let error_policy = r.attr_as(UNSUPPORTED_BEFORE_9_0, el, "error_policy");
        let rerror_policy: Option<ErrorPolicy> = r.attr_as(UNSUPPORTED_BEFORE_9_0, el, "rerror_policy");
        if rerror_policy == Some(ErrorPolicy::Enospace) {
            let message = "`rerror_policy` of `<driver>` is `enospace`, which only writes can have";
            r.refuse(&DISK_RERROR_POLICY, el.pos().attr("rerror_policy"), message);
        }
        let driver = Self {
            pos: el.pos(),
            name: el.string("name"),
            cache,
            error_policy,
            rerror_policy,
            io: r.attr_as(UNSUPPORTED_BEFORE_9_0, el, "io"),
            ioeventfd: r.attr_as(UNSUPPORTED_BEFORE_9_0, el, "ioeventfd"),
            event_idx: r.attr_as(UNSUPPORTED_BEFORE_9_0, el, "event_idx"),
            copy_on_read: r.attr_as(UNSUPPORTED_BEFORE_9_0, el, "copy_on_read"),
            discard: r.attr_as(UNSUPPORTED_BEFORE_9_0, el, "discard"),
            iothread: r.attr(el, "iothread").map(NonZeroU32::get),
            detect_zeroes: r.attr_as(UNSUPPORTED_BEFORE_9_0, el, "detect_zeroes"),
            discard_no_unref: r.attr_since("9.5", el, "discard_no_unref"),
            queues: r.attr(el, "queues"),
            queue_size: r.attr_since("7.8", el, "queue_size"),
            iothreads: IothreadMap::read_all(el, r),
            statistics: Statistics::read(el, r),
            virtio: VirtioOptions::read(el, r),
        };
        image.format = match el.get("type") {
            // An earlier word of Xen for raw images.
            Some("aio") => Some(crate::device::storage::ImageFormat::Raw),
            _ => r.attr_as(Class::Unsupported, el, "type"),
        };
        image.metadata_cache = read_metadata_cache(el, r);
        driver
    }

    pub(super) fn write(&self, image: &Image, w: &mut Writer) {
        let tag = w
            .element("driver")
            .opt("name", self.name.as_ref())
            .opt("type", image.format.map(Spelled::as_str))
            .opt("cache", self.cache)
            .opt("error_policy", self.error_policy)
            .opt("rerror_policy", self.rerror_policy)
            .opt("io", self.io)
            .opt("ioeventfd", self.ioeventfd)
            .opt("event_idx", self.event_idx)
            .opt("copy_on_read", self.copy_on_read)
            .opt("discard", self.discard)
            .opt("iothread", self.iothread)
            .opt("detect_zeroes", self.detect_zeroes)
            .opt("queues", self.queues)
            .opt("queue_size", self.queue_size)
            .opt("discard_no_unref", self.discard_no_unref);
        self.virtio.write(tag).children_or_nothing(|w| {
            write_metadata_cache(image.metadata_cache, w);
            IothreadMap::write_all(&self.iothreads, w);
            if let Some(statistics) = &self.statistics {
                statistics.write(w);
            }
        });
    }
}
