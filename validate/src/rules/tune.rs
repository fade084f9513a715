//! Rules on `<iothreadids>` and `<cputune>`.

use virtargv_caps::{Cap, Convention};
use virtargv_model::tune::{CpuTune, Iothreads};
use virtargv_model::{Pos, VirtType};

use crate::{Context, Findings};

virtargv_model::rules! {
    /// The minimum of an I/O thread's pool is at most its maximum, which is at least 1.
    POOL = "iothread-thread-pool": Unsupported, Validate,
        "`<iothread thread_pool_min= thread_pool_max=>`: `thread-pool-min=` and `thread-pool-max=` of QEMU's `iothread`",
        help "set `thread_pool_max=` to 1 or more, and to `thread_pool_min=` or more";
    /// Limits of an I/O thread's pool need a QEMU that has them.
    POOL_SUPPORT = "iothread-thread-pool-support": Unsupported, Validate,
        "`<iothread thread_pool_min= thread_pool_max=>`: `thread-pool-min=` and `thread-pool-max=` of QEMU's `iothread`, new in QEMU 7.1",
        help "remove the attributes, or use QEMU 7.1 or later";
    /// Cache and memory bandwidth allocation needs a domain of type `kvm`.
    CACHES = "cputune-resctrl": Unsupported, Validate,
        "`<cputune><cachetune>` and `<memorytune>`: Linux's resctrl allocates to the threads of vCPUs, which libvirt assigns for KVM only",
        help "use `<domain type='kvm'>`, or remove the elements";
    /// Shares, periods and quotas of CPU time are in the range of control groups.
    RANGE = "cputune-range": Unsupported, Validate,
        "`<cputune>`: `cpu.shares` from 2 to 262144, `cpu.cfs_period_us` from 1000 to 1000000, `cpu.cfs_quota_us` from 1000 to 18446744073709551",
        help "use a value in the range, or remove the element";
}

/// Checks I/O threads and CPU tuning against the rules above.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    let tune = &cx.domain.tune;
    pools(cx, &tune.iothreads, out);
    let caches = tune.cpu.cache_tunes.iter().any(|t| !t.caches.is_empty() || !t.monitors.is_empty());
    let bandwidth = tune.cpu.memory_tunes.iter().any(|t| !t.nodes.is_empty() || !t.monitors.is_empty());
    if (caches || bandwidth) && cx.domain.virt_type != Some(VirtType::Kvm) {
        let element = if caches { "cachetune" } else { "memorytune" };
        let message = format!("element '{element}' needs a domain of type '{}'", VirtType::Kvm);
        out.refuse(&CACHES, tune.cpu.pos.path(element), message);
    }
    ranges(cx, &tune.cpu, out);
}

fn pools(cx: &Context<'_>, iothreads: &Iothreads, out: &mut Findings<'_>) {
    let threads = iothreads.list.iter().map(|t| (t.pos, t.thread_pool_min, t.thread_pool_max));
    let default = iothreads.default.map(|d| (d.pos, d.thread_pool_min, d.thread_pool_max));
    for (pos, min, max) in threads.chain(default) {
        if (min.is_some() || max.is_some()) && !cx.has(Cap::IothreadThreadPoolMax) {
            let message = "'thread_pool_min' and 'thread_pool_max' are not supported by this QEMU";
            out.refuse(&POOL_SUPPORT, pos, message);
        }
        pool(pos, min, max, out);
    }
}

fn pool(pos: Pos, min: Option<u32>, max: Option<u32>, out: &mut Findings<'_>) {
    if max == Some(0) {
        out.refuse(&POOL, pos.attr("thread_pool_max"), "'thread_pool_max' is '0', it must be at least 1");
    } else if let Some(min) = min
        && max.is_none_or(|max| min > max)
    {
        let max = max.map_or_else(|| "not given".to_owned(), |max| format!("'{max}'"));
        let message = format!("'thread_pool_min' is '{min}', but 'thread_pool_max' is {max}");
        out.refuse(&POOL, pos.attr("thread_pool_min"), message);
    }
}

/// The range of a scheduling period, in microseconds.
const PERIOD: (u64, u64) = (1000, 1_000_000);
/// The range of a quota, in microseconds.
const QUOTA: (u64, u64) = (1000, 18_446_744_073_709_551);
/// The range of shares in control groups version 1.
const SHARES: (u64, u64) = (2, 262_144);

fn ranges(cx: &Context<'_>, tune: &CpuTune, out: &mut Findings<'_>) {
    let quota = |quota: Option<i64>| quota.and_then(|quota| u64::try_from(quota).ok());
    let shares = tune.shares.filter(|_| cx.release.has(Convention::CpuSharesLimited));
    let values = [
        ("shares", shares, SHARES),
        ("period", tune.period, PERIOD),
        ("global_period", tune.global_period, PERIOD),
        ("emulator_period", tune.emulator_period, PERIOD),
        ("iothread_period", tune.iothread_period, PERIOD),
        ("quota", quota(tune.quota), QUOTA),
        ("global_quota", quota(tune.global_quota), QUOTA),
        ("emulator_quota", quota(tune.emulator_quota), QUOTA),
        ("iothread_quota", quota(tune.iothread_quota), QUOTA),
    ];
    for (name, value, (least, most)) in values {
        if let Some(value) = value.filter(|value| *value > 0 && !(least..=most).contains(value)) {
            let message =
                format!("element '{name}' of 'cputune' is '{value}', it must be from {least} to {most}");
            out.refuse(&RANGE, tune.pos.path(name), message);
        }
    }
}
