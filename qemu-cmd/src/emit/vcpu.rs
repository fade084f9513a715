//! `-smp`, and the vCPUs that are plugged after the start.

use virtargv_caps::Arch;
use virtargv_model::YesNo;
use virtargv_model::vcpu::Vcpu;

use super::context::Emit;
use crate::text::text;
use crate::{Props, Work};

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

/// Plugs the vCPUs that are enabled and can be unplugged (`<vcpus><vcpu enabled='yes' hotpluggable='yes'>`), which `-smp` does not
/// count. libvirt takes driver and place of each from what QEMU answers to `query-hotpluggable-cpus`; on x86 and s390x they follow from
/// the CPU model and the topology.
pub(super) fn plugged(e: &mut Emit<'_>) {
    let is_plugged = |vcpu: &&Vcpu| vcpu.enabled.is_yes() && vcpu.hotpluggable.is_some_and(YesNo::is_yes);
    let mut vcpus: Vec<_> =
        e.domain().vcpus.individual.iter().zip(0..).filter(|(vcpu, _)| is_plugged(vcpu)).collect();
    vcpus.sort_by_key(|(vcpu, _)| (vcpu.order, vcpu.id));
    for (vcpu, index) in vcpus {
        e.at_numbered("vcpus/vcpu", index, vcpu.pos);
        if let Some(arguments) = place(e, vcpu.id) {
            e.after("device_add", arguments, "a vCPU that can be unplugged is not one of `-smp`");
            continue;
        }
        let what = format!(
            "vCPU {} is plugged by `device_add`, as QEMU answers to `query-hotpluggable-cpus`",
            vcpu.id
        );
        e.host(Work::Vcpus, what);
    }
}

/// The arguments of `device_add` for vCPU `id`; `None` where only QEMU knows them.
fn place(e: &Emit<'_>, id: u32) -> Option<Props> {
    let arch = e.guest().arch;
    let model = match &e.prepared.facts.cpu {
        Some(cpu) => cpu.model.clone(),
        // The default of the machine types of PCs.
        None if arch == Arch::X86_64 => text!("qemu64"),
        None if arch == Arch::I686 => text!("qemu32"),
        None => return None,
    };
    let mut props = Props::object()
        .with("driver", text!(model, "-", arch.qemu_name(), "-cpu"))
        .with("id", text!("vcpu", id));
    let facts = e.prepared.facts.vcpu;
    let mut rest = id;
    // The number of this unit in the next larger one.
    let mut take = |units: u32| {
        let number = rest.checked_rem(units).unwrap_or_default();
        rest = rest.checked_div(units).unwrap_or_default();
        number
    };
    if arch.is_x86() {
        let (thread, core) = (take(facts.threads), take(facts.cores));
        let die = facts.dies.filter(|dies| *dies > 1).map(&mut take);
        props.set("core-id", core).set("thread-id", thread).set_opt("die-id", die).set("socket-id", rest);
    } else if arch == Arch::S390x {
        props.set("core-id", id);
    } else {
        return None;
    }
    let cells = e.domain().numa.cells.iter().zip(0..);
    let cell = cells.filter(|(cell, _)| cell.cpus.as_ref().is_some_and(|cpus| cpus.contains(id)));
    props.set_opt("node-id", cell.map(|(cell, index)| cell.id.unwrap_or(index)).next());
    Some(props)
}
