//! Rules on `<cachetune>`, `<memorytune>` and `<energytune>` of `<cputune>`.

use virtargv_model::tune::{CpuTune, ResctrlKind};
use virtargv_model::{Spelled, VirtType};

use crate::{Context, Findings};

virtargv_model::rules! {
    /// Cache and memory bandwidth allocation and monitors need a domain of type `kvm`.
    CACHES = "cputune-resctrl": Unsupported, Validate,
        "`<cputune><cachetune>`, `<memorytune>` and `<energytune>`: Linux's resctrl has groups of the threads of vCPUs, which libvirt makes for KVM only",
        help "use `<domain type='kvm'>`, or remove the elements";
}

/// Checks that resource control is for KVM guests.
pub(super) fn check(cx: &Context<'_>, tune: &CpuTune, out: &mut Findings<'_>) {
    let mut kinds = ResctrlKind::ALL.iter();
    let used = kinds.find(|kind| tune.resctrls.iter().any(|group| group.has(**kind)));
    if let Some(element) = used.filter(|_| cx.domain.virt_type != Some(VirtType::Kvm)) {
        let message = format!("`<{element}>` needs a domain of type `{}`", VirtType::Kvm);
        out.refuse(&CACHES, tune.pos.path(element.as_str()), message);
    }
}
