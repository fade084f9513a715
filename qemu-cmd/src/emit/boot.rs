//! `-boot`, `-kernel`, `-initrd`, `-append`, `-shim`, `-dtb`, `-acpitable`.

use virtargv_caps::Cap;
use virtargv_model::YesNo;
use virtargv_model::os::AcpiTableType;

use super::context::Emit;
use crate::needs::Role;
use crate::{Props, Text};

/// Emits `-boot`, `-kernel`, `-initrd`, `-append`, `-shim`, `-dtb` and `-acpitable`.
pub(crate) fn emit(e: &mut Emit<'_>) {
    let os = &e.domain().os;
    let mut props = Props::object();
    props.set_opt("menu", os.boot_menu.and_then(|menu| menu.enable).map(YesNo::is_yes));
    props.set_opt("reboot-timeout", os.reboot_timeout);
    props.set_opt("splash-time", os.boot_menu.and_then(|menu| menu.timeout));
    if props.is_empty() {
        e.at_implied("the boot order is that of the devices");
    } else {
        e.at_element("os");
    }
    if e.has(Cap::BootStrict) {
        props.set("strict", true);
    }
    if !props.is_empty() {
        e.pairs("-boot", props);
    }
    let direct = &os.direct;
    for (option, path, value) in [
        ("-kernel", "os/kernel", &direct.kernel),
        ("-initrd", "os/initrd", &direct.initrd),
        ("-append", "os/cmdline", &direct.cmdline),
        ("-shim", "os/shim", &direct.shim),
        ("-dtb", "os/dtb", &direct.dtb),
    ] {
        if let Some(value) = value {
            if option != "-append" {
                e.need_path(value, Role::File);
            }
            e.at_element(path);
            e.option(option, Text::from(value));
        }
    }
    for table in &os.acpi_tables {
        let signature = match table.kind {
            AcpiTableType::Raw | AcpiTableType::RawSet => None,
            AcpiTableType::Slic => Some("SLIC"),
            AcpiTableType::Msdm => Some("MSDM"),
        };
        e.need_path(&table.path, Role::File);
        e.at_element("os/acpi");
        e.pairs("-acpitable", Props::object().opt("sig", signature).with("file", &table.path));
    }
}
