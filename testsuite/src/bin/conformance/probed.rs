//! `--probed DIR --daemon DIR`: what probes of QEMU binaries gave, against the real libvirt's capabilities files of them.
//!
//! The files are compared as XML, so that nothing which capabilities do not read is overlooked.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use roxmltree::{Document, Node};

use crate::capabilities::{Verdict, read};

/// What is libvirt's own and no answer of QEMU: when the binary, its modules and libvirt itself were made, which libvirt it
/// is, and parameters of the kernel's module KVM that tell whether the file is still true.
const OF_THE_DAEMON: &[&str] = &[
    "qemuctime",
    "qemumoddirmtime",
    "selfctime",
    "selfvers",
    "kvmSupportsNesting",
    "kvmSupportsSecureGuest",
];

/// What names the host of a file: CPU and kernel. Files of the same host are compared in full.
const NAMES_THE_HOST: &[&str] = &["microcodeVersion", "hostCPUSignature", "kernelVersion", "cpudata"];

/// What depends on the host's CPU and kernel, besides its name: the version of KVM, memory encryption, enclaves and
/// enlightenments. So do the host's CPU under KVM, and which CPU models KVM can run, see [`Lines::element`].
const OF_THE_HOST: &[&str] = &["kvmVersion", "sev", "sgx", "hypervCapabilities"];

/// The flags that depend on the host.
const FLAGS_OF_THE_HOST: &[&str] = &["kvm", "sev-guest", "sev-snp-guest", "sgx-epc", "tdx-guest"];

/// Compares every file in `daemon` with the one of the same name in `probed`.
pub(crate) fn compare(probed: &Path, daemon: &Path) -> Result<Vec<Verdict>, String> {
    let entries = std::fs::read_dir(daemon).map_err(|e| format!("{}: {e}", daemon.display()))?;
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "xml"));
    files.sort();
    if files.is_empty() {
        return Err(format!("{}: no capabilities file", daemon.display()));
    }
    let verdict = |path: PathBuf| {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let found = probed.join(path.file_name().unwrap_or_default());
        let compared = read(&path).and_then(|wanted| differences(&wanted, &read(&found)?));
        Verdict { name, differences: compared.unwrap_or_else(|why| format!(" {why}")) }
    };
    Ok(files.into_iter().map(verdict).collect())
}

/// The differences between two files, empty if there is none.
fn differences(wanted: &str, found: &str) -> Result<String, String> {
    let parse = |text| Document::parse(text).map_err(|e| e.to_string());
    let (wanted, found) = (parse(wanted)?, parse(found)?);
    let same_host = host(&wanted) == host(&found);
    let (wanted, found) = (Lines::of(&wanted, same_host), Lines::of(&found, same_host));
    let mut counts: BTreeMap<&str, i32> = BTreeMap::new();
    wanted.0.iter().for_each(|line| *counts.entry(line).or_default() -= 1);
    found.0.iter().for_each(|line| *counts.entry(line).or_default() += 1);
    let mut out = String::new();
    for (line, count) in counts.into_iter().filter(|(_, count)| *count != 0) {
        let _ = write!(out, "\n  {} {line}", if count < 0 { '-' } else { '+' });
    }
    let first = wanted.0.iter().zip(&found.0).find(|(wanted, found)| wanted != found);
    if let (true, Some((wanted, found))) = (out.is_empty(), first) {
        let _ = write!(out, "\n  another order: '{found}' for '{wanted}'");
    }
    Ok(out)
}

/// What names the host of a file.
fn host(document: &Document<'_>) -> Vec<String> {
    let mut lines = Lines(Vec::new());
    for element in document.root_element().children().filter(Node::is_element) {
        if NAMES_THE_HOST.contains(&element.tag_name().name()) {
            lines.element("", element, true);
        }
    }
    lines.0
}

/// A file as lines, one for each element with its attributes and text.
struct Lines(Vec<String>);

impl Lines {
    /// The lines of `document`. Of another host's file, those that hold on any.
    fn of(document: &Document<'_>, same_host: bool) -> Self {
        let mut lines = Self(Vec::new());
        for element in document.root_element().children().filter(Node::is_element) {
            let name = element.tag_name().name();
            let left_out = OF_THE_DAEMON.contains(&name)
                || !same_host && (NAMES_THE_HOST.contains(&name) || OF_THE_HOST.contains(&name));
            if !left_out {
                lines.element("", element, same_host);
            }
        }
        lines
    }

    fn element(&mut self, parent: &str, element: Node<'_, '_>, same_host: bool) {
        let name = element.tag_name().name();
        let of_kvm = !same_host && element.attribute("type") == Some("kvm");
        let flag = element.attribute("name").unwrap_or_default();
        if of_kvm && name == "hostCPU" || !same_host && name == "flag" && FLAGS_OF_THE_HOST.contains(&flag) {
            return;
        }
        let mut line = format!("{parent}{name}");
        for attribute in element.attributes().filter(|a| !(of_kvm && a.name() == "usable")) {
            let _ = write!(line, " {}={}", attribute.name(), attribute.value());
        }
        if let Some(text) = element.text().map(str::trim).filter(|text| !text.is_empty()) {
            let _ = write!(line, " {text}");
        }
        self.0.push(line);
        // Children of a CPU model of KVM are what the host lacks of it.
        if !of_kvm {
            let above = format!(
                "{name} {} > ",
                element.attribute("name").or(element.attribute("type")).unwrap_or_default()
            );
            let children = element.children().filter(Node::is_element);
            children.for_each(|child| self.element(&above, child, same_host));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(wanted: &str, found: &str, differ: &str) {
        let file = |inside: &str| format!("<qemuCaps>{inside}</qemuCaps>");
        assert_eq!(differences(&file(wanted), &file(found)).as_deref(), Ok(differ), "{wanted} and {found}");
    }

    #[test]
    fn what_is_the_hosts_own_is_compared_on_that_host_only() {
        let (one, two) =
            ("<hostCPUSignature>one</hostCPUSignature>", "<hostCPUSignature>two</hostCPUSignature>");
        let usable = "<cpu type='kvm' name='a' usable='yes'/>";
        let not = "<cpu type='kvm' name='a' usable='no'><blocker name='b'/></cpu>";
        check(&format!("{one}{usable}"), &format!("{two}{not}"), "");
        check(
            &format!("{one}{usable}"),
            &format!("{one}{not}"),
            "\n  + cpu a > blocker name=b\n  + cpu type=kvm name=a usable=no\n  - cpu type=kvm name=a usable=yes",
        );
        check(
            &format!("{one}<cpu type='tcg' name='a' usable='yes'/>"),
            &format!("{two}<cpu type='tcg' name='a'/>"),
            "\n  + cpu type=tcg name=a\n  - cpu type=tcg name=a usable=yes",
        );
    }

    #[test]
    fn every_element_counts_and_its_place() {
        check("<selfvers>1</selfvers><flag name='a'/>", "<flag name='a'/>", "");
        check("<flag name='a'/>", "", "\n  - flag name=a");
        check("<news/>", "", "\n  - news");
        check(
            "<flag name='a'/><flag name='b'/>",
            "<flag name='b'/><flag name='a'/>",
            "\n  another order: 'flag name=b' for 'flag name=a'",
        );
    }
}
