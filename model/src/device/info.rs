//! The part that all devices have: alias, address, boot order, option ROM.

pub(crate) mod address;
pub(crate) mod pci;

pub use address::{
    Address, AddressType, CcidAddress, CcwAddress, DimmAddress, DriveAddress, IsaAddress, UsbAddress,
    VirtioSerialAddress,
};
pub use pci::{PciAddress, Zpci};

use crate::read::{El, INTERNAL_BEFORE_9_0, Positive, Reader, UNSUPPORTED_BEFORE_9_0};
use crate::write::Writer;
use crate::{Class, Implied, NumberSet, OnOff, Pos, YesNo};

crate::rules! {
    /// A disabled option ROM has neither `bar` nor `file`.
    ROM_DISABLED = "rom-disabled": Unsupported, Read,
        "`<rom enabled='no'>`: QEMU is given an empty ROM file for the device",
        help "remove `bar=` and `file=`, or use `enabled='yes'`";
    /// A `loadparm` has 1 to 8 letters, digits, dots or blanks.
    BOOT_LOADPARM = "boot-loadparm": Internal, Read,
        "`<boot loadparm=>`: the boot parameter of s390 firmware has 8 characters",
        help "shorten the value, and use letters, digits, `.` and blanks only";
}

/// The part that all devices have.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DeviceInfo {
    /// Place of the device in the text.
    pub pos: Pos,
    /// Why the device is there, where the document has no such element. It is not written.
    pub implied: Implied,
    /// `<alias name=>`: the id of the device in QEMU.
    pub alias: Option<String>,
    /// `<address>`: where the device is in the guest.
    pub address: Option<Address>,
    /// `<boot>`: the position of the device in the boot order.
    pub boot: Option<Boot>,
    /// `<rom>`: the option ROM.
    pub rom: Option<Box<Rom>>,
    /// `<acpi index=>`: the number by which the guest names a network device.
    pub acpi_index: Option<u32>,
    /// `<acpi nodeset=>`: the guest NUMA cells that the device initiates accesses for. Of PCI host devices they are ACPI
    /// generic initiators; of other devices they have no effect on the command line.
    pub acpi_nodes: Option<Box<NumberSet>>,
    /// `<master startport=>` of a companion USB controller: its first port on the EHCI controller.
    pub master_startport: Option<u32>,
}

/// `<boot>` of a device.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Boot {
    /// `order=`: the position in the boot order, from 1.
    pub order: u32,
    /// `loadparm=`: the boot parameter (s390), 1 to 8 characters.
    pub loadparm: Option<String>,
}

/// `<rom>`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rom {
    /// `enabled=`: whether the device has an option ROM.
    pub enabled: Option<YesNo>,
    /// `bar=`: whether the ROM is visible in the guest's memory map.
    pub bar: Option<OnOff>,
    /// `file=`: the path of the ROM image.
    pub file: Option<String>,
}

/// The children that [`DeviceInfo::read`] reads.
const COMMON: &[&str] = &["alias", "address", "boot", "rom", "acpi", "master"];

impl DeviceInfo {
    /// The part of a device that is not in the document, but added for the reason `by`.
    pub fn implied(by: &'static str) -> Self {
        Self { implied: Implied::by(by), ..Self::default() }
    }

    /// The alias, where the user chose it: it begins with `ua-`. libvirt gives any other at the start.
    pub fn user_alias(&self) -> Option<&str> {
        self.alias.as_deref().filter(|alias| alias.starts_with("ua-"))
    }

    /// Reads the common children of a device.
    pub fn read(el: El<'_>, r: &mut Reader) -> Self {
        let mut info = Self { pos: el.pos(), ..Self::default() };
        // Of several elements of a name, the first counts.
        let mut seen = [false; COMMON.len()];
        for child in el.any_of(COMMON) {
            let mut known = COMMON.iter().zip(&mut seen);
            if known
                .find(|(name, _)| **name == child.name())
                .is_none_or(|(_, seen)| std::mem::replace(seen, true))
            {
                continue;
            }
            match child.name() {
                "alias" => info.alias = child.string("name"),
                "address" => info.address = Address::read(child, r),
                "boot" => info.boot = Boot::read(child, r),
                // libvirt ignores it of other devices.
                "rom" if matches!(el.name(), "interface" | "hostdev") => {
                    info.rom = Rom::read(child, r).map(Box::new);
                }
                "acpi" => {
                    info.acpi_index = r.attr_since("7.3", child, "index");
                    if r.knows("11.8") {
                        info.acpi_nodes =
                            r.number_set(Class::InvalidArgument, child, "nodeset").map(Box::new);
                    }
                }
                // The port is the first one, where it is not given.
                "master" => info.master_startport = r.attr(child, "startport").or(Some(0)),
                _ => {}
            }
        }
        info
    }

    /// Writes the common children of a device, in the order of the domain format.
    pub fn write(&self, w: &mut Writer) {
        if let Some(boot) = &self.boot {
            w.element("boot").attr("order", boot.order).opt("loadparm", boot.loadparm.as_ref()).empty();
        }
        if self.acpi_index.is_some() || self.acpi_nodes.is_some() {
            w.element("acpi")
                .opt("index", self.acpi_index)
                .opt("nodeset", self.acpi_nodes.as_deref())
                .empty();
        }
        if let Some(alias) = &self.alias {
            w.element("alias").attr("name", alias).empty();
        }
        if let Some(startport) = self.master_startport {
            w.element("master").attr("startport", startport).empty();
        }
        if let Some(rom) = &self.rom {
            w.element("rom")
                .opt("enabled", rom.enabled)
                .opt("bar", rom.bar)
                .opt("file", rom.file.as_ref())
                .empty();
        }
        // libvirt does not write an address on the virtio-s390 bus, which it refuses to read.
        if let Some(address) = self.address.as_ref().filter(|address| **address != Address::VirtioS390) {
            address.write(w);
        }
    }

    /// The PCI address, where the device has one.
    pub fn pci(&self) -> Option<&PciAddress> {
        match &self.address {
            Some(Address::Pci(address)) => Some(address),
            _ => None,
        }
    }
}

impl Rom {
    /// An element that says nothing is read as absent.
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let classes = UNSUPPORTED_BEFORE_9_0;
        let (enabled, bar) = (r.attr_as(classes, el, "enabled"), r.attr_as(classes, el, "bar"));
        let rom = Self { enabled, bar, file: el.string("file") };
        if rom.enabled == Some(YesNo::No) && (rom.bar.is_some() || rom.file.is_some()) {
            let message = "`<rom>` that is not `enabled` cannot have `bar` or `file`";
            r.refuse(&ROM_DISABLED, el.pos(), message);
        }
        (rom.enabled.is_some() || rom.bar.is_some() || rom.file.is_some()).then_some(rom)
    }
}

impl Boot {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let classes = INTERNAL_BEFORE_9_0;
        let Positive(order) = r.required_as(classes, classes, el, "order")?;
        Some(Self { order, loadparm: el.get("loadparm").and_then(|text| loadparm(el, text, r)) })
    }
}

/// Parses `loadparm=`: 1 to 8 letters, digits, dots and blanks, converted to upper case.
fn loadparm(el: El<'_>, text: &str, r: &mut Reader) -> Option<String> {
    let text = text.to_ascii_uppercase();
    let wrong = text.chars().find(|c| !c.is_ascii_alphanumeric() && !matches!(c, '.' | ' '));
    let problem = match wrong {
        Some(c) => format!("with `{c}`, expected letters, digits, `.` and blanks"),
        None if text.is_empty() || text.len() > 8 => "expected 1 to 8 characters".to_owned(),
        None => return Some(text),
    };
    let message = format!("`loadparm` of `<boot>` is `{text}`, {problem}");
    r.refuse(&BOOT_LOADPARM, el.pos().attr("loadparm"), message);
    None
}
