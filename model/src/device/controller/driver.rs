//! `<driver>` of a controller.

use crate::device::virtio::VirtioOptions;
use crate::read::{El, Reader};
use crate::write::Writer;
use crate::{OnOff, Pos};

/// `<driver>` of a controller.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ControllerDriver {
    /// `queues=`: the number of virtqueues (virtio-scsi).
    pub queues: Option<u32>,
    /// `cmd_per_lun=`: the most commands in the queue of a unit (virtio-scsi).
    pub cmd_per_lun: Option<u32>,
    /// `max_sectors=`: the most sectors in a request (virtio-scsi).
    pub max_sectors: Option<u32>,
    /// `ioeventfd=`
    pub ioeventfd: Option<OnOff>,
    /// `iothread=`: the id of the iothread that processes its I/O, from 1.
    pub iothread: Option<u32>,
    /// `<iothreads>`: several iothreads, and the virtqueues of each.
    pub iothreads: Vec<IothreadQueues>,
    /// The options that all virtio devices have.
    pub virtio: VirtioOptions,
}

/// `<iothread>` in `<iothreads>` of a `<driver>`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IothreadQueues {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `id=` of the iothread, from 1.
    pub id: u32,
    /// `<queue id=>`: the virtqueues of the iothread; empty where QEMU distributes them.
    pub queues: Vec<u32>,
}

impl ControllerDriver {
    pub(super) fn read(controller: El<'_>, r: &mut Reader) -> Self {
        let Some(el) = controller.child("driver") else { return Self::default() };
        Self {
            queues: r.attr(el, "queues"),
            cmd_per_lun: r.attr(el, "cmd_per_lun"),
            max_sectors: r.attr(el, "max_sectors"),
            ioeventfd: r.attr(el, "ioeventfd"),
            iothread: r.attr(el, "iothread").filter(|id| *id > 0),
            iothreads: IothreadQueues::read_all(el, r),
            virtio: VirtioOptions::read(el, r),
        }
    }

    pub(super) fn write(&self, w: &mut Writer) {
        if *self == Self::default() {
            return;
        }
        let tag = w
            .element("driver")
            .opt("queues", self.queues)
            .opt("cmd_per_lun", self.cmd_per_lun)
            .opt("max_sectors", self.max_sectors)
            .opt("ioeventfd", self.ioeventfd)
            .opt("iothread", self.iothread);
        self.virtio.write(tag).children(|w| IothreadQueues::write_all(&self.iothreads, w));
    }
}

impl IothreadQueues {
    /// Reads `<iothreads>` in a `<driver>`.
    pub fn read_all(driver: El<'_>, r: &mut Reader) -> Vec<Self> {
        let Some(list) = r.child_since("11.2", driver, "iothreads") else { return Vec::new() };
        let mut threads = Vec::new();
        for el in list.children("iothread") {
            if let Some(id) = r.required(el, "id") {
                let queues = el.children("queue").filter_map(|q| r.required(q, "id")).collect();
                threads.push(Self { pos: el.pos(), id, queues });
            }
        }
        threads
    }

    /// Writes `<iothreads>`, unless there are none.
    pub fn write_all(threads: &[Self], w: &mut Writer) {
        if threads.is_empty() {
            return;
        }
        w.element("iothreads").children(|w| {
            for thread in threads {
                w.element("iothread").attr("id", thread.id).children(|w| {
                    for queue in &thread.queues {
                        w.element("queue").attr("id", queue).empty();
                    }
                });
            }
        });
    }
}
