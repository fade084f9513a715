//! Rules on `<sysinfo>`.

use virtargv_caps::Cap;
use virtargv_model::sysinfo::SysinfoEntry;

use crate::{Context, Findings};

virtargv_model::rules! {
    /// Files of the firmware interface need a QEMU that serves them.
    FWCFG = "sysinfo-fwcfg": Unsupported, Validate, "`-fw_cfg`";
    /// Names of such files begin with `opt/`.
    FWCFG_NAME = "sysinfo-fwcfg-name": Unsupported, Validate, "other names are QEMU's own";
    /// Names that others have reserved are left to them.
    FWCFG_RESERVED = "sysinfo-fwcfg-reserved": Unsupported, Validate, "`opt/ovmf/` and `opt/org.qemu/` are taken";
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
