//! For people: message, place, and an excerpt of the document.

use virtargv::render::escaped;

use super::Layout;
use crate::check::render;
use crate::check::result::{Checked, Document, Outcome};

pub(super) struct Text;

impl Layout for Text {
    fn document(&self, document: &Document<'_>) -> String {
        match document.outcome {
            Outcome::Checked(Checked { source, report }) => {
                source.map_or_else(String::new, |source| render(document.name, source, report))
            }
            Outcome::Unchecked(why) => format!("error: {}: {}\n\n", escaped(document.name), escaped(why)),
            // The summary says it.
            Outcome::Skipped(_) => String::new(),
        }
    }

    fn has_colours(&self) -> bool {
        true
    }

    fn takes_summary(&self) -> bool {
        true
    }
}
