//! `-smp`.

use virtargv_caps::Cap;
use virtargv_model::Kind;
use virtargv_model::cpu::CpuTopology;

use crate::emit::{Done, Emit, problem};
use crate::{Props, Style};

/// Emits `-smp`.
pub(crate) fn emit(e: &mut Emit<'_>) -> Done {
    let domain = e.domain();
    let (fixed, max) = (domain.vcpus.fixed(), domain.vcpus.max());
    let mut smp = Props::new("cpus", fixed.to_string());
    if fixed != max {
        smp.set("maxcpus", max);
    }
    match domain.cpu.as_ref().and_then(|cpu| cpu.topology.as_ref()) {
        Some(topology) => {
            one_unless(e, topology, Cap::SmpDies, "dies", topology.dies)?;
            one_unless(e, topology, Cap::SmpClusters, "clusters", topology.clusters)?;
            smp.set("sockets", topology.sockets);
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
    e.line.option("-smp", smp.to_kv(Style::OnOff));
    Ok(())
}

/// A level of the topology that this QEMU does not know can only have one of each.
fn one_unless(
    e: &Emit<'_>,
    topology: &CpuTopology,
    cap: Cap,
    level: &'static str,
    count: Option<u32>,
) -> Done {
    match count {
        Some(count) if count > 1 && !e.has(cap) => {
            let message = format!("this QEMU knows no '{level}', element 'topology' has '{count}' of them");
            Err(problem(Kind::Unsupported, "vcpu-topology-level", topology.pos.attr(level), message))
        }
        _ => Ok(()),
    }
}
