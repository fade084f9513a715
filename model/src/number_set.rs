//! Sets of CPUs or NUMA nodes (`0-3,^2,7`).

use std::fmt;

use crate::read::Value;

/// A set of CPUs, NUMA nodes or iothreads. It is kept as ranges, so that its size does not depend on the numbers in it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Hash)]
pub struct NumberSet {
    /// First and last number of each range: ascending, with a gap between any two.
    runs: Vec<(u32, u32)>,
}

impl NumberSet {
    /// The limit of numbers in a document: they are below it.
    pub const LIMIT: u32 = 16384;

    /// The empty set.
    pub const fn new() -> Self {
        Self { runs: Vec::new() }
    }

    /// Adds the numbers from `first` to `last`.
    pub fn insert(&mut self, first: u32, last: u32) {
        if first > last {
            return;
        }
        let start = self.runs.partition_point(|run| run.1.saturating_add(1) < first);
        let end = self.runs.partition_point(|run| run.0 <= last.saturating_add(1));
        let joined = self.runs.get(start..end).unwrap_or_default();
        let low = joined.first().map_or(first, |run| run.0.min(first));
        let high = joined.last().map_or(last, |run| run.1.max(last));
        self.runs.splice(start..end.max(start), [(low, high)]);
    }

    /// Removes `number`.
    pub fn remove(&mut self, number: u32) {
        self.subtract(&Self { runs: vec![(number, number)] });
    }

    /// Whether the set contains `number`.
    pub fn contains(&self, number: u32) -> bool {
        let at = self.runs.partition_point(|run| run.1 < number);
        self.runs.get(at).is_some_and(|run| run.0 <= number)
    }

    /// Whether the set is empty.
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// The number of members.
    pub fn len(&self) -> u64 {
        self.runs.iter().map(|(first, last)| u64::from(last - first) + 1).sum()
    }

    /// The smallest member.
    pub fn first(&self) -> Option<u32> {
        self.runs.first().map(|run| run.0)
    }

    /// The largest member.
    pub fn last(&self) -> Option<u32> {
        self.runs.last().map(|run| run.1)
    }

    /// The smallest member from `start` on.
    pub fn first_from(&self, start: u32) -> Option<u32> {
        let at = self.runs.partition_point(|run| run.1 < start);
        self.runs.get(at).map(|run| run.0.max(start))
    }

    /// The ranges, as first and last number.
    pub fn runs(&self) -> impl Iterator<Item = (u32, u32)> {
        self.runs.iter().copied()
    }

    /// The members, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u32> {
        self.runs.iter().flat_map(|&(first, last)| first..=last)
    }

    /// Adds all members of `other`.
    pub fn union(&mut self, other: &Self) {
        for (first, last) in other.runs() {
            self.insert(first, last);
        }
    }

    /// Removes all members of `other`.
    pub fn subtract(&mut self, other: &Self) {
        for (low, high) in other.runs() {
            let start = self.runs.partition_point(|run| run.1 < low);
            let end = self.runs.partition_point(|run| run.0 <= high);
            let Some(cut) = self.runs.get(start..end).filter(|cut| !cut.is_empty()) else { continue };
            let left = cut.first().filter(|run| run.0 < low).map(|run| (run.0, low.saturating_sub(1)));
            let right = cut.last().filter(|run| run.1 > high).map(|run| (high.saturating_add(1), run.1));
            self.runs.splice(start..end, left.into_iter().chain(right));
        }
    }

    /// Whether the sets have a common member.
    pub fn overlaps(&self, other: &Self) -> bool {
        let (mut a, mut b) = (self.runs().peekable(), other.runs().peekable());
        while let (Some(x), Some(y)) = (a.peek(), b.peek()) {
            if x.1 < y.0 {
                a.next();
            } else if y.1 < x.0 {
                b.next();
            } else {
                return true;
            }
        }
        false
    }

    /// Keeps only the members that are in `other` too.
    pub fn intersect(&mut self, other: &Self) {
        let mut kept = Self::new();
        for (first, last) in self.runs() {
            for (low, high) in other.runs() {
                kept.insert(first.max(low), last.min(high));
            }
        }
        *self = kept;
    }
}

impl FromIterator<u32> for NumberSet {
    fn from_iter<I: IntoIterator<Item = u32>>(numbers: I) -> Self {
        let mut numbers: Vec<u32> = numbers.into_iter().collect();
        numbers.sort_unstable();
        let mut set = Self::new();
        for number in numbers {
            match set.runs.last_mut() {
                Some((_, last)) if number <= last.saturating_add(1) => *last = number,
                _ => set.runs.push((number, number)),
            }
        }
        set
    }
}

impl fmt::Display for NumberSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, (first, last)) in self.runs().enumerate() {
            let comma = if n > 0 { "," } else { "" };
            if first == last {
                write!(f, "{comma}{first}")?;
            } else {
                write!(f, "{comma}{first}-{last}")?;
            }
        }
        Ok(())
    }
}

impl Value for NumberSet {
    /// Numbers, ranges `N-M` and exclusions `^N`, separated by commas. Later parts take precedence.
    fn parse(text: &str) -> Result<Self, String> {
        let wrong =
            || "expected numbers and ranges, such as `0-3,8`; `^2` leaves out the number 2".to_owned();
        let number = |text: &str| -> Result<u32, String> {
            let text = text.trim_matches(SPACES);
            if !text.starts_with(|c: char| c.is_ascii_digit()) {
                return Err(wrong());
            }
            match text.parse() {
                Ok(number) if number < Self::LIMIT => Ok(number),
                _ => Err(format!("numbers go up to {}", Self::LIMIT - 1)),
            }
        };
        let mut parts = text.split(',').peekable();
        let mut steps: Vec<(u32, u32, bool)> = Vec::new();
        while let Some(part) = parts.next() {
            let part = part.trim_matches(SPACES);
            if part.is_empty() && parts.peek().is_none() && !steps.is_empty() {
                break;
            }
            steps.push(if let Some(except) = part.strip_prefix('^') {
                let except = number(except)?;
                (except, except, false)
            } else if let Some((first, last)) = part.split_once('-') {
                let (first, last) = (number(first)?, number(last)?);
                if last < first {
                    return Err(wrong());
                }
                (first, last, true)
            } else {
                let single = number(part)?;
                (single, single, true)
            });
        }
        Ok(apply(&steps))
    }
}

/// The most steps that are applied to the ranges, where each step may move all of them.
const FEW: usize = 16;

/// The set after adding (`true`) and removing (`false`) ranges in order.
fn apply(steps: &[(u32, u32, bool)]) -> NumberSet {
    if steps.len() <= FEW {
        let mut set = NumberSet::new();
        for &(first, last, added) in steps {
            if added {
                set.insert(first, last);
            } else {
                set.subtract(&NumberSet { runs: vec![(first, last)] });
            }
        }
        return set;
    }
    let mut bits = vec![false; NumberSet::LIMIT as usize];
    for &(first, last, added) in steps {
        if let Some(run) = bits.get_mut(first as usize..=last as usize) {
            run.fill(added);
        }
    }
    (0..).zip(bits).filter(|(_, there)| *there).map(|(number, _)| number).collect()
}

/// The white space that may surround a number.
const SPACES: [char; 4] = [' ', '\t', '\n', '\r'];

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        let shown = NumberSet::parse(text).ok().map(|set| set.to_string());
        assert_eq!(shown.as_deref(), expected, "{text}");
    }

    const EVERY_OTHER: &str = "1,3,5,7,9,11,13,15,17,19,21,23,25,27,29-98";

    #[test]
    fn sets_are_read_and_written() {
        check("0-3,^2", Some("0-1,3"));
        check("7,0-3,4", Some("0-4,7"));
        check("0,^0", Some(""));
        check(" 1 - 2 , 5,", Some("1-2,5"));
        check("16383", Some("16383"));
        check("0-99,^0,^2,^4,^6,^8,^10,^12,^14,^16,^18,^20,^22,^24,^26,^28,^30,30,^99,", Some(EVERY_OTHER));
        check("16384", None);
        check("", None);
        check("^1-2", None);
        check("3-1", None);
        check("a", None);
    }
}
