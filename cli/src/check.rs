//! `virtargv check`: reports all problems of documents.

use serde_json::json;
use virtargv::render::Renderer;
use virtargv::{Report, Source};

use crate::args::{CheckArgs, CheckFormat, HostChoice};
use crate::caps::Sets;
use crate::host::Chosen;
use crate::{Done, FINE, REFUSED, fix, input};

pub(crate) fn run(args: &CheckArgs) -> Done {
    let chosen = Chosen::load(&args.qemu.host, HostChoice::None)?;
    let mut sets = Sets::new(&args.qemu);
    if args.fix {
        return fix::run(&args.files, args.dry_run, |file| {
            let text = input::read(file)?;
            let set = sets.of(&text, chosen.arch())?;
            let report = chosen.with_request(&text, set, |request| virtargv::run(&text, &request).report);
            Ok((text, report))
        });
    }
    let mut documents = Vec::new();
    let mut refused = 0usize;
    for file in &args.files {
        let text = input::read(file)?;
        let set = sets.of(&text, chosen.arch())?;
        let report =
            chosen.with_request(&text, set, |request| virtargv::check(&text, &request, &args.lints.levels));
        refused += usize::from(report.refuses());
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

/// Renders a report for people. `anstream` removes the colours if the output is not a terminal.
pub(crate) fn render(name: &str, source: &Source<'_>, report: &Report) -> String {
    Renderer::styled().report(name, source, report)
}

fn document(name: &str, source: &Source<'_>, report: &Report) -> serde_json::Value {
    let problems: Vec<_> = source
        .by_place(report)
        .into_iter()
        .map(|(frame, p)| {
            json!({
                "rule": p.id(),
                "class": p.class.id(),
                "stage": p.stage.id(),
                "severity": p.severity.id(),
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
