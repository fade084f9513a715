//! The arguments of `virtargv diff`.

use std::num::NonZero;

use clap::{Args, ValueEnum};
use virtargv::Release;

use super::{HostArgs, examples, jobs};

#[derive(Debug, Args)]
#[command(after_help = examples::DIFF)]
pub(crate) struct DiffArgs {
    /// The libvirt release whose behaviour is followed, or that of each side.
    #[arg(long, value_name = "RELEASE|OLD..NEW", value_parser = releases, default_value = "12.9")]
    pub(crate) release: (Release, Release),
    /// The capabilities of QEMU, as for `argv`; given twice, or as OLD..NEW, those of each side.
    #[arg(long, value_name = "FILE|builtin:NAME|probe:PATH")]
    pub(crate) caps: Vec<String>,
    /// The machine type of the second side, or that of each side; without it, that of the document.
    #[arg(long, value_name = "NAME|OLD..NEW")]
    pub(crate) machine: Option<String>,
    /// Show only what the guest sees.
    #[arg(long)]
    pub(crate) guest: bool,
    /// The output format.
    #[arg(long, value_enum, default_value_t = DiffFormat::Text)]
    pub(crate) format: DiffFormat,
    /// Treat the documents as new definitions, whose guests can get the defaults of new guests (libvirt's ABI update).
    #[arg(long)]
    pub(crate) abi_update: bool,
    /// The number of documents that are compared at the same time [default: the number of CPUs].
    #[arg(long, short, value_name = "NUMBER", value_parser = jobs)]
    pub(crate) jobs: Option<NonZero<u16>>,
    #[command(flatten)]
    pub(crate) host: HostArgs,
    /// The document of the first side, or a directory with documents; `-` is standard input.
    #[arg(value_name = "FILE|DIR|-")]
    pub(crate) before: String,
    /// The document of the second side, or a directory with documents of the same names; without it, the same documents.
    #[arg(value_name = "FILE|DIR")]
    pub(crate) after: Option<String>,
}

/// The layouts of the differences.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DiffFormat {
    /// For people: what the guest sees first, by reason.
    Text,
    /// One JSON object (docs/diff.md).
    Json,
}

fn releases(text: &str) -> Result<(Release, Release), String> {
    let (old, new) = text.split_once("..").unwrap_or((text, text));
    let parse = |name: &str| name.parse::<Release>().map_err(|error| error.to_string());
    Ok((parse(old)?, parse(new)?))
}

impl DiffArgs {
    /// Whether nothing can differ, because nothing is given for a second side.
    pub(crate) fn has_one_side(&self) -> bool {
        let (old, new) = self.release;
        let is_range = |text: &String| split(text).is_some();
        let caps = self.caps.len() > 1 || self.caps.iter().any(is_range);
        self.after.is_none() && old == new && !caps && self.machine.is_none()
    }

    /// The capabilities of each side.
    pub(crate) fn sets(&self) -> Result<[Option<String>; 2], String> {
        match self.caps.as_slice() {
            [] => Ok([None, None]),
            [both] => Ok(match split(both) {
                Some((old, new)) => [Some(old.to_owned()), Some(new.to_owned())],
                None => [Some(both.clone()), Some(both.clone())],
            }),
            [old, new] => Ok([Some(old.clone()), Some(new.clone())]),
            _ => Err("--caps can be given for two sides, not more".to_owned()),
        }
    }

    /// The machine type of each side.
    pub(crate) fn machines(&self) -> [Option<&str>; 2] {
        match self.machine.as_deref() {
            None => [None, None],
            Some(text) => match text.split_once("..") {
                Some((old, new)) => [old, new].map(|name| Some(name).filter(|name| !name.is_empty())),
                None => [None, Some(text)],
            },
        }
    }
}

/// The two sides of `OLD..NEW`; two dots before or after a slash are a directory.
fn split(text: &str) -> Option<(&str, &str)> {
    let is_path = |at: usize| {
        text.get(..at).is_some_and(|before| before.is_empty() || before.ends_with(['/', ':']))
            || text
                .get(at..)
                .is_some_and(|after| after == ".." || after.starts_with("../") && !after.starts_with("..//"))
    };
    let at = text.match_indices("..").map(|(at, _)| at).find(|at| !is_path(*at))?;
    let (old, new) = text.split_at_checked(at)?;
    Some((old, new.strip_prefix("..")?)).filter(|(_, new)| !new.is_empty())
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn two_dots_part_the_sides_and_are_no_directory() {
        let check = |text, expected| assert_eq!(split(text), expected, "{text}");
        check("builtin:a..builtin:b", Some(("builtin:a", "builtin:b")));
        check("a.xml..b.xml", Some(("a.xml", "b.xml")));
        check("../a.xml", None);
        check("probe:../qemu", None);
        check("x/../a.xml", None);
        check("a.xml", None);
    }
}
