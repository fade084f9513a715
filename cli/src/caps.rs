//! From the options to a capabilities set.

use virtargv::{Caps, builtin};

use crate::Unusable;
use crate::args::QemuArgs;

/// The set that is used where none is named.
pub(crate) const DEFAULT: &str = "builtin:qemu-10.0-x86_64";

/// The set the options ask for.
pub(crate) fn load(args: &QemuArgs) -> Result<Caps, Unusable> {
    let caps = if let Some(name) = args.caps.strip_prefix("builtin:") {
        builtin::get(name, args.release).ok_or_else(|| {
            let known: Vec<&str> = builtin::names().collect();
            Unusable(format!("there is no built-in set '{name}' (there are: {})", known.join(", ")))
        })?
    } else {
        let text = std::fs::read_to_string(&args.caps)
            .map_err(|e| Unusable(format!("cannot read '{}': {e}", args.caps)))?;
        Caps::from_xml(&text, args.release).map_err(|e| Unusable(format!("{}: {e}", args.caps)))?
    };
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
