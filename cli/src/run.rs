//! `virtargv run`: starts the guest of a document.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::process::geteuid;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use virtargv::{Caps, CommandLine, DomainId, DriverConfig, Request, Source};
use virtargv_launch::{Ended, Error, Launch, Message, Output, Reason, Settings};

use crate::args::RunArgs;
use crate::{Done, FINE, REFUSED, Unusable, caps, check, input};

/// The exit code for a guest that cannot be started here, or whose QEMU failed.
const FAILED: u8 = 3;
/// The exit code after an interrupt, as a shell has it.
const INTERRUPTED: u8 = 130;

pub(crate) fn run(args: &RunArgs) -> Done {
    let text = input::read(&args.file)?;
    let caps = caps(args, &text)?;
    let mut host = args.qemu.host();
    if !geteuid().is_root() {
        *host.config_mut() = session()?;
    }
    let mut request = Request::new(&caps, &host);
    request.read.abi_update = args.abi_update;
    // No two processes have the same number, so that no two runs have the same directories.
    request.start.domain_id = DomainId::Assigned(std::process::id());
    let outcome = virtargv::run(&text, &request);
    let Some(line) = outcome.command_line else {
        let source = Source::new(&text);
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
                anstream::eprintln!("{message}");
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
            anstream::eprintln!("the guest is paused, the monitor is at '{}'", line.monitor);
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
            anstream::eprintln!("virtargv: {why}");
            FAILED
        }
    }
}

/// The capabilities: where no option names them, those of the binary that is started.
fn caps(args: &RunArgs, text: &str) -> Result<Caps, Unusable> {
    if args.qemu.caps != caps::DEFAULT {
        return caps::load(&args.qemu);
    }
    let named = virtargv::model::parse(text).value.and_then(|domain| domain.devices.emulator);
    let arch = virtargv::arch_of(text).map_or(std::env::consts::ARCH, |arch| arch.name());
    let path = named.unwrap_or_else(|| format!("/usr/bin/qemu-system-{arch}"));
    caps::load_from(&format!("probe:{path}"), &args.qemu)
}

/// The settings of the session driver, for a user without root.
fn session() -> Result<DriverConfig, Unusable> {
    let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || {
        absolute("HOME").ok_or_else(|| Unusable("HOME is not set, so there are no directories".to_owned()))
    };
    let config =
        absolute("XDG_CONFIG_HOME").map_or_else(|| Ok(home()?.join(".config")), Ok::<_, Unusable>)?;
    let runtime =
        absolute("XDG_RUNTIME_DIR").map_or_else(|| Ok(home()?.join(".cache")), Ok::<_, Unusable>)?;
    let (Some(config), Some(runtime)) = (config.to_str(), runtime.to_str()) else {
        return Err(Unusable("the user's directories are not UTF-8".to_owned()));
    };
    Ok(DriverConfig::session(config, runtime))
}
