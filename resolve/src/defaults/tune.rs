//! Defaults of `<iothreads>`, `<cputune>` and `<numatune>`.

use std::collections::BTreeMap;

use virtargv_model::NumberSet;
use virtargv_model::tune::{CpuTune, Iothreads, NumaMode, NumaTuneMemory, Sched};
use virtargv_model::vcpu::Placement;

use crate::Work;

/// Fills in the tuning elements.
pub(crate) fn apply(work: &mut Work<'_>) {
    iothreads(&mut work.domain.tune.iothreads);
    let max = work.domain.vcpus.max();
    let tune = &mut work.domain.tune;
    cputune(&mut tune.cpu, max, &tune.iothreads);
    numatune(work);
}

/// Assigns an id to every iothread.
fn iothreads(iothreads: &mut Iothreads) {
    iothreads.list = iothreads.complete();
    iothreads.count = Some(iothreads.count()).filter(|count| *count > 0);
}

/// Splits pins and schedulers into one for each thread, in order, and removes pins of vCPUs that do not exist.
fn cputune(tune: &mut CpuTune, max: u32, iothreads: &Iothreads) {
    let places: BTreeMap<u32, usize> =
        iothreads.list.iter().enumerate().map(|(place, thread)| (thread.id, place)).collect();
    let place = |id: u32| places.get(&id).copied().unwrap_or(usize::MAX);
    tune.vcpu_pins.retain(|pin| pin.vcpu < max);
    tune.vcpu_pins.sort_by_key(|pin| pin.vcpu);
    tune.iothread_pins.sort_by_key(|pin| place(pin.iothread));
    one_by_one(&mut tune.vcpu_scheds);
    one_by_one(&mut tune.iothread_scheds);
    tune.iothread_scheds.sort_by_key(|(set, _)| set.first().map(place));
}

/// Splits sets of threads into single threads. Overlapping sets are left unchanged, as a rule refuses them.
fn one_by_one(scheds: &mut Vec<(NumberSet, Sched)>) {
    let mut seen = NumberSet::new();
    for (set, _) in scheds.iter() {
        if seen.overlaps(set) {
            return;
        }
        seen.union(set);
    }
    let mut single: Vec<(u32, Sched)> =
        scheds.iter().flat_map(|(set, sched)| set.iter().map(move |number| (number, *sched))).collect();
    single.sort_by_key(|(number, _)| *number);
    *scheds = single.into_iter().map(|(number, sched)| (NumberSet::from_iter([number]), sched)).collect();
}

/// Applies automatic placement of vCPUs to memory and the other way round, where only one of them has it.
fn numatune(work: &mut Work<'_>) {
    let domain = &mut work.domain;
    let auto = domain.vcpus.placement == Some(Placement::Auto);
    let tune = &mut domain.tune.numa;
    if auto && tune.memory.is_none() {
        tune.memory = Some(NumaTuneMemory { placement: Some(Placement::Auto), ..NumaTuneMemory::default() });
    }
    // An empty `<memory>` stays: without it, automatic placement would apply to memory when the document is read again.
    if !auto || !tune.is_without_policy() {
        tune.memory = tune.memory.take().and_then(|memory| complete(memory, !auto));
    }
    for node in &mut tune.nodes {
        node.mode.get_or_insert(NumaMode::Strict);
    }
    tune.nodes.sort_by_key(|node| node.cell);
    let pinned = domain.vcpus.cpuset.is_some()
        || !domain.tune.cpu.vcpu_pins.is_empty()
        || domain.tune.cpu.emulator_pin.is_some()
        || !domain.tune.cpu.iothread_pins.is_empty();
    if domain.tune.numa.is_auto() && !pinned {
        domain.vcpus.placement = Some(Placement::Auto);
    }
}

/// Fills in the placement: static with a set of nodes, else automatic.
fn complete(mut memory: NumaTuneMemory, vcpus_static: bool) -> Option<NumaTuneMemory> {
    if memory.mode.is_none() && memory.placement.is_none() && memory.nodeset.is_none() {
        return None;
    }
    memory.mode.get_or_insert(NumaMode::Strict);
    let guessed = if memory.nodeset.is_some() || vcpus_static { Placement::Static } else { Placement::Auto };
    let auto = memory.placement.unwrap_or(guessed) == Placement::Auto;
    if auto {
        memory.nodeset = None;
    }
    memory.placement = auto.then_some(Placement::Auto);
    Some(memory)
}
