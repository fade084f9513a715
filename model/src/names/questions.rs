//! What the readers ask of a document, for the list of known names.

use crate::read::{El, Elements, QEMU_PREFIX, Question};
use crate::{Release, Report, qemu_ns};

/// What the readers ask of one document.
#[derive(Debug, Clone)]
pub struct Questions {
    /// The elements in document order.
    pub elements: Vec<Asked>,
    /// The questions, each with the index of its element.
    pub asked: Vec<(usize, Question)>,
}

/// An element of a document.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Its name, with the prefix `qemu:` in libvirt's namespace for QEMU.
    pub name: String,
    /// The index of the element around it.
    pub around: Option<usize>,
    /// Whether it was read, and without a problem.
    pub is_read: bool,
}

impl Questions {
    /// What the readers of `release` ask of the document `text`; `None` where it cannot be read at all.
    pub fn ask(text: &str, release: Release) -> Option<Self> {
        crate::domain::questions(text, release)
    }

    pub(crate) fn of(elements: Elements<'_>, report: &Report) -> Self {
        let refused: Vec<_> = report.iter().filter_map(|problem| problem.place.element.offset()).collect();
        let all = elements.root().into_iter().flat_map(El::subtree);
        let found = all
            .map(|el| Asked {
                name: name_of(el),
                around: el.parent().map(|around| around.row() as usize),
                is_read: elements.asked().is_some_and(|asked| asked.has_element(el.row()))
                    && !el.pos().offset().is_some_and(|at| refused.contains(&at)),
            })
            .collect();
        let asked = elements.into_asked().map(crate::read::Asked::into_questions).unwrap_or_default();
        Self {
            elements: found,
            asked: asked.into_iter().map(|(row, question)| (row as usize, question)).collect(),
        }
    }
}

/// As [`name_of`], of the element around `el`; empty for `<domain>`.
pub(super) fn name_around(el: El<'_>) -> String {
    el.parent().map_or_else(|| el.outer_name().to_owned(), name_of)
}

/// The name of `el`, with the prefix `qemu:` in libvirt's namespace for QEMU.
pub(super) fn name_of(el: El<'_>) -> String {
    if el.namespace() == Some(qemu_ns::NAMESPACE) {
        format!("{QEMU_PREFIX}{}", el.name())
    } else {
        el.name().to_owned()
    }
}
