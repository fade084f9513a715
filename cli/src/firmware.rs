//! `virtargv firmware`: shows which firmware of the host a document gets, and why not the others.

use serde_json::{Value, json};
use virtargv::firmware::{
    AskedFirmware, FirmwareError, FirmwareSelection, OfferedFirmware, Verdict, firmware,
};
use virtargv::model::one_line;
use virtargv::{Release, Source};

use crate::args::{FirmwareArgs, FirmwareFormat, HostChoice};
use crate::caps::Sets;
use crate::host::Chosen;
use crate::{Done, FINE, REFUSED, Unusable, check, input, json};

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
        FirmwareFormat::Text => {
            anstream::println!("{}", one_line(&found.asked.to_string()));
            if found.offered.is_empty() {
                anstream::println!("the host has no firmware descriptors");
            }
            for one in &found.offered {
                anstream::println!("{}: {}", one_line(&one.path), one_line(&one.verdict.to_string()));
            }
        }
        FirmwareFormat::Json => anstream::println!("{}", to_json(args.qemu.release, &found)),
    }
    let is_taken = found.offered.iter().any(|one| one.verdict == Verdict::Taken);
    let is_needed = matches!(found.asked, AskedFirmware::Kind(_));
    Ok(if is_needed && !is_taken { REFUSED } else { FINE })
}

/// The version of the layout. It changes where a reader of the version before would misunderstand.
const LAYOUT: u32 = 1;

/// The answer as one JSON object.
fn to_json(release: Release, found: &FirmwareSelection) -> Value {
    let image = match &found.asked {
        AskedFirmware::Image { path, .. } => Some(path),
        _ => None,
    };
    let parts = json!({
        "asked": found.asked.name(),
        "image": image,
        "text": found.asked.to_string(),
        "firmware": found.offered.iter().map(one_to_json).collect::<Vec<_>>(),
    });
    json::object(LAYOUT, Some(release), parts)
}

/// A firmware as a JSON object.
fn one_to_json(one: &OfferedFirmware) -> Value {
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
