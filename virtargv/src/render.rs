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

use std::borrow::Cow;
use std::ops::Range;

use annotate_snippets::{Annotation, AnnotationKind, Level, Snippet};

pub use escape::escaped;

use crate::{Frame, Problem, Report, Severity, Source};

mod escape;

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
        let message = problem.to_string();
        let title = level.primary_title(escaped(&message)).id(problem.id());
        let name = escaped(name);
        let mut parts = Parts::default();
        match frame {
            Some(frame) => parts.mark(source, frame, None),
            None => parts.notes.push(format!("in {name}, at an element that is not in the document")),
        }
        for label in problem.labels() {
            match source.locate(&label.place) {
                Some(at) if Some(&at) == frame => parts.title(&label.text),
                Some(at) => parts.mark(source, &at, Some(&label.text)),
                None => parts.notes.push(label.text.clone()),
            }
        }
        let snippets = parts.excerpts.iter().map(|excerpt| excerpt.snippet(&name));
        let unshown = parts.unshown.iter().map(|(frame, text)| {
            let text = text.map_or(String::new(), |text| format!(": {text}"));
            format!("at {name}:{}:{}{text}", frame.line, frame.column)
        });
        let notes = unshown.chain(parts.notes.iter().cloned());
        let notes = notes.map(|note| Level::NOTE.message(escaped(&note).into_owned()));
        let help = Some(problem.help()).filter(|help| !help.is_empty());
        let help = help.map(|help| Level::HELP.message(escaped(help)));
        self.0.render(&[title.elements(snippets).elements(notes).elements(help)])
    }
}

/// What is shown with the message of a problem.
#[derive(Default)]
struct Parts<'a> {
    /// Lines of the document; the first have the place of the problem.
    excerpts: Vec<Excerpt<'a>>,
    /// Places whose lines are too long to be shown.
    unshown: Vec<(Frame, Option<&'a str>)>,
    notes: Vec<String>,
}

/// Lines of the document with the places in them.
struct Excerpt<'a> {
    text: &'a str,
    /// The byte range of the lines in the document.
    lines: Range<usize>,
    /// The number of the first line.
    line: usize,
    marks: Vec<Mark<'a>>,
}

/// A place in an excerpt.
struct Mark<'a> {
    /// Its byte range in the document.
    range: Range<usize>,
    label: &'a str,
    is_primary: bool,
}

/// The maximum length of an excerpt in bytes. A document that is one long line is not shown.
const EXCERPT: usize = 8192;

impl<'a> Parts<'a> {
    /// Adds a place: the one of the problem, or a further one with its label.
    fn mark(&mut self, source: &Source<'a>, frame: &Frame, label: Option<&'a str>) {
        let mark =
            Mark { range: frame.range.clone(), label: label.unwrap_or(""), is_primary: label.is_none() };
        let lines = source.lines(&frame.range);
        for excerpt in &mut self.excerpts {
            let all = excerpt.lines.start.min(lines.start)..excerpt.lines.end.max(lines.end);
            let Some(text) = source.text().get(all.clone()).filter(|text| text.len() <= EXCERPT) else {
                continue;
            };
            let line = excerpt.line.min(frame.line);
            (excerpt.text, excerpt.lines, excerpt.line) = (text, all, line);
            excerpt.marks.push(mark);
            return;
        }
        match source.text().get(lines.clone()).filter(|text| text.len() <= EXCERPT) {
            Some(text) => self.excerpts.push(Excerpt { text, lines, line: frame.line, marks: vec![mark] }),
            None => self.unshown.push((frame.clone(), label)),
        }
    }

    /// Gives the place of the problem a text.
    fn title(&mut self, text: &'a str) {
        if let Some(mark) = self.excerpts.first_mut().and_then(|excerpt| excerpt.marks.first_mut()) {
            mark.label = text;
        }
    }
}

impl<'a> Excerpt<'a> {
    fn snippet(&self, name: &'a str) -> Snippet<'a, Annotation<'a>> {
        let (text, marks) = (shown(self.text), self.marks.iter());
        let annotations = marks.map(|mark| {
            let kind = if mark.is_primary { AnnotationKind::Primary } else { AnnotationKind::Context };
            kind.span(self.position(mark.range.start)..self.position(mark.range.end))
                .label(escaped(mark.label))
        });
        Snippet::source(text).line_start(self.line).path(name).annotations(annotations)
    }

    /// Where the byte `at` of the document is in the text that is shown.
    fn position(&self, at: usize) -> usize {
        self.text.get(..at.saturating_sub(self.lines.start)).map_or(0, |before| shown(before).len())
    }
}

/// Lines of a document as they are shown.
fn shown(text: &str) -> Cow<'_, str> {
    escape::escaped_but(text, |c| matches!(c, '\n' | '\t'))
}
