//! The ratchet: the cases that must agree, because they did before.

use std::collections::BTreeSet;
use std::path::PathBuf;

/// The ids of the cases of a set that must agree, in `testsuite/conformance/NAME.passing`.
pub struct Ratchet {
    path: PathBuf,
    ids: BTreeSet<String>,
}

impl Ratchet {
    /// Reads the list; it is empty if there is no file.
    pub fn load(name: &str) -> Self {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("conformance/{name}.passing"));
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        Self { path, ids: text.lines().map(str::to_owned).collect() }
    }

    /// Whether `id` is in the list.
    pub fn holds(&self, id: &str) -> bool {
        self.ids.contains(id)
    }

    /// Adds `ids` to the list.
    pub fn add<'a>(&mut self, ids: impl Iterator<Item = &'a str>) -> Result<(), String> {
        let all: BTreeSet<String> = self.ids.iter().cloned().chain(ids.map(str::to_owned)).collect();
        self.bless(all.iter().map(String::as_str))
    }

    /// Replaces the list by `ids`.
    pub fn bless<'a>(&mut self, ids: impl Iterator<Item = &'a str>) -> Result<(), String> {
        self.ids = ids.map(str::to_owned).collect();
        let text: String = self.ids.iter().flat_map(|id| [id.as_str(), "\n"]).collect();
        let directory = self.path.parent().ok_or("the list has no directory")?;
        std::fs::create_dir_all(directory).map_err(|e| e.to_string())?;
        std::fs::write(&self.path, text).map_err(|e| format!("{}: {e}", self.path.display()))
    }
}
