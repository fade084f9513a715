//! The order in which libvirt reads the parts of a domain document.
//!
//! Most problems of reading are found in this order. Some are found by later crates, because they are only problems of
//! reading in some releases; they are put into the order by their [`ReadPlace`].

use crate::Place;
use crate::device::Devices;
use crate::read::{El, Elements};

/// The sections of a domain document, in the order in which libvirt reads them.
const SECTIONS: &[&str] = &[
    "domain",
    "os/type",
    "bootloader",
    "name",
    "uuid",
    "genid",
    "title",
    "description",
    "seclabel",
    "memory",
    "currentMemory",
    "maxMemory",
    "memoryBacking",
    "blkiotune",
    "memtune",
    "vcpu",
    "vcpus",
    "iothreads",
    "iothreadids",
    "defaultiothread",
    "cputune",
    "cpu",
    "numatune",
    "resource",
    "features",
    "on_reboot",
    "on_poweroff",
    "on_crash",
    "on_lockfailure",
    "pm",
    "perf",
    "clock",
    "os",
    "throttlegroups",
    "disk",
    "controller",
    "lease",
    "filesystem",
    "interface",
    "smartcard",
    "parallel",
    "serial",
    "console",
    "channel",
    "input",
    "graphics",
    "sound",
    "audio",
    "video",
    "hostdev",
    "watchdog",
    "memballoon",
    "rng",
    "crypto",
    "tpm",
    "nvram",
    "hub",
    "redirdev",
    "redirfilter",
    "panic",
    "shmem",
    "launchSecurity",
    "memory device",
    "iommu",
    "vsock",
    "pstore",
    "idmap",
    "sysinfo",
    "os/smbios",
    "keywrap",
];

/// Where in the order of reading a part of a domain document is: its section, then the byte offset of its element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReadPlace {
    section: usize,
    offset: usize,
}

impl ReadPlace {
    fn of_section(name: &str, offset: usize) -> Self {
        let section = SECTIONS.iter().position(|known| *known == name).unwrap_or(SECTIONS.len());
        Self { section, offset }
    }

    /// Where `place` is, of which `elements` has the element.
    pub(crate) fn of(place: &Place, elements: &Elements<'_>) -> Option<Self> {
        let element = elements.at(place.element.offset()?)?;
        // The names below `<domain>`: those of the elements around the place, then its path.
        let mut around: Vec<El<'_>> = std::iter::successors(Some(element), |el| el.parent()).collect();
        around.pop();
        let path = place.path.split('/').filter(|step| !step.is_empty() && !step.starts_with('@'));
        let mut names = around.iter().rev().map(|el| el.name()).chain(path);
        let (first, second) = (names.next().unwrap_or("domain"), names.next());
        let name = match (first, second) {
            ("os", Some("type")) => "os/type",
            ("os", Some("smbios")) => "os/smbios",
            ("devices", Some("memory")) => "memory device",
            ("devices", Some(device)) => device,
            (section, _) => section,
        };
        let in_devices = first == "devices";
        let top = around.iter().rev().nth(usize::from(in_devices)).or(around.last());
        Some(Self::of_section(name, top.and_then(|el| el.pos().offset()).unwrap_or(0)))
    }

    /// Where a place in a device of `devices` is: the device that begins last before the place.
    pub fn in_devices(place: &Place, devices: &Devices) -> Option<Self> {
        let at = place.element.offset()?;
        let starts = devices.infos().filter_map(|(id, info)| Some((info.pos.offset()?, id.kind)));
        let (offset, kind) = starts.filter(|(start, _)| *start <= at).max_by_key(|(start, _)| *start)?;
        let name =
            if kind == crate::device::DeviceKind::MemoryDevice { "memory device" } else { kind.element() };
        Some(Self::of_section(name, offset))
    }
}
