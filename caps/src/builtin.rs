//! Sets of recent QEMU versions that come with this crate.
//!
//! Each was asked of a binary that a distribution ships; `caps/builtin/README.md` says which and how.

use crate::{Caps, Release};

/// One row a set: its name and its file.
const SETS: &[(&str, &str)] = &[];

/// The names of the sets, newest QEMU last within an architecture.
pub fn names() -> impl Iterator<Item = &'static str> {
    SETS.iter().map(|(name, _)| *name)
}

/// The set called `name`, as `release` sees it.
pub fn get(name: &str, release: Release) -> Option<Caps> {
    let (_, text) = SETS.iter().find(|(n, _)| *n == name)?;
    Caps::from_xml(text, release).ok()
}
