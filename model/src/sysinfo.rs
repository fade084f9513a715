//! `<sysinfo>`: SMBIOS tables and firmware configuration files for the guest.

use std::fmt;

use crate::read::{self, El, Element, INTERNAL_BEFORE_9_0, Reader, UNSUPPORTED_BEFORE_9_0};
use crate::write::Writer;
use crate::{Pos, Uuid};

crate::rules! {
    /// The `date` entry of `<bios>` is a date as month, day and year.
    SYSINFO_BIOS_DATE = "sysinfo-bios-date": Plain, Read,
        "the SMBIOS BIOS table has the form mm/dd/yy or mm/dd/yyyy, from 1900 on",
        help "write a date such as `04/01/2014`";
    /// The `uuid` entry of `<system>` is a UUID.
    SYSINFO_SYSTEM_UUID = "sysinfo-system-uuid": Plain, Read, "the SMBIOS system table has 16 bytes for it",
        help "use the domain's `<uuid>`, or remove the entry";
    /// An entry of `<sysinfo type='fwcfg'>` has a text or a `file`.
    SYSINFO_FWCFG_EMPTY = "sysinfo-fwcfg-empty": Xml, Read,
        "QEMU serves the content as a firmware configuration file (`-fw_cfg`)",
        help "write the content into `<entry>`, or add `file=` with a path";
}

spelled! {
    /// `type=` of `<sysinfo>`.
    pub enum SysinfoType {
        /// SMBIOS tables.
        Smbios = "smbios",
        /// Files of QEMU's firmware configuration device (`-fw_cfg`).
        FwCfg = "fwcfg",
    }
}

/// The `<sysinfo>` elements of a domain.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sysinfo {
    /// The elements, in document order.
    pub entries: Vec<SysinfoEntry>,
}

/// One `<sysinfo>`.
#[derive(Debug, Clone, PartialEq)]
pub enum SysinfoEntry {
    /// `type='smbios'`
    Smbios(Box<Smbios>),
    /// `type='fwcfg'`
    FwCfg(Vec<FwCfg>),
}

/// `<sysinfo type='smbios'>`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Smbios {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `<bios>`: the table of type 0.
    pub bios: Option<SmbiosTable>,
    /// `<system>`: the table of type 1.
    pub system: Option<SmbiosTable>,
    /// `<baseBoard>`: tables of type 2.
    pub base_boards: Vec<SmbiosTable>,
    /// `<chassis>`: the table of type 3.
    pub chassis: Option<SmbiosTable>,
    /// `<oemStrings>`: the strings of the table of type 11.
    pub oem_strings: Vec<String>,
}

/// An SMBIOS table: its fields by name, in the order of the domain format.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SmbiosTable {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `<entry name=>`: name and value. The names are those in [`BIOS`], [`SYSTEM`], [`BASE_BOARD`] or [`CHASSIS`].
    pub fields: Vec<(&'static str, SmbiosValue)>,
}

/// The value of a field of an SMBIOS table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SmbiosValue {
    /// A text.
    Text(String),
    /// The UUID of `<system>`.
    Uuid(Uuid),
}

impl fmt::Display for SmbiosValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Uuid(uuid) => uuid.fmt(f),
        }
    }
}

/// A firmware configuration file (`<entry>` of `<sysinfo type='fwcfg'>`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FwCfg {
    /// Place of the element in the text.
    pub pos: Pos,
    /// `name=` of the file, such as `opt/com.example/name`.
    pub name: String,
    /// The text: the content.
    pub value: Option<String>,
    /// `file=`: the path of a file with the content.
    pub file: Option<String>,
}

/// The fields of `<bios>`.
pub const BIOS: &[&str] = &["vendor", "version", "date", "release"];
/// The fields of `<system>`.
pub const SYSTEM: &[&str] = &["manufacturer", "product", "version", "serial", "uuid", "sku", "family"];
/// The fields of `<baseBoard>`.
pub const BASE_BOARD: &[&str] = &["manufacturer", "product", "version", "serial", "asset", "location"];
/// The fields of `<chassis>`.
pub const CHASSIS: &[&str] = &["manufacturer", "version", "serial", "asset", "sku"];

impl Sysinfo {
    /// The first `<sysinfo type='smbios'>`.
    pub fn smbios(&self) -> Option<&Smbios> {
        self.entries.iter().find_map(SysinfoEntry::smbios)
    }

    pub(crate) fn read(domain: El<'_>, r: &mut Reader) -> Self {
        Self { entries: read::all(domain, "sysinfo", r) }
    }

    pub(crate) fn write(&self, w: &mut Writer) {
        read::write_all(&self.entries, w);
    }
}

impl SysinfoEntry {
    /// The tables of `<sysinfo type='smbios'>`; `None` for another type.
    pub fn smbios(&self) -> Option<&Smbios> {
        match self {
            Self::Smbios(smbios) => Some(smbios),
            Self::FwCfg(_) => None,
        }
    }
}

impl SmbiosTable {
    /// The value of the field `name`.
    pub fn get(&self, name: &str) -> Option<&SmbiosValue> {
        self.fields.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// The UUID, which only the table of `<system>` has.
    pub fn uuid(&self) -> Option<Uuid> {
        self.fields.iter().find_map(|(_, value)| match value {
            SmbiosValue::Uuid(uuid) => Some(*uuid),
            SmbiosValue::Text(_) => None,
        })
    }

    fn read(el: El<'_>, names: &'static [&'static str]) -> Self {
        let text = |name: &'static str| {
            let entry = el.children("entry").find(|entry| entry.get("name") == Some(name))?;
            Some(entry.text()).filter(|text| !text.is_empty()).map(|text| (name, SmbiosValue::Text(text)))
        };
        for entry in el.children("entry") {
            entry.ignored_word("name", names);
        }
        Self { pos: el.pos(), fields: names.iter().filter_map(|name| text(name)).collect() }
    }

    fn write(&self, name: &str, w: &mut Writer) {
        w.element(name).children(|w| {
            for (name, value) in &self.fields {
                w.element("entry").attr("name", name).text(value);
            }
        });
    }
}

impl Element for SysinfoEntry {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        Some(match r.required_as(INTERNAL_BEFORE_9_0, UNSUPPORTED_BEFORE_9_0, el, "type")? {
            SysinfoType::Smbios => Self::Smbios(Box::new(Smbios::read(el, r))),
            SysinfoType::FwCfg => Self::FwCfg(read::all(el, "entry", r)),
        })
    }

    fn write(&self, w: &mut Writer) {
        match self {
            Self::Smbios(smbios) => {
                w.element("sysinfo").attr("type", SysinfoType::Smbios).children(|w| smbios.write(w));
            }
            Self::FwCfg(files) => {
                w.element("sysinfo").attr("type", SysinfoType::FwCfg).children(|w| read::write_all(files, w));
            }
        }
    }
}

impl Smbios {
    fn read(el: El<'_>, r: &mut Reader) -> Self {
        // A table without entries is read as absent.
        let table = |name, fields| {
            let table = el.child(name).map(|table| SmbiosTable::read(table, fields));
            table.filter(|table| !table.fields.is_empty())
        };
        let mut smbios = Self {
            pos: el.pos(),
            bios: table("bios", BIOS),
            system: table("system", SYSTEM),
            base_boards: el
                .children("baseBoard")
                .map(|board| SmbiosTable::read(board, BASE_BOARD))
                .filter(|board| !board.fields.is_empty())
                .collect(),
            chassis: table("chassis", CHASSIS),
            oem_strings: el
                .child("oemStrings")
                .iter()
                .flat_map(|oem| oem.children("entry"))
                .map(El::text)
                .collect(),
        };
        if let Some(bios) = &mut smbios.bios {
            check_date(bios, r);
        }
        if let Some(system) = &mut smbios.system {
            read_uuid(system, r);
        }
        smbios
    }

    fn write(&self, w: &mut Writer) {
        if let Some(bios) = &self.bios {
            bios.write("bios", w);
        }
        if let Some(system) = &self.system {
            system.write("system", w);
        }
        for board in &self.base_boards {
            board.write("baseBoard", w);
        }
        if let Some(chassis) = &self.chassis {
            chassis.write("chassis", w);
        }
        if !self.oem_strings.is_empty() {
            w.element("oemStrings").children(|w| {
                for text in &self.oem_strings {
                    w.text_element("entry", text);
                }
            });
        }
    }
}

/// Whether `text` is `mm/dd/yy` or `mm/dd/yyyy` from 1900 on.
fn is_date(text: &str) -> bool {
    let numbers: Option<Vec<i32>> = text.split('/').map(|part| part.parse().ok()).collect();
    let Some([month, day, year]) = numbers.as_deref() else { return false };
    (1..=12).contains(month) && (1..=31).contains(day) && ((0..100).contains(year) || *year >= 1900)
}

fn check_date(bios: &mut SmbiosTable, r: &mut Reader) {
    let Some(SmbiosValue::Text(date)) = bios.get("date") else { return };
    if is_date(date) {
        return;
    }
    let message = format!("entry `date` of `<bios>` is `{date}`, expected mm/dd/yy or mm/dd/yyyy");
    r.refuse(&SYSINFO_BIOS_DATE, bios.pos, message);
    bios.fields.retain(|(name, _)| *name != "date");
}

/// Makes a UUID of the text of the entry `uuid`.
fn read_uuid(system: &mut SmbiosTable, r: &mut Reader) {
    let Some((_, value)) = system.fields.iter_mut().find(|(name, _)| *name == "uuid") else { return };
    let SmbiosValue::Text(text) = value else { return };
    if let Some(uuid) = Uuid::parse(text) {
        *value = SmbiosValue::Uuid(uuid);
        return;
    }
    let message = format!("malformed entry `uuid` of `<system>`: `{text}`");
    r.refuse(&SYSINFO_SYSTEM_UUID, system.pos, message);
    system.fields.retain(|(name, _)| *name != "uuid");
}

impl Element for FwCfg {
    fn read(el: El<'_>, r: &mut Reader) -> Option<Self> {
        let name = r.required(el, "name")?;
        let value = Some(el.text()).filter(|text| !text.is_empty());
        let entry = Self { pos: el.pos(), name, value, file: el.string("file") };
        if entry.value.is_none() && entry.file.is_none() {
            let message = format!("`<entry>` with name `{}` has neither a text nor `file`", entry.name);
            r.refuse(&SYSINFO_FWCFG_EMPTY, el.pos(), message);
        }
        Some(entry)
    }

    fn write(&self, w: &mut Writer) {
        let tag = w.element("entry").attr("name", &self.name).opt("file", self.file.as_ref());
        // libvirt writes only the file of an entry with both, although its command line has the text.
        match &self.value {
            Some(value) => tag.text(value),
            None => tag.empty(),
        }
    }
}
