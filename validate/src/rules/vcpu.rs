//! Rules on `<vcpu>` and `<vcpus>`, and on the topology they make up.

use virtargv_caps::Cap;
use virtargv_model::vcpu::Vcpu;
use virtargv_model::{OnOff, YesNo};

use crate::{Context, Findings};

crate::rules! {
    /// A vCPU that is not there can be put in.
    OFFLINE = "vcpu-offline-fixed": Xml, Complete, "domain format: <vcpus>";
    /// The first vCPU is there from the start, and stays.
    FIRST = "vcpu-first": Unsupported, Complete, "QEMU: -smp counts vCPUs from the first one on";
    /// All vCPUs have an order, or none.
    ORDER_MIXED = "vcpu-order-mixed": Unsupported, Complete, "domain format: <vcpu order=>";
    /// Vcpus that stay come before those that can be taken out.
    ORDER_FIXED = "vcpu-order-fixed": Unsupported, Complete, "QEMU: -smp makes them first";
    /// There is a vCPU at the start.
    NONE = "vcpu-none-online": Unsupported, Validate, "QEMU: -smp";
    /// There are not more vCPUs than the machine takes.
    LIMIT = "vcpu-machine-limit": Unsupported, Validate, "QEMU: max-cpus of the machine type";
    /// The topology has as many vCPUs as there can be.
    TOPOLOGY = "vcpu-topology-mismatch": Unsupported, Validate, "QEMU: -smp since 2.5";
    /// vCPUs come in whole cores where only cores can be plugged.
    GRANULARITY = "vcpu-granularity": Unsupported, Validate, "QEMU: pseries plugs cores";
    /// Many vCPUs need the Q35 chipset.
    MANY_Q35 = "vcpu-many-q35": Unsupported, Validate, "8 bits of APIC id without extended interrupt mode";
    /// Many vCPUs need extended interrupt mode.
    MANY_EIM = "vcpu-many-eim": Unsupported, Validate, "8 bits of APIC id without extended interrupt mode";
    /// A topology has the levels that this QEMU knows.
    LEVEL = "vcpu-topology-level": Unsupported, Build, "QEMU: -smp dies=, clusters=";
}

/// The most vCPUs that an x86 guest has without extended interrupt mode.
const WITHOUT_EIM: u32 = 255;

/// Holds them.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    individual(cx, out);
    topology(cx, out);
    many(cx, out);
}

fn individual(cx: &Context<'_>, out: &mut Findings<'_>) {
    let listed = &cx.domain.vcpus.individual;
    let fixed = |vcpu: &Vcpu| vcpu.hotpluggable == Some(YesNo::No);
    for vcpu in listed.iter().filter(|vcpu| !vcpu.enabled.is_yes() && fixed(vcpu)) {
        let message = format!("vCPU '{}' is not there and cannot be put in", vcpu.id);
        out.refuse(&OFFLINE, vcpu.pos, message);
    }
    let Some((first, others)) = listed.split_first() else { return };
    if !first.enabled.is_yes() || !fixed(first) || first.order.is_some_and(|order| order != 1) {
        let message = "vCPU '0' has to be there first, and cannot be hotpluggable";
        out.refuse(&FIRST, first.pos, message);
        return;
    }
    let mut before = first;
    for vcpu in others {
        if vcpu.enabled.is_yes() && first.order.is_some() != vcpu.order.is_some() {
            let message = format!("vCPU '{}': all vCPUs have an 'order', or none has", vcpu.id);
            out.refuse(&ORDER_MIXED, vcpu.pos.attr("order"), message);
            return;
        }
        if fixed(vcpu) && (!fixed(before) || before.order > vcpu.order) {
            let message = format!("vCPU '{}' stays, so its 'order' is below that of others", vcpu.id);
            out.refuse(&ORDER_FIXED, vcpu.pos.attr("order"), message);
            return;
        }
        before = vcpu;
    }
}

fn topology(cx: &Context<'_>, out: &mut Findings<'_>) {
    let vcpus = &cx.domain.vcpus;
    let (online, max) = (vcpus.online(), vcpus.max());
    if online == 0 {
        out.refuse(&NONE, vcpus.pos, "none of the vCPUs is there at the start, at least '1' has to be");
        return;
    }
    let limit = cx.caps.machine(cx.guest.accel, &cx.guest.machine).map_or(0, |machine| machine.max_cpus);
    if limit > 0 && max > limit {
        let message = format!("the guest can have '{max}' vCPUs, its machine type takes '{limit}'");
        out.refuse(&LIMIT, vcpus.pos, message);
        return;
    }
    let Some(topology) = cx.domain.cpu.as_ref().and_then(|cpu| cpu.topology) else { return };
    let parts = [
        topology.sockets,
        topology.dies.unwrap_or(1),
        topology.clusters.unwrap_or(1),
        topology.cores,
        topology.threads,
    ];
    let product = parts.into_iter().try_fold(1u32, u32::checked_mul);
    if product != Some(max) && cx.has(Cap::QueryHotpluggableCpus) {
        let shown = product.map_or_else(|| "more than 4294967295".to_owned(), |product| product.to_string());
        let message = format!("element 'topology' makes '{shown}' vCPUs, element 'vcpu' allows '{max}'");
        out.refuse(&TOPOLOGY, topology.pos, message);
        return;
    }
    let step = if cx.guest.is_pseries() { topology.threads } else { 1 };
    if cx.has(Cap::QueryHotpluggableCpus) && online.checked_rem(step).unwrap_or(0) != 0 {
        let message =
            format!("'{online}' vCPUs are not whole cores of '{step}' threads, which are plugged as one");
        out.refuse(&GRANULARITY, vcpus.pos, message);
    }
}

fn many(cx: &Context<'_>, out: &mut Findings<'_>) {
    let vcpus = &cx.domain.vcpus;
    if !cx.guest.arch.is_x86() || vcpus.max() <= WITHOUT_EIM {
        return;
    }
    let eim = cx.domain.devices.iommus.first().is_some_and(|iommu| iommu.driver.eim == Some(OnOff::On));
    if !cx.guest.is_q35() {
        let message = format!("more than '{WITHOUT_EIM}' vCPUs need a 'q35' machine type");
        out.refuse(&MANY_Q35, vcpus.pos, message);
    } else if !eim {
        let message = format!("more than '{WITHOUT_EIM}' vCPUs need an IOMMU with 'eim' 'on'");
        out.refuse(&MANY_EIM, vcpus.pos, message);
    }
}

/// Holds what is only found while the line is built.
pub(crate) fn build(cx: &Context<'_>, out: &mut Findings<'_>) {
    let Some(topology) = cx.domain.cpu.as_ref().and_then(|cpu| cpu.topology.as_ref()) else { return };
    let levels = [("dies", topology.dies, Cap::SmpDies), ("clusters", topology.clusters, Cap::SmpClusters)];
    for (level, count, cap) in levels {
        if let Some(count) = count.filter(|count| *count > 1 && !cx.has(cap)) {
            let message = format!("this QEMU knows no '{level}', element 'topology' has '{count}' of them");
            out.refuse(&LEVEL, topology.pos.attr(level), message);
        }
    }
}
