//! `<vcpu>` and `<vcpus>`.

use virtargv_model::Domain;
use virtargv_model::vcpu::Vcpus;

use super::compared::{At, Out, Value};

virtargv_model::rules! {
    /// The guest keeps the maximum number of its vCPUs.
    MAX = "abi-vcpu-max": Unsupported, Validate,
        "`<vcpu>`: `maxcpus=` of `-smp`",
        help "set `<vcpu>` as in the source";
    /// A vCPU stays online or offline.
    ONLINE = "abi-vcpu-online": Unsupported, Validate,
        "`<vcpu current=>` and `<vcpus><vcpu enabled=>`: the vCPUs that are plugged",
        help "set `current=` or `enabled=` as in the source; `virsh setvcpus` changes them";
    /// A vCPU keeps its order.
    ORDER = "abi-vcpu-order": Unsupported, Validate,
        "`<vcpus><vcpu order=>`: the order in which vCPUs are plugged",
        help "set `order=` as in the source";
}

/// Compares the vCPUs.
pub(super) fn compare(source: &Domain, target: &Domain, out: &mut Out) {
    let (source, target) = (&source.vcpus, &target.vcpus);
    let at = At::of("vcpu", source.pos, target.pos);
    let max = |vcpus: &Vcpus| Value::Number(vcpus.max().into());
    if !out.value(&MAX, &at, "", &max(source), &max(target)) {
        return;
    }
    for id in 0..target.max() {
        let place = |vcpus: &Vcpus| one(vcpus, id).map_or(vcpus.pos, |one| one.pos);
        let at = At {
            element: "vcpu",
            name: Some(format!("vCPU {id}")),
            source: place(source),
            target: place(target),
        };
        let online = |vcpus: &Vcpus| Value::Word(if is_online(vcpus, id) { "yes" } else { "no" });
        let order = |vcpus: &Vcpus| Value::number(one(vcpus, id).and_then(|one| one.order));
        let same = out.value(&ONLINE, &at, "@enabled", &online(source), &online(target))
            && out.value(&ORDER, &at, "@order", &order(source), &order(target));
        if !same {
            // One that is added or left out moves all that follow.
            return;
        }
    }
}

fn one(vcpus: &Vcpus, id: u32) -> Option<&virtargv_model::vcpu::Vcpu> {
    vcpus
        .individual
        .get(id as usize)
        .filter(|one| one.id == id)
        .or_else(|| vcpus.individual.iter().find(|one| one.id == id))
}

/// Whether the vCPU `id` is online. Without elements of their own, the first `current` ones are.
fn is_online(vcpus: &Vcpus, id: u32) -> bool {
    match one(vcpus, id) {
        Some(one) => one.enabled.is_yes(),
        None => vcpus.individual.is_empty() && id < vcpus.current.unwrap_or(vcpus.max()),
    }
}
