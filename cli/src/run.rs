//! `virtargv run`: starts the guest of a document.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use virtargv::{Arch, CommandLine, DomainId, Source};
use virtargv_launch::{Ended, Error, Launch, Message, Output, Reason, Settings};

use crate::args::{HostChoice, RunArgs};
use crate::caps::Set;
use crate::host::Chosen;
use crate::{Done, FINE, REFUSED, Unusable, caps, check, input};

/// The exit code for a guest that cannot be started here, or whose QEMU failed.
const FAILED: u8 = 3;
/// The exit code after an interrupt, as a shell has it.
const INTERRUPTED: u8 = 130;

pub(crate) fn run(args: &RunArgs) -> Done {
    let text = input::read(&args.file)?;
    let chosen = Chosen::load(&args.qemu.host, HostChoice::Here)?;
    let arch = virtargv::arch_of(&text);
    let set = set(args, &text, arch.unwrap_or(chosen.arch()))?;
    let mut outcome = chosen.with_request(arch, &set, |mut request| {
        request.read.abi_update = args.abi_update;
        if request.start.domain_id == DomainId::NotAssigned {
            // No two processes have the same number, so that no two runs have the same directories.
            request.start.domain_id = DomainId::Assigned(std::process::id());
        }
        check::run_stages(&text, &request)
    });
    let Some(line) = outcome.command_line else {
        let source = Source::new(&text);
        outcome.report.insist();
        anstream::eprint!("{}", check::render(input::shown(&args.file), &source, &outcome.report));
        return Ok(REFUSED);
    };
    let interrupt = Arc::<AtomicBool>::default();
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        signal_hook::flag::register(signal, Arc::clone(&interrupt))?;
    }
    Ok(start(args, &line, interrupt))
}

fn start(args: &RunArgs, line: &CommandLine, interrupt: Arc<AtomicBool>) -> u8 {
    // Until the guest runs, messages are part of the error.
    let runs = Arc::<AtomicBool>::default();
    let shown = Arc::clone(&runs);
    let settings = Settings {
        paused: args.paused,
        start_limit: Duration::from_secs(args.start_limit),
        output: Output::Inherit,
        message: Message::new(move |message| {
            if shown.load(Ordering::Relaxed) {
                anstream::eprintln!("{}", virtargv::render::escaped(message));
            }
        }),
        interrupt,
        ..Settings::default()
    };
    let launch = Launch::new(line, settings);
    if args.check {
        let missing = launch.check();
        for one in &missing {
            anstream::println!("{one}");
        }
        return if missing.is_empty() { FINE } else { FAILED };
    }
    let ended = launch.open().and_then(virtargv_launch::Opened::start).and_then(|mut guest| {
        runs.store(true, Ordering::Relaxed);
        if args.paused {
            let monitor = virtargv::render::escaped(&line.monitor);
            anstream::eprintln!("the guest is paused; QEMU's monitor is the socket `{monitor}`");
            return guest.wait_without_monitor();
        }
        guest.wait()
    });
    report(ended)
}

fn report(ended: Result<Ended, Error>) -> u8 {
    match ended {
        Ok(Ended { reason: Reason::Interrupted, .. }) | Err(Error::Interrupted) => INTERRUPTED,
        Ok(Ended { status, .. }) if status.success() => FINE,
        Ok(Ended { status, .. }) => {
            anstream::eprintln!("virtargv: QEMU failed ({status})");
            FAILED
        }
        Err(why) => {
            let text = why.to_string();
            let lines: Vec<_> = text.lines().map(virtargv::render::escaped).collect();
            anstream::eprintln!("virtargv: {}", lines.join("\n"));
            FAILED
        }
    }
}

/// The capabilities: where no option names them, those of the binary that is started.
fn set(args: &RunArgs, text: &str, arch: Arch) -> Result<Set, Unusable> {
    let name = if let Some(name) = &args.qemu.caps {
        name.replace(caps::ARCH, arch.qemu_name())
    } else {
        let named = virtargv::model::parse(text).value.and_then(|domain| domain.devices.emulator);
        let path = named.unwrap_or_else(|| format!("/usr/bin/qemu-system-{}", arch.qemu_name()));
        format!("probe:{path}")
    };
    caps::load(&args.qemu, Some(&name), arch)
}
