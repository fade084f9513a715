//! Rules on `<sysinfo>`.

use virtargv_caps::Cap;
use virtargv_model::os::SmbiosMode;
use virtargv_model::sysinfo::SysinfoEntry;

use crate::{Context, Findings};

virtargv_model::rules! {
    /// Entries of the firmware configuration need a QEMU that has them.
    FWCFG = "sysinfo-fwcfg": Unsupported, Validate,
        "`<sysinfo type='fwcfg'><entry>`: `-fw_cfg`",
        help "remove `<sysinfo type='fwcfg'>`, or use a QEMU that has it";
    /// The name of a firmware configuration entry begins with `opt/`.
    FWCFG_NAME = "sysinfo-fwcfg-name": Unsupported, Validate,
        "`<sysinfo type='fwcfg'><entry name=>`: QEMU uses the other names of `-fw_cfg` itself",
        help "use a name such as `opt/org.example/key`";
    /// The name of a firmware configuration entry is not reserved.
    FWCFG_RESERVED = "sysinfo-fwcfg-reserved": Unsupported, Validate,
        "`<sysinfo type='fwcfg'><entry name=>`: QEMU reserves `opt/ovmf/` for firmware and `opt/org.qemu/` for itself",
        help "use a name such as `opt/org.example/key`";
    /// SMBIOS tables of the host are not copied to the guest.
    HOST = "smbios-host": Unsupported, Build,
        "`<os><smbios mode='host'>`: the host's tables are not read, because a guest would see other ones after migration",
        help "use `mode='sysinfo'` with `<sysinfo type='smbios'>`";
    /// SMBIOS mode `sysinfo` needs `<sysinfo type='smbios'>`.
    SOURCE = "smbios-source": Xml, Build,
        "`<os><smbios mode='sysinfo'>`: the tables are those of `<sysinfo>`",
        help "add `<sysinfo type='smbios'>`, or use `mode='emulate'`";
    /// A guest has at most one base board.
    BOARDS = "smbios-base-boards": Unsupported, Build,
        "`<sysinfo type='smbios'><baseBoard>`: `-smbios type=2` is given once",
        help "remove all but one `<baseBoard>`";
}

/// Checks `<sysinfo type='fwcfg'>` against the rules above.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    for entry in &cx.domain.sysinfo.entries {
        let SysinfoEntry::FwCfg(files) = entry else { continue };
        if let Some(file) = files.first().filter(|_| !cx.has(Cap::FwCfg)) {
            let message = "`<sysinfo>` of type `fwcfg` is not supported by this QEMU";
            out.refuse(&FWCFG, file.pos, message);
        }
        for file in files {
            let name = &file.name;
            if !name.starts_with("opt/") {
                let message =
                    format!("the name `{name}` of an entry of `sysinfo` does not begin with `opt/`");
                out.refuse(&FWCFG_NAME, file.pos.attr("name"), message);
            } else if name.starts_with("opt/ovmf/") || name.starts_with("opt/org.qemu/") {
                let message = format!("the name `{name}` of an entry of `sysinfo` is reserved");
                out.refuse(&FWCFG_RESERVED, file.pos.attr("name"), message);
            }
        }
    }
}

/// Checks what libvirt finds only when it builds the command line.
pub(crate) fn build(cx: &Context<'_>, out: &mut Findings<'_>) {
    let os = &cx.domain.os;
    match os.smbios {
        None | Some(SmbiosMode::Emulate) => {}
        // The host's tables are not read: a guest would see other ones after migration.
        Some(SmbiosMode::Host) => {
            let message = "SMBIOS mode `host` is not supported, the tables of the host are not read";
            out.refuse(&HOST, os.pos.path("smbios"), message);
        }
        Some(SmbiosMode::Sysinfo) => {
            let Some(smbios) = cx.domain.sysinfo.smbios() else {
                let name = cx.domain.name.as_deref().unwrap_or_default();
                let message = format!("domain `{name}` has no `<sysinfo>` for its SMBIOS mode `sysinfo`");
                return out.refuse(&SOURCE, os.pos.path("smbios"), message);
            };
            if let [_, second, ..] = smbios.base_boards.as_slice() {
                let message = "`<sysinfo>` has more than one `<baseBoard>`, and QEMU takes one";
                out.refuse(&BOARDS, second.pos, message);
            }
        }
    }
}
