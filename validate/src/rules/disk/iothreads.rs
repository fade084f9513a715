//! Rules on the threads that serve a disk.

use std::collections::BTreeSet;

use virtargv_caps::{Cap, Convention};
use virtargv_model::Spelled;
use virtargv_model::device::disk::{Disk, DiskBus};
use virtargv_model::info::AddressType;

use crate::{Context, Findings};

crate::rules! {
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
    let late = !cx.caps.release().has(Convention::StricterDisks);
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
        check_queues(disk, out);
    }
}

fn check_queues(disk: &Disk, out: &mut Findings<'_>) {
    let maps = &disk.driver.iothreads;
    let mut refuse = |message: String| out.refuse(&QUEUES, disk.driver.pos.path("iothreads"), message);
    let ids: BTreeSet<u32> = maps.iter().map(|m| m.id).collect();
    if ids.len() != maps.len() {
        refuse(format!("an 'iothread' serves disk '{}' twice", disk.dst()));
    }
    if maps.iter().all(|m| m.queues.is_empty()) {
        return;
    }
    if maps.iter().any(|m| m.queues.is_empty()) {
        refuse(format!("some of the 'iothreads' of disk '{}' have queues and some not", disk.dst()));
    }
    let Some(count) = disk.driver.queues.filter(|n| *n > 0) else {
        refuse(format!(
            "queues of disk '{}' are given to 'iothreads', but not how many 'queues' there are",
            disk.dst()
        ));
        return;
    };
    let mut seen = BTreeSet::new();
    for queue in maps.iter().flat_map(|m| &m.queues) {
        if *queue >= count {
            refuse(format!("disk '{}' has no queue '{queue}'", disk.dst()));
        } else if !seen.insert(*queue) {
            refuse(format!("queue '{queue}' of disk '{}' is given to two 'iothreads'", disk.dst()));
        }
    }
    if u32::try_from(seen.len()).is_ok_and(|n| n < count) {
        refuse(format!("some queue of disk '{}' has none of the 'iothreads'", disk.dst()));
    }
}
