//! Names of dated copies, and which of them may go.

use std::collections::BTreeSet;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
const DAILY: usize = 7;
const WEEKLY: usize = 5;
const MONTHLY: usize = 12;

/// The dates of copies that are not needed: kept are the newest of each of the last 7 days, 5 weeks and 12 months of
/// which there is a copy.
pub fn superfluous(dates: &[i64]) -> BTreeSet<i64> {
    let newest_first: BTreeSet<i64> = dates.iter().map(|date| -date).collect();
    let newest_of = |period: fn(i64) -> i64, count: usize| {
        let mut seen = BTreeSet::new();
        let firsts =
            newest_first.iter().map(|date| -date).filter(move |date| seen.insert(period(*date)));
        firsts.take(count).collect::<Vec<_>>()
    };
    let mut remove: BTreeSet<i64> = dates.iter().copied().collect();
    for kept in [newest_of(day, DAILY), newest_of(week, WEEKLY), newest_of(month, MONTHLY)].concat()
    {
        remove.remove(&kept);
    }
    remove
}

fn day(date: i64) -> i64 {
    date.div_euclid(DAY_MS)
}

fn week(date: i64) -> i64 {
    // Day 0 of 1970 was a Thursday.
    (day(date) + 3).div_euclid(7)
}

fn month(date: i64) -> i64 {
    let (year, month, _) = civil_from_days(day(date));
    year * 12 + month
}

/// `library-20261125-060000-000.sqlite`, in UTC.
pub fn name_of_date(date: i64) -> String {
    let (year, month, day_of_month) = civil_from_days(day(date));
    let time = date.rem_euclid(DAY_MS);
    let (hour, minute, second) = (time / 3_600_000, time / 60_000 % 60, time / 1000 % 60);
    format!(
        "library-{year:04}{month:02}{day_of_month:02}-{hour:02}{minute:02}{second:02}-{:03}.sqlite",
        time % 1000
    )
}

/// The date in a name made by [`name_of_date`].
pub fn date_of_name(name: &str) -> Option<i64> {
    let stamp = name.strip_prefix("library-")?.strip_suffix(".sqlite")?;
    let parts: Vec<&str> = stamp.split('-').collect();
    let [date, time, milliseconds] = parts[..] else {
        return None;
    };
    let digits = |text: &str, length: usize| -> Option<i64> {
        (text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| text.parse().ok())?
    };
    let (date, time) = (digits(date, 8)?, digits(time, 6)?);
    let days = days_from_civil(date / 10_000, date / 100 % 100, date % 100);
    let seconds = time / 10_000 * 3600 + time / 100 % 100 * 60 + time % 100;
    Some(days * DAY_MS + seconds * 1000 + digits(milliseconds, 3)?)
}

/// Year, month and day of a day number since 1970, after Howard Hinnant, "chrono-Compatible Low-Level Date
/// Algorithms": years begin in March, so that the leap day is the last.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// The day number of a date; see [`civil_from_days`].
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let shifted_month = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * shifted_month + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_dates() {
        // date -u -d @1795585530 says Wed Nov 25 05:45:30 UTC 2026; 2000-02-29 was day 11016.
        assert_eq!(name_of_date(1_795_585_530_123), "library-20261125-054530-123.sqlite");
        assert_eq!(name_of_date(11_016 * DAY_MS), "library-20000229-000000-000.sqlite");
        assert_eq!(name_of_date(0), "library-19700101-000000-000.sqlite");
        for date in [0, 1, 11_016 * DAY_MS, 1_795_585_530_123, 4_102_444_799_999] {
            assert_eq!(date_of_name(&name_of_date(date)), Some(date));
        }
        for name in ["library-2026-1-1.sqlite", "partial", "library-20261125-054530-12x.sqlite", ""]
        {
            assert_eq!(date_of_name(name), None, "{name}");
        }
    }

    #[test]
    fn daily_weekly_and_monthly_copies_stay() {
        // Four copies a day for two years, made and thinned as time goes by.
        let mut kept: Vec<i64> = Vec::new();
        let quarter = DAY_MS / 4;
        for date in (0..730 * 4).map(|index| index * quarter) {
            kept.push(date);
            let remove = superfluous(&kept);
            kept.retain(|date| !remove.contains(date));
        }
        let last = 729 * DAY_MS + 3 * quarter;
        let ages: Vec<i64> = kept.iter().rev().map(|date| (last - date) / DAY_MS).collect();
        assert_eq!(ages[..7], [0, 1, 2, 3, 4, 5, 6]);
        assert!(kept.len() <= DAILY + WEEKLY + MONTHLY, "{}", kept.len());
        assert!((330..=366).contains(ages.last().expect("the oldest")), "{ages:?}");
        let weeks: BTreeSet<i64> = kept.iter().map(|date| week(*date)).collect();
        assert!(weeks.len() >= 5);
    }

    #[test]
    fn few_copies_all_stay() {
        assert!(superfluous(&[]).is_empty());
        assert!(superfluous(&[0, DAY_MS, 2 * DAY_MS]).is_empty());
        assert_eq!(superfluous(&[0, 1]), BTreeSet::from([0]));
    }
}
