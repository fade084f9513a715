//! The order of controllers, and their indexes.

use std::collections::BTreeMap;
use std::ops::Bound;

use foldhash::{HashMap, HashSet};
use virtargv_caps::Convention;
use virtargv_model::Implied;
use virtargv_model::device::controller::{Controller, ControllerKind, ControllerType, UsbModel};

use crate::Work;

/// Sorts the controllers of a document as libvirt does when it inserts them: types by their first controller,
/// controllers of a type by index, an EHCI controller before its companions.
pub(crate) fn sort(controllers: &mut Vec<Controller>) {
    // Documents are nearly always sorted.
    if is_sorted(controllers) {
        return;
    }
    let mut types: Vec<(ControllerType, Vec<Controller>)> = Vec::new();
    for controller in std::mem::take(controllers) {
        let kind = controller.controller_type();
        match types.iter_mut().find(|(of, _)| *of == kind) {
            Some((_, list)) => list.push(controller),
            None => types.push((kind, vec![controller])),
        }
    }
    for (_, list) in types {
        if list.iter().any(|c| c.index.is_none()) {
            controllers.extend(inserted(list));
        } else {
            let mut list = list;
            list.sort_by_key(|c| (c.index, c.info.master_startport.is_some()));
            controllers.extend(list);
        }
    }
}

/// The controllers of a type in the order that inserting them one by one gives: each before the first that comes after it.
/// Those without an index are appended, and stay where they are, which a sort does not do.
fn inserted(list: Vec<Controller>) -> Vec<Controller> {
    // The controllers that come next, and those with an index by their order.
    let mut following: Vec<Option<usize>> = Vec::with_capacity(list.len());
    let mut preceding: Vec<Option<usize>> = Vec::with_capacity(list.len());
    let mut by_index: BTreeMap<(u32, bool, usize), usize> = BTreeMap::new();
    let (mut first, mut last) = (None, None);
    for (at, controller) in list.iter().enumerate() {
        let key = controller.index.map(|index| (index, controller.info.master_startport.is_some()));
        let after = key.and_then(|(index, is_companion)| {
            let later =
                by_index.range((Bound::Excluded((index, is_companion, usize::MAX)), Bound::Unbounded)).next();
            later.map(|(_, at)| *at)
        });
        let before = match after {
            Some(after) => preceding.get(after).copied().flatten(),
            None => last,
        };
        following.push(after);
        preceding.push(before);
        match after {
            Some(after) => set(&mut preceding, after, at),
            None => last = Some(at),
        }
        match before {
            Some(before) => set(&mut following, before, at),
            None => first = Some(at),
        }
        if let Some((index, is_companion)) = key {
            by_index.insert((index, is_companion, at), at);
        }
    }
    let mut list: Vec<Option<Controller>> = list.into_iter().map(Some).collect();
    let order = std::iter::successors(first, |at| following.get(*at).copied().flatten());
    order.filter_map(|at| list.get_mut(at)?.take()).collect()
}

/// Sets the neighbour of the controller `at`.
fn set(neighbours: &mut [Option<usize>], at: usize, to: usize) {
    if let Some(neighbour) = neighbours.get_mut(at) {
        *neighbour = Some(to);
    }
}

/// Whether all controllers have an index and are in the order of [`sort`].
fn is_sorted(controllers: &[Controller]) -> bool {
    let mut seen: Vec<ControllerType> = Vec::new();
    let mut before = None;
    controllers.iter().all(|controller| {
        let kind = controller.controller_type();
        let key = (controller.index, controller.info.master_startport.is_some());
        let follows = if seen.last() == Some(&kind) {
            before <= Some(key)
        } else {
            let new = !seen.contains(&kind);
            seen.push(kind);
            new
        };
        before = Some(key);
        follows && controller.index.is_some()
    })
}

/// Inserts `new` among the controllers of its type, by index, an EHCI controller before its companions. Without others
/// of its type it is appended.
fn insert(controllers: &mut Vec<Controller>, new: Controller) {
    let mut position = None;
    for (n, other) in controllers.iter().enumerate().rev() {
        if other.controller_type() != new.controller_type() {
            continue;
        }
        let Some(index) = new.index else {
            position = Some(n + 1);
            break;
        };
        let master_first = new.info.master_startport.is_none() && other.info.master_startport.is_some();
        if other.index.is_some_and(|other| other > index) || (master_first && other.index == new.index) {
            position = Some(n);
        } else if position.is_none() {
            position = Some(n + 1);
        }
    }
    let position = position.unwrap_or(controllers.len()).min(controllers.len());
    controllers.insert(position, new);
}

/// Moves the USB controllers without `<master>` before the companions with the same index.
pub(super) fn masters_first(controllers: &mut Vec<Controller>) {
    // The first companion of each index, and the masters that come after it.
    let mut companions: HashMap<u32, usize> = HashMap::default();
    let mut later: HashMap<usize, Vec<usize>> = HashMap::default();
    for (at, controller) in controllers.iter().enumerate().filter(|(_, c)| c.usb().is_some()) {
        let index = controller.number();
        if controller.info.master_startport.is_some() {
            companions.entry(index).or_insert(at);
        } else if let Some(first) = companions.get(&index) {
            later.entry(*first).or_default().push(at);
        }
    }
    if later.is_empty() {
        return;
    }
    let mut old: Vec<Option<Controller>> = std::mem::take(controllers).into_iter().map(Some).collect();
    let moved: HashSet<usize> = later.values().flatten().copied().collect();
    for at in 0..old.len() {
        if moved.contains(&at) {
            continue;
        }
        let masters = later.get(&at).into_iter().flatten().copied();
        controllers.extend(masters.chain([at]).filter_map(|at| old.get_mut(at)?.take()));
    }
}

/// Assigns the lowest free index of its type to every controller without one. The parts of a USB 2 controller share an
/// index where they follow each other.
pub(crate) fn number(controllers: &mut [Controller]) {
    if controllers.iter().all(|controller| controller.index.is_some()) {
        return;
    }
    let mut taken: HashSet<(ControllerType, u32)> = HashSet::default();
    let mut parts: HashSet<(UsbModel, u32)> = HashSet::default();
    for controller in controllers.iter() {
        if let Some(index) = controller.index {
            taken.insert((controller.controller_type(), index));
            parts.extend(controller.usb_model().map(|model| (model, index)));
        }
    }
    let mut lowest: HashMap<ControllerType, u32> = HashMap::default();
    let mut usb_before: Option<(Option<UsbModel>, Option<u32>)> = None;
    for controller in controllers {
        let (kind, model) = (controller.controller_type(), controller.usb_model());
        if controller.index.is_none() {
            let shared = usb_before.and_then(|before| shared(model?, before, &parts));
            let index = shared.unwrap_or_else(|| {
                let index = lowest.entry(kind).or_default();
                while taken.contains(&(kind, *index)) {
                    *index = index.saturating_add(1);
                }
                *index
            });
            controller.index = Some(index);
            taken.insert((kind, index));
            parts.extend(model.map(|model| (model, index)));
        }
        if kind == ControllerType::Usb {
            usb_before = Some((model, controller.index));
        }
    }
}

/// The index of the previous USB controller, where it and the one of `model` are parts of a USB 2 controller and no
/// part of the same model has that index.
fn shared(
    model: UsbModel,
    (before, index): (Option<UsbModel>, Option<u32>),
    parts: &HashSet<(UsbModel, u32)>,
) -> Option<u32> {
    let both = is_usb2_part(model) && before.is_some_and(is_usb2_part);
    index.filter(|index| both && !parts.contains(&(model, *index)))
}

/// Whether it is a part of the USB 2 controller of the ICH9: the EHCI controller or one of its companions.
pub(crate) fn is_usb2_part(model: UsbModel) -> bool {
    matches!(model, UsbModel::Ich9Ehci1 | UsbModel::Ich9Uhci1 | UsbModel::Ich9Uhci2 | UsbModel::Ich9Uhci3)
}

/// Adds a controller of `kind` with the index `index` for the reason `why`, unless there is one. Returns whether it was
/// added.
pub(crate) fn add_missing(work: &mut Work<'_>, kind: ControllerKind, index: u32, why: &'static str) -> bool {
    let missing = !work.domain.devices.controllers.iter().any(|c| c.is(kind.controller_type(), index));
    if missing {
        add(work, Controller::new(kind, index), why);
    }
    missing
}

/// Adds a controller of `kind` for each index of `wanted` that has none, with the reason beside it: as [`add_missing`] for each, in time
/// that grows with the number of both.
pub(crate) fn add_all_missing(
    work: &mut Work<'_>,
    kind: &ControllerKind,
    wanted: impl IntoIterator<Item = (u32, &'static str)>,
) {
    let mut wanted = wanted.into_iter().peekable();
    // Most documents want none of most kinds.
    if wanted.peek().is_none() {
        return;
    }
    let of = kind.controller_type();
    let controllers = &mut work.domain.devices.controllers;
    let own = controllers.iter().filter(|controller| controller.controller_type() == of);
    let mut known: HashSet<u32> = own.filter_map(|controller| controller.index).collect();
    let missing = wanted.filter(|(index, _)| known.insert(*index));
    let new = missing.map(|(index, why)| {
        let mut controller = Controller::new(kind.clone(), index);
        controller.info.implied = Implied::by(why);
        controller
    });
    let mut new: Vec<Controller> = new.collect();
    if !work.release.has(Convention::ControllersSorted) {
        controllers.append(&mut new);
    } else if new.len() > 1 {
        insert_all(controllers, of, new);
    } else if let Some(one) = new.pop() {
        insert(controllers, one);
    }
}

/// Inserts `new`, all of type `of` and without companions, each before the first controller of its type with a higher index; the
/// others after the last controller of their type.
fn insert_all(controllers: &mut Vec<Controller>, of: ControllerType, mut new: Vec<Controller>) {
    new.sort_by_key(|controller| controller.index);
    let mut new = new.into_iter().peekable();
    let mut last = None;
    for controller in std::mem::take(controllers) {
        let is_own = controller.controller_type() == of;
        while is_own && let Some(lower) = new.next_if(|new| new.index < controller.index) {
            controllers.push(lower);
        }
        controllers.push(controller);
        if is_own {
            last = Some(controllers.len());
        }
    }
    let at = last.unwrap_or(controllers.len());
    controllers.splice(at..at, new);
}

/// Adds a controller for the reason `why`. Earlier releases append it.
pub(super) fn add(work: &mut Work<'_>, mut controller: Controller, why: &'static str) {
    controller.info.implied = Implied::by(why);
    let controllers = &mut work.domain.devices.controllers;
    if work.release.has(Convention::ControllersSorted) {
        insert(controllers, controller);
    } else {
        controllers.push(controller);
    }
}
