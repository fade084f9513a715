//! A corpus set: its cases and everything they share.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use virtargv::{Caps, Release};
use virtargv_caps::CpuMap;

use crate::case::Case;

/// Texts by name.
pub type Texts = BTreeMap<String, Arc<str>>;

/// Capabilities that are read once, by whichever case asks first.
type Slot = Arc<OnceLock<Result<Caps, String>>>;

/// A set of the corpus.
pub struct Corpus {
    /// Its folder.
    pub dir: PathBuf,
    /// The release it is of.
    pub release: Release,
    /// Its cases in order.
    pub cases: Vec<Case>,
    /// Firmware and vhost-user descriptors by their path on the host.
    pub files: BTreeMap<String, String>,
    /// Storage pools, networks and network ports by name.
    pub pools: Texts,
    /// See `pools`.
    pub networks: Texts,
    /// See `pools`.
    pub ports: Texts,
    /// Definitions of CPU models.
    pub cpu_map: Arc<CpuMap>,
    caps: Mutex<HashMap<PathBuf, Slot>>,
}

impl Corpus {
    /// Loads everything but the capabilities, which are read as cases ask for them.
    pub fn load(dir: &Path) -> Result<Self, String> {
        let lines = read(&dir.join("cases.jsonl"))?;
        let cases: Vec<Case> = lines.lines().map(Case::parse).collect::<Result<_, _>>()?;
        // Only the older set has cases that list their flags without naming a QEMU.
        let classic = cases.iter().any(|case| case.text("caps_arch").is_none());
        let mut files = BTreeMap::new();
        for tree in ["firmware", "vhost-user"] {
            add_tree(&dir.join(tree), "", &mut files);
        }
        Ok(Self {
            release: if classic { Release::V7_0 } else { Release::V11_3 },
            files,
            pools: texts(&dir.join("storage-pools")),
            networks: texts(&dir.join("networks")),
            ports: texts(&dir.join("network-ports")),
            cpu_map: Arc::new(cpu_map(&dir.join("../cpu-models"))?),
            caps: Mutex::default(),
            dir: dir.to_owned(),
            cases,
        })
    }

    /// Whether it is the older of the two sets.
    pub fn is_classic(&self) -> bool {
        self.release == Release::V7_0
    }

    /// The name the project keeps this set under.
    pub fn name(&self) -> &'static str {
        if self.is_classic() { "classic" } else { "modern" }
    }

    /// A file of `domains/`.
    pub fn domain(&self, name: &str) -> Result<String, String> {
        read(&self.dir.join("domains").join(name))
    }

    /// The set of that architecture, version (`latest` for the highest) and variant.
    pub fn caps(&self, arch: &str, version: &str, variant: &str) -> Result<Caps, String> {
        let version = match version {
            "latest" => self.latest(arch, variant)?,
            version => version.to_owned(),
        };
        let name = if self.is_classic() {
            format!("caps_{version}.{arch}{variant}.xml")
        } else {
            format!("caps_{version}_{arch}{variant}.xml")
        };
        let path = self.dir.join("capabilities").join(name);
        let slot = {
            let mut slots = self.caps.lock().map_err(|e| e.to_string())?;
            Arc::clone(slots.entry(path.clone()).or_default())
        };
        let load = || {
            let text = read(&path)?;
            Caps::from_xml(&text, self.release).map_err(|e| format!("{}: {e}", path.display()))
        };
        slot.get_or_init(load).clone()
    }

    /// The highest version there is for an architecture and variant.
    fn latest(&self, arch: &str, variant: &str) -> Result<String, String> {
        let tail =
            if self.is_classic() { format!(".{arch}{variant}.xml") } else { format!("_{arch}{variant}.xml") };
        let versions = names(&self.dir.join("capabilities"));
        let versions = versions.iter().filter_map(|n| n.strip_prefix("caps_")?.strip_suffix(&tail));
        let key =
            |version: &&str| version.split('.').map(|n| n.parse::<u32>().unwrap_or(0)).collect::<Vec<_>>();
        versions
            .max_by_key(key)
            .map(str::to_owned)
            .ok_or_else(|| format!("no capabilities for '{arch}{variant}'"))
    }
}

/// The definitions of CPU models, which both sets share.
fn cpu_map(dir: &Path) -> Result<CpuMap, String> {
    CpuMap::parse(|name| read(&dir.join(name)).ok()).map_err(|e| e.to_string())
}

/// A file's text.
pub fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))
}

fn names(dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}

fn texts(dir: &Path) -> Texts {
    let named = names(dir).into_iter().filter_map(|file| {
        let text = read(&dir.join(&file)).ok()?;
        Some((file.strip_suffix(".xml")?.to_owned(), text.into()))
    });
    named.collect()
}

/// Puts the files below `dir` into `files` under `path`.
fn add_tree(dir: &Path, path: &str, files: &mut BTreeMap<String, String>) {
    for name in names(dir) {
        let (below, path) = (dir.join(&name), format!("{path}/{name}"));
        match read(&below) {
            Ok(text) => _ = files.insert(path, text),
            Err(_) => add_tree(&below, &path, files),
        }
    }
}
