//! Rules on the thread pools of `<iothreadids>`.

use virtargv_caps::Cap;
use virtargv_model::Pos;
use virtargv_model::tune::Iothreads;

use crate::{Context, Findings};

virtargv_model::rules! {
    /// I/O threads need a QEMU that has them.
    MISSING = "iothread-missing": Unsupported, Build,
        "`<iothreads>` and `<iothreadids>`: `-object iothread`",
        help "remove the I/O threads, or use a QEMU that has the object";
    /// The minimum of an I/O thread's pool is at most its maximum, which is at least 1.
    POOL = "iothread-thread-pool": Unsupported, Validate,
        "`<iothread thread_pool_min= thread_pool_max=>`: `thread-pool-min=` and `thread-pool-max=` of QEMU's `iothread`",
        help "set `thread_pool_max=` to 1 or more, and to `thread_pool_min=` or more";
    /// Limits of an I/O thread's pool need a QEMU that has them.
    POOL_SUPPORT = "iothread-thread-pool-support": Unsupported, Validate,
        "`<iothread thread_pool_min= thread_pool_max=>`: `thread-pool-min=` and `thread-pool-max=` of QEMU's `iothread`, new in QEMU 7.1",
        help "remove the attributes, or use QEMU 7.1 or later";
    /// The weight of polling is at most 63.
    WEIGHT = "iothread-poll-weight": Unsupported, Validate,
        "`<iothread><poll weight=>`: `poll-weight=` of QEMU's `iothread` is a shift of 64-bit numbers",
        help "set `weight=` to a value from 0 to 63", since "12.7";
    /// The weight of polling needs a QEMU that has it.
    WEIGHT_SUPPORT = "iothread-poll-weight-support": Unsupported, Validate,
        "`<iothread><poll weight=>`: `poll-weight=` of QEMU's `iothread`",
        help "remove `weight=`, or use a QEMU that has it", since "12.7";
}

/// The largest weight of polling.
const MOST_WEIGHT: u32 = 63;

/// Checks the thread pools against the rules above.
pub(super) fn check(cx: &Context<'_>, iothreads: &Iothreads, out: &mut Findings<'_>) {
    let threads = iothreads.list.iter().map(|t| (t.pos, t.thread_pool_min, t.thread_pool_max));
    let default = iothreads.default.map(|d| (d.pos, d.thread_pool_min, d.thread_pool_max));
    for (pos, min, max) in threads.chain(default) {
        if (min.is_some() || max.is_some()) && !cx.has(Cap::IothreadThreadPoolMax) {
            let message = "`thread_pool_min` and `thread_pool_max` are not supported by this QEMU";
            out.refuse(&POOL_SUPPORT, pos, message);
        }
        pool(pos, min, max, out);
    }
    for thread in &iothreads.list {
        let Some(weight) = thread.poll.and_then(|poll| poll.weight) else { continue };
        let place = || thread.pos.path("poll/@weight");
        if weight > MOST_WEIGHT {
            let message =
                format!("the poll weight of iothread `{}` is `{weight}`, over `{MOST_WEIGHT}`", thread.id);
            out.refuse(&WEIGHT, place(), message);
        }
        if !cx.has(Cap::IothreadPollWeight) {
            out.refuse(&WEIGHT_SUPPORT, place(), "`weight` of `poll` is not supported by this QEMU");
        }
    }
}

fn pool(pos: Pos, min: Option<u32>, max: Option<u32>, out: &mut Findings<'_>) {
    if max == Some(0) {
        out.refuse(&POOL, pos.attr("thread_pool_max"), "`thread_pool_max` is `0`, it must be at least 1");
    } else if let Some(min) = min
        && max.is_none_or(|max| min > max)
    {
        let max = max.map_or_else(|| "not given".to_owned(), |max| format!("`{max}`"));
        let message = format!("`thread_pool_min` is `{min}`, but `thread_pool_max` is {max}");
        out.refuse(&POOL, pos.attr("thread_pool_min"), message);
    }
}

/// Checks what libvirt finds only when it builds the command line.
pub(crate) fn build(cx: &Context<'_>, out: &mut Findings<'_>) {
    let iothreads = &cx.domain.tune.iothreads;
    if !iothreads.list.is_empty() && !cx.has(Cap::ObjectIothread) {
        out.refuse(&MISSING, iothreads.pos, "object `iothread` is not supported by this QEMU");
    }
}
