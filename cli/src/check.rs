//! `virtargv check`: reports all problems of documents.

pub(crate) mod files;
mod layout;
pub(crate) mod pool;
mod progress;
mod result;

use std::io::{BufWriter, ErrorKind, Write};

use virtargv::render::{Renderer, escaped};
use virtargv::{Report, Request, Run, Source};

use crate::args::{CheckArgs, HostChoice};
use crate::caps::Sets;
use crate::host::Chosen;
use crate::{Done, FINE, REFUSED, UNUSABLE, Unusable, fix, input};
use files::Input;
use layout::Layout;
pub(crate) use layout::json_problems;
use progress::Progress;
use result::{Checked, Counts, Document, Outcome, Totals};

pub(crate) fn run(args: &CheckArgs) -> Done {
    let checker = Checker {
        args,
        chosen: Chosen::load(&args.qemu.host, HostChoice::None)?,
        sets: Sets::new(&args.qemu),
        layout: layout::layout(args.format, args.qemu.release),
    };
    checker.sets.load_named()?;
    if args.fix {
        return checker.fix();
    }
    match checker.all() {
        Ok(totals) => Ok(exit_code(&totals)),
        // Whoever reads the report has seen enough.
        Err(why) if why.kind() == ErrorKind::BrokenPipe => Ok(UNUSABLE),
        Err(why) => Err(Unusable(format!("cannot write the report: {why}"))),
    }
}

/// What could not be checked counts for more than what is refused: nobody knows what is in it.
fn exit_code(totals: &Totals) -> u8 {
    match totals {
        Totals { unchecked, .. } if !unchecked.is_empty() => UNUSABLE,
        Totals { refused: 0, .. } => FINE,
        _ => REFUSED,
    }
}

/// Runs all stages for a command that needs the command line. Its report lists the words that [`virtargv::check`] lists.
pub(crate) fn run_stages(text: &str, request: &Request<'_>) -> Run {
    let mut outcome = virtargv::run(text, request);
    virtargv::narrow_words(text, request, &mut outcome.report);
    outcome
}

/// Renders a report for people. `anstream` removes the colours if the output is not a terminal.
pub(crate) fn render(name: &str, source: &Source<'_>, report: &Report) -> String {
    Renderer::styled().report(name, source, report)
}

/// What all documents are checked with.
struct Checker<'a> {
    args: &'a CheckArgs,
    chosen: Chosen<'a>,
    sets: Sets<'a>,
    layout: Box<dyn Layout>,
}

impl Checker<'_> {
    /// Checks all documents and writes what is said of them.
    fn all(&self) -> std::io::Result<Totals> {
        let args = self.args;
        let mut out: Box<dyn Write> = if self.layout.has_colours() {
            Box::new(anstream::AutoStream::auto(std::io::stdout().lock()))
        } else {
            // As it is: `anstream` would take more than colours out.
            Box::new(BufWriter::new(std::io::stdout().lock()))
        };
        let progress = Progress::new(args.quiet, || files::inputs(&args.files).count());
        let mut totals = Totals::default();
        let mut is_first = true;
        out.write_all(self.layout.begin().as_bytes())?;
        pool::in_order(
            pool::workers(args.jobs),
            files::inputs(&args.files),
            |input| self.piece(&input),
            |(piece, counts)| {
                totals.add(counts);
                let separator = if is_first { "" } else { self.layout.separator() };
                is_first &= piece.is_empty();
                progress.step(!piece.is_empty(), || match &*piece {
                    "" => Ok(()),
                    piece => {
                        out.write_all(separator.as_bytes()).and_then(|()| out.write_all(piece.as_bytes()))
                    }
                })
            },
        )?;
        progress.finish();
        out.write_all(self.layout.end(&totals).as_bytes())?;
        if !args.quiet {
            let summary = totals.summary();
            if self.layout.takes_summary() {
                out.write_all(summary.as_bytes())?;
            } else {
                anstream::eprint!("{summary}");
            }
        }
        out.flush()?;
        Ok(totals)
    }

    /// Mends all documents; the first that cannot be read ends it.
    fn fix(&self) -> Done {
        let mut names = Vec::new();
        for input in files::inputs(&self.args.files) {
            let (name, may_skip) = match input {
                Input::Stdin => ("-".to_owned(), false),
                Input::Named(path) => (path.display().to_string(), self.args.domains_only),
                Input::Found(path) => (path.display().to_string(), true),
                Input::Missing(name, why) => return Err(Unusable(format!("{}: {why}", escaped(&name)))),
            };
            if !may_skip || files::root(&input::read(&name)?) == Some("domain") {
                names.push(name);
            }
        }
        fix::run(&names, self.args.dry_run, |name| {
            let text = input::read(name)?;
            let report = self.report(&text)?;
            Ok((text, report))
        })
    }

    /// What is said of `input`.
    fn piece(&self, input: &Input) -> (String, Counts) {
        let path = match input {
            Input::Stdin => None,
            Input::Named(path) | Input::Found(path) => Some(path),
            Input::Missing(name, why) => return self.lay_out(name, Outcome::Unchecked(why)),
        };
        let name = path.map_or_else(|| input::STDIN.to_owned(), |path| path.display().to_string());
        let bytes = match input::bytes(path.map(|path| &**path)) {
            Ok(bytes) => bytes,
            Err(why) => return self.lay_out(&name, Outcome::Unchecked(&format!("cannot be read: {why}"))),
        };
        let may_skip = matches!(input, Input::Found(_)) || self.args.domains_only;
        let (text, unreadable) = match input::text(bytes) {
            Ok(text) => (text, None),
            Err((why, before)) => (before, Some(why)),
        };
        let root = files::root(&text);
        if may_skip && root != Some("domain") {
            let what = root.map_or_else(|| "no element".to_owned(), |root| format!("<{root}>, not <domain>"));
            return self.lay_out(&name, Outcome::Skipped(&what));
        }
        if let Some(why) = unreadable {
            return self.lay_out(&name, Outcome::Unchecked(&format!("cannot be read: {why}")));
        }
        match self.report(&text) {
            Ok(report) => {
                let source = (!report.is_empty()).then(|| Source::new(&text));
                self.lay_out(&name, Outcome::Checked(Checked { source: source.as_ref(), report: &report }))
            }
            Err(Unusable(why)) => self.lay_out(&name, Outcome::Unchecked(&why)),
        }
    }

    /// The problems of the document `text`.
    fn report(&self, text: &str) -> Result<Report, Unusable> {
        let arch = virtargv::arch_of(text);
        let set = self.sets.of(arch.unwrap_or(self.chosen.arch()))?;
        let levels = &self.args.lints.levels;
        let migrates = self.args.migration;
        Ok(self.chosen.with_request(arch, &set, |request| {
            let check = if migrates { virtargv::check_migration } else { virtargv::check };
            check(text, &request, levels)
        }))
    }

    fn lay_out(&self, name: &str, outcome: Outcome<'_>) -> (String, Counts) {
        let document = Document { name, outcome };
        (self.layout.document(&document), Counts::of(&document))
    }
}
