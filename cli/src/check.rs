//! `virtargv check`: every problem, shown in the text.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use serde_json::json;
use virtargv::{Frame, Problem, Report, Request, Source, SystemHost};

use crate::args::{CheckArgs, CheckFormat};
use crate::{Done, FINE, REFUSED, caps, input};

pub(crate) fn run(args: &CheckArgs) -> Done {
    let caps = caps::load(&args.qemu)?;
    let host = SystemHost::new(args.qemu.arch);
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
        let title = Level::ERROR.primary_title(problem.to_string()).id(problem.rule);
        let group = match frame {
            Some(frame) => title.element(
                Snippet::source(source.text())
                    .path(name)
                    .annotation(AnnotationKind::Primary.span(frame.range).label("")),
            ),
            None => title.element(Level::NOTE.message(format!("in {name}, where nothing is written"))),
        };
        out.push_str(&renderer.render(&[group]));
        out.push_str("\n\n");
    }
    out
}

fn document(name: &str, source: &Source<'_>, report: &Report) -> serde_json::Value {
    let problems: Vec<_> = by_place(source, report)
        .into_iter()
        .map(|(frame, p)| {
            json!({
                "rule": p.rule,
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
