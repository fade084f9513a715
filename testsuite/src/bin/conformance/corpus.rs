//! A corpus set: its cases, and the files that they share.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use virtargv::{Caps, Release};
use virtargv_caps::CpuMap;
use virtargv_caps::derive::Conversation;
use virtargv_caps::qapi::Replies;
use virtargv_model::device::net::Actual;
use virtargv_model::network::Network;
use virtargv_model::pool::StoragePool;
use virtargv_model::{Report, network_port};

use crate::case::Case;
use crate::daemon::Daemon;

/// A capabilities file, which is read by the first case that needs it.
type Slot = Arc<OnceLock<Result<Caps, String>>>;

/// The replies of a QEMU, likewise.
type RepliesSlot = Arc<OnceLock<Result<Arc<Replies>, String>>>;

/// A set of the corpus.
pub struct Corpus {
    /// Its directory.
    pub dir: PathBuf,
    /// The release that it is for.
    pub release: Release,
    /// Settings of the driver in every case, where the set has them.
    pub settings: serde_json::Map<String, serde_json::Value>,
    /// The column after which the lines of its command lines are broken.
    pub wrap: Option<usize>,
    /// Its name.
    name: String,
    /// The directories of shared files, the first with a file counts: that of the set, and that of another set.
    shared: Vec<PathBuf>,
    /// The host of the daemon that answered, for a set that a daemon and not libvirt's tests answered.
    pub daemon: Option<Daemon>,
    /// Its cases, in their order.
    pub cases: Vec<Case>,
    /// Firmware and vhost-user descriptors by their path on the host.
    pub files: BTreeMap<String, String>,
    /// Storage pools by name.
    pub pools: BTreeMap<String, StoragePool>,
    /// Networks by name.
    pub networks: BTreeMap<String, Network>,
    /// Network ports by name.
    pub ports: BTreeMap<String, Actual>,
    /// The CPU definitions.
    pub cpu_map: Arc<CpuMap>,
    caps: Mutex<HashMap<PathBuf, Slot>>,
    replies: Mutex<HashMap<PathBuf, RepliesSlot>>,
}

impl Corpus {
    /// Loads everything except the capabilities, which are read when a case needs them.
    ///
    /// `followed` is the release to follow instead of the set's.
    pub fn load(dir: &Path, followed: Option<Followed>) -> Result<Self, String> {
        let lines = read(&dir.join("cases.jsonl"))?;
        let cases: Vec<Case> = lines.lines().map(Case::parse).collect::<Result<_, _>>()?;
        let set = Set::load(dir, followed)?;
        let mut files = BTreeMap::new();
        let daemon = if set.is_native {
            Some(Daemon::load(set.release, &set.cpu_models)?.with_fixtures_of(dir)?)
        } else {
            None
        };
        for tree in ["firmware", "vhost-user"] {
            add_tree(&set.base.join(tree), "", &mut files);
        }
        Ok(Self {
            daemon,
            release: set.release,
            settings: set.settings,
            wrap: set.wrap,
            name: set.name,
            files,
            pools: definitions(&set.base.join("storage-pools"), StoragePool::parse)?,
            networks: definitions(&set.base.join("networks"), Network::parse)?,
            ports: definitions(&set.base.join("network-ports"), network_port::parse)?,
            cpu_map: Arc::new(cpu_map(&set.cpu_models)?),
            caps: Mutex::default(),
            replies: Mutex::default(),
            dir: dir.to_owned(),
            shared: vec![dir.to_owned(), set.base],
            cases,
        })
    }

    /// The name of the set, which is that of its ratchet.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A file of `domains/`.
    pub fn domain(&self, name: &str) -> Result<String, String> {
        read(&self.dir.join("domains").join(name))
    }

    /// The capabilities of this architecture, version (`latest` for the highest) and variant.
    pub fn caps(&self, arch: &str, version: &str, variant: &str) -> Result<Caps, String> {
        let (paths, found) = self.file_of_qemu(arch, version, variant, "xml")?;
        let path = found.or_else(|| paths.into_iter().next()).ok_or("a set without directories")?;
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

    /// What the QEMU of these capabilities replied; `None` where nothing was recorded.
    pub fn replies(&self, arch: &str, version: &str, variant: &str) -> Result<Option<Arc<Replies>>, String> {
        let (_, Some(path)) = self.file_of_qemu(arch, version, variant, "replies")? else { return Ok(None) };
        let slot = {
            let mut slots = self.replies.lock().map_err(|e| e.to_string())?;
            Arc::clone(slots.entry(path.clone()).or_default())
        };
        let load = || {
            let fault = |why: String| format!("{}: {why}", path.display());
            let conversation = Conversation::parse(&read(&path)?).map_err(|e| fault(e.to_string()))?;
            Replies::of(&conversation).map(Arc::new).map_err(|e| fault(e.to_string()))
        };
        slot.get_or_init(load).clone().map(Some)
    }

    /// The paths where a file of a QEMU can be, and the first one that is there.
    fn file_of_qemu(
        &self,
        arch: &str,
        version: &str,
        variant: &str,
        ending: &str,
    ) -> Result<(Vec<PathBuf>, Option<PathBuf>), String> {
        // A QEMU for POWER runs guests of both byte orders.
        let arch = if arch == "ppc64le" { "ppc64" } else { arch };
        let version = match version {
            "latest" => self.latest(arch, variant)?,
            version => version.to_owned(),
        };
        let names = BETWEEN.map(|between| format!("caps_{version}{between}{arch}{variant}.{ending}"));
        let paths =
            self.shared.iter().flat_map(|set| names.iter().map(|name| set.join("capabilities").join(name)));
        let paths: Vec<PathBuf> = paths.collect();
        let found = paths.iter().find(|path| path.exists()).cloned();
        Ok((paths, found))
    }

    /// The highest version for an architecture and variant.
    fn latest(&self, arch: &str, variant: &str) -> Result<String, String> {
        let names: Vec<String> =
            self.shared.iter().flat_map(|set| names(&set.join("capabilities"))).collect();
        let tails = BETWEEN.map(|between| format!("{between}{arch}{variant}.xml"));
        let version = |name: &'_ String| {
            let rest = name.strip_prefix("caps_")?;
            tails.iter().find_map(|tail| rest.strip_suffix(tail)).map(str::to_owned)
        };
        let versions = names.iter().filter_map(version);
        let key =
            |version: &String| version.split('.').map(|n| n.parse::<u32>().unwrap_or(0)).collect::<Vec<_>>();
        versions.max_by_key(key).ok_or_else(|| format!("no capabilities for '{arch}{variant}'"))
    }
}

/// The separators between version and architecture in names of capabilities files.
const BETWEEN: [&str; 2] = ["_", "."];

/// The description of a set.
struct Set {
    name: String,
    release: Release,
    base: PathBuf,
    cpu_models: PathBuf,
    /// Whether the set has answers of `virsh domxml-to-native`.
    is_native: bool,
    /// As in [`Corpus`].
    settings: serde_json::Map<String, serde_json::Value>,
    /// As in [`Corpus`].
    wrap: Option<usize>,
}

/// The release that a set is run as.
#[derive(Debug, Clone, Copy)]
pub enum Followed {
    /// This one.
    Named(Release),
    /// The one whose version is nearest to the set's.
    Nearest,
}

impl std::str::FromStr for Followed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "nearest" => Ok(Self::Nearest),
            name => name.parse().map(Self::Named).map_err(|error| format!("{error}, nearest")),
        }
    }
}

impl Set {
    /// Reads `set.json` of `dir`. The matrices of libvirt's own tests have none: their directories are named as in
    /// [`MATRICES`].
    fn load(dir: &Path, followed: Option<Followed>) -> Result<Self, String> {
        let name = std::fs::canonicalize(dir).map_err(|e| format!("{}: {e}", dir.display()))?;
        let name = name.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        let told = dir.join("set.json");
        if !told.exists() {
            let found = MATRICES.iter().find(|(matrix, _)| *matrix == name);
            let (_, release) = found.ok_or_else(|| format!("{}: there is no such file", told.display()))?;
            let release = run_as(release.name(), followed)?;
            return Ok(Self {
                name,
                release,
                base: dir.to_owned(),
                cpu_models: dir.join("../cpu-models"),
                is_native: false,
                settings: serde_json::Map::new(),
                wrap: virtargv_testsuite::wrap(release),
            });
        }
        let set: serde_json::Value =
            serde_json::from_str(&read(&told)?).map_err(|e| format!("{}: {e}", told.display()))?;
        let text = |key: &str| {
            let value = set.get(key).and_then(serde_json::Value::as_str);
            value.ok_or_else(|| format!("{}: no '{key}'", told.display()))
        };
        let release = run_as(text("release")?, followed).map_err(|e| format!("{}: {e}", told.display()))?;
        let wrap = match set.get("wrapped").and_then(serde_json::Value::as_bool) {
            Some(wrapped) => virtargv_testsuite::wrap(Release::V7_0).filter(|_| wrapped),
            None => virtargv_testsuite::wrap(release),
        };
        let is_native = match set.get("mode").and_then(serde_json::Value::as_str) {
            None => false,
            Some("native") => true,
            Some(mode) => return Err(format!("{}: unknown mode '{mode}'", told.display())),
        };
        Ok(Self {
            is_native,
            name: text("name").map_or(name, str::to_owned),
            release,
            base: dir.join(text("base")?),
            cpu_models: dir.join(text("cpu_models")?),
            settings: set.get("config").and_then(serde_json::Value::as_object).cloned().unwrap_or_default(),
            wrap,
        })
    }
}

/// The release to follow for a set of `version`.
fn run_as(version: &str, followed: Option<Followed>) -> Result<Release, String> {
    match followed {
        None => version.parse().map_err(|error| {
            format!(
                "{error}; `--as nearest` or `--as RELEASE` runs the set as if it were of one that is followed"
            )
        }),
        Some(Followed::Named(release)) => Ok(release),
        Some(Followed::Nearest) => nearest_to(version),
    }
}

/// The sets of libvirt's own tests, by the name of their directory, with their release.
const MATRICES: &[(&str, Release)] = &[("classic", Release::V7_0), ("modern", Release::V11_3)];

/// The name of the set of libvirt's own tests for the release of this name.
pub fn matrix_of(release: &str) -> Option<&'static str> {
    MATRICES.iter().find(|(_, followed)| followed.name() == release).map(|(name, _)| *name)
}

/// The release that is followed whose version is nearest to `version`, the earlier one of two.
fn nearest_to(version: &str) -> Result<Release, String> {
    let number = |version: &str| {
        let (major, minor) = version.split_once('.')?;
        // No libvirt has had a minor version above 10.
        Some(major.parse::<i64>().ok()? * 11 + minor.parse::<i64>().ok()?)
    };
    let asked = number(version).ok_or_else(|| format!("'{version}' is not a version"))?;
    let distance = |release: &&Release| number(release.name()).map_or(i64::MAX, |it| (it - asked).abs());
    Release::ALL.iter().min_by_key(distance).copied().ok_or_else(|| "no release is followed".to_owned())
}

/// The CPU definitions in `dir`.
pub fn cpu_map(dir: &Path) -> Result<CpuMap, String> {
    CpuMap::parse(|name| read(&dir.join(name)).ok()).map_err(|e| e.to_string())
}

/// The text of a file.
pub fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))
}

fn names(dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}

/// The XML documents in `dir` by name.
fn definitions<T>(
    dir: &Path,
    parse: impl Fn(&str) -> Result<T, Report>,
) -> Result<BTreeMap<String, T>, String> {
    let names = names(dir);
    let documents = names.iter().filter_map(|file| Some((file, file.strip_suffix(".xml")?)));
    let parsed = documents.map(|(file, name)| {
        let path = dir.join(file);
        let value = parse(&read(&path)?).map_err(|report| format!("{}: {report}", path.display()))?;
        Ok((name.to_owned(), value))
    });
    parsed.collect()
}

/// Adds the files below `dir` to `files`, with paths below `path`.
fn add_tree(dir: &Path, path: &str, files: &mut BTreeMap<String, String>) {
    for name in names(dir) {
        let (below, path) = (dir.join(&name), format!("{path}/{name}"));
        match read(&below) {
            Ok(text) => _ = files.insert(path, text),
            Err(_) => add_tree(&below, &path, files),
        }
    }
}
