//! The list of known names.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use crate::{Release, Span};

/// A known name of an element or attribute (which begins with `@`), and the releases that have it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    pub(super) name: &'static str,
    /// The version that it came with, and whether that is known exactly.
    since: Option<(&'static str, bool)>,
    /// The last release followed that has it.
    last: Option<&'static str>,
}

impl Known {
    fn of(entry: &'static str) -> Self {
        let (entry, last) = entry.split_once('<').map_or((entry, None), |(entry, last)| (entry, Some(last)));
        let Some((name, since)) = entry.split_once('>') else {
            return Self { name: entry, since: None, last };
        };
        let exact = since.strip_prefix('=');
        Self { name, since: Some((exact.unwrap_or(since), exact.is_some())), last }
    }

    /// Whether `release` has the name.
    pub(super) fn is_in(self, release: Release) -> bool {
        let begun = self.since.is_none_or(|(since, _)| Span::ALWAYS.since(since).contains(release));
        let last = self.last.and_then(|last| last.parse::<Release>().ok());
        begun && last.is_none_or(|last| release <= last)
    }

    /// The releases that have it, for a message.
    pub(super) fn releases(self) -> String {
        match (self.since, self.last) {
            (_, Some(last)) => format!("was last read by libvirt {last}"),
            (Some((since, true)), None) => format!("is read since libvirt {since}"),
            (Some((since, false)), None) => format!("is read by libvirt {since}"),
            (None, None) => "is read by every release".to_owned(),
        }
    }
}

/// The known names of each element, which is called by the name of the element around it and its own.
pub(super) fn all() -> &'static BTreeMap<&'static str, Vec<Known>> {
    static ALL: OnceLock<BTreeMap<&'static str, Vec<Known>>> = OnceLock::new();
    ALL.get_or_init(|| {
        let mut all = BTreeMap::new();
        for line in include_str!("known.txt").lines() {
            let mut words = line.split(' ');
            if let Some(element) = words.next() {
                all.insert(element, words.map(Known::of).collect());
            }
        }
        all
    })
}

/// Whether any element called `element` has something called `name` under `release`, in whatever element it is.
pub(super) fn in_any(element: &str, name: &str, release: Release) -> bool {
    all().iter().any(|(key, names)| {
        key.split_once('/').is_some_and(|(_, own)| own == element)
            && names.iter().any(|known| known.name == name && known.is_in(release))
    })
}
