//! Rendering reports as a compiler does: message, place, and an excerpt of the document.
//!
//! ```
//! use virtargv::{FixedHost, Release, Request, Source, builtin, render};
//!
//! let text = "<domain type='kvm'><name>demo</name><memory unit='Mob'>512</memory></domain>";
//! let caps = builtin::get("qemu-11.1-x86_64", Release::V12_9).expect("a built-in set");
//! let report = virtargv::run(text, &Request::new(&caps, &FixedHost::default())).report;
//! let shown = render::Renderer::plain().report("demo.xml", &Source::new(text), &report);
//! assert!(shown.contains("--> demo.xml:1:45"), "{shown}");
//! ```

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Level, Snippet};

use crate::{Frame, Problem, Report, Severity, Source};

/// Renders reports.
#[derive(Debug, Clone)]
pub struct Renderer(annotate_snippets::Renderer);

impl Renderer {
    /// A renderer of plain text.
    pub fn plain() -> Self {
        Self(annotate_snippets::Renderer::plain())
    }

    /// A renderer of text with ANSI escape sequences for colours.
    pub fn styled() -> Self {
        Self(annotate_snippets::Renderer::styled())
    }

    /// Renders the problems of `report`, sorted by their place in the document; those without a place are last. `name`
    /// is the name of the document, such as its path.
    pub fn report(&self, name: &str, source: &Source<'_>, report: &Report) -> String {
        let mut out = String::new();
        for (frame, problem) in source.by_place(report) {
            out.push_str(&self.problem(name, source, frame.as_ref(), problem));
            out.push_str("\n\n");
        }
        out
    }

    fn problem(&self, name: &str, source: &Source<'_>, frame: Option<&Frame>, problem: &Problem) -> String {
        let level = match problem.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
            Severity::Note => Level::NOTE,
        };
        let title = level.primary_title(problem.to_string()).id(problem.id());
        let Some(frame) = frame else {
            let note = format!("in {name}, at an element that is not in the document");
            return self.0.render(&[title.element(Level::NOTE.message(note))]);
        };
        let Some(excerpt) = excerpt(source, frame) else {
            let note = format!("at {name}:{}:{}", frame.line, frame.column);
            return self.0.render(&[title.element(Level::NOTE.message(note))]);
        };
        let annotation = AnnotationKind::Primary.span(excerpt.span).label("");
        let snippet = Snippet::source(excerpt.text).line_start(frame.line).path(name).annotation(annotation);
        self.0.render(&[title.element(snippet)])
    }
}

/// The lines of the document that are shown with a problem.
struct Excerpt<'t> {
    text: &'t str,
    /// The byte range of the problem in these lines.
    span: Range<usize>,
}

/// The maximum length of an excerpt in bytes. A document that is one long line is not shown.
const EXCERPT: usize = 8192;

/// The lines that contain `frame`; `None` if they are longer than [`EXCERPT`].
fn excerpt<'t>(source: &Source<'t>, frame: &Frame) -> Option<Excerpt<'t>> {
    let lines = source.lines(&frame.range);
    let span = frame.range.start - lines.start..frame.range.end - lines.start;
    (lines.len() <= EXCERPT).then_some(Excerpt { text: source.text().get(lines)?, span })
}
