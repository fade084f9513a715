//! The documents of both sides.

use std::collections::BTreeMap;
use std::path::Path;

use crate::Unusable;
use crate::args::DiffArgs;
use crate::check::files::{self, Input};

use super::read;

/// A document of each side.
pub(super) struct Pair {
    /// How it is called in the output.
    pub(super) name: String,
    before: String,
    after: Option<String>,
    /// Whether it was found in a directory, where other XML files can be too.
    is_found: bool,
}

impl Pair {
    /// The texts; `None` for what was found in a directory and is no domain document.
    pub(super) fn read(&self) -> Result<Option<[String; 2]>, String> {
        let before = read(&self.before)?;
        let after = self.after.as_deref().map_or_else(|| Ok(before.clone()), read)?;
        let is_domain = |text: &str| files::root(text) == Some("domain");
        if self.is_found && !is_domain(&before) && !is_domain(&after) {
            return Ok(None);
        }
        Ok(Some([before, after]))
    }
}

/// The documents that the arguments name.
pub(super) struct Documents {
    pub(super) pairs: Vec<Pair>,
    /// The names of documents that one side alone has, each with an error message.
    pub(super) alone: Vec<(String, String)>,
    /// Whether they are those of a directory.
    pub(super) is_fleet: bool,
}

/// The documents that the arguments name.
pub(super) fn all(args: &DiffArgs) -> Result<Documents, Unusable> {
    let after = args.after.as_deref();
    if args.before == "-" && after == Some("-") {
        return Err(Unusable("only one of the two documents can be standard input".to_owned()));
    }
    if !Path::new(&args.before).is_dir() {
        if after.is_some_and(|after| Path::new(after).is_dir()) {
            return Err(Unusable("a file cannot be compared with a directory".to_owned()));
        }
        let name = after.map_or_else(|| args.before.clone(), |after| format!("{} and {after}", args.before));
        let pair =
            Pair { name, before: args.before.clone(), after: after.map(str::to_owned), is_found: false };
        return Ok(Documents { pairs: vec![pair], alone: Vec::new(), is_fleet: false });
    }
    if after.is_some_and(|after| !Path::new(after).is_dir()) {
        return Err(Unusable("a directory cannot be compared with a file".to_owned()));
    }
    let of_before = names(&args.before)?;
    // Networks and other XML files can be missing; a file that cannot be read is told of all the same.
    let is_domain = |path: &str| read(path).map_or(true, |text| files::root(&text) == Some("domain"));
    let of_after = after.map(names).transpose()?;
    let (mut pairs, mut alone) = (Vec::new(), Vec::new());
    for (name, path) in &of_before {
        let other = match &of_after {
            None => None,
            Some(others) => {
                let Some(other) = others.get(name) else {
                    if is_domain(path) {
                        alone.push((name.clone(), format!("is in `{}` only", args.before)));
                    }
                    continue;
                };
                Some(other.clone())
            }
        };
        pairs.push(Pair { name: name.clone(), before: path.clone(), after: other, is_found: true });
    }
    let only_after = of_after.iter().flatten();
    let only_after = only_after.filter(|(name, path)| !of_before.contains_key(*name) && is_domain(path));
    alone.extend(
        only_after.map(|(name, _)| (name.clone(), format!("is in `{}` only", after.unwrap_or_default()))),
    );
    Ok(Documents { pairs, alone, is_fleet: true })
}

/// The documents in a directory: their names in it, and their paths.
fn names(directory: &str) -> Result<BTreeMap<String, String>, Unusable> {
    let mut all = BTreeMap::new();
    for found in files::inputs(std::slice::from_ref(&directory.to_owned())) {
        let path = match found {
            Input::Found(path) | Input::Named(path) => path,
            Input::Missing(name, why) => return Err(Unusable(format!("{name}: {why}"))),
            Input::Stdin => continue,
        };
        let relative = path.strip_prefix(directory).unwrap_or(&path);
        all.insert(relative.display().to_string(), path.display().to_string());
    }
    Ok(all)
}
