//! The completed document as one JSON object; `docs/resolve.schema.json` is its schema.

use serde_json::{Value, json};
use virtargv::{Completed, Report, Secrets, Source};

use crate::args::{ResolveArgs, With};
use crate::check::json_problems;
use crate::{input, json};

/// The version of the layout. It changes where a reader of the version before would misunderstand.
const LAYOUT: u32 = 1;

/// The object, on a line of its own.
pub(super) fn object(
    args: &ResolveArgs,
    text: &str,
    secrets: Secrets,
    completed: Result<&Completed, &Report>,
) -> String {
    let report = completed.map_or_else(|report| report, Completed::report);
    let document = completed.ok().map(|completed| {
        if args.lossless { completed.in_text(text, secrets) } else { completed.to_xml(secrets) }
    });
    let aliases = completed.ok().filter(|_| args.with.contains(&With::Aliases)).map(aliases);
    let parts = json!({
        "file": input::shown(&args.file),
        "status": if completed.is_ok() { "accepted" } else { "refused" },
        "document": document,
        "aliases": aliases,
        "problems": json_problems(&Source::new(text), report),
    });
    format!("{}\n", json::object(LAYOUT, Some(args.qemu.release), parts))
}

/// The alias of each device, with the path of its element in the document.
fn aliases(completed: &Completed) -> Vec<Value> {
    let infos = completed.domain().devices.infos();
    infos
        .filter_map(|(id, info)| {
            let element = format!("devices/{}[{}]", id.kind.element(), id.index.saturating_add(1));
            Some(json!({ "element": element, "alias": info.alias.as_ref()? }))
        })
        .collect()
}
