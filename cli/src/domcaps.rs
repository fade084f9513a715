//! `virtargv domcaps`: what a QEMU and a host offer to a kind of guest.

mod json;

use std::io::Write as _;

use virtargv::domcaps::{DomcapsError, DomcapsRequest, domcaps};
use virtargv::model::advice::{did_you_mean, nearest};
use virtargv::render::escaped;

use crate::args::{DomcapsArgs, DomcapsFormat, HostChoice};
use crate::caps::Sets;
use crate::host::Chosen;
use crate::{Done, FINE, Unusable};

pub(crate) fn run(args: &DomcapsArgs) -> Done {
    let qemu = args.qemu();
    let chosen = Chosen::load(&qemu.host, HostChoice::Here)?;
    let sets = Sets::new(&qemu);
    // The set of a file is for an architecture of its own, which is that of the guest where none is named.
    let set = sets.of(args.arch.unwrap_or(chosen.arch()))?;
    let arch = args.arch.unwrap_or(set.caps.arch());
    let wanted = DomcapsRequest {
        arch: Some(arch),
        virt_type: args.virttype.map(Into::into),
        machine: args.machine.clone(),
        emulator: args.emulator.clone(),
    };
    let told = chosen.with_request(Some(arch), &set, |request| domcaps(&wanted, &request));
    let told = told.map_err(|error| {
        let machines = virtargv_caps::Accel::ALL.into_iter().flat_map(|accel| set.caps.machines(accel));
        let names = machines.flat_map(|machine| [machine.alias.as_deref(), Some(&*machine.name)]).flatten();
        let help = match &error {
            DomcapsError::Machine(name) => did_you_mean(nearest(name, names)),
            _ => "give the capabilities of another QEMU with --caps".to_owned(),
        };
        Unusable(if help.is_empty() { error.to_string() } else { format!("{error}; {help}") })
    })?;
    if !told.has_accelerator {
        anstream::eprintln!(
            "virtargv: this QEMU lacks the accelerator of guests of type `{}`: libvirt answers with an error, and this is what \
             the QEMU would offer with it",
            told.virt_type
        );
    }
    if !told.unknown.is_empty() {
        anstream::eprintln!(
            "virtargv: the host does not know {}; what depends on it is left out (describe it with --host)",
            escaped(&told.unknown.join(", "))
        );
    }
    let text = match args.format {
        DomcapsFormat::Xml => told.to_xml(),
        DomcapsFormat::Json => json::object(&told, args.release),
    };
    // Not by `anstream`, which removes control characters from what it writes: the document has them escaped.
    std::io::stdout().lock().write_all(text.as_bytes())?;
    Ok(FINE)
}
