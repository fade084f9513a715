//! Descriptors of firmware and of vhost-user helpers (QEMU's `docs/interop`).

use std::collections::BTreeMap;

use crate::Host;

/// The descriptors of a kind (`firmware`, `vhost-user`), path and text, in the order in which they are to be tried:
/// by name. A file hides one of the same name in an earlier folder, and an empty file does nothing else.
pub fn interop_files(host: &dyn Host, kind: &str) -> Vec<(String, String)> {
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    for dir in &host.config().interop_dirs {
        let folder = format!("{dir}/{kind}");
        for name in host.list(&folder) {
            if !name.starts_with('.') {
                let path = format!("{folder}/{name}");
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
    fn later_folders_win_and_empty_files_hide() {
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
