//! The documents of both sides.

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
    /// Whether it was found in a directory, and so need not be a domain document.
    is_found: bool,
}

impl Pair {
    /// The texts; `None` for a file that is no domain document, where it need not be one.
    pub(super) fn read(&self) -> Result<Option<[String; 2]>, String> {
        let before = read(&self.before)?;
        if self.is_found && files::root(&before) != Some("domain") {
            return Ok(None);
        }
        let after = match &self.after {
            Some(after) => read(after)?,
            None => before.clone(),
        };
        Ok(Some([before, after]))
    }
}

/// The pairs of documents that the arguments name, and whether they are those of a directory.
pub(super) fn pairs(args: &DiffArgs) -> Result<(Vec<Pair>, bool), Unusable> {
    let after = args.after.as_deref();
    if !Path::new(&args.before).is_dir() {
        if after.is_some_and(|after| Path::new(after).is_dir()) {
            return Err(Unusable("a file cannot be compared with a directory".to_owned()));
        }
        let name = after.map_or_else(|| args.before.clone(), |after| format!("{} and {after}", args.before));
        let pair =
            Pair { name, before: args.before.clone(), after: after.map(str::to_owned), is_found: false };
        return Ok((vec![pair], false));
    }
    if after.is_some_and(|after| !Path::new(after).is_dir()) {
        return Err(Unusable("a directory cannot be compared with a file".to_owned()));
    }
    let mut all = Vec::new();
    for found in files::inputs(std::slice::from_ref(&args.before)) {
        let path = match found {
            Input::Found(path) | Input::Named(path) => path,
            Input::Missing(name, why) => return Err(Unusable(format!("{name}: {why}"))),
            Input::Stdin => continue,
        };
        let relative = path.strip_prefix(&args.before).unwrap_or(&path);
        let after = after.map(|after| Path::new(after).join(relative).display().to_string());
        let name = relative.display().to_string();
        all.push(Pair { name, before: path.display().to_string(), after, is_found: true });
    }
    Ok((all, true))
}
