//! Rules on what identifies a domain: `<name>`, `<genid>` and `<domain type=>`.

use virtargv_caps::Cap;

use crate::{Context, Findings};

virtargv_model::rules! {
    /// The name of a domain has no slash.
    NAME_CHARS = "name-characters": Xml, Validate,
        "`<name>`: files and directories of the domain are named after it",
        help "remove the slash from `<name>`";
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
    if let Some(name) = &cx.domain.name
        && name.contains('/')
    {
        let message = format!("`<name>` is `{name}`, it must not contain `/`");
        out.refuse(&NAME_CHARS, cx.domain.pos.path("name"), message);
    }
}

/// Checks that this QEMU has a device for the generation id.
pub(crate) fn genid(cx: &Context<'_>, out: &mut Findings<'_>) {
    if cx.domain.genid.is_some() && !cx.has(Cap::DeviceVmgenid) {
        let message = "this QEMU has no device `vmgenid`, which `genid` needs";
        out.refuse(&GENID, cx.domain.pos.path("genid"), message);
    }
}
