//! Runs cases through the public API.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use virtargv::host::{Incoming, Override, Runner};
use virtargv::{CommandLine, Problem, Request, Run};
use virtargv_invariants::{Fault, lossless};
use virtargv_qemu_cmd::Format;
use virtargv_testsuite::pretend::pretend;

use crate::case::{Case, Expect};
use crate::corpus::Corpus;
use crate::{host, sets};

/// The result of a case.
#[derive(Debug, Clone, Default)]
pub struct Got {
    /// The command line or the first problem.
    pub answer: Answer,
    /// The completed domain, written as a document.
    pub xml: Option<String>,
    /// The command line.
    pub line: Option<CommandLine>,
    /// What writing or completing the document loses.
    pub lost: Option<Fault>,
}

/// The command line or the first problem.
#[derive(Debug, Clone)]
pub enum Answer {
    /// A command line, in the layout of the corpus.
    Args(String),
    /// A refusal.
    Error {
        /// [`Expect::ParseError`] or [`Expect::Failure`].
        stage: Expect,
        /// The class as libvirt writes it, without the colon.
        class: &'static str,
        /// The message.
        message: String,
    },
    /// It panicked, or the case could not be set up.
    Crash(String),
}

impl Default for Answer {
    fn default() -> Self {
        Self::Crash("not run".to_owned())
    }
}

thread_local! {
    static PANIC: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Runs `cases` on `threads` threads; the results are in their order.
pub fn all(corpus: &Corpus, cases: &[&Case], threads: usize) -> Vec<Got> {
    std::panic::set_hook(Box::new(|info| PANIC.set(info.to_string().replace('\n', " "))));
    let results = Mutex::new(vec![Got::default(); cases.len()]);
    let next = AtomicUsize::new(0);
    let work = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(case) = cases.get(at) else { break };
            let got = guarded(corpus, case);
            if let Ok(mut results) = results.lock()
                && let Some(slot) = results.get_mut(at)
            {
                *slot = got;
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            let builder = std::thread::Builder::new().stack_size(8 << 20);
            if builder.spawn_scoped(scope, work).is_err() {
                work();
            }
        }
    });
    _ = std::panic::take_hook();
    results.into_inner().unwrap_or_default()
}

fn guarded(corpus: &Corpus, case: &Case) -> Got {
    match catch_unwind(AssertUnwindSafe(|| one(corpus, case))) {
        Ok(Ok(got)) => got,
        Ok(Err(message)) => Got { answer: Answer::Crash(message), xml: None, line: None, lost: None },
        Err(_) => Got { answer: Answer::Crash(PANIC.take()), xml: None, line: None, lost: None },
    }
}

fn one(corpus: &Corpus, case: &Case) -> Result<Got, String> {
    let input = case.text("input").ok_or("a case without input")?;
    let path = corpus.dir.join("domains").join(input);
    let document = match std::fs::read_to_string(&path) {
        Ok(document) => document,
        // The command reports this itself, before the first stage.
        Err(error) => {
            let message = format!("cannot read '{}': {error}", path.display());
            let answer = Answer::Error { stage: Expect::ParseError, class: "", message };
            return Ok(Got { answer, xml: None, line: None, lost: None });
        }
    };
    let caps = sets::caps(corpus, case, &document)?;
    if let Some(daemon) = &corpus.daemon {
        let host = Override::new(&daemon.host)
            .with_cpu(daemon)
            .with_secrets(daemon)
            .with_storage(daemon)
            .with_networks(daemon)
            .with_devices(daemon);
        let mut request = Request::new(&caps, &host);
        request.start.runner = Runner::Reader;
        return Ok(run(corpus, case, &document, request));
    }
    let host = host::host(corpus, case, &document)?;
    Ok(run(corpus, case, &document, Request::new(&caps, &pretend(&host))))
}

fn run(corpus: &Corpus, case: &Case, document: &str, mut request: Request<'_>) -> Got {
    request.read.abi_update = case.texts("parse_flags").any(|flag| flag == "abi_update");
    request.skip_validate = case.texts("parse_flags").any(|flag| flag == "skip_validate");
    request.start.incoming =
        case.text("migrate_from").map(|uri| Incoming { uri: uri.to_owned(), fd: case.number("migrate_fd") });
    let mut outcome = virtargv::run(document, &request);
    let lost = lossless::check(document, &request).err();
    if corpus.daemon.is_some() {
        // A daemon knows all of its host.
        outcome.report.insist();
    }
    let (answer, xml) = (answer(&outcome, corpus), outcome.document(corpus.release));
    Got { answer, xml, line: outcome.command_line, lost }
}

fn answer(outcome: &Run, corpus: &Corpus) -> Answer {
    match (&outcome.command_line, outcome.report.first()) {
        (Some(line), _) => Answer::Args(layout(line, corpus)),
        (None, Some(problem)) => Answer::Error {
            stage: if problem.stage < virtargv::Stage::Build { Expect::ParseError } else { Expect::Failure },
            class: problem.class.as_str(),
            message: told(problem),
        },
        (None, None) => Answer::Crash("neither a command line nor a problem".to_owned()),
    }
}

/// The message of a problem, with what its labels and its own help say besides: a value that libvirt's message names may be
/// in any of them.
fn told(problem: &Problem) -> String {
    let labels = problem.labels().iter().map(|label| format!(" [{}]", label.text));
    let help = Some(problem.help()).filter(|help| *help != problem.rule.help);
    let help = help.map(|help| format!(" [{help}]"));
    labels.chain(help).fold(problem.message.clone(), |all, more| all + &more)
}

fn layout(line: &CommandLine, corpus: &Corpus) -> String {
    line.print(Format::Args, corpus.wrap)
}
