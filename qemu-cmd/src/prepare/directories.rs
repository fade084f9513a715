//! The directories of a domain's sockets and files.

use virtargv_host::{DriverConfig, StartOptions};

/// The directories of a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Directories {
    /// The directory of the domain, in which QEMU creates its sockets.
    pub domain: String,
    /// The only directory, if the command line is for a shell.
    pub shell: Option<String>,
    /// The domain's name.
    pub name: String,
    /// The part of names in directories that domains share: the number of the domain, and the first 20 characters of its
    /// name.
    pub mark: String,
}

impl Directories {
    /// The directories of the domain `name`.
    pub fn of(name: String, settings: &DriverConfig, options: &StartOptions) -> Self {
        let end = name.char_indices().nth(20).map_or(name.len(), |(at, _)| at);
        let mark = format!("{}-{}", options.domain_id, name.get(..end).unwrap_or(&name));
        let shell = options.runner.directory().map(str::to_owned);
        let own = shell.clone().unwrap_or_else(|| [&settings.lib_dir, "/domain-", &mark].concat());
        Self { domain: own, shell, name, mark }
    }
}

#[cfg(test)]
mod tests {
    use virtargv_host::{DomainId, DriverConfig, StartOptions};

    use super::Directories;

    #[test]
    fn shared_directories_have_the_number_of_the_domain_in_their_names() {
        let check = |domain_id, name: &str, mark: &str| {
            let settings = DriverConfig { lib_dir: "/lib".to_owned(), ..DriverConfig::default() };
            let options = StartOptions { domain_id, ..StartOptions::default() };
            let directories = Directories::of(name.to_owned(), &settings, &options);
            assert_eq!(
                (directories.mark.as_str(), directories.domain),
                (mark, format!("/lib/domain-{mark}"))
            );
        };
        check(DomainId::default(), "demo", "-1-demo");
        check(DomainId::Assigned(7), "demo", "7-demo");
        check(DomainId::Assigned(7), "a-name-of-more-than-20-characters", "7-a-name-of-more-than-");
    }
}
