//! `<watchdog>`: its driver and its action.

use virtargv_model::device::watchdog::{Watchdog, WatchdogAction, WatchdogModel};
use virtargv_model::read::ATTRIBUTE_MISSING;
use virtargv_model::{Problem, Spelled};

use super::Device;
use crate::prepare::context::{Prepare, broken};

/// A prepared watchdog.
#[derive(Debug)]
pub(crate) struct Facts {
    /// Its driver.
    pub driver: Driver,
    /// The value of `-watchdog-action`, which is the same for all watchdogs.
    pub action: &'static str,
}

/// The driver of a watchdog.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Driver {
    /// `itco`, which is part of the Q35 chipset.
    Chipset,
    /// A device with this driver.
    Device(&'static str),
}

/// Prepares a `<watchdog>`.
pub(crate) fn prepare(cx: &mut Prepare<'_>, watchdog: Device<'_, Watchdog>) -> Result<Facts, Problem> {
    let lacks = |attribute: &'static str| {
        let message = format!("`<watchdog>` lacks `{attribute}`");
        broken(cx.release(), &ATTRIBUTE_MISSING, watchdog.info.pos.attr(attribute), message)
    };
    let driver = match watchdog.model.ok_or_else(|| lacks("model"))? {
        WatchdogModel::Itco => Driver::Chipset,
        model => Driver::Device(model.as_str()),
    };
    let action = match watchdog.action.ok_or_else(|| lacks("action"))? {
        // The driver dumps a guest that QEMU has paused.
        WatchdogAction::Dump => WatchdogAction::Pause,
        other => other,
    };
    Ok(Facts { driver, action: action.as_str() })
}
