//! `-smp`.

use virtargv_caps::Cap;

use super::context::Emit;
use crate::Props;

/// Emits `-smp`.
pub(crate) fn emit(e: &mut Emit<'_>) {
    let domain = e.domain();
    let (fixed, max) = (domain.vcpus.fixed(), domain.vcpus.max());
    let mut smp = Props::new("cpus", fixed.to_string());
    if fixed != max {
        smp.set("maxcpus", max);
    }
    match domain.cpu.as_ref().and_then(|cpu| cpu.topology.as_ref()) {
        Some(topology) => {
            smp.set("sockets", topology.sockets);
            // Rule `vcpu-topology-level` refuses more than one die or cluster without the flag.
            if e.has(Cap::SmpDies) {
                smp.set("dies", topology.dies.unwrap_or(1));
            }
            if e.has(Cap::SmpClusters) {
                smp.set("clusters", topology.clusters.unwrap_or(1));
            }
            smp.set("cores", topology.cores).set("threads", topology.threads);
        }
        None => {
            smp.set("sockets", max).set("cores", 1).set("threads", 1);
        }
    }
    e.at_element("vcpu");
    e.list("-smp", smp);
}
