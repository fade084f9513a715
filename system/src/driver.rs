//! The directories and settings of libvirt's daemon on this machine.

use virtargv_host::{Answer, ConfHost, ConfProblem, DriverConfig, HostError};
use virtargv_model::Report;

use crate::numa::huge_page_mounts;
use crate::root::{Root, TEXT_LIMIT, is_file_name};

/// Whose libvirt daemon is followed. Each has settings, definitions and state in directories of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Driver {
    /// The daemon of the system, which runs as root (`qemu:///system`).
    System,
    /// The daemon of a user (`qemu:///session`).
    Session {
        /// The directory of its settings and definitions: `libvirt` in `$XDG_CONFIG_HOME`.
        config_dir: String,
        /// The directory of its state: `libvirt` in `$XDG_RUNTIME_DIR`.
        runtime_dir: String,
    },
}

impl Driver {
    /// The daemon of the user of this process.
    pub fn of_process() -> Self {
        if rustix::process::geteuid().is_root() {
            return Self::System;
        }
        // The directories of the XDG specification with their defaults, as GLib finds them.
        let env = |name: &str| std::env::var(name).ok().filter(|dir| dir.starts_with('/'));
        let home = env("HOME").unwrap_or_else(|| "/".to_owned());
        let home = home.trim_end_matches('/');
        let config = env("XDG_CONFIG_HOME").unwrap_or_else(|| format!("{home}/.config"));
        let cache = || env("XDG_CACHE_HOME").unwrap_or_else(|| format!("{home}/.cache"));
        let runtime = env("XDG_RUNTIME_DIR").unwrap_or_else(cache);
        Self::Session { config_dir: format!("{config}/libvirt"), runtime_dir: format!("{runtime}/libvirt") }
    }
}

/// Where the daemon keeps objects of a kind, as `NAME.xml`.
#[derive(Debug, Clone)]
pub(crate) struct Definitions {
    /// What they are.
    what: &'static str,
    /// The directory of definitions.
    config: String,
    /// The directory with the state of the active ones.
    state: String,
}

impl Definitions {
    /// The state of the active object `name`.
    pub fn active<T>(&self, root: &Root, name: &str, parse: impl Fn(&str) -> Result<T, Report>) -> Answer<T> {
        let what = self.what;
        // A name of the document must not leave the directory. Hidden files are none of libvirt's.
        if !is_file_name(name) || name.starts_with('.') {
            return Err(HostError::not_found(what, name));
        }
        match root.text(what, name, &format!("{}/{name}.xml", self.state)) {
            Ok(text) => parse(&text).map_err(|report| HostError::failed(what, name, report)),
            Err(HostError::NotFound { .. }) if root.exists(format!("{}/{name}.xml", self.config)) => {
                Err(HostError::Inactive { what, name: name.to_owned() })
            }
            Err(error) => Err(error),
        }
    }
}

/// The directories of a daemon.
#[derive(Debug, Clone)]
pub(crate) struct Directories {
    /// Virtual networks.
    pub networks: Definitions,
    /// Storage pools.
    pub pools: Definitions,
    /// Secrets: `UUID.xml`, `UUID.base64`.
    pub secrets: String,
    /// The settings of the QEMU driver.
    conf: String,
}

impl Directories {
    /// The directories of `driver`.
    pub fn of(driver: &Driver, root: &Root) -> Self {
        let (config, networks, pools) = match driver {
            Driver::System => {
                let run = run_dir(root);
                ("/etc/libvirt", format!("{run}/network"), format!("{run}/storage"))
            }
            Driver::Session { config_dir, runtime_dir } => {
                let states = [format!("{runtime_dir}/network/lib"), format!("{runtime_dir}/storage/run")];
                let [networks, pools] = states;
                (config_dir.as_str(), networks, pools)
            }
        };
        let definitions =
            |what, dir: &str, state| Definitions { what, config: format!("{config}/{dir}"), state };
        Self {
            networks: definitions("network", "qemu/networks", networks),
            pools: definitions("storage pool", "storage", pools),
            secrets: format!("{config}/secrets"),
            conf: format!("{config}/qemu.conf"),
        }
    }

    /// The driver's settings: those of its `qemu.conf`, where it can be read.
    pub fn settings(&self, driver: &Driver, root: &Root) -> (DriverConfig, Vec<SettingsProblem>) {
        let mut config = built_in(driver, root);
        let (text, unreadable) = match root.bytes("driver's settings", &self.conf, &self.conf, TEXT_LIMIT) {
            Ok(bytes) => (String::from_utf8_lossy(&bytes).into_owned(), None),
            Err(HostError::NotFound { .. }) => (String::new(), None),
            Err(error) => (String::new(), Some(SettingsProblem::Unreadable(error))),
        };
        let problems = config.apply(&text, root);
        let in_file = |problem| SettingsProblem::InFile { path: self.conf.clone(), problem };
        (config, unreadable.into_iter().chain(problems.into_iter().map(in_file)).collect())
    }
}

/// Why a setting of the driver is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SettingsProblem {
    /// The file cannot be read.
    Unreadable(HostError),
    /// Something in the file is wrong. libvirt's driver would not start with it.
    InFile {
        /// The path of the file.
        path: String,
        /// What is wrong.
        problem: ConfProblem,
    },
}

impl std::fmt::Display for SettingsProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unreadable(error) => error.fmt(f),
            Self::InFile { path, problem } => write!(f, "`{path}`, {problem}"),
        }
    }
}

impl ConfHost for Root {
    fn exists(&self, path: &str) -> bool {
        Self::exists(self, path)
    }

    fn huge_page_kib(&self, path: &str) -> Option<u64> {
        let path = path.trim_end_matches('/');
        // What is mounted last covers what was mounted there before.
        let mounts = huge_page_mounts(self);
        mounts.into_iter().rev().find(|mount| mount.path == path).map(|mount| mount.size_kib)
    }
}

/// The settings without a `qemu.conf`.
fn built_in(driver: &Driver, root: &Root) -> DriverConfig {
    match driver {
        Driver::System => {
            let run = run_dir(root);
            DriverConfig {
                state_dir: format!("{run}/qemu"),
                channel_target_dir: format!("{run}/qemu/channel"),
                security_driver: security_driver(root).to_owned(),
                hugetlbfs: huge_page_mounts(root),
                ..DriverConfig::default()
            }
        }
        Driver::Session { config_dir, runtime_dir } => DriverConfig::session(config_dir, runtime_dir),
    }
}

/// The security driver that libvirt chooses by itself.
fn security_driver(root: &Root) -> &'static str {
    let enabled = |path: &str| root.word(path).is_some_and(|word| word.starts_with('Y'));
    if root.exists("/sys/fs/selinux/enforce") {
        "selinux"
    } else if enabled("/sys/module/apparmor/parameters/enabled") && root.exists("/etc/apparmor.d/libvirt") {
        "apparmor"
    } else {
        "none"
    }
}

/// Where units of systemd are, those of the administrator first.
const UNIT_DIRS: &[&str] = &["/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"];

/// The sockets of the daemons that have a QEMU driver: the unit, and the file name of its socket.
const SOCKETS: &[(&str, &str)] =
    &[("virtqemud.socket", "/virtqemud-sock"), ("libvirtd.socket", "/libvirt-sock")];

/// The directory of the state of this machine's libvirt, which it was built with. The units of its sockets name it; without
/// them it is what distributions build it with: `/run/libvirt`, or `/var/run/libvirt` where there is no `/run`.
fn run_dir(root: &Root) -> String {
    for (unit, socket) in SOCKETS {
        for dir in UNIT_DIRS {
            let text = root.word(&format!("{dir}/{unit}")).unwrap_or_default();
            let mut listens = text.lines().filter_map(|line| line.trim().strip_prefix("ListenStream="));
            if let Some(run) = listens.find_map(|path| path.strip_suffix(socket)) {
                return run.to_owned();
            }
        }
    }
    if root.exists("/run") { "/run/libvirt".to_owned() } else { "/var/run/libvirt".to_owned() }
}
