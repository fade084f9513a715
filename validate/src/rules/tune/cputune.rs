//! Rules on `<cputune>`.

use virtargv_model::tune::CpuTune;

use crate::Findings;

virtargv_model::rules! {
    /// The shares of CPU time are in the range of control groups of version 1.
    SHARES_RANGE = "cputune-shares-range": Unsupported, Validate,
        "`<cputune><shares>`: `cpu.shares` from 2 to 262144; `cpu.weight` of version 2 has another range",
        help "use a value in the range, or remove the element", until "9.1";
    /// Periods and quotas of CPU time are in the range of control groups.
    RANGE = "cputune-range": Unsupported, Validate,
        "`<cputune>`: `cpu.cfs_period_us` from 1000 to 1000000, `cpu.cfs_quota_us` from 1000 to 18446744073709551",
        help "use a value in the range, or remove the element";
}

/// The range of a scheduling period, in microseconds.
const PERIOD: (u64, u64) = (1000, 1_000_000);
/// The range of a quota, in microseconds.
const QUOTA: (u64, u64) = (1000, 18_446_744_073_709_551);
/// The range of shares in control groups version 1.
const SHARES: (u64, u64) = (2, 262_144);

/// Checks shares, periods and quotas against the rules above.
pub(super) fn check(tune: &CpuTune, out: &mut Findings<'_>) {
    let quota = |quota: Option<i64>| quota.and_then(|quota| u64::try_from(quota).ok());
    let values = [
        (&SHARES_RANGE, "shares", tune.shares, SHARES),
        (&RANGE, "period", tune.period, PERIOD),
        (&RANGE, "global_period", tune.global_period, PERIOD),
        (&RANGE, "emulator_period", tune.emulator_period, PERIOD),
        (&RANGE, "iothread_period", tune.iothread_period, PERIOD),
        (&RANGE, "quota", quota(tune.quota), QUOTA),
        (&RANGE, "global_quota", quota(tune.global_quota), QUOTA),
        (&RANGE, "emulator_quota", quota(tune.emulator_quota), QUOTA),
        (&RANGE, "iothread_quota", quota(tune.iothread_quota), QUOTA),
    ];
    for (rule, name, value, (least, most)) in values {
        if let Some(value) = value.filter(|value| *value > 0 && !(least..=most).contains(value)) {
            let message = format!("`<{name}>` of `cputune` is `{value}`, it must be from {least} to {most}");
            out.refuse(rule, tune.pos.path(name), message);
        }
    }
}
