//! The floppy disk controller: part of most PC machine types, a device (`isa-fdc`) on Q35 2.4 and later.

use virtargv_caps::Cap;
use virtargv_model::device::disk::DiskBus;

use super::{DiskDevice, drive_id};
use crate::Props;
use crate::emit::context::Emit;
use crate::prepare::address::{BusAddress, Drive};
use crate::text::text;

/// Whether floppy `disk` is the second drive.
fn is_second(disk: DiskDevice<'_>) -> bool {
    matches!(disk.address, BusAddress::Drive(Drive::Floppy { unit }) if *unit > 0)
}

/// Emits the floppy disk controller, or its properties.
pub(super) fn controller(e: &mut Emit<'_>) {
    let mut props = Props::new("driver", "isa-fdc");
    let devices = e.has(Cap::Blockdev);
    let mut floppies: Vec<_> = e.prepared.disks().filter(|d| d.bus() == Some(DiskBus::Fdc)).collect();
    if floppies.is_empty() {
        return;
    }
    floppies.sort_by_key(|disk| is_second(*disk));
    e.at_implied("disks on bus `fdc`");
    for disk in floppies {
        let letter = if is_second(disk) { "B" } else { "A" };
        // A drive that is a device has a `unit=` itself.
        if !devices {
            props.set(text!("drive", letter), drive_id(disk));
        }
        props.set_opt(text!("bootindex", letter), disk.info.boot.as_ref().map(|b| b.order));
    }
    if e.guest().has_explicit_floppy_controller() {
        e.device(props);
    } else {
        for (key, value) in props.iter().skip(1) {
            let option = Props::object().with(format!("isa-fdc.{key}"), value.clone());
            e.pairs("-global", option);
        }
    }
}
