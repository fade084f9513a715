//! Rules on `<sysinfo>`.

use virtargv_caps::Cap;
use virtargv_model::os::SmbiosMode;
use virtargv_model::sysinfo::SysinfoEntry;
use virtargv_model::{Kind, Stage};

use crate::{Context, Findings};

crate::rules! {
    /// Files of the firmware interface need a QEMU that serves them.
    FWCFG = "sysinfo-fwcfg": Unsupported, Validate, "`-fw_cfg`";
    /// Names of such files begin with `opt/`.
    FWCFG_NAME = "sysinfo-fwcfg-name": Unsupported, Validate, "other names are QEMU's own";
    /// Names that others have reserved are left to them.
    FWCFG_RESERVED = "sysinfo-fwcfg-reserved": Unsupported, Validate, "`opt/ovmf/` and `opt/org.qemu/` are taken";
    /// The tables that a guest is shown are given.
    SOURCE = "smbios-source": Xml, Build, "`<os><smbios mode=>`, `<sysinfo type='smbios'>`";
    /// A guest has one base board.
    BOARDS = "smbios-base-boards": Unsupported, Build, "`-smbios type=2` is given once";
}

/// Holds them.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    for entry in &cx.domain.sysinfo.entries {
        let SysinfoEntry::FwCfg(files) = entry else { continue };
        if let Some(file) = files.first().filter(|_| !cx.has(Cap::FwCfg)) {
            let message = "this QEMU has no use for element 'sysinfo' of type 'fwcfg'";
            out.refuse(&FWCFG, file.pos, message);
        }
        for file in files {
            let name = &file.name;
            if !name.starts_with("opt/") {
                let message = format!("entry '{name}' of 'sysinfo' does not begin with 'opt/'");
                out.refuse(&FWCFG_NAME, file.pos.attr("name"), message);
            } else if name.starts_with("opt/ovmf/") || name.starts_with("opt/org.qemu/") {
                let message = format!("entry '{name}' of 'sysinfo' is reserved");
                out.refuse(&FWCFG_RESERVED, file.pos.attr("name"), message);
            }
        }
    }
}

/// Holds what is only found while the line is built.
pub(crate) fn build(cx: &Context<'_>, out: &mut Findings<'_>) {
    let os = &cx.domain.os;
    match os.smbios {
        None | Some(SmbiosMode::Emulate) => {}
        // The host's tables are not asked for: a guest that moves would change its machine.
        Some(SmbiosMode::Host) => {
            let message = "there are no SMBIOS tables of the host for mode 'host'";
            out.refuse_as(Kind::Unsupported, Stage::Build, &SOURCE, os.pos.path("smbios"), message);
        }
        Some(SmbiosMode::Sysinfo) => {
            let Some(smbios) = cx.domain.sysinfo.smbios() else {
                let message = "there is no element 'sysinfo' for the SMBIOS mode 'sysinfo'";
                return out.refuse(&SOURCE, os.pos.path("smbios"), message);
            };
            if let [_, second, ..] = smbios.base_boards.as_slice() {
                let message = "element 'sysinfo' has more than one 'baseBoard', QEMU takes one";
                out.refuse(&BOARDS, second.pos, message);
            }
        }
    }
}
