//! `virtargv check`: every problem, shown in the text.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use serde_json::json;
use virtargv::{Frame, Problem, Report, Request, Source};

use crate::args::{CheckArgs, CheckFormat};
use crate::{Done, FINE, REFUSED, caps, input};

pub(crate) fn run(args: &CheckArgs) -> Done {
    let caps = caps::load(&args.qemu)?;
    let host = args.qemu.host();
    let request = Request::new(&caps, &host);
    let mut documents = Vec::new();
    let mut refused = 0usize;
    for file in &args.files {
        let text = input::read(file)?;
        let report = virtargv::run(&text, &request).report;
        refused += usize::from(!report.is_empty());
        let source = Source::new(&text);
        match args.format {
            CheckFormat::Text => anstream::print!("{}", render(input::shown(file), &source, &report)),
            CheckFormat::Json => documents.push(document(input::shown(file), &source, &report)),
        }
    }
    match args.format {
        CheckFormat::Text if refused > 0 => {
            anstream::println!("{refused} of {} refused", args.files.len());
        }
        CheckFormat::Text => {}
        CheckFormat::Json => anstream::println!("{:#}", serde_json::Value::Array(documents)),
    }
    Ok(if refused == 0 { FINE } else { REFUSED })
}

/// The problems by their place in the text; those without a place come last, in their own order.
fn by_place<'r>(source: &Source<'_>, report: &'r Report) -> Vec<(Option<Frame>, &'r Problem)> {
    let mut placed: Vec<_> = report.iter().map(|p| (source.locate(&p.place), p)).collect();
    placed.sort_by_key(|(frame, _)| frame.as_ref().map_or(usize::MAX, |f| f.range.start));
    placed
}

/// The report as a compiler would show it.
pub(crate) fn render(name: &str, source: &Source<'_>, report: &Report) -> String {
    let renderer = Renderer::styled();
    let mut out = String::new();
    for (frame, problem) in by_place(source, report) {
        let title = Level::ERROR.primary_title(problem.to_string()).id(problem.id());
        let excerpt = frame.as_ref().and_then(|f| Some((excerpt(source, f)?, f)));
        let group = match (&excerpt, &frame) {
            (Some((excerpt, frame)), _) => title.element(
                Snippet::source(excerpt.text)
                    .line_start(frame.line)
                    .path(name)
                    .annotation(AnnotationKind::Primary.span(excerpt.span.clone()).label("")),
            ),
            (None, Some(f)) => {
                title.element(Level::NOTE.message(format!("at {name}:{}:{}", f.line, f.column)))
            }
            (None, None) => {
                title.element(Level::NOTE.message(format!("in {name}, where nothing is written")))
            }
        };
        out.push_str(&renderer.render(&[group]));
        out.push_str("\n\n");
    }
    out
}

/// The lines a problem is shown in.
struct Excerpt<'t> {
    text: &'t str,
    /// The problem's range within it.
    span: Range<usize>,
}

/// The longest stretch of text that is shown, in bytes; a document in one endless line is no help to anybody.
const EXCERPT: usize = 8192;

/// The whole lines around `frame`, unless they are too long to be shown.
fn excerpt<'t>(source: &Source<'t>, frame: &Frame) -> Option<Excerpt<'t>> {
    let lines = source.lines(&frame.range);
    let span = frame.range.start - lines.start..frame.range.end - lines.start;
    (lines.len() <= EXCERPT).then_some(Excerpt { text: source.text().get(lines)?, span })
}

fn document(name: &str, source: &Source<'_>, report: &Report) -> serde_json::Value {
    let problems: Vec<_> = by_place(source, report)
        .into_iter()
        .map(|(frame, p)| {
            json!({
                "rule": p.id(),
                "kind": p.kind.id(),
                "stage": p.stage.id(),
                "message": p.message,
                "line": frame.as_ref().map(|f| f.line),
                "column": frame.as_ref().map(|f| f.column),
                "start": frame.as_ref().map(|f| f.range.start),
                "end": frame.as_ref().map(|f| f.range.end),
            })
        })
        .collect();
    json!({ "file": name, "problems": problems })
}
