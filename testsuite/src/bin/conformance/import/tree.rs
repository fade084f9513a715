//! A libvirt source tree, and what is copied from it.

use std::path::{Path, PathBuf};

use super::fault::Fault;
use super::list::{FORMS, Form};

/// A libvirt source tree.
pub struct Tree {
    root: PathBuf,
    /// Its release, `11.3.0`.
    pub release: String,
    /// What its test list is like.
    pub form: Form,
}

/// The file that names the release.
const MESON: &str = "meson.build";

impl Tree {
    /// Opens the source tree in `root`.
    pub fn open(root: &Path) -> Result<Self, Fault> {
        let help =
            "name the directory that an unpacked source package of libvirt, 6.7 or later, has at its top";
        let no_tree =
            |why: String| Fault::new(format!("'{}' is no libvirt source tree: {why}", root.display()), help);
        let root = root.canonicalize().map_err(|error| no_tree(error.to_string()))?;
        let meson =
            std::fs::read_to_string(root.join(MESON)).map_err(|e| no_tree(format!("{MESON}: {e}")))?;
        let release = release(&meson).ok_or_else(|| no_tree(format!("{MESON} is not libvirt's")))?;
        let form = FORMS.into_iter().find(|form| root.join(form.list).is_file());
        let form = form.ok_or_else(|| {
            no_tree(format!("there is neither {}", FORMS.map(|form| form.list).join(" nor ")))
        })?;
        Ok(Self { root, release, form })
    }

    /// The bytes of the file at `path`.
    pub fn bytes(&self, path: &str) -> Result<Vec<u8>, Fault> {
        let help = "unpack the source package again, whole";
        let fault = |why: String| Fault::new(format!("'{path}' cannot be read: {why}"), help);
        let full = self.root.join(path).canonicalize().map_err(|error| fault(error.to_string()))?;
        // Symbolic links are followed, as libvirt's tests do.
        if !full.starts_with(&self.root) {
            return Err(fault("it is a link to a file outside of the source tree".to_owned()));
        }
        std::fs::read(&full).map_err(|error| fault(error.to_string()))
    }

    /// The text of the file at `path`.
    pub fn text(&self, path: &str) -> Result<String, Fault> {
        String::from_utf8(self.bytes(path)?)
            .map_err(|_| Fault::new(format!("'{path}' is not UTF-8"), "unpack the source package again"))
    }

    /// The paths of all files below the directory `path`, relative to it, sorted; none where there is no such directory.
    pub fn files(&self, path: &str) -> Vec<String> {
        let mut found = Vec::new();
        below(&self.root.join(path), "", &mut found);
        found.sort();
        found
    }
}

/// Adds the files below `dir`, whose own path is `path`.
fn below(dir: &Path, path: &str, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let Ok(name) = entry.file_name().into_string() else { continue };
        let path = if path.is_empty() { name } else { format!("{path}/{name}") };
        // A link to a directory could lead around in circles; no data has one.
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            below(&entry.path(), &path, found);
        } else if entry.path().is_file() {
            found.push(path);
        }
    }
}

/// The release in libvirt's `meson.build`.
fn release(meson: &str) -> Option<String> {
    let (_, project) = meson.split_once("project(")?;
    let (name, rest) = project.trim_start().strip_prefix('\'')?.split_once('\'')?;
    let version = rest.split_once("version:")?.1.trim_start().strip_prefix('\'')?.split('\'').next()?;
    let numbers = version.split('.').all(|part| part.parse::<u32>().is_ok());
    (name == "libvirt" && numbers).then(|| version.to_owned())
}

/// Files that are copied as they are: below which directory, to which of the set, and which of them.
pub struct Copied {
    /// The directory of the source tree.
    pub from: &'static str,
    /// The directory of the set.
    pub to: &'static str,
    /// The endings of names that are copied; none for all.
    pub endings: &'static [&'static str],
}

/// What a set has beside its cases and their documents.
pub const COPIED: &[Copied] = &[
    Copied { from: "tests/qemucapabilitiesdata", to: "capabilities", endings: &[".xml", ".replies"] },
    Copied { from: "tests/qemufirmwaredata", to: "firmware", endings: &[] },
    Copied { from: "tests/qemuvhostuserdata", to: "vhost-user", endings: &[] },
    Copied { from: "tests/storagepoolxml2xmlout", to: "storage-pools", endings: &[".xml"] },
    Copied { from: "tests/networkxml2xmlin", to: "networks", endings: &[".xml"] },
    Copied { from: "tests/virnetworkportxml2xmldata", to: "network-ports", endings: &[".xml"] },
    Copied { from: "src/cpu_map", to: "cpu-models", endings: &[".xml"] },
];

impl Copied {
    /// Whether `path` is among the files.
    pub fn has(&self, path: &str) -> bool {
        self.endings.is_empty() || self.endings.iter().any(|ending| path.ends_with(ending))
    }
}

/// The name and content that a file has in the set. A script that stands for a helper program becomes what it prints when
/// it is asked for its capabilities.
pub fn in_set(path: &str, bytes: Vec<u8>) -> Result<(String, Vec<u8>), Fault> {
    if !bytes.starts_with(b"#!") {
        return Ok((path.to_owned(), bytes));
    }
    let text = String::from_utf8_lossy(&bytes);
    let printed = text.split_once("<<EOF\n").and_then(|(_, rest)| rest.split_once("EOF\n"));
    let Some((printed, _)) = printed else {
        let what = format!("the script '{path}' does not print a text between 'EOF' and 'EOF'");
        return Err(Fault::new(what, super::fault::NOT_KNOWN));
    };
    Ok((format!("{path}.print-capabilities.json"), printed.as_bytes().to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_release_is_that_of_the_project() {
        let check = |meson: &str, expected: Option<&str>| assert_eq!(release(meson).as_deref(), expected);
        check(
            "project(\n  'libvirt', 'c',\n  version: '9.10.0',\n  meson_version: '>= 0.5',\n",
            Some("9.10.0"),
        );
        check("project('qemu', 'c', version: '9.1.0')", None);
        check("project('libvirt', 'c', version: run_command('x'))", None);
        check("", None);
    }

    #[test]
    fn a_script_becomes_what_it_prints() {
        let check = |text: &str, expected: Option<(&str, &str)>| {
            let found = in_set("a/b", text.as_bytes().to_vec()).ok();
            let expected = expected.map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec()));
            assert_eq!(found, expected, "{text}");
        };
        check("#!/bin/sh\ncat <<EOF\n{}\nEOF\n", Some(("a/b.print-capabilities.json", "{}\n")));
        check("#!/bin/sh\nexit 1\n", None);
        check("{}", Some(("a/b", "{}")));
    }
}
