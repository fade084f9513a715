//! Rules on `<vcpu>`, `<vcpus>` and `<cpu><topology>`.

use virtargv_caps::{Cap, Convention};
use virtargv_model::device::iommu::IommuDriver;
use virtargv_model::features::IoApic;
use virtargv_model::vcpu::Vcpu;
use virtargv_model::{Message, OnOff, YesNo};

use crate::{Context, Findings};

virtargv_model::rules! {
    /// A vCPU that is not enabled is hotpluggable.
    OFFLINE = "vcpu-offline-fixed": Unsupported (Xml before "11.3"), Complete,
        "`<vcpus><vcpu enabled='no' hotpluggable='no'>`: it could never be added",
        help "set `hotpluggable='yes'` or `enabled='yes'`";
    /// vCPU 0 is enabled, not hotpluggable, and the first in order.
    FIRST = "vcpu-first": Unsupported, Complete,
        "`<vcpus><vcpu id='0'>`: `-smp` starts the guest with the first vCPU",
        help "set `enabled='yes'`, `hotpluggable='no'` and `order='1'` on vCPU 0";
    /// Either all enabled vCPUs have an order, or none has.
    ORDER_MIXED = "vcpu-order-mixed": Unsupported, Complete,
        "`<vcpus><vcpu order=>`: the order in which vCPUs are added",
        help "add `order=` to every enabled `<vcpu>`, or remove it from all";
    /// A vCPU that is not hotpluggable precedes all that are.
    ORDER_FIXED = "vcpu-order-fixed": Unsupported, Complete,
        "`<vcpus><vcpu order= hotpluggable='no'>`: `-smp` creates these vCPUs, the others are added afterwards",
        help "give the vCPUs with `hotpluggable='no'` the lowest ids and orders";
    /// At least one vCPU is enabled at the start.
    NONE = "vcpu-none-online": Unsupported, Validate,
        "`<vcpu current=>` and `<vcpus>`: `-smp`",
        help "raise `current=`, or enable a `<vcpu>`";
    /// A guest has no more vCPUs than its machine type supports.
    LIMIT = "vcpu-machine-limit": Unsupported, Validate,
        "`<vcpu>`: the property `max-cpus` of the machine type",
        help "lower the number in `<vcpu>`, or use another machine type";
    /// The CPU topology has as many vCPUs as the guest's maximum.
    TOPOLOGY = "vcpu-topology-mismatch": Unsupported, Validate,
        "`<cpu><topology>`: QEMU since 2.5 checks `sockets`, `dies`, `clusters`, `cores` and `threads` of `-smp` against `maxcpus`",
        help "make the product of `sockets=`, `dies=`, `clusters=`, `cores=` and `threads=` equal to `<vcpu>`";
    /// The vCPUs of a pseries guest are whole cores.
    GRANULARITY = "vcpu-granularity": Unsupported, Validate,
        "`<vcpu current=>` and `<topology threads=>`: pseries machines plug cores, not threads",
        help "make `current=` a multiple of `threads=`";
    /// An x86 guest with more than 255 vCPUs needs a Q35 machine.
    MANY_Q35 = "vcpu-many-q35": Unsupported, Validate,
        "`<vcpu>`: APIC ids above 8 bits need an IOMMU with extended interrupt mode, which QEMU has on Q35",
        help "use `machine='q35'`, or 255 vCPUs or fewer";
    /// An x86 guest with more than 255 vCPUs needs an IOMMU with extended interrupt mode, or since libvirt 12.2 the I/O APIC in QEMU.
    MANY_EIM = "vcpu-many-eim": Unsupported, Validate,
        "`<iommu><driver eim='on'>`, `xtsup='on'`: APIC ids above 8 bits",
        help "add `<iommu model='intel'><driver intremap='on' eim='on'/></iommu>`, or use 255 vCPUs or fewer";
    /// Dies and clusters of a CPU topology need a QEMU that has them.
    LEVEL = "vcpu-topology-level": Unsupported, Build,
        "`<cpu><topology dies= clusters=>`: `dies=` and `clusters=` of `-smp`",
        help "remove the attribute or set it to 1, or use a QEMU that has it";
}

/// The number of vCPUs that an x86 guest can have without extended interrupt mode.
const WITHOUT_EIM: u32 = 255;

/// Checks the vCPUs against the rules above.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    individual(cx, out);
    topology(cx, out);
    many(cx, out);
}

fn individual(cx: &Context<'_>, out: &mut Findings<'_>) {
    let listed = &cx.domain.vcpus.individual;
    let fixed = |vcpu: &Vcpu| vcpu.hotpluggable == Some(YesNo::No);
    for vcpu in listed.iter().filter(|vcpu| !vcpu.enabled.is_yes() && fixed(vcpu)) {
        let message = format!("vCPU `{}` is not enabled and not hotpluggable", vcpu.id);
        out.refuse(&OFFLINE, vcpu.pos, message);
    }
    let Some((first, others)) = listed.split_first() else { return };
    if !first.enabled.is_yes() || !fixed(first) || first.order.is_some_and(|order| order != 1) {
        let message = "vCPU `0` must be enabled, first in order and not hotpluggable";
        out.refuse(&FIRST, first.pos, message);
        return;
    }
    let mut before = first;
    for vcpu in others {
        if vcpu.enabled.is_yes() && first.order.is_some() != vcpu.order.is_some() {
            let message =
                format!("vCPU `{}`: either all enabled vCPUs have an `order`, or none has", vcpu.id);
            out.refuse(&ORDER_MIXED, vcpu.pos.attr("order"), message);
            return;
        }
        if fixed(vcpu) && (!fixed(before) || before.order > vcpu.order) {
            let message = format!(
                "vCPU `{}` is not hotpluggable, it must precede the hotpluggable ones in `order`",
                vcpu.id
            );
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
        out.refuse(&NONE, vcpus.pos, "no vCPU is enabled, at least `1` must be");
        return;
    }
    let limit = cx.caps.machine(cx.guest.accel, &cx.guest.machine).map_or(0, |machine| machine.max_cpus);
    if limit > 0 && max > limit {
        let message = format!("the guest has up to `{max}` vCPUs, but its machine type supports `{limit}`");
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
        let message = format!("`<topology>` makes `{shown}` vCPUs, but `<vcpu>` is `{max}`");
        let message = Message::new(message).with_label(vcpus.pos, "the number of vCPUs is here");
        out.refuse(&TOPOLOGY, topology.pos, message);
        return;
    }
    let step = if cx.guest.is_pseries() { topology.threads } else { 1 };
    if cx.has(Cap::QueryHotpluggableCpus) && online.checked_rem(step).unwrap_or(0) != 0 {
        let message = format!("`{online}` vCPUs are not whole cores of `{step}` threads");
        out.refuse(&GRANULARITY, vcpus.pos, message);
    }
}

fn many(cx: &Context<'_>, out: &mut Findings<'_>) {
    let vcpus = &cx.domain.vcpus;
    if !cx.guest.arch.is_x86() || vcpus.max() <= WITHOUT_EIM {
        return;
    }
    let iommus = &cx.domain.devices.iommus;
    let eim = if cx.release.has(Convention::AmdXtsup) {
        let on = |driver: &IommuDriver| driver.eim == Some(OnOff::On) || driver.xtsup == Some(OnOff::On);
        let split = cx.domain.features.ioapic == Some(IoApic::Qemu);
        split || iommus.iter().any(|iommu| on(&iommu.driver))
    } else {
        iommus.first().is_some_and(|iommu| iommu.driver.eim == Some(OnOff::On))
    };
    if !cx.guest.is_q35() {
        let message = format!("more than `{WITHOUT_EIM}` vCPUs need a `q35` machine type");
        out.refuse(&MANY_Q35, vcpus.pos, message);
    } else if !eim {
        let message = format!("more than `{WITHOUT_EIM}` vCPUs need an IOMMU with `eim` `on`");
        out.refuse(&MANY_EIM, vcpus.pos, message);
    }
}

/// Checks what libvirt finds only when it builds the command line.
pub(crate) fn build(cx: &Context<'_>, out: &mut Findings<'_>) {
    let Some(topology) = cx.domain.cpu.as_ref().and_then(|cpu| cpu.topology.as_ref()) else { return };
    let levels = [("dies", topology.dies, Cap::SmpDies), ("clusters", topology.clusters, Cap::SmpClusters)];
    for (level, count, cap) in levels {
        if let Some(count) = count.filter(|count| *count > 1 && !cx.has(cap)) {
            let message = format!("`{level}` (`{count}`) of `<topology>` is not supported by this QEMU");
            out.refuse(&LEVEL, topology.pos.attr(level), message);
        }
    }
}
