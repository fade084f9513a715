//! Where the sockets and files of a domain are.

use virtargv_host::{DriverConfig, StartOptions};

/// The folders of a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Folders {
    /// The domain's own folder, in which QEMU makes its sockets.
    pub domain: String,
    /// The same where the line runs without a launcher; it is then the only one.
    pub standalone: Option<String>,
    /// The domain's name.
    pub name: String,
    /// What marks the domain's files in folders that it shares with others: its number, which is -1 before it runs, and
    /// the first 20 characters of its name.
    pub mark: String,
}

impl Folders {
    /// The folders of the domain `name`.
    pub fn of(name: &str, settings: &DriverConfig, options: &StartOptions) -> Self {
        let name = name.to_owned();
        let mark = format!("-1-{}", name.chars().take(20).collect::<String>());
        let standalone = options.standalone.clone();
        let own = standalone.clone().unwrap_or_else(|| format!("{}/domain-{mark}", settings.lib_dir));
        Self { domain: own, standalone, name, mark }
    }
}
