//! `-smp`.

use super::context::Emit;
use crate::Props;

/// Emits `-smp`.
pub(crate) fn emit(e: &mut Emit<'_>) {
    let facts = e.prepared.facts.vcpu;
    let mut smp = Props::new("cpus", facts.cpus.to_string());
    smp.set_opt("maxcpus", facts.max).set("sockets", facts.sockets);
    smp.set_opt("dies", facts.dies).set_opt("clusters", facts.clusters);
    smp.set("cores", facts.cores).set("threads", facts.threads);
    e.at_element("vcpu");
    e.list("-smp", smp);
}
