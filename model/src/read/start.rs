//! The start and the end of reading a text, whatever its root element is.

use super::table::Tree;
use super::tree::{Elements, MAX_DOCUMENT, tree};
use super::{ReadPlace, Reader};
use crate::domain::{DOCUMENT_SIZE, NOT_XML};
use crate::{Place, Problem, Release, Report, Unread};

/// Parses `text`, which is `what` in messages and stands `base` bytes behind the start of another text, within the limits.
///
/// # Errors
/// The text is too long, or no XML.
pub(crate) fn tree_of<'t>(
    text: &'t str,
    what: &str,
    base: usize,
    release: Release,
) -> Result<Tree<'t>, Problem> {
    if text.len() > MAX_DOCUMENT {
        let message =
            format!("the {what} has {} bytes, more than the `{MAX_DOCUMENT}` that are read", text.len());
        return Err(DOCUMENT_SIZE.problem(release, Place::byte(base), message));
    }
    tree(text).map_err(|error| {
        let place = Place::byte(error.offset.saturating_add(base));
        NOT_XML.problem(release, place, error.message)
    })
}

/// The report of reading a domain, with what of `elements` could not be read and where in libvirt's order each problem is.
pub(crate) fn report_of(reader: Reader, elements: &Elements<'_>) -> Report {
    let mut report = reader.report;
    if !report.is_empty() {
        report.set_unread(Unread::of(report.iter(), elements));
        report.set_read_places(|problem| ReadPlace::of(&problem.place, elements));
    }
    report
}
