//! Firmware descriptors: what QEMU's interoperability format says of a firmware image.

use serde_json::Value;
use virtargv_host::Host;
use virtargv_model::os::{Firmware, FlashFormat};

/// A firmware that is offered.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Descriptor {
    /// `interface-types`, of those that a document can ask for.
    pub interfaces: Vec<Firmware>,
    /// `mapping`
    pub mapping: Mapping,
    /// `targets`: architecture as QEMU names it, and a pattern for the machine.
    pub targets: Vec<(String, String)>,
    /// `features`
    pub features: Vec<String>,
}

/// How the machine holds the image.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Mapping {
    /// In flash.
    Flash {
        /// How variables are kept.
        mode: FlashMode,
        /// The image.
        executable: File,
        /// What variables are first filled from.
        template: Option<File>,
    },
    /// Instead of a kernel.
    Kernel(String),
    /// In read-only memory.
    Memory(String),
}

impl Default for Mapping {
    fn default() -> Self {
        Self::Memory(String::new())
    }
}

/// How a firmware in flash keeps its variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FlashMode {
    /// In an image of their own.
    Split,
    /// In the image of the firmware.
    Combined,
    /// Not at all.
    Stateless,
}

/// A file and its format, `None` for one that flash cannot have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct File {
    /// Its path.
    pub path: String,
    /// Its format.
    pub format: Option<FlashFormat>,
}

impl Descriptor {
    /// Whether it has a feature.
    pub fn has(&self, feature: &str) -> bool {
        self.features.iter().any(|known| known == feature)
    }

    /// Reads a descriptor; `None` for what is none.
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
            "memory" => filename().map(Self::Memory),
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

/// One target: its architecture with each of its machines.
fn target(value: &Value) -> Option<Vec<(String, String)>> {
    let arch = value.get("architecture")?.as_str()?;
    let machines = words(value.get("machines")?)?;
    Some(machines.into_iter().map(|machine| (arch.to_owned(), machine)).collect())
}

/// Every firmware that is offered on `host`, in the order in which they are to be tried: by the names of their
/// descriptors. A folder nearer to the user hides a descriptor of the same name, an empty one takes it away.
pub(super) fn all(host: &dyn Host) -> Vec<Descriptor> {
    let mut folders = Vec::new();
    if !host.config().privileged {
        let config =
            host.env("XDG_CONFIG_HOME").or_else(|| host.env("HOME").map(|home| format!("{home}/.config")));
        folders.extend(config.map(|config| format!("{config}/qemu/firmware")));
    }
    folders.extend(["/etc/qemu/firmware".to_owned(), "/usr/share/qemu/firmware".to_owned()]);
    let mut found: Vec<(String, String)> = Vec::new();
    for folder in folders {
        for name in host.list(&folder).into_iter().filter(|name| !name.starts_with('.')) {
            if !found.iter().any(|(known, _)| *known == name) {
                let path = format!("{folder}/{name}");
                found.push((name, path));
            }
        }
    }
    found.sort();
    let texts = found.iter().filter_map(|(_, path)| host.read_text(path));
    texts.filter_map(|text| Descriptor::parse(&text)).collect()
}

/// Whether `text` is what `pattern` describes: `*` is any text, `?` any character.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    // Where to go on when what follows the last star did not fit.
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
