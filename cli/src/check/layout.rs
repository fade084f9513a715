//! The layouts of a report.

mod github;
mod json;
mod junit;
mod sarif;
mod text;

use serde_json::Value;
use virtargv::{Release, Report, Source};

use super::result::{Checked, Document, Totals};
use crate::args::CheckFormat;

/// How results are written: a beginning, a piece of text for each document, and an end. Pieces are made in any order and
/// written in that of the documents, so that none depends on another.
pub(crate) trait Layout: Sync {
    /// What comes before the first document.
    fn begin(&self) -> String {
        String::new()
    }

    /// What is between pieces; an empty piece is left out.
    fn separator(&self) -> &'static str {
        ""
    }

    /// The piece of a document.
    fn document(&self, document: &Document<'_>) -> String;

    /// What comes after the last document.
    fn end(&self, totals: &Totals) -> String {
        let _ = totals;
        String::new()
    }

    /// Whether it has colours, which are left out where the output is no terminal.
    fn has_colours(&self) -> bool {
        false
    }

    /// Whether the summary can come after it; otherwise that goes to standard error.
    fn takes_summary(&self) -> bool {
        false
    }
}

/// The layout `format`.
pub(crate) fn layout(format: CheckFormat, release: Release) -> Box<dyn Layout> {
    match format {
        CheckFormat::Text => Box::new(text::Text),
        CheckFormat::Json => Box::new(json::Json(release)),
        CheckFormat::Sarif => Box::new(sarif::Sarif),
        CheckFormat::Junit => Box::new(junit::Junit),
        CheckFormat::Github => Box::new(github::Github),
    }
}

/// The problems of `report` in the layout [`CheckFormat::Json`], for other commands.
pub(crate) fn json_problems(source: &Source<'_>, report: &Report) -> Vec<Value> {
    json::problems(&Checked { source: Some(source), report })
}
