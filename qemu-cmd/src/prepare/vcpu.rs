//! `<vcpu>` and `<cpu><topology>`: the numbers of `-smp`.

use virtargv_caps::Cap;

use super::context::Prepare;

/// The numbers of `-smp`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facts {
    /// The vCPUs that are there at boot and cannot be unplugged.
    pub cpus: u32,
    /// The maximum number of vCPUs; `None` where it is the same.
    pub max: Option<u32>,
    /// The sockets.
    pub sockets: u32,
    /// The dies of each socket; `None` where they are left to QEMU.
    pub dies: Option<u32>,
    /// The clusters of each die; `None` where they are left to QEMU.
    pub clusters: Option<u32>,
    /// The cores of each cluster.
    pub cores: u32,
    /// The threads of each core.
    pub threads: u32,
}

/// Prepares `-smp`. Without a topology each vCPU is a socket.
pub(crate) fn prepare(cx: &Prepare<'_>) -> Facts {
    let vcpus = &cx.domain.vcpus;
    let (cpus, most) = (vcpus.fixed(), vcpus.max());
    let max = Some(most).filter(|most| *most != cpus);
    match cx.domain.cpu.as_ref().and_then(|cpu| cpu.topology.as_ref()) {
        Some(topology) => Facts {
            cpus,
            max,
            sockets: topology.sockets,
            // Rule `vcpu-topology-level` refuses more than one die or cluster without the flag.
            dies: cx.has(Cap::SmpDies).then_some(topology.dies.unwrap_or(1)),
            clusters: cx.has(Cap::SmpClusters).then_some(topology.clusters.unwrap_or(1)),
            cores: topology.cores,
            threads: topology.threads,
        },
        None => Facts { cpus, max, sockets: most, dies: None, clusters: None, cores: 1, threads: 1 },
    }
}
