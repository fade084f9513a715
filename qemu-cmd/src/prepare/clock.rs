//! The time with which the guest's RTC starts.

use virtargv_caps::Release;
use virtargv_host::{Fact, Host, HostError};
use virtargv_model::Problem;
use virtargv_model::clock::{Basis, Clock, Offset};

use crate::text::Text;

/// `base=` of `-rtc`: `utc`, `localtime`, or a date and time in UTC.
pub(crate) fn base(host: &dyn Host, clock: &Clock, release: Release) -> Result<Text, Problem> {
    let unknown = |error: HostError| {
        let message = format!("offset `variable` of `<clock>` needs the time of the host: {error}");
        let problem = crate::rules::CLOCK_TIME.problem(release, clock.pos, message);
        Fact::Time.unanswered(&error, problem)
    };
    Ok(match &clock.offset {
        Offset::Utc { .. } => "utc".into(),
        Offset::LocalTime { .. } | Offset::Timezone(_) => "localtime".into(),
        Offset::Variable { adjustment, basis } => {
            let machine = host.machine();
            let now = machine.now().map_err(unknown)?;
            let local = if *basis == Basis::LocalTime { machine.utc_offset().map_err(unknown)? } else { 0 };
            date(now.saturating_add(*adjustment).saturating_add(local)).into()
        }
        Offset::Absolute(start) => date(i64::try_from(*start).unwrap_or(i64::MAX)).into(),
    })
}

/// Seconds since 1970 as an ISO 8601 date and time, in the proleptic Gregorian calendar.
fn date(seconds: i64) -> String {
    let (days, time) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Years begin in March, so that the leap day is the last of a year. An era is 400 years.
    let shifted = i128::from(days) + 719_468;
    let (era, day) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i128::from(month <= 2);
    let (hour, minute, second) = (time / 3600, time / 60 % 60, time % 60);
    format!("{year:04}-{month:02}-{day_of_month:02}T{hour:02}:{minute:02}:{second:02}")
}

#[cfg(test)]
mod tests {
    use super::date;

    #[test]
    fn dates() {
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00"),
            (1_234_567_890, "2009-02-13T23:31:30"),
            (951_782_400, "2000-02-29T00:00:00"),
            (-1, "1969-12-31T23:59:59"),
        ] {
            assert_eq!(date(seconds), expected);
        }
    }
}
