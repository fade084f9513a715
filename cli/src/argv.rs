//! `virtargv argv`.

use std::io::Write as _;

use virtargv::{Format, Release, Request, Source, SystemHost};

use crate::args::{ArgvArgs, ArgvFormat};
use crate::{Done, FINE, REFUSED, caps, check, input};

/// The classic release's listings break lines over this many columns.
const CLASSIC_COLUMNS: usize = 80;

pub(crate) fn run(args: &ArgvArgs) -> Done {
    let text = input::read(&args.file)?;
    let caps = caps::load(&args.qemu)?;
    let host = SystemHost::new(args.qemu.arch);
    let mut request = Request::new(&caps, &host);
    request.read.abi_update = args.abi_update;
    match virtargv::command_line(&text, &request) {
        Ok(line) => {
            let (format, wrap) = match args.format {
                ArgvFormat::Args => {
                    (Format::Args, (args.qemu.release == Release::V7_0).then_some(CLASSIC_COLUMNS))
                }
                ArgvFormat::Shell => (Format::Shell, None),
                ArgvFormat::Json => (Format::Json, None),
                ArgvFormat::Nul => (Format::Nul, None),
            };
            let mut out = std::io::stdout().lock();
            out.write_all(line.print(format, wrap).as_bytes())?;
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
