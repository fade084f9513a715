//! `-smbios`, `-fw_cfg`.

use virtargv_model::os::SmbiosMode;
use virtargv_model::sysinfo::{Smbios, SmbiosTable, SmbiosValue, SysinfoEntry};

use super::context::Emit;
use crate::needs::Role;
use crate::{Props, Value};

/// Emits `-smbios` and `-fw_cfg`.
pub(crate) fn emit(e: &mut Emit<'_>) {
    let entries = &e.domain().sysinfo.entries;
    let mut numbered = entries.iter().enumerate();
    if e.domain().os.smbios == Some(SmbiosMode::Sysinfo)
        && let Some((index, smbios)) = numbered.find_map(|(index, entry)| Some((index, entry.smbios()?)))
    {
        e.at_numbered("sysinfo", index, smbios.pos);
        tables(e, smbios);
    }
    for entry in entries {
        let SysinfoEntry::FwCfg(files) = entry else { continue };
        for (index, file) in files.iter().enumerate() {
            e.at_numbered("sysinfo/entry", index, file.pos);
            if let (Some(path), None) = (&file.file, &file.value) {
                e.need_path(path, Role::File);
            }
            let props = Props::object()
                .with("name", &file.name)
                .opt("string", file.value.as_ref())
                .opt("file", file.file.as_ref().filter(|_| file.value.is_none()));
            e.pairs("-fw_cfg", props);
        }
    }
}

fn tables(e: &mut Emit<'_>, smbios: &Smbios) {
    let board = smbios.base_boards.first();
    for (number, table) in
        [(0u32, smbios.bios.as_ref()), (1, smbios.system.as_ref()), (2, board), (3, smbios.chassis.as_ref())]
    {
        if let Some(table) = table {
            e.pairs("-smbios", self::table(number, table));
        }
    }
    if !smbios.oem_strings.is_empty() {
        let texts = smbios.oem_strings.iter().map(Value::from).collect();
        e.pairs("-smbios", Props::object().with("type", 11u32).with("value", Value::Each(texts)));
    }
}

fn table(number: u32, table: &SmbiosTable) -> Props {
    let mut props = Props::object().with("type", number);
    // libvirt always writes the manufacturer of a base board and a chassis.
    if matches!(number, 2 | 3) && table.get("manufacturer").is_none() {
        props.set("manufacturer", "");
    }
    for (name, value) in &table.fields {
        match value {
            SmbiosValue::Text(text) => props.set(*name, text),
            SmbiosValue::Uuid(uuid) => props.set(*name, *uuid),
        };
    }
    props
}
