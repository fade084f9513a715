//! Loading capabilities sets.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use virtargv::model::advice::nearest;
use virtargv::{Arch, Caps, Release, builtin};
use virtargv_resolve::runs;

use crate::args::QemuArgs;
use crate::{Unusable, probe_cache};

/// What stands for QEMU's name of an architecture in the name of a set.
pub(crate) const ARCH: &str = "{arch}";

/// Loads the set `name`: a capabilities file, `builtin:NAME` or `probe:PATH`.
pub(crate) fn named(name: &str, release: Release, refresh: bool) -> Result<Caps, Unusable> {
    if let Some(name) = name.strip_prefix("builtin:") {
        return builtin::get(name, release).ok_or_else(|| {
            let known: Vec<&str> = builtin::names().collect();
            let found = nearest(name, known.iter().copied());
            let meant = found.map_or(String::new(), |found| format!("; did you mean `{}`?", found.word));
            Unusable(format!("there is no built-in set `{name}`{meant} (there are: {})", known.join(", ")))
        });
    }
    if let Some(path) = name.strip_prefix("probe:") {
        return probe_cache::probe(path.as_ref(), release, refresh);
    }
    let text = std::fs::read_to_string(name).map_err(|e| Unusable(format!("cannot read '{name}': {e}")))?;
    Caps::from_xml(&text, release).map_err(|e| Unusable(format!("{name}: {e}")))
}

/// The built-in sets that run guests of architecture `arch`, from the oldest QEMU to the newest.
pub(crate) fn builtin_for(arch: Arch, release: Release) -> Vec<(&'static str, Caps)> {
    let sets = builtin::names().filter_map(|name| Some((name, builtin::get(name, release)?)));
    let mut sets: Vec<(&str, Caps)> = sets.filter(|(_, caps)| runs(caps.arch(), arch)).collect();
    sets.sort_by_key(|(_, caps)| caps.version());
    sets
}

/// The built-in set to take for guests of architecture `arch` where none is named: that of the newest QEMU.
pub(crate) fn default_for(arch: Arch, release: Release) -> Result<(&'static str, Caps), Unusable> {
    builtin_for(arch, release).pop().ok_or_else(|| none_for(arch))
}

/// The error that no built-in set runs guests of architecture `arch`.
fn none_for(arch: Arch) -> Unusable {
    Unusable(format!(
        "there is no built-in QEMU for architecture '{arch}': give the capabilities of one with --caps, as a file or as \
         'probe:/usr/bin/qemu-system-{}'",
        arch.qemu_name()
    ))
}

/// A set, and the binary that was asked for it.
pub(crate) struct Set {
    /// The set, with the flags that the options add and remove.
    pub(crate) caps: Caps,
    /// The absolute path of the binary of `probe:PATH`.
    pub(crate) program: Option<String>,
}

impl Set {
    /// The set `name`, without changes.
    pub(crate) fn named(name: &str, release: Release, refresh: bool) -> Result<Self, Unusable> {
        Ok(Self { caps: named(name, release, refresh)?, program: program_of(name)? })
    }
}

/// The absolute path of the binary that is asked for the set `name`; `None` for a set that is not probed.
fn program_of(name: &str) -> Result<Option<String>, Unusable> {
    match name.strip_prefix("probe:") {
        Some(path) => Ok(std::path::absolute(path)?.into_os_string().into_string().ok()),
        None => Ok(None),
    }
}

/// The sets for documents. Each is loaded once.
pub(crate) struct Sets<'a> {
    args: &'a QemuArgs,
    loaded: HashMap<String, Set>,
}

impl<'a> Sets<'a> {
    /// The sets that the options name.
    pub(crate) fn new(args: &'a QemuArgs) -> Self {
        Self { args, loaded: HashMap::new() }
    }

    /// The set for the document `text`, whose architecture is `otherwise` if it names none.
    pub(crate) fn of(&mut self, text: &str, otherwise: Arch) -> Result<&Set, Unusable> {
        let arch = || virtargv::arch_of(text).unwrap_or(otherwise);
        let (name, key) = match &self.args.caps {
            Some(name) if name.contains(ARCH) => {
                let name = name.replace(ARCH, arch().qemu_name());
                (Some(name.clone()), name)
            }
            Some(name) => (Some(name.clone()), name.clone()),
            None => (None, arch().name().to_owned()),
        };
        match self.loaded.entry(key) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(fresh) => Ok(fresh.insert(load(self.args, name.as_deref(), arch)?)),
        }
    }
}

/// Loads the set `name`, or the default built-in one for an architecture, with the flags that the options add and remove.
pub(crate) fn load(args: &QemuArgs, name: Option<&str>, arch: impl Fn() -> Arch) -> Result<Set, Unusable> {
    let caps = match name {
        Some(name) => named(name, args.release, args.refresh)?,
        None => default_for(arch(), args.release)?.1,
    };
    let program = name.map(program_of).transpose()?.flatten();
    if args.flags.is_empty() && args.no_flags.is_empty() {
        return Ok(Set { caps, program });
    }
    let mut edit = caps.edit();
    for &flag in &args.flags {
        edit = edit.set(flag);
    }
    for &flag in &args.no_flags {
        edit = edit.clear(flag);
    }
    Ok(Set { caps: edit.build(), program })
}
