//! QEMU's monitor: the object `monitor-qmp`, or `-mon` of a QEMU that has no such object.

use virtargv_caps::Cap;

use super::context::Emit;
use super::device::chardev_source::Chardev;
use crate::Props;

/// The id of the monitor.
const MONITOR: &str = "monitor";

/// Emits `-chardev` and the monitor.
pub(crate) fn emit(e: &mut Emit<'_>) {
    e.at_implied("the driver tells QEMU what to do over its monitor");
    e.owned_by(MONITOR);
    let chardev = Chardev::new(&e.prepared.facts.monitor, MONITOR).emit(e);
    e.monitor([e.directory(), "/monitor.sock"].concat());
    if e.has(Cap::ObjectMonitorQmp) {
        let object = Props::new("qom-type", "monitor-qmp").with("id", MONITOR).with("chardev", chardev);
        e.object(object);
        return;
    }
    let props = Props::object().with("chardev", chardev).with("id", MONITOR).with("mode", "control");
    e.pairs("-mon", props);
}
