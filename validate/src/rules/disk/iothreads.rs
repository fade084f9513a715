//! Rules on the threads that serve a disk.

use std::collections::BTreeSet;

use virtargv_caps::{Cap, Convention};
use virtargv_model::Spelled;
use virtargv_model::device::disk::{Disk, DiskBus};
use virtargv_model::info::AddressType;

use crate::{Context, Findings};

virtargv_model::rules! {
    /// Only virtio disks are served by a thread of their own.
    BUS = "disk-iothread-bus": Unsupported, Validate, "driver/@iothread; virtio-blk iothread=";
    /// A disk is served by a thread that is there.
    UNKNOWN = "disk-iothread-unknown": Unsupported, Validate, "driver/@iothread; iothreadids/iothread";
    /// Only virtio disks are served by a thread of their own (as the older releases found late).
    BUS_LATE = "disk-iothread-bus-late": Unsupported, Build, "driver/@iothread; virtio-blk iothread=";
    /// A disk is served by a thread that is there (as the older releases found late).
    UNKNOWN_LATE = "disk-iothread-unknown-late": Unsupported, Build, "driver/@iothread; iothreadids/iothread";
    /// A disk that is served by a thread was to be on PCI or a channel subsystem.
    ADDRESS_LATE = "disk-iothread-address": Unsupported, Build, "driver/@iothread; virtio-blk-pci, virtio-blk-ccw";
    /// A disk is served by one thread or by several, not both.
    BOTH = "disk-iothread-both": Unsupported, Validate, "driver/@iothread, driver/iothreads";
    /// Several threads need a QEMU that distributes queues.
    MAPPING = "disk-iothread-mapping": Unsupported, Validate, "driver/iothreads; virtio-blk iothread-vq-mapping=";
    /// Every queue of a disk has exactly one thread.
    QUEUES = "disk-iothread-queues": Unsupported, Validate, "driver/iothreads; virtio-blk iothread-vq-mapping=";
}

/// Holds the threads of `disk` against them.
pub(super) fn check(cx: &Context<'_>, disk: &Disk, out: &mut Findings<'_>) {
    let driver = &disk.driver;
    let single = driver.iothread.filter(|n| *n > 0);
    if single.is_none() && driver.iothreads.is_empty() {
        return;
    }
    let place = || driver.pos.attr("iothread");
    let late = !cx.release.has(Convention::StricterDisks);
    let (bus_rule, unknown_rule) = if late { (&BUS_LATE, &UNKNOWN_LATE) } else { (&BUS, &UNKNOWN) };
    let reachable = match &disk.info.address {
        Some(address) => matches!(address.kind(), AddressType::Pci | AddressType::Ccw),
        None => false,
    };
    if late && disk.bus() == Some(DiskBus::Virtio) && !reachable {
        let message = format!("a thread can only serve disk '{}' on PCI or a channel subsystem", disk.dst());
        out.refuse(&ADDRESS_LATE, place(), message);
    }
    if disk.bus() != Some(DiskBus::Virtio) {
        let bus = disk.bus().map_or("", Spelled::as_str);
        let message = format!("no thread can serve bus {bus} of target {}", disk.dst());
        out.refuse(bus_rule, place(), message);
    }
    if single.is_some() && !driver.iothreads.is_empty() {
        let message = format!("disk '{}' has 'iothread' and 'iothreads'", disk.dst());
        out.refuse(&BOTH, place(), message);
    }
    let known = |id: u32| cx.domain.tune.iothreads.list.iter().any(|t| t.id == id);
    for id in single.into_iter().chain(driver.iothreads.iter().map(|m| m.id)) {
        if !known(id) {
            let message =
                format!("disk '{}' is to be served by iothread '{id}', which is not there", disk.dst());
            out.refuse(unknown_rule, place(), message);
        }
    }
    if !driver.iothreads.is_empty() {
        if !cx.has(Cap::VirtioBlkIothreadMapping) {
            let message = format!("this QEMU cannot give disk '{}' several 'iothreads'", disk.dst());
            out.refuse(&MAPPING, driver.pos.path("iothreads"), message);
        }
        let what = format!("disk '{}'", disk.dst());
        let maps: Vec<_> = driver.iothreads.iter().map(|map| (map.id, map.queues.as_slice())).collect();
        for message in queue_problems(&what, &maps, driver.queues) {
            out.refuse(&QUEUES, driver.pos.path("iothreads"), message);
        }
    }
}

/// What is wrong with how the queues of `what` are shared out among threads (number and queues of each).
pub(in crate::rules) fn queue_problems(
    what: &str,
    maps: &[(u32, &[u32])],
    queues: Option<u32>,
) -> Vec<String> {
    let mut problems = Vec::new();
    let mut refuse = |message: String| problems.push(message);
    let ids: BTreeSet<u32> = maps.iter().map(|(id, _)| *id).collect();
    if ids.len() != maps.len() {
        refuse(format!("an 'iothread' serves {what} twice"));
    }
    if maps.iter().all(|(_, queues)| queues.is_empty()) {
        return problems;
    }
    if maps.iter().any(|(_, queues)| queues.is_empty()) {
        refuse(format!("some of the 'iothreads' of {what} have queues and some not"));
    }
    let Some(count) = queues.filter(|n| *n > 0) else {
        refuse(format!("queues of {what} are given to 'iothreads', but not how many 'queues' there are"));
        return problems;
    };
    let mut seen = BTreeSet::new();
    for queue in maps.iter().flat_map(|(_, queues)| *queues) {
        if *queue >= count {
            refuse(format!("{what} has no queue '{queue}'"));
        } else if !seen.insert(*queue) {
            refuse(format!("queue '{queue}' of {what} is given to two 'iothreads'"));
        }
    }
    if u32::try_from(seen.len()).is_ok_and(|n| n < count) {
        refuse(format!("some queue of {what} has none of the 'iothreads'"));
    }
    problems
}
