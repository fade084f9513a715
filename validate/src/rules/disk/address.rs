//! Rules on the addresses of disks on their controllers.

use virtargv_caps::Cap;
use virtargv_model::device::controller::{ControllerType, ScsiModel};
use virtargv_model::device::disk::{Disk, DiskBus};
use virtargv_model::info::{Address, DeviceInfo, DriveAddress};

use crate::{Context, Findings};

virtargv_model::rules! {
    /// The IDE controller and the floppy controller have number 0.
    ONE_CONTROLLER = "disk-address-controller": Internal, Validate,
        "`<address type='drive' controller=>`: the machine has one IDE and one floppy controller, as part of its chipset",
        help "set `controller='0'`, or remove the `<address>`";
    /// The bus number on a SCSI or floppy controller is 0.
    ONE_BUS = "disk-address-bus": Internal, Validate,
        "`<address type='drive' bus=>`: these controllers have one bus",
        help "set `bus='0'`, or remove the `<address>`";
    /// A part of a drive address that the controller does not have is 0.
    ZERO = "disk-address-zero": Unsupported, Validate,
        "`<address type='drive' bus= target=>`: IDE, SATA and floppy controllers and the LSI 53C895A have no targets, SATA controllers no buses",
        help "set the attribute to 0, or remove the `<address>`";
    /// The target of a SCSI address is at most 7 where QEMU's `scsi-disk` has no channels.
    SCSI_TARGETS = "disk-address-old-scsi": Unsupported, Validate,
        "`<address type='drive' target=>`: `scsi-disk` without the property `channel` has targets 0 to 7",
        help "set `target=` to 7 or less, or use a QEMU whose `scsi-disk` has `channel=`";
}

/// Checks the address of `disk` against the rules above.
pub(super) fn check(cx: &Context<'_>, disk: &Disk, out: &mut Findings<'_>) {
    let Some(Address::Drive(at)) = &disk.info.address else { return };
    let mut zero = |rule, name: &str, value: u32, of: &str| {
        if value != 0 {
            let message = format!(
                "`{name}` of the address of disk `{}` is `{value}`, it must be 0 for `{of}` controllers",
                disk.dst()
            );
            out.refuse(rule, disk.info.pos.path("address"), message);
        }
    };
    match disk.bus() {
        Some(DiskBus::Ide) => {
            zero(&ONE_CONTROLLER, "controller", at.controller, "ide");
            zero(&ZERO, "target", at.target, "ide");
        }
        Some(DiskBus::Fdc) => {
            zero(&ONE_CONTROLLER, "controller", at.controller, "fdc");
            zero(&ONE_BUS, "bus", at.bus, "fdc");
            zero(&ZERO, "target", at.target, "fdc");
        }
        Some(DiskBus::Sata) => {
            zero(&ZERO, "bus", at.bus, "sata");
            zero(&ZERO, "target", at.target, "sata");
        }
        Some(DiskBus::Scsi) => check_scsi(cx, &disk.info, at, out),
        _ => {}
    }
}

/// Checks the address of a device on a SCSI controller, a disk or a SCSI host device, against the rules above.
pub(in super::super) fn check_scsi(
    cx: &Context<'_>,
    info: &DeviceInfo,
    at: &DriveAddress,
    out: &mut Findings<'_>,
) {
    let place = || info.pos.path("address");
    if at.bus != 0 {
        let message = format!("`bus` of an address on a SCSI controller is `{}`, it must be 0", at.bus);
        out.refuse(&ONE_BUS, place(), message);
    }
    let found = cx.known.controller(ControllerType::Scsi, at.controller);
    // What addresses a controller has depends on its model.
    let Some(controller) = found else { return };
    if controller.scsi_model() == Some(ScsiModel::Lsilogic) {
        if at.target != 0 {
            let message =
                format!("`target` of an address is `{}`, it must be 0 for model `lsilogic`", at.target);
            out.refuse(&ZERO, place(), message);
        }
        return;
    }
    if cx.has(Cap::ScsiDiskChannel) {
        return;
    }
    if at.target > 7 {
        let message =
            format!("`target` of an address is `{}`, it must be at most 7 for this QEMU", at.target);
        out.refuse(&SCSI_TARGETS, place(), message);
    }
}
