//! The order of controllers, and their numbers.

use virtargv_model::device::controller::{Controller, ControllerKind, ControllerType, UsbModel};

/// Brings controllers as they were written into the reference's order, which is that of insertion.
pub(super) fn sort(controllers: &mut Vec<Controller>) {
    let written = std::mem::take(controllers);
    for controller in written {
        insert(controllers, controller);
    }
}

/// Puts `new` among the controllers of its type by its number; a USB master before its companions. Without others of
/// its type it goes last.
pub(super) fn insert(controllers: &mut Vec<Controller>, new: Controller) {
    let mut place = None;
    for (n, old) in controllers.iter().enumerate().rev() {
        if old.controller_type() != new.controller_type() {
            continue;
        }
        let Some(index) = new.index else {
            place = Some(n + 1);
            break;
        };
        let master_first = new.info.master_startport.is_none() && old.info.master_startport.is_some();
        if old.index.is_some_and(|old| old > index) || (master_first && old.index == new.index) {
            place = Some(n);
        } else if place.is_none() {
            place = Some(n + 1);
        }
    }
    let place = place.unwrap_or(controllers.len()).min(controllers.len());
    controllers.insert(place, new);
}

/// Gives every controller without number the lowest one that is free in its type. The parts of a USB 2 controller
/// share a number where they follow each other.
pub(super) fn number(controllers: &mut [Controller]) {
    for n in 0..controllers.len() {
        let Some(controller) = controllers.get(n).filter(|c| c.index.is_none()) else { continue };
        let index =
            shared(controllers, n).unwrap_or_else(|| unused(controllers, controller.controller_type()));
        if let Some(controller) = controllers.get_mut(n) {
            controller.index = Some(index);
        }
    }
}

/// The number of the USB controller before the `n`th, where both are parts of a USB 2 controller and no part of the same
/// model has that number.
fn shared(controllers: &[Controller], n: usize) -> Option<u32> {
    let model = controllers.get(n)?.usb_model().filter(|model| is_usb2_part(*model))?;
    let before = controllers.get(..n)?.iter().rev().find(|c| c.usb().is_some())?;
    let index = before.index.filter(|_| before.usb_model().is_some_and(is_usb2_part))?;
    let taken = controllers.iter().any(|c| c.index == Some(index) && c.usb_model() == Some(model));
    (!taken).then_some(index)
}

/// Whether it is a part of a USB 2 controller of the ICH9 chip.
pub(crate) fn is_usb2_part(model: UsbModel) -> bool {
    matches!(model, UsbModel::Ich9Ehci1 | UsbModel::Ich9Uhci1 | UsbModel::Ich9Uhci2 | UsbModel::Ich9Uhci3)
}

/// The lowest number that no controller of type `kind` has.
fn unused(controllers: &[Controller], kind: ControllerType) -> u32 {
    let mut taken: Vec<u32> =
        controllers.iter().filter(|c| c.controller_type() == kind).filter_map(|c| c.index).collect();
    taken.sort_unstable();
    let mut index = 0;
    for number in taken {
        if number == index {
            index += 1;
        }
    }
    index
}

/// Adds a controller of `kind` with the number `index` unless there is one; says whether it did.
pub(crate) fn add_missing(controllers: &mut Vec<Controller>, kind: ControllerKind, index: u32) -> bool {
    let missing = !controllers.iter().any(|c| c.is(kind.controller_type(), index));
    if missing {
        insert(controllers, Controller::new(kind, index));
    }
    missing
}
