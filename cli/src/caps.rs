//! Loading capabilities sets.

use virtargv::{Caps, Release, builtin};

use crate::args::QemuArgs;
use crate::{Unusable, probe_cache};

/// The default set.
pub(crate) const DEFAULT: &str = "builtin:qemu-10.0-x86_64";

/// Loads the set `name`: a capabilities file, `builtin:NAME` or `probe:PATH`.
pub(crate) fn named(name: &str, release: Release, refresh: bool) -> Result<Caps, Unusable> {
    if let Some(name) = name.strip_prefix("builtin:") {
        return builtin::get(name, release).ok_or_else(|| {
            let known: Vec<&str> = builtin::names().collect();
            Unusable(format!("there is no built-in set '{name}' (there are: {})", known.join(", ")))
        });
    }
    if let Some(path) = name.strip_prefix("probe:") {
        return probe_cache::probe(path.as_ref(), release, refresh);
    }
    let text = std::fs::read_to_string(name).map_err(|e| Unusable(format!("cannot read '{name}': {e}")))?;
    Caps::from_xml(&text, release).map_err(|e| Unusable(format!("{name}: {e}")))
}

/// Loads the set that the options name, with the flags that they add and remove.
pub(crate) fn load(args: &QemuArgs) -> Result<Caps, Unusable> {
    load_from(&args.caps, args)
}

/// Loads the set `name`, with the flags that the options add and remove.
pub(crate) fn load_from(name: &str, args: &QemuArgs) -> Result<Caps, Unusable> {
    let caps = named(name, args.release, args.refresh)?;
    if args.flags.is_empty() && args.no_flags.is_empty() {
        return Ok(caps);
    }
    let mut edit = caps.edit();
    for &flag in &args.flags {
        edit = edit.set(flag);
    }
    for &flag in &args.no_flags {
        edit = edit.clear(flag);
    }
    Ok(edit.build())
}
