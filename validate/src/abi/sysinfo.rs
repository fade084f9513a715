//! `<sysinfo>`.

use virtargv_model::Domain;
use virtargv_model::sysinfo::{Smbios, SmbiosTable, SysinfoEntry};

use super::compared::{At, Out, Value};

virtargv_model::rules! {
    /// The guest keeps the number of its `<sysinfo>` elements.
    COUNT = "abi-sysinfo-count": Unsupported, Validate,
        "`<sysinfo>`",
        help "give the target the `<sysinfo>` elements of the source";
    /// A `<sysinfo>` keeps its type.
    TYPE = "abi-sysinfo-type": Unsupported, Validate,
        "`<sysinfo type=>`: libvirt compares the elements one by one, in the order of the document",
        help "list the `<sysinfo>` elements in the order of the source";
    /// The guest keeps its SMBIOS tables.
    TABLE = "abi-sysinfo-table": Unsupported, Validate,
        "`<sysinfo type='smbios'>`: `-smbios`; OEM strings and firmware configuration files are not compared",
        help "give the target the tables of the source";
    /// The SMBIOS tables keep their fields.
    FIELD = "abi-sysinfo-field": Unsupported, Validate,
        "`<sysinfo><system><entry name=>`: what the guest reads of its manufacturer, serial number and so on",
        help "set the `<entry>` as in the source";
}

/// Compares the elements.
pub(super) fn compare(source: &Domain, target: &Domain, out: &mut Out) {
    let whole = At::of("sysinfo", source.pos, target.pos);
    let (source, target) = (&source.sysinfo.entries, &target.sysinfo.entries);
    if !out.counts(&COUNT, &whole, "<sysinfo>", source.len(), target.len()) {
        return;
    }
    for (before, after) in source.iter().zip(target) {
        match (before, after) {
            (SysinfoEntry::Smbios(before), SysinfoEntry::Smbios(after)) => smbios(before, after, out),
            (SysinfoEntry::FwCfg(_), SysinfoEntry::FwCfg(_)) => {}
            (before, after) => {
                let at = At { source: place(before), target: place(after), ..whole.clone() };
                out.value(&TYPE, &at, "@type", &kind(before), &kind(after));
            }
        }
    }
}

fn kind(entry: &SysinfoEntry) -> Value {
    Value::Word(match entry {
        SysinfoEntry::Smbios(_) => "smbios",
        SysinfoEntry::FwCfg(_) => "fwcfg",
    })
}

fn place(entry: &SysinfoEntry) -> virtargv_model::Pos {
    match entry {
        SysinfoEntry::Smbios(smbios) => smbios.pos,
        SysinfoEntry::FwCfg(files) => files.first().map_or(virtargv_model::Pos::NONE, |file| file.pos),
    }
}

fn smbios(source: &Smbios, target: &Smbios, out: &mut Out) {
    let at = At::of("sysinfo", source.pos, target.pos);
    one("bios", source.bios.as_ref(), target.bios.as_ref(), &at, out);
    one("system", source.system.as_ref(), target.system.as_ref(), &at, out);
    if out.counts(&TABLE, &at, "<baseBoard>", source.base_boards.len(), target.base_boards.len()) {
        for (before, after) in source.base_boards.iter().zip(&target.base_boards) {
            one("baseBoard", Some(before), Some(after), &at, out);
        }
    }
    one("chassis", source.chassis.as_ref(), target.chassis.as_ref(), &at, out);
}

/// Compares a table, whose element is `element`.
fn one(
    element: &'static str,
    source: Option<&SmbiosTable>,
    target: Option<&SmbiosTable>,
    at: &At,
    out: &mut Out,
) {
    let (Some(source), Some(target)) = (source, target) else {
        out.value(&TABLE, at, element, &Value::there(source.is_some()), &Value::there(target.is_some()));
        return;
    };
    let at = At::of(element, source.pos, target.pos);
    let names = source.fields.iter().chain(&target.fields).map(|(name, _)| *name);
    let mut seen: Vec<&str> = Vec::new();
    for name in names {
        if seen.contains(&name) {
            continue;
        }
        seen.push(name);
        let value = |table: &SmbiosTable| {
            let found = table.fields.iter().find(|(field, _)| *field == name);
            found.map(|(_, value)| value.to_string())
        };
        let (before, after) = (value(source), value(target));
        if before != after {
            out.differs(&FIELD, &at, "", &format!("<{element}><entry name='{name}'>"), before, after);
        }
    }
}
