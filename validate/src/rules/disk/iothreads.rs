//! Rules on the I/O threads of a disk.

use std::collections::BTreeSet;

use virtargv_caps::Cap;
use virtargv_model::advice::list;
use virtargv_model::device::disk::{Disk, DiskBus};
use virtargv_model::info::AddressType;
use virtargv_model::tune::Iothreads;
use virtargv_model::{Message, Spelled};

use crate::{Context, Findings};

virtargv_model::rules! {
    /// Only a disk on bus `virtio` has an I/O thread.
    BUS = "disk-iothread-bus": Unsupported, Validate (Build before "7.5"),
        "`<disk><driver iothread=>`: `iothread=` of `virtio-blk`",
        help "remove `iothread=` from `<driver>`, or use `bus='virtio'`";
    /// The I/O thread of a disk is one of the domain's.
    UNKNOWN = "disk-iothread-unknown": Unsupported, Validate (Build before "7.5"),
        "`<disk><driver iothread=>`: an id of `<iothreadids>`, or from 1 to the number of `<iothreads>`",
        help "use the id of an I/O thread that the domain has";
    /// A disk with an I/O thread has an address of type `pci` or `ccw`.
    ADDRESS = "disk-iothread-address": Unsupported, Build,
        "`<disk><driver iothread=>`: early releases gave `iothread=` to `virtio-blk-pci` and `virtio-blk-ccw` only",
        help "use `<address type='pci'>` or `<address type='ccw'>`, or remove `iothread=` from `<driver>`",
        until "7.5";
    /// A disk has either one I/O thread or a list of I/O threads.
    BOTH = "disk-iothread-both": Xml, Read,
        "`<disk><driver iothread=>` and `<driver><iothreads>`: `iothread=` and `iothread-vq-mapping=` of `virtio-blk` exclude each other",
        help "remove `iothread=` from `<driver>`, or its `<iothreads>`";
    /// Several I/O threads for a disk need a QEMU that maps queues to threads.
    MAPPING = "disk-iothread-mapping": Unsupported, Validate,
        "`<disk><driver><iothreads>`: `iothread-vq-mapping=` of `virtio-blk`, new in QEMU 9.0",
        help "use `iothread=` of `<driver>`, or QEMU 9.0 or later";
    /// Every queue of a disk with several I/O threads has exactly one of them.
    QUEUES = "disk-iothread-queues": Unsupported, Validate,
        "`<disk><driver queues=><iothreads><iothread><queue>`: `iothread-vq-mapping=` of `virtio-blk` lists each queue once",
        help "list every queue from 0 to `queues=` minus 1 once, or list none";
}

/// Checks the I/O threads of `disk` against the rules above.
pub(super) fn check(cx: &Context<'_>, disk: &Disk, out: &mut Findings<'_>) {
    let driver = &disk.driver;
    let single = driver.iothread.filter(|n| *n > 0);
    if single.is_none() && driver.iothreads.is_empty() {
        return;
    }
    let place = || driver.pos.attr("iothread");
    let reachable = match &disk.info.address {
        Some(address) => matches!(address.kind(), AddressType::Pci | AddressType::Ccw),
        None => false,
    };
    if disk.bus() == Some(DiskBus::Virtio) && !reachable {
        let message =
            format!("an I/O thread for disk `{}` needs an address of type `pci` or `ccw`", disk.dst());
        out.refuse(&ADDRESS, place(), message);
    }
    if disk.bus() != Some(DiskBus::Virtio) {
        let bus = disk.bus().map_or("", Spelled::as_str);
        let message = format!("I/O threads are not supported for bus `{bus}` of target `{}`", disk.dst());
        out.refuse(&BUS, place(), message);
    }
    if single.is_some() && !driver.iothreads.is_empty() {
        let message = format!("disk `{}` has both `iothread=` and `<iothreads>`", disk.dst());
        out.refuse(&BOTH, place(), message);
    }
    for id in single.into_iter().chain(driver.iothreads.iter().map(|m| m.id)) {
        if !cx.known.has_iothread(id) {
            let message =
                format!("disk `{}` uses I/O thread `{id}`, which the domain does not have", disk.dst());
            let message = Message::new(message).with_help(missing_help(&cx.domain.tune.iothreads, id));
            out.refuse(&UNKNOWN, place(), message);
        }
    }
    if !driver.iothreads.is_empty() {
        if !cx.has(Cap::VirtioBlkIothreadMapping) {
            let message =
                format!("this QEMU does not support several `<iothreads>` for disk `{}`", disk.dst());
            out.refuse(&MAPPING, driver.pos.path("iothreads"), message);
        }
        let what = format!("disk `{}`", disk.dst());
        let maps: Vec<_> = driver.iothreads.iter().map(|map| (map.id, map.queues.as_slice())).collect();
        for message in queue_problems(&what, &maps, driver.queues) {
            out.refuse(&QUEUES, driver.pos.path("iothreads"), message);
        }
    }
}

/// What to do about the I/O thread `id`, which `iothreads` lack.
pub(in crate::rules) fn missing_help(iothreads: &Iothreads, id: u32) -> String {
    let ids: Vec<String> = iothreads.list.iter().map(|thread| thread.id.to_string()).collect();
    if ids.is_empty() {
        return format!("add `<iothreads>{id}</iothreads>` to `<domain>`, or use no I/O thread");
    }
    let known = list(ids.iter().map(String::as_str));
    match iothreads.pos.offset() {
        Some(_) => format!("set `<iothreads>` to `{id}` or more, or use one of {known}"),
        None => format!("add `<iothread id='{id}'/>` to `<iothreadids>`, or use one of {known}"),
    }
}

/// What is wrong with the mapping of the queues of `what` to I/O threads (`maps`: id and queues of each thread).
pub(in crate::rules) fn queue_problems(
    what: &str,
    maps: &[(u32, &[u32])],
    queues: Option<u32>,
) -> Vec<String> {
    let mut problems = Vec::new();
    let mut refuse = |message: String| problems.push(message);
    let ids: BTreeSet<u32> = maps.iter().map(|(id, _)| *id).collect();
    if ids.len() != maps.len() {
        refuse(format!("{what} names one `iothread` twice"));
    }
    if maps.iter().all(|(_, queues)| queues.is_empty()) {
        return problems;
    }
    if maps.iter().any(|(_, queues)| queues.is_empty()) {
        refuse(format!("either all of the `<iothreads>` of {what} list queues, or none does"));
    }
    let Some(count) = queues.filter(|n| *n > 0) else {
        refuse(format!("the `<iothreads>` of {what} list queues, which needs `queues`"));
        return problems;
    };
    let mut seen = BTreeSet::new();
    for queue in maps.iter().flat_map(|(_, queues)| *queues) {
        if *queue >= count {
            refuse(format!("{what} has no queue `{queue}`"));
        } else if !seen.insert(*queue) {
            refuse(format!("queue `{queue}` of {what} is mapped to more than one of the `<iothreads>`"));
        }
    }
    if u32::try_from(seen.len()).is_ok_and(|n| n < count) {
        refuse(format!("a queue of {what} is mapped to none of the `<iothreads>`"));
    }
    problems
}
