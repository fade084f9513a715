//! The explanation of the command line of `examples/server.xml`.

#![allow(clippy::expect_used, reason = "a test that cannot be set up has failed")]

use expect_test::expect_file;
use virtargv::explain::Explainer;
use virtargv::{FixedHost, Release, Request, builtin};

#[test]
fn every_argument_of_the_example_is_explained() {
    let text = include_str!("../../examples/server.xml");
    let caps = builtin::get("qemu-10.0-x86_64", Release::V11_3).expect("a built-in set");
    let run = virtargv::run(text, &Request::new(&caps, &FixedHost::default()));
    let (line, completed) = (run.command_line.expect("a line"), run.resolved.expect("a domain"));
    let explainer = Explainer::new(text, caps.release(), &completed);
    let mut told = String::new();
    for argument in &line.arguments {
        told.extend(["# ", &explainer.argument(argument), "\n", &argument.print(), "\n"]);
    }
    expect_file!["explain-server.txt"].assert_eq(&told);
}
