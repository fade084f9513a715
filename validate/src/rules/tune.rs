//! Rules on the tuning elements.

use virtargv_model::Pos;

use crate::{Context, Findings};

crate::rules! {
    /// A pool of threads has at most as many as it may have.
    POOL = "iothread-thread-pool": Unsupported, Validate, "QEMU: thread-pool-min of iothread";
}

/// Holds them.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    let iothreads = &cx.domain.tune.iothreads;
    for thread in &iothreads.list {
        pool(thread.pos, thread.thread_pool_min, thread.thread_pool_max, out);
    }
    if let Some(default) = iothreads.default {
        pool(default.pos, default.thread_pool_min, default.thread_pool_max, out);
    }
}

fn pool(pos: Pos, min: Option<u32>, max: Option<u32>, out: &mut Findings<'_>) {
    if let (Some(min), Some(max)) = (min, max)
        && min > max
    {
        let message = format!("'thread_pool_min' is '{min}', more than 'thread_pool_max', which is '{max}'");
        out.refuse(&POOL, pos.attr("thread_pool_min"), message);
    }
}
