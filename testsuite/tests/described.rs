//! A host that was shown on one machine gives the same command lines on another.

#![allow(clippy::disallowed_methods, reason = "tests look at files and start programs")]
#![allow(clippy::expect_used, reason = "a test that cannot be set up has failed")]

use virtargv::{Caps, Format, Host, Override, Request, Run};
use virtargv_host::{DescribedHost, Description, Recorder, Seeded};
use virtargv_system::SystemHost;
use virtargv_testsuite::matrix::cases;

/// What came of a document: the command line, or the rules that were broken.
fn outcome(run: &Run) -> String {
    if let Some(line) = &run.command_line {
        return line.print(Format::JsonWithNeeds, None);
    }
    let rules = run.report.iter().map(|problem| (problem.severity, problem.id()));
    format!("{:?}", rules.collect::<Vec<_>>())
}

fn run(caps: &Caps, text: &str, host: &dyn Host) -> Run {
    let random = Seeded::new(7);
    let host = Override::new(host).with_random(&random);
    let mut request = Request::new(caps, &host);
    request.read.abi_update = true;
    virtargv::run(text, &request)
}

#[test]
fn a_shown_host_gives_the_same_lines() {
    let here = SystemHost::new(None);
    let mut lines = 0;
    for case in cases() {
        let path = format!("{}/matrix/{}.xml", env!("CARGO_MANIFEST_DIR"), case.name);
        let text = std::fs::read_to_string(path).expect("a document");
        let caps = case.caps().expect("a set");
        let recorder = Recorder::new(&here);
        let first = run(&caps, &text, &recorder);
        let shown = recorder.finish().to_json();
        let description = Description::parse(&shown).expect("what was written is read");
        assert_eq!(description.to_json(), shown, "{}", case.name);
        let described = DescribedHost::new(description, Box::new(Seeded::new(7))).expect("a host");
        let second = run(&caps, &text, &described);
        lines += usize::from(first.command_line.is_some());
        assert_eq!(outcome(&first), outcome(&second), "{}\n{shown}", case.id());
    }
    assert!(lines > 100, "{lines} command lines only");
}
