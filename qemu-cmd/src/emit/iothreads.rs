//! `-object iothread`, `-object main-loop`.

use super::context::Emit;
use crate::Props;
use crate::text::{Text, text};

/// Emits I/O threads and the main loop.
pub(crate) fn emit(e: &mut Emit<'_>) {
    let iothreads = &e.domain().tune.iothreads;
    for (index, thread) in iothreads.list.iter().enumerate() {
        if thread.chosen {
            e.at_element("iothreads");
        } else {
            e.at_numbered("iothreadids/iothread", index, thread.pos);
        }
        let mut props = Props::new("qom-type", "iothread").with("id", id(thread.id));
        props.set_opt("thread-pool-min", thread.thread_pool_min);
        props.set_opt("thread-pool-max", thread.thread_pool_max);
        if let Some(poll) = thread.poll {
            props.set_opt("poll-max-ns", poll.max);
            props.set_opt("poll-grow", poll.grow);
            props.set_opt("poll-shrink", poll.shrink);
            props.set_opt("poll-weight", poll.weight);
        }
        e.object(props);
    }
    if let Some(default) = iothreads.default {
        e.at_element("defaultiothread");
        let mut props = Props::new("qom-type", "main-loop").with("id", "main-loop");
        props.set_opt("thread-pool-min", default.thread_pool_min);
        props.set_opt("thread-pool-max", default.thread_pool_max);
        e.object(props);
    }
}

/// The id of an I/O thread in QEMU.
pub(crate) fn id(number: u32) -> Text {
    text!("iothread", number)
}
