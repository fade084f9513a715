//! Rules on what identifies a domain: `<name>`, `<genid>` and `<domain type=>`.

use virtargv_caps::Cap;

use crate::{Context, Findings};

virtargv_model::rules! {
    /// A domain has a name.
    NAME_MISSING = "name-missing": Plain, Read,
        "`<name>`: QEMU's `-name`, and the name of the domain's files and directories",
        help "add `<name>` with a text that is not empty";
    /// The name of a domain has no slash and no line break.
    NAME_CHARS = "name-characters": Xml, Validate,
        "`<name>`: files and directories of the domain are named after it",
        help "remove the character from `<name>`";
    /// A generation id needs a QEMU with the device `vmgenid`.
    GENID = "genid": Unsupported, Validate,
        "`<genid>`: `-device vmgenid`",
        help "remove `<genid>`, or use a QEMU that has the device";
    /// The type of a domain is an accelerator that its emulator has.
    VIRT_TYPE = "domain-type": Unsupported, Validate,
        "`<domain type=>`: `kvm`, `hvf` and `qemu` (TCG) are `-accel` of QEMU",
        help "set `type='qemu'` or `type='kvm'`, or use a QEMU that was built with the accelerator";
}

/// Checks the name of the domain.
pub(crate) fn name(cx: &Context<'_>, out: &mut Findings<'_>) {
    let domain = cx.domain;
    match domain.name.as_deref() {
        None | Some("") => out.refuse(&NAME_MISSING, domain.pos, "the domain lacks its element 'name'"),
        Some(name) => {
            if let Some(c) = name.chars().find(|c| matches!(c, '/' | '\n')) {
                let message = format!("element 'name' is '{name}', it must not contain '{c}'");
                out.refuse(&NAME_CHARS, domain.pos.path("name"), message);
            }
        }
    }
}

/// Checks that this QEMU has a device for the generation id.
pub(crate) fn genid(cx: &Context<'_>, out: &mut Findings<'_>) {
    if cx.domain.genid.is_some() && !cx.has(Cap::DeviceVmgenid) {
        let message = "this QEMU has no device 'vmgenid', which 'genid' needs";
        out.refuse(&GENID, cx.domain.pos.path("genid"), message);
    }
}
