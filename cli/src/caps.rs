//! Loading capabilities sets.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use virtargv::model::advice::{did_you_mean, list, nearest};
use virtargv::{Arch, Caps, Release, builtin};
use virtargv_resolve::runs;

use crate::args::QemuArgs;
use crate::{Unusable, input, probe_cache};

/// What stands for QEMU's name of an architecture in the name of a set.
pub(crate) const ARCH: &str = "{arch}";

/// Loads the set `name`: a capabilities file, `builtin:NAME` or `probe:PATH`.
pub(crate) fn named(name: &str, release: Release, refresh: bool) -> Result<Caps, Unusable> {
    if let Some(name) = name.strip_prefix("builtin:") {
        return builtin::get(name, release).ok_or_else(|| {
            let known: Vec<&str> = builtin::names().collect();
            let found = nearest(name, known.iter().copied());
            let meant = found.map_or(String::new(), |_| format!("; {}", did_you_mean(found)));
            Unusable(format!("there is no built-in set `{name}`{meant} (there are: {})", list(known)))
        });
    }
    if let Some(path) = name.strip_prefix("probe:") {
        return probe_cache::probe(path.as_ref(), release, refresh);
    }
    let text = input::text_file(name.as_ref()).map_err(|e| Unusable(format!("cannot read `{name}`: {e}")))?;
    Caps::from_xml(&text, release).map_err(|e| Unusable(format!("{name}: {e}")))
}

/// The names of the built-in sets that run guests of architecture `arch`, from the oldest QEMU to the newest.
fn names_for(arch: Arch) -> impl Iterator<Item = &'static str> {
    let own = |name: &str| name.rsplit_once('-').and_then(|(_, own)| own.parse().ok());
    builtin::names().filter(move |name| own(name).is_some_and(|own| runs(own, arch)))
}

/// The built-in sets that run guests of architecture `arch`, from the oldest QEMU to the newest.
pub(crate) fn builtin_for(arch: Arch, release: Release) -> Vec<(&'static str, Caps)> {
    names_for(arch).filter_map(|name| Some((name, builtin::get(name, release)?))).collect()
}

/// The built-in set to take for guests of architecture `arch` where none is named: that of the newest QEMU.
pub(crate) fn default_for(arch: Arch, release: Release) -> Result<(&'static str, Caps), Unusable> {
    let newest = names_for(arch).last();
    newest.and_then(|name| Some((name, builtin::get(name, release)?))).ok_or_else(|| none_for(arch))
}

/// The error that no built-in set runs guests of architecture `arch`.
fn none_for(arch: Arch) -> Unusable {
    Unusable(format!(
        "there is no built-in QEMU for architecture `{arch}`: give the capabilities of one with --caps, as a file or as \
         `probe:/usr/bin/qemu-system-{}`",
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

/// The sets for documents. Each is loaded once, whichever thread asks for it first.
pub(crate) struct Sets<'a> {
    args: &'a QemuArgs,
    loaded: Mutex<HashMap<String, Loaded>>,
}

/// A set, or why there is none.
type Loaded = Result<Arc<Set>, String>;

impl<'a> Sets<'a> {
    /// The sets that the options name.
    pub(crate) fn new(args: &'a QemuArgs) -> Self {
        Self { args, loaded: Mutex::default() }
    }

    /// Loads the set that the options name for all documents, so that it is known whether there is one.
    pub(crate) fn load_named(&self) -> Result<(), Unusable> {
        match &self.args.caps {
            Some(name) if !name.contains(ARCH) => self.get(name.clone(), Some(name), Arch::X86_64).map(drop),
            _ => Ok(()),
        }
    }

    /// The set for a document of architecture `arch`.
    pub(crate) fn of(&self, arch: Arch) -> Result<Arc<Set>, Unusable> {
        match &self.args.caps {
            Some(name) if name.contains(ARCH) => {
                let name = name.replace(ARCH, arch.qemu_name());
                self.get(name.clone(), Some(&name), arch)
            }
            Some(name) => self.get(name.clone(), Some(name), arch),
            None => self.get(arch.name().to_owned(), None, arch),
        }
    }

    /// The set that is kept under `key`, loaded if it is not there.
    fn get(&self, key: String, name: Option<&str>, arch: Arch) -> Result<Arc<Set>, Unusable> {
        // Others wait meanwhile: most probably they need the same set.
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        let load = || load(self.args, name, arch).map(Arc::new).map_err(|Unusable(why)| why);
        loaded.entry(key).or_insert_with(load).clone().map_err(Unusable)
    }
}

/// Loads the set `name`, or the default built-in one for an architecture, with the flags that the options add and remove.
pub(crate) fn load(args: &QemuArgs, name: Option<&str>, arch: Arch) -> Result<Set, Unusable> {
    let caps = match name {
        Some(name) => named(name, args.release, args.refresh)?,
        None => default_for(arch, args.release)?.1,
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
