//! Running the command.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

/// The command, to be given arguments.
pub fn virtargv() -> Command {
    Command::new(env!("CARGO_BIN_EXE_virtargv"))
}

/// Runs `command` with `input` on standard input.
pub fn run(command: &mut Command, input: &str) -> Output {
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().expect("the command starts");
    // A command that does not read its input can have ended already.
    let _ = child.stdin.take().expect("a pipe").write_all(input.as_bytes());
    child.wait_with_output().expect("the command ends")
}

/// Output as text.
pub fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("UTF-8")
}
