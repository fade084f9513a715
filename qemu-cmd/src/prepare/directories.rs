//! The directories of a domain's sockets and files.

use virtargv_host::{DriverConfig, StartOptions};

/// The directories of a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Directories {
    /// The directory of the domain, in which QEMU creates its sockets.
    pub domain: String,
    /// The only directory, if the command line runs without a launcher.
    pub standalone: Option<String>,
    /// The domain's name.
    pub name: String,
    /// The part of names in directories that domains share: the id of the domain, which is -1 before it runs, and the
    /// first 20 characters of its name.
    pub mark: String,
}

impl Directories {
    /// The directories of the domain `name`.
    pub fn of(name: &str, settings: &DriverConfig, options: &StartOptions) -> Self {
        let name = name.to_owned();
        let mark = format!("-1-{}", name.chars().take(20).collect::<String>());
        let standalone = options.standalone.clone();
        let own = standalone.clone().unwrap_or_else(|| format!("{}/domain-{mark}", settings.lib_dir));
        Self { domain: own, standalone, name, mark }
    }
}
