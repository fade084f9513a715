//! `-mon`, QEMU's monitor.

use super::context::Emit;
use super::device::chardev_source::Chardev;
use crate::Props;

/// The id of the monitor.
const MONITOR: &str = "monitor";

/// Emits `-chardev` and `-mon` of the monitor.
pub(crate) fn emit(e: &mut Emit<'_>) {
    e.at_implied("the driver tells QEMU what to do over its monitor");
    e.owned_by(MONITOR);
    let chardev = Chardev::new(&e.prepared.facts.monitor, MONITOR).emit(e);
    e.monitor(format!("{}/monitor.sock", e.directory()));
    let props = Props::object().with("chardev", chardev).with("id", MONITOR).with("mode", "control");
    e.pairs("-mon", props);
}
