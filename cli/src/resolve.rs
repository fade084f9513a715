//! `virtargv resolve`.

mod json;

use std::io::Write as _;

use virtargv::{Secrets, Source};

use crate::args::{HostChoice, ResolveArgs, ResolveFormat, With};
use crate::caps::Sets;
use crate::host::Chosen;
use crate::{Done, FINE, REFUSED, check, input};

pub(crate) fn run(args: &ResolveArgs) -> Done {
    let text = input::read(&args.file)?;
    let chosen = Chosen::load(&args.qemu.host, HostChoice::Here)?;
    let sets = Sets::new(&args.qemu);
    let arch = virtargv::arch_of(&text);
    let set = sets.of(arch.unwrap_or(chosen.arch()))?;
    let secrets = if args.security_info { Secrets::Shown } else { Secrets::Hidden };
    let completed = chosen.with_request(arch, &set, |mut request| {
        request.read.abi_update = args.abi_update;
        let mut completed = virtargv::complete(&text, &request).map_err(|mut report| {
            virtargv::narrow_words(&text, &request, &mut report);
            report
        })?;
        if args.with.contains(&With::Aliases) {
            completed.assign_aliases(&request)?;
        }
        Ok::<_, virtargv::Report>(completed)
    });
    if args.format == ResolveFormat::Json {
        let printed = json::object(args, &text, secrets, completed.as_ref());
        std::io::stdout().lock().write_all(printed.as_bytes())?;
        return Ok(if completed.is_ok() { FINE } else { REFUSED });
    }
    match completed {
        Ok(completed) if args.lossless => anstream::print!("{}", completed.in_text(&text, secrets)),
        Ok(completed) => anstream::print!("{}", completed.to_xml(secrets)),
        Err(report) => {
            let report = check::render(input::shown(&args.file), &Source::new(&text), &report);
            anstream::eprint!("{report}");
            return Ok(REFUSED);
        }
    }
    Ok(FINE)
}
