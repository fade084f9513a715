//! `virtargv argv`.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;

use virtargv::{CLASSIC_WRAP, CommandLine, Format, Layout, Release, Request, Source};

use crate::args::{ArgvArgs, ArgvFormat};
use crate::{Done, FINE, REFUSED, Unusable, caps, check, input};

pub(crate) fn run(args: &ArgvArgs) -> Done {
    if args.explain_host && args.format == ArgvFormat::Nul {
        return Err(Unusable("--explain-host has no place in --format nul".to_owned()));
    }
    let text = input::read(&args.file)?;
    let caps = caps::load(&args.qemu)?;
    let host = args.qemu.host();
    let mut request = Request::new(&caps, &host);
    request.read.abi_update = args.abi_update;
    request.start.standalone = match &args.standalone {
        Some(dir) => Some(folder(dir, &text)?),
        None => None,
    };
    match virtargv::command_line(&text, &request) {
        Ok(line) => {
            let mut out = std::io::stdout().lock();
            out.write_all(print(&line, &text, args).as_bytes())?;
            out.flush()?;
            Ok(FINE)
        }
        Err(report) => {
            let source = Source::new(&text);
            anstream::eprint!("{}", check::render(input::shown(&args.file), &source, &report));
            Ok(REFUSED)
        }
    }
}

fn print(line: &CommandLine, text: &str, args: &ArgvArgs) -> String {
    let wrap = (args.qemu.release == Release::V7_0).then_some(CLASSIC_WRAP);
    let (format, wrap) = match args.format {
        ArgvFormat::Args => (Format::Args, wrap),
        ArgvFormat::Shell => (Format::Shell, None),
        ArgvFormat::Json if args.explain_host => (Format::JsonWithNeeds, None),
        ArgvFormat::Json => (Format::Json, None),
        ArgvFormat::Nul => (Format::Nul, None),
    };
    // Only JSON says where in the text an argument comes from.
    let source = (args.format == ArgvFormat::Json).then(|| Source::new(text));
    let printed = line.print_with(format, &Layout { wrap, source: source.as_ref() });
    if args.explain_host && matches!(args.format, ArgvFormat::Args | ArgvFormat::Shell) {
        let mut out = "# The host has to have ready (nothing of it is made for you):\n".to_owned();
        for need in line.explain().lines() {
            let _ = writeln!(out, "# - {need}");
        }
        return out + &printed;
    }
    printed
}

/// The folder for a domain's sockets, as a path that does not depend on where QEMU is started.
fn folder(given: &str, text: &str) -> Result<String, Unusable> {
    let path = if given.is_empty() {
        let base = std::env::var_os("XDG_RUNTIME_DIR").map_or_else(std::env::temp_dir, PathBuf::from);
        // The name becomes one component of a path that sockets' addresses, which are short, have room for.
        let name: String = virtargv::name_of(text).unwrap_or_default().chars().take(20).collect();
        base.join(format!("virtargv-{}", name.replace('/', "_")))
    } else {
        std::path::absolute(given)?
    };
    path.into_os_string().into_string().map_err(|_| Unusable("the folder's path is not UTF-8".to_owned()))
}
