//! Firmware descriptors, in the format of QEMU's `docs/interop/firmware.json`.

use std::collections::BTreeMap;

use serde_json::Value;
use virtargv_host::{Answer, Host, HostError};
use virtargv_model::os::{Firmware, FlashFormat};

use crate::Guest;

/// A firmware descriptor.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Descriptor {
    /// `interface-types`, as far as a document can ask for them.
    pub interfaces: Vec<Firmware>,
    /// `mapping`
    pub mapping: Mapping,
    /// `targets`: the QEMU name of the architecture, and a pattern for the machine type.
    pub targets: Vec<(String, String)>,
    /// `features`
    pub features: Vec<String>,
}

/// `mapping`: how the firmware is mapped into the guest.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Mapping {
    /// In flash memory.
    Flash {
        /// `mode`: where variables are stored.
        mode: FlashMode,
        /// The image.
        executable: File,
        /// The template of the variable store.
        template: Option<File>,
    },
    /// As a kernel of direct kernel boot.
    Kernel(String),
    /// In ROM.
    Memory {
        /// The image.
        path: String,
        /// The template of the variable store of QEMU's device `uefi-vars`; `None` for firmware without one.
        store: Option<String>,
    },
}

impl Default for Mapping {
    fn default() -> Self {
        Self::Memory { path: String::new(), store: None }
    }
}

/// Where firmware in flash memory stores its variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FlashMode {
    /// In a separate variable store.
    Split,
    /// In the firmware image.
    Combined,
    /// Nowhere: there are no persistent variables.
    Stateless,
}

/// A file and its format; `None` for a format that libvirt does not support.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct File {
    /// The path.
    pub path: String,
    /// The format.
    pub format: Option<FlashFormat>,
}

impl Descriptor {
    /// Whether the firmware has `feature`.
    pub fn has(&self, feature: &str) -> bool {
        self.features.iter().any(|known| known == feature)
    }

    /// Whether it is for the guest's architecture and machine type.
    pub fn is_for(&self, guest: &Guest) -> bool {
        let arch = guest.arch.qemu_name();
        self.targets.iter().any(|(known, machine)| known == arch && matches(machine, &guest.machine))
    }

    /// Reads a descriptor; `None` where `text` is not a descriptor.
    pub fn parse(text: &str) -> Option<Self> {
        let root: Value = serde_json::from_str(text).ok()?;
        let interfaces = words(root.get("interface-types")?)?;
        let targets = root.get("targets")?.as_array()?.iter().map(target).collect::<Option<Vec<_>>>()?;
        Some(Self {
            interfaces: interfaces
                .iter()
                .filter_map(|word| match word.as_str() {
                    "uefi" => Some(Firmware::Efi),
                    "bios" => Some(Firmware::Bios),
                    _ => None,
                })
                .collect(),
            mapping: Mapping::parse(root.get("mapping")?)?,
            targets: targets.into_iter().flatten().collect(),
            features: words(root.get("features")?)?,
        })
    }
}

impl Mapping {
    fn parse(value: &Value) -> Option<Self> {
        let filename = || value.get("filename")?.as_str().map(str::to_owned);
        match value.get("device")?.as_str()? {
            "flash" => {
                let mode = match value.get("mode") {
                    None => FlashMode::Split,
                    Some(mode) => match mode.as_str()? {
                        "split" => FlashMode::Split,
                        "combined" => FlashMode::Combined,
                        "stateless" => FlashMode::Stateless,
                        _ => return None,
                    },
                };
                let template = match mode {
                    FlashMode::Split => Some(File::parse(value.get("nvram-template")?)?),
                    FlashMode::Combined | FlashMode::Stateless => None,
                };
                Some(Self::Flash { mode, executable: File::parse(value.get("executable")?)?, template })
            }
            "kernel" => filename().map(Self::Kernel),
            "memory" => {
                let store = match value.get("uefi-vars") {
                    Some(store) => Some(store.get("template")?.as_str()?.to_owned()),
                    None => None,
                };
                Some(Self::Memory { path: filename()?, store })
            }
            _ => None,
        }
    }
}

impl File {
    fn parse(value: &Value) -> Option<Self> {
        let path = value.get("filename")?.as_str()?.to_owned();
        let format = value.get("format")?.as_str()?.parse().ok();
        Some(Self { path, format })
    }
}

fn words(value: &Value) -> Option<Vec<String>> {
    value.as_array()?.iter().map(|word| word.as_str().map(str::to_owned)).collect()
}

/// The architecture of a target with each of its machine types.
fn target(value: &Value) -> Option<Vec<(String, String)>> {
    let arch = value.get("architecture")?.as_str()?;
    let machines = words(value.get("machines")?)?;
    Some(machines.into_iter().map(|machine| (arch.to_owned(), machine)).collect())
}

/// A file in one of the directories of descriptors.
#[derive(Debug)]
pub(super) struct Found {
    /// Its path.
    pub path: String,
    /// The path of the file of the same name that hides it.
    pub hidden_by: Option<String>,
    /// What it says; `None` where it is hidden, or no descriptor.
    pub descriptor: Option<Descriptor>,
}

/// The firmware descriptors of `host`, in the order in which they are tried: by file name. A descriptor hides those
/// with the same name in later directories, even where it is empty; these follow it here.
///
/// # Errors
/// Where the host does not know its files. A directory that is not there has no descriptors.
pub(super) fn files(host: &dyn Host) -> Answer<Vec<Found>> {
    let (machine, files) = (host.machine(), host.files());
    let mut directories = Vec::new();
    if !host.config().privileged {
        let set = |name| machine.env(name).ok().flatten();
        let config = set("XDG_CONFIG_HOME");
        let config = config.or_else(|| Some(format!("{}/.config", set("HOME")?)));
        directories.extend(config.map(|config| format!("{config}/qemu/firmware")));
    }
    directories.extend(["/etc/qemu/firmware".to_owned(), "/usr/share/qemu/firmware".to_owned()]);
    // The paths of each name, that of the first directory first.
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for directory in directories {
        let names = match files.list(&directory) {
            Err(HostError::NotFound { .. }) => continue,
            names => names?,
        };
        for name in names.into_iter().filter(|name| !name.starts_with('.')) {
            let path = format!("{directory}/{name}");
            found.entry(name).or_default().push(path);
        }
    }
    let of_name = |paths: Vec<String>| {
        let first = paths.first().cloned();
        let all = paths.into_iter().enumerate().map(move |(index, path)| {
            let hidden_by = first.clone().filter(|_| index > 0);
            let text = if index == 0 { files.read_text(&path).ok() } else { None };
            Found { descriptor: text.and_then(|text| Descriptor::parse(&text)), hidden_by, path }
        });
        all.collect::<Vec<_>>()
    };
    Ok(found.into_values().flat_map(of_name).collect())
}

/// The descriptors among the [`files`] of `host`.
///
/// # Errors
/// Where the host does not know its files.
pub(super) fn all(host: &dyn Host) -> Answer<Vec<Descriptor>> {
    Ok(files(host)?.into_iter().filter_map(|found| found.descriptor).collect())
}

/// Whether `text` matches `pattern`, in which `*` stands for any text and `?` for any character.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    // The position in pattern and text to retry from, after the last star.
    let mut star: Option<(usize, usize)> = None;
    while let Some(c) = text.get(t) {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(known) if *known == '?' || known == c => {
                p += 1;
                t += 1;
            }
            _ => match &mut star {
                Some((at, from)) => {
                    *from += 1;
                    (p, t) = (*at + 1, *from);
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(p).all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        let check =
            |pattern, text, expected| assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        check("pc-q35-*", "pc-q35-9.0", true);
        check("pc-q35-*", "pc-q35", false);
        check("virt", "virt", true);
        check("virt", "virt-1", false);
        check("*-?.0", "pc-a-4.0", true);
        check("*", "", true);
    }

    #[test]
    fn descriptors() {
        let text = r#"{"interface-types": ["uefi", "openfirmware"], "mapping": {"device": "flash",
            "executable": {"filename": "/code", "format": "raw"},
            "nvram-template": {"filename": "/vars", "format": "vmdk"}},
            "targets": [{"architecture": "x86_64", "machines": ["pc-*", "q35"]}], "features": ["acpi-s3"], "tags": []}"#;
        let parsed = Descriptor::parse(text).unwrap();
        assert_eq!(parsed.interfaces, [Firmware::Efi]);
        assert_eq!(parsed.targets.len(), 2);
        assert!(parsed.has("acpi-s3"));
        let Mapping::Flash { mode, template, .. } = parsed.mapping else { panic!("not flash") };
        assert_eq!(mode, FlashMode::Split);
        assert_eq!(template.unwrap().format, None);
        assert_eq!(Descriptor::parse(r#"{"firmware": {}}"#), None);
    }
}
