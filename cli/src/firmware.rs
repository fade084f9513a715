//! `virtargv firmware`: shows which firmware of the host a document gets, and why not the others.

use serde_json::{Value, json};
use virtargv::Source;
use virtargv::firmware::{FirmwareError, OfferedFirmware, Verdict, firmware};
use virtargv::model::one_line;

use crate::args::{FirmwareArgs, FirmwareFormat, HostChoice};
use crate::caps::Sets;
use crate::host::Chosen;
use crate::{Done, FINE, REFUSED, Unusable, check, input};

pub(crate) fn run(args: &FirmwareArgs) -> Done {
    let text = input::read(&args.file)?;
    let chosen = Chosen::load(&args.qemu.host, HostChoice::Here)?;
    let sets = Sets::new(&args.qemu);
    let arch = virtargv::arch_of(&text);
    let set = sets.of(arch.unwrap_or(chosen.arch()))?;
    let found = chosen.with_request(arch, &set, |mut request| {
        request.read.abi_update = args.abi_update;
        firmware(&text, &request)
    });
    let found = match found {
        Ok(found) => found,
        Err(FirmwareError::Document(report)) => {
            anstream::eprint!("{}", check::render(input::shown(&args.file), &Source::new(&text), &report));
            return Ok(REFUSED);
        }
        Err(FirmwareError::Host(error)) => {
            return Err(Unusable(format!("the firmware of the host: {error}")));
        }
    };
    match args.format {
        FirmwareFormat::Text if found.is_empty() => {
            anstream::println!("the host has no firmware descriptors");
        }
        FirmwareFormat::Text => found.iter().for_each(|one| {
            anstream::println!("{}: {}", one_line(&one.path), one_line(&one.verdict.to_string()));
        }),
        FirmwareFormat::Json => {
            let all: Vec<Value> = found.iter().map(to_json).collect();
            anstream::println!("{}", Value::Array(all));
        }
    }
    let is_asked = found.iter().all(|one| one.verdict != Verdict::NotAsked);
    let is_taken = found.iter().any(|one| one.verdict == Verdict::Taken);
    Ok(if is_asked && !is_taken { REFUSED } else { FINE })
}

/// A firmware as a JSON object.
fn to_json(one: &OfferedFirmware) -> Value {
    let reason = match &one.verdict {
        Verdict::Unfit(why) => Some(why.name()),
        _ => None,
    };
    json!({
        "path": one.path,
        "verdict": one.verdict.name(),
        "reason": reason,
        "text": one.verdict.to_string(),
    })
}
