//! Descriptor files of firmware and of vhost-user processes (QEMU's `docs/interop`).

use std::collections::BTreeMap;

use crate::Host;

/// The descriptor files of a kind (`firmware`, `vhost-user`), as path and text, in the order in which they are tried:
/// by file name. A file hides one with the same name in an earlier directory, even where it is empty; empty files are
/// left out.
pub fn interop_files(host: &dyn Host, kind: &str) -> Vec<(String, String)> {
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    for dir in &host.config().interop_dirs {
        let directory = format!("{dir}/{kind}");
        for name in host.list(&directory) {
            if !name.starts_with('.') {
                let path = format!("{directory}/{name}");
                found.insert(name, path);
            }
        }
    }
    let files = found.into_values().filter_map(|path| {
        let text = host.read_text(&path)?;
        Some((path, text))
    });
    files.filter(|(_, text)| !text.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FixedHost;

    #[test]
    fn files_hide_those_in_earlier_directories() {
        let mut host = FixedHost::default();
        for (path, text) in [
            ("/usr/share/qemu/firmware/30-a.json", "a"),
            ("/usr/share/qemu/firmware/10-b.json", "b"),
            ("/usr/share/qemu/firmware/20-c.json", "c"),
            ("/etc/qemu/firmware/30-a.json", "A"),
            ("/etc/qemu/firmware/20-c.json", ""),
        ] {
            host.files.insert(path.to_owned(), text.to_owned());
        }
        let found = interop_files(&host, "firmware");
        let texts: Vec<&str> = found.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(texts, ["b", "A"]);
        assert_eq!(interop_files(&host, "vhost-user"), []);
    }
}
