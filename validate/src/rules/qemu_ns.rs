//! Rules on the elements of the `qemu:` namespace.

use virtargv_caps::Cap;

use crate::{Context, Findings};

virtargv_model::rules! {
    /// A name in `<qemu:capabilities>` is a capability flag.
    CAPABILITY = "qemu-capability": Internal, Build,
        "`<qemu:capabilities><add capability=>`, `<del capability=>`: libvirt's names of capability flags",
        help "use a name that `virtargv caps show SET` lists, where SET is as for `--caps`";
}

/// Checks `<qemu:capabilities>` against the rule above.
pub(crate) fn build(cx: &Context<'_>, out: &mut Findings<'_>) {
    let qemu = &cx.domain.qemu;
    for name in qemu.add_capabilities.iter().chain(&qemu.del_capabilities) {
        if name.parse::<Cap>().is_err() {
            let message = format!(
                "`<qemu:capabilities>` has capability `{name}`, there is no capability flag with this name"
            );
            out.refuse(&CAPABILITY, cx.domain.pos.path("capabilities"), message);
        }
    }
}
