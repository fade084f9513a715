//! Rules on `<cachetune>` and `<memorytune>` of `<cputune>`.

use virtargv_model::VirtType;
use virtargv_model::tune::CpuTune;

use crate::{Context, Findings};

virtargv_model::rules! {
    /// Cache and memory bandwidth allocation needs a domain of type `kvm`.
    CACHES = "cputune-resctrl": Unsupported, Validate,
        "`<cputune><cachetune>` and `<memorytune>`: Linux's resctrl allocates to the threads of vCPUs, which libvirt assigns for KVM only",
        help "use `<domain type='kvm'>`, or remove the elements";
}

/// Checks that resource control is for KVM guests.
pub(super) fn check(cx: &Context<'_>, tune: &CpuTune, out: &mut Findings<'_>) {
    let caches = tune.cache_tunes.iter().any(|t| !t.caches.is_empty() || !t.monitors.is_empty());
    let bandwidth = tune.memory_tunes.iter().any(|t| !t.nodes.is_empty() || !t.monitors.is_empty());
    if (caches || bandwidth) && cx.domain.virt_type != Some(VirtType::Kvm) {
        let element = if caches { "cachetune" } else { "memorytune" };
        let message = format!("element '{element}' needs a domain of type '{}'", VirtType::Kvm);
        out.refuse(&CACHES, tune.pos.path(element), message);
    }
}
