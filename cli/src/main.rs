//! The `virtargv` command.

#![allow(clippy::disallowed_methods, reason = "the command reads and writes files")]

mod args;
mod argv;
mod caps;
mod caps_cmd;
mod check;
mod cpu;
mod diff;
mod domcaps;
mod explain;
mod explain_attribute;
mod firmware;
mod fix;
mod host;
mod host_show;
mod hotplug;
mod input;
mod json;
mod lints;
mod manual;
mod probe_cache;
mod resolve;
#[cfg(target_os = "linux")]
mod run;
mod verify;

use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Command};

/// The exit code of success.
const FINE: u8 = 0;
/// The exit code for a refused document.
const REFUSED: u8 = 1;
/// The exit code for a usage error, or an input that cannot be read.
const UNUSABLE: u8 = 2;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.command {
        Command::Argv(args) => argv::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Diff(args) => diff::run(&args),
        Command::Domcaps(args) => domcaps::run(&args),
        Command::Resolve(args) => resolve::run(&args),
        #[cfg(target_os = "linux")]
        Command::Run(args) => run::run(&args),
        Command::Attach(args) => hotplug::attach(&args),
        Command::Detach(args) => hotplug::detach(&args),
        Command::Update(args) => hotplug::update(&args),
        Command::Firmware(args) => firmware::run(&args),
        Command::Caps(command) => caps_cmd::run(&command),
        Command::Cpu(command) => cpu::run(&command),
        Command::Host(command) => host_show::run(&command),
        Command::Explain(args) => explain::run(&args),
        Command::ExplainAttribute(args) => explain_attribute::run(&args),
        Command::Completions(args) => manual::completions(&args),
        Command::Man(args) => manual::pages(&args),
    };
    match done {
        Ok(code) => ExitCode::from(code),
        Err(Unusable(why)) => {
            // File names and the answers of programs are in it.
            anstream::eprintln!("virtargv: {}", virtargv::render::escaped(&why));
            ExitCode::from(UNUSABLE)
        }
    }
}

/// The error of a command that cannot be carried out.
#[derive(Debug)]
struct Unusable(String);

impl<T: std::fmt::Display> From<T> for Unusable {
    fn from(why: T) -> Self {
        Self(why.to_string())
    }
}

/// The exit code of a subcommand.
type Done = Result<u8, Unusable>;
