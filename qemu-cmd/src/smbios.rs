//! `-smbios`, `-fw_cfg`.

use virtargv_model::Kind;
use virtargv_model::os::SmbiosMode;
use virtargv_model::sysinfo::{Smbios, SmbiosTable, SysinfoEntry};

use crate::emit::{Done, Emit, problem};
use crate::needs::Role;
use crate::{Props, Style};

/// Emits both.
pub(crate) fn emit(e: &mut Emit<'_>) -> Done {
    tables(e)?;
    for entry in &e.domain().sysinfo.entries {
        let SysinfoEntry::FwCfg(files) = entry else { continue };
        for file in files {
            if let (Some(path), None) = (&file.file, &file.value) {
                e.need_path(path, Role::File);
            }
            let props = Props::object()
                .with("name", &file.name)
                .opt("string", file.value.as_ref())
                .opt("file", file.file.as_ref().filter(|_| file.value.is_none()));
            e.line.option("-fw_cfg", props.to_pairs(Style::OnOff));
        }
    }
    Ok(())
}

fn tables(e: &mut Emit<'_>) -> Done {
    let os = &e.domain().os;
    let missing = |kind: Kind, what: &str| {
        let name = e.domain().name.as_deref().unwrap_or("");
        Err(problem(kind, "smbios-source", os.pos.path("smbios"), format!("{what} of domain '{name}'")))
    };
    match os.smbios {
        None | Some(SmbiosMode::Emulate) => Ok(()),
        // The host's tables are not asked for: a guest that moves would change its machine.
        Some(SmbiosMode::Host) => {
            missing(Kind::Unsupported, "there are no SMBIOS tables of the host for mode 'host'")
        }
        Some(SmbiosMode::Sysinfo) => match e.domain().sysinfo.smbios() {
            Some(smbios) => write(e, smbios),
            None => missing(Kind::Xml, "there is no element 'sysinfo' for the SMBIOS mode 'sysinfo'"),
        },
    }
}

fn write(e: &mut Emit<'_>, smbios: &Smbios) -> Done {
    if let [_, second, ..] = smbios.base_boards.as_slice() {
        let message = "element 'sysinfo' has more than one 'baseBoard', QEMU takes one";
        return Err(problem(Kind::Unsupported, "smbios-base-boards", second.pos, message));
    }
    let board = smbios.base_boards.first();
    for (number, table) in
        [(0u32, smbios.bios.as_ref()), (1, smbios.system.as_ref()), (2, board), (3, smbios.chassis.as_ref())]
    {
        if let Some(table) = table {
            e.line.option("-smbios", self::table(number, table));
        }
    }
    if !smbios.oem_strings.is_empty() {
        let mut props = Props::object().with("type", 11u32);
        for text in &smbios.oem_strings {
            props.set("value", text);
        }
        e.line.option("-smbios", props.to_pairs(Style::OnOff));
    }
    Ok(())
}

fn table(number: u32, table: &SmbiosTable) -> String {
    let mut props = Props::object().with("type", number);
    for (name, text) in &table.fields {
        props.set(*name, text);
    }
    props.to_pairs(Style::OnOff)
}
