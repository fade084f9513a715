//! `-object iothread`, `-object main-loop`.

use virtargv_caps::{Cap, Convention};
use virtargv_model::Kind;

use crate::Props;
use crate::emit::{Done, Emit, problem};

/// Emits iothreads.
pub(crate) fn emit(e: &mut Emit<'_>) -> Done {
    let iothreads = &e.domain().tune.iothreads;
    let tunable = e.release().has(Convention::IothreadTuning);
    if !iothreads.list.is_empty() && !e.has(Cap::ObjectIothread) {
        let message = "this QEMU has no object 'iothread'";
        return Err(problem(Kind::Unsupported, "iothread-missing", iothreads.pos, message));
    }
    for thread in &iothreads.list {
        let mut props = Props::new("qom-type", "iothread").with("id", id(thread.id));
        if tunable {
            props.set_opt("thread-pool-min", thread.thread_pool_min);
            props.set_opt("thread-pool-max", thread.thread_pool_max);
            let poll = thread.poll.unwrap_or_default();
            props.set_opt("poll-max-ns", poll.max);
            props.set_opt("poll-grow", poll.grow);
            props.set_opt("poll-shrink", poll.shrink);
        }
        e.object(&props);
    }
    if let Some(default) = iothreads.default.filter(|_| tunable) {
        let mut props = Props::new("qom-type", "main-loop").with("id", "main-loop");
        props.set_opt("thread-pool-min", default.thread_pool_min);
        props.set_opt("thread-pool-max", default.thread_pool_max);
        e.object(&props);
    }
    Ok(())
}

/// The id of an iothread in QEMU.
pub(crate) fn id(number: u32) -> String {
    format!("iothread{number}")
}
