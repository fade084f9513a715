//! Rules on the tuning elements.

use virtargv_caps::{Cap, Convention};
use virtargv_model::tune::{CpuTune, Iothreads};
use virtargv_model::{Pos, VirtType};

use crate::{Context, Findings};

crate::rules! {
    /// A pool of threads has at most as many as it may have, and may have one.
    POOL = "iothread-thread-pool": Unsupported, Validate, "QEMU: thread-pool-min of iothread";
    /// Pools of threads need a QEMU that has them.
    POOL_SUPPORT = "iothread-thread-pool-support": Unsupported, Validate, "QEMU: thread-pool-max of iothread";
    /// Parts of the host's caches are given to KVM guests only.
    CACHES = "cputune-resctrl": Unsupported, Validate, "resctrl knows the threads of vCPUs";
    /// Shares, periods and quotas have the ranges of control groups.
    RANGE = "cputune-range": Unsupported, Validate, "control groups: cpu.shares, cpu.cfs_period_us, cpu.cfs_quota_us";
    /// I/O threads need a QEMU that has them.
    IOTHREADS = "iothread-missing": Unsupported, Build, "QEMU: object iothread";
}

/// Holds them.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    let tune = &cx.domain.tune;
    if cx.guest.release.has(Convention::IothreadTuning) {
        pools(cx, &tune.iothreads, out);
    }
    let caches = tune.cpu.cache_tunes.iter().any(|t| !t.caches.is_empty() || !t.monitors.is_empty());
    let bandwidth = tune.cpu.memory_tunes.iter().any(|t| !t.nodes.is_empty() || !t.monitors.is_empty());
    if (caches || bandwidth) && cx.domain.virt_type != Some(VirtType::Kvm) {
        let element = if caches { "cachetune" } else { "memorytune" };
        let message = format!("element '{element}' is for domains of type '{}'", VirtType::Kvm);
        out.refuse(&CACHES, tune.cpu.pos.path(element), message);
    }
    ranges(cx, &tune.cpu, out);
}

fn pools(cx: &Context<'_>, iothreads: &Iothreads, out: &mut Findings<'_>) {
    let threads = iothreads.list.iter().map(|t| (t.pos, t.thread_pool_min, t.thread_pool_max));
    let default = iothreads.default.map(|d| (d.pos, d.thread_pool_min, d.thread_pool_max));
    for (pos, min, max) in threads.chain(default) {
        if (min.is_some() || max.is_some()) && !cx.has(Cap::IothreadThreadPoolMax) {
            let message = "this QEMU knows no 'thread_pool_min' and 'thread_pool_max'";
            out.refuse(&POOL_SUPPORT, pos, message);
        }
        pool(pos, min, max, out);
    }
}

fn pool(pos: Pos, min: Option<u32>, max: Option<u32>, out: &mut Findings<'_>) {
    if max == Some(0) {
        out.refuse(&POOL, pos.attr("thread_pool_max"), "'thread_pool_max' is '0', it counts from 1");
    } else if let Some(min) = min
        && max.is_none_or(|max| min > max)
    {
        let max = max.map_or_else(|| "not there".to_owned(), |max| format!("'{max}'"));
        let message = format!("'thread_pool_min' is '{min}', but 'thread_pool_max' is {max}");
        out.refuse(&POOL, pos.attr("thread_pool_min"), message);
    }
}

/// Microseconds a scheduling period can have.
const PERIOD: (u64, u64) = (1000, 1_000_000);
/// Microseconds a quota can have.
const QUOTA: (u64, u64) = (1000, 18_446_744_073_709_551);
/// Shares of the first version of control groups.
const SHARES: (u64, u64) = (2, 262_144);

fn ranges(cx: &Context<'_>, tune: &CpuTune, out: &mut Findings<'_>) {
    let quota = |quota: Option<i64>| quota.and_then(|quota| u64::try_from(quota).ok());
    let shares = tune.shares.filter(|_| cx.guest.release.has(Convention::CpuSharesLimited));
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
                format!("element '{name}' of 'cputune' is '{value}', it goes from {least} to {most}");
            out.refuse(&RANGE, tune.pos.path(name), message);
        }
    }
}

/// Holds what is only found while the line is built.
pub(crate) fn build(cx: &Context<'_>, out: &mut Findings<'_>) {
    let iothreads = &cx.domain.tune.iothreads;
    if !iothreads.list.is_empty() && !cx.has(Cap::ObjectIothread) {
        out.refuse(&IOTHREADS, iothreads.pos, "this QEMU has no object 'iothread'");
    }
}
