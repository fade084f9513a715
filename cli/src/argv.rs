//! `virtargv argv`.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;

use virtargv::explain::Explainer;
use virtargv::host::Runner;
use virtargv::model::one_line;
use virtargv::{CommandLine, Format, Layout, Source};

use crate::args::{ArgvArgs, ArgvFormat, HostChoice};
use crate::caps::{Set, Sets};
use crate::host::Chosen;
use crate::{Done, FINE, REFUSED, Unusable, check, input, verify};

pub(crate) fn run(args: &ArgvArgs) -> Done {
    if args.explain && args.format != ArgvFormat::Args {
        return Err(Unusable(
            "--explain needs --format args; JSON has the source of each argument".to_owned(),
        ));
    }
    if args.explain_host && args.format == ArgvFormat::Nul {
        return Err(Unusable("--explain-host cannot be used with --format nul".to_owned()));
    }
    let text = input::read(&args.file)?;
    let chosen = Chosen::load(&args.qemu.host, HostChoice::Here)?;
    let sets = Sets::new(&args.qemu);
    let arch = virtargv::arch_of(&text);
    let set = sets.of(arch.unwrap_or(chosen.arch()))?;
    let verified_by = verified_by(args, &set)?;
    let runner = match &args.standalone {
        Some(dir) => Runner::Shell(directory(dir, &text)?),
        None if args.like_native => Runner::Reader,
        None => Runner::Launcher,
    };
    let mut outcome = chosen.with_request(arch, &set, |mut request| {
        request.read.abi_update = args.abi_update;
        request.start.runner = runner;
        check::run_stages(&text, &request)
    });
    let (Some(line), Some(completed)) = (outcome.command_line, outcome.resolved) else {
        // Without what the host does not know there is no command line.
        outcome.report.insist();
        let source = Source::new(&text);
        anstream::eprint!("{}", check::render(input::shown(&args.file), &source, &outcome.report));
        return Ok(REFUSED);
    };
    if let Some(from) = verified_by
        && !verify::run(input::shown(&args.file), &text, &line, &from)?
    {
        return Ok(REFUSED);
    }
    let printed = if args.explain {
        explain(&line, &Explainer::new(&text, args.qemu.release, &completed))
    } else {
        print(&line, &text, args)
    };
    let mut out = std::io::stdout().lock();
    out.write_all(needs(&line, args).as_bytes())?;
    out.write_all(printed.as_bytes())?;
    out.flush()?;
    Ok(FINE)
}

/// Where the replies are that the command line is verified against; `None` where it is not verified.
fn verified_by<'a>(args: &'a ArgvArgs, set: &'a Set) -> Result<Option<verify::RepliesFrom<'a>>, Unusable> {
    match args.verify.as_deref() {
        None => Ok(None),
        Some("") => match set.program.as_deref() {
            Some(path) => Ok(Some(verify::RepliesFrom::Binary(path, args.qemu.refresh))),
            None => Err(Unusable(
                "--verify needs a QEMU to ask: give --caps probe:PATH, or a file with its replies (--verify=FILE)".to_owned(),
            )),
        },
        Some(file) => Ok(Some(verify::RepliesFrom::File(file.as_ref()))),
    }
}

/// The needs of the command line, as comments of a shell.
fn needs(line: &CommandLine, args: &ArgvArgs) -> String {
    if !args.explain_host || !matches!(args.format, ArgvFormat::Args | ArgvFormat::Shell) {
        return String::new();
    }
    let mut out = "# The command line requires on the host (virtargv creates none of it):\n".to_owned();
    for need in line.explain().lines() {
        let _ = writeln!(out, "# - {need}");
    }
    let work = line.explain_work();
    if !work.is_empty() {
        out.push_str("# libvirt also does, in this order:\n");
    }
    for one in work.lines() {
        let _ = writeln!(out, "# - {one}");
    }
    out
}

fn print(line: &CommandLine, text: &str, args: &ArgvArgs) -> String {
    let format = match args.format {
        ArgvFormat::Args => Format::Args,
        ArgvFormat::Shell => Format::Shell,
        ArgvFormat::Json if args.explain_host => Format::JsonWithNeeds,
        ArgvFormat::Json => Format::Json,
        ArgvFormat::Nul => Format::Nul,
    };
    // Only JSON has the places of elements.
    let source = (args.format == ArgvFormat::Json).then(|| Source::new(text));
    line.print_with(format, &Layout { wrap: None, source: source.as_ref() })
}

/// The command line with a comment before each option. It is for people: no shell takes a comment within a command.
fn explain(line: &CommandLine, explainer: &Explainer<'_>) -> String {
    let mut out = line.print_program();
    for argument in &line.arguments {
        let why = explainer.argument(argument);
        let _ = writeln!(out, "# {}", one_line(&why));
        let _ = writeln!(out, "{}", argument.print());
    }
    out
}

/// The directory of the domain's sockets, as an absolute path.
fn directory(given: &str, text: &str) -> Result<String, Unusable> {
    let path = if given.is_empty() {
        let base = std::env::var_os("XDG_RUNTIME_DIR").map_or_else(std::env::temp_dir, PathBuf::from);
        // The name is one component of the path, and shortened, because paths of sockets have at most 107 bytes.
        let name: String = virtargv::name_of(text).unwrap_or_default().chars().take(20).collect();
        base.join(format!("virtargv-{}", name.replace('/', "_")))
    } else {
        std::path::absolute(given)?
    };
    path.into_os_string()
        .into_string()
        .map_err(|_| Unusable("the path of the directory is not UTF-8".to_owned()))
}
