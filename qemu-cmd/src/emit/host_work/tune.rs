//! `<resource>`, `<blkiotune>`, `<memtune>`, `<numatune>`, `<cputune>`: control groups, affinity and schedulers.

use virtargv_model::tune::{MemTune, Resctrl, Sched};
use virtargv_model::vcpu::Placement;
use virtargv_model::{NumberSet, Spelled};

use super::attribute;
use crate::Work;
use crate::emit::context::Emit;

/// What is set for the process.
pub(super) fn emit(e: &mut Emit<'_>) {
    resource(e);
    block(e);
    memory(e);
    cpu_time(e);
    nodes(e);
    resctrl(e);
    affinity(e);
}

fn resource(e: &mut Emit<'_>) {
    let resource = &e.domain().tune.resource;
    e.at_element("resource");
    if let Some(partition) = &resource.partition {
        e.host(Work::Partition, format!("the process is put in a control group below `{partition}`"));
    }
    if let Some(id) = &resource.fibrechannel_appid {
        e.host(Work::FibreChannel, format!("its traffic of Fibre Channel is marked with `{id}`"));
    }
}

fn block(e: &mut Emit<'_>) {
    let block = &e.domain().tune.block;
    e.at_element("blkiotune");
    if let Some(weight) = block.weight {
        e.host(Work::BlockIo, format!("disk access has the weight {weight}"));
    }
    for (index, device) in block.devices.iter().enumerate() {
        e.at_numbered("blkiotune/device", index, device.pos);
        let limits = [
            ("weight", device.weight.map(u64::from)),
            ("read_iops_sec", device.read_iops_sec.map(u64::from)),
            ("write_iops_sec", device.write_iops_sec.map(u64::from)),
            ("read_bytes_sec", device.read_bytes_sec),
            ("write_bytes_sec", device.write_bytes_sec),
        ];
        let limits: String = limits.into_iter().map(|(name, limit)| attribute(name, limit)).collect();
        e.host(Work::BlockIo, format!("access to `{}` is limited:{limits}", device.path));
    }
}

fn memory(e: &mut Emit<'_>) {
    let MemTune { hard_limit, soft_limit, swap_hard_limit, .. } = &e.domain().tune.memory;
    e.at_element("memtune");
    let limits = [
        ("memory is limited to", hard_limit),
        ("memory is limited, where the host is short of it, to", soft_limit),
        ("memory and swap together are limited to", swap_hard_limit),
    ];
    for (what, limit) in limits {
        if let Some(limit) = limit {
            e.host(Work::Memory, format!("{what} {} KiB", limit.0));
        }
    }
}

fn cpu_time(e: &mut Emit<'_>) {
    let tune = &e.domain().tune.cpu;
    e.at_element("cputune");
    if let Some(shares) = tune.shares {
        e.host(Work::CpuTime, format!("CPU time has the weight {shares}"));
    }
    let limit = limit(tune.global_quota, tune.global_period);
    if let Some(limit) = limit {
        e.host(Work::CpuTime, format!("CPU time of the whole process is limited:{limit}"));
    }
}

/// A quota in each period, in microseconds.
fn limit(quota: Option<i64>, period: Option<u64>) -> Option<String> {
    (quota.is_some() || period.is_some())
        .then(|| format!("{}{}", attribute("quota", quota), attribute("period", period)))
}

fn nodes(e: &mut Emit<'_>) {
    let numa = &e.domain().tune.numa;
    if let Some(memory) = &numa.memory {
        e.at_element("numatune/memory");
        let mode = memory.mode.map_or("strict", Spelled::as_str);
        let nodes = match &memory.nodeset {
            Some(nodes) if memory.placement != Some(Placement::Auto) => {
                format!("the host's NUMA nodes {nodes}")
            }
            _ => "the NUMA nodes that numad advises".to_owned(),
        };
        e.host(Work::Nodes, format!("the process is limited to {nodes}, mode {mode}"));
    }
    for (index, node) in numa.nodes.iter().enumerate() {
        e.at_numbered("numatune/memnode", index, node.pos);
        let mode = node.mode.map_or("strict", Spelled::as_str);
        let what = format!(
            "the threads of cell {} are limited to the nodes {}, mode {mode}",
            node.cell, node.nodeset
        );
        e.host(Work::Nodes, what);
    }
}

fn resctrl(e: &mut Emit<'_>) {
    for (index, group) in e.domain().tune.cpu.resctrls.iter().enumerate() {
        e.at_numbered("cputune/cachetune", index, group.pos);
        for what in of_group(group) {
            e.host(Work::Resctrl, what);
        }
    }
}

/// The allocations and monitors of a resource group.
fn of_group(group: &Resctrl) -> Vec<String> {
    let whose = |vcpus: &Option<NumberSet>| match vcpus {
        Some(vcpus) => format!("the vCPUs {vcpus}"),
        None => "the process".to_owned(),
    };
    let of = whose(&group.vcpus);
    let caches = group.caches.iter().map(|cache| {
        let (size, level, id, kind) = (cache.size, cache.level, cache.id, cache.kind);
        format!("{of} get {size} bytes of the host's L{level} cache {id} for {kind}")
    });
    let nodes = group.nodes.iter().map(|node| {
        format!("{of} get {} % of the memory bandwidth of the host's node {}", node.bandwidth, node.id)
    });
    let monitors = group.monitors.iter().map(|monitor| {
        let level = attribute("level", monitor.level);
        format!("<{}> monitors {}{level}", monitor.kind, whose(&monitor.vcpus))
    });
    caches.chain(nodes).chain(monitors).collect()
}

/// The CPUs of the host that the process begins on.
fn affinity(e: &mut Emit<'_>) {
    let domain = e.domain();
    if let Some(pin) = &domain.tune.cpu.emulator_pin {
        e.at_element("cputune/emulatorpin");
        e.host(Work::Affinity, format!("QEMU's threads run on the host's CPUs {pin}"));
    } else if domain.vcpus.placement == Some(Placement::Auto) {
        e.at_element("vcpu");
        e.host(Work::Affinity, "the process runs on the CPUs of the nodes that numad advises".to_owned());
    }
    if let Some(cpus) = &domain.vcpus.cpuset {
        e.at_element("vcpu");
        e.host(Work::Affinity, format!("the process runs on the host's CPUs {cpus}"));
    }
}

/// What is set for threads, once QEMU has told them.
pub(super) fn threads(e: &mut Emit<'_>) {
    let tune = &e.domain().tune.cpu;
    for (index, pin) in tune.vcpu_pins.iter().enumerate() {
        e.at_numbered("cputune/vcpupin", index, pin.pos);
        e.host(Work::ThreadAffinity, format!("vCPU {} runs on the host's CPUs {}", pin.vcpu, pin.cpuset));
    }
    for (index, pin) in tune.iothread_pins.iter().enumerate() {
        e.at_numbered("cputune/iothreadpin", index, pin.pos);
        e.host(
            Work::ThreadAffinity,
            format!("iothread {} runs on the host's CPUs {}", pin.iothread, pin.cpuset),
        );
    }
    e.at_element("cputune");
    let limits = [
        ("each vCPU", limit(tune.quota, tune.period)),
        ("QEMU's other threads", limit(tune.emulator_quota, tune.emulator_period)),
        ("each iothread", limit(tune.iothread_quota, tune.iothread_period)),
    ];
    for (of, limit) in limits {
        if let Some(limit) = limit {
            e.host(Work::ThreadTime, format!("CPU time of {of} is limited:{limit}"));
        }
    }
    for (index, (vcpus, sched)) in tune.vcpu_scheds.iter().enumerate() {
        e.at_numbered("cputune/vcpusched", index, sched.pos);
        e.host(Work::Scheduler, scheduler(&format!("the vCPUs {vcpus}"), sched));
    }
    for (index, (iothreads, sched)) in tune.iothread_scheds.iter().enumerate() {
        e.at_numbered("cputune/iothreadsched", index, sched.pos);
        e.host(Work::Scheduler, scheduler(&format!("the iothreads {iothreads}"), sched));
    }
    if let Some(sched) = &tune.emulator_sched {
        e.at_element("cputune/emulatorsched");
        e.host(Work::Scheduler, scheduler("QEMU's other threads", sched));
    }
}

fn scheduler(of: &str, sched: &Sched) -> String {
    format!("{of} have the scheduler {} with the priority {}", sched.scheduler, sched.priority)
}
