//! Rules on the places of disks on their controllers.

use virtargv_caps::Cap;
use virtargv_model::device::controller::{ControllerType, ScsiModel};
use virtargv_model::device::disk::{Disk, DiskBus};
use virtargv_model::info::{Address, DeviceInfo, DriveAddress};

use crate::{Context, Findings};

virtargv_model::rules! {
    /// There is one IDE and one floppy controller.
    ONE_CONTROLLER = "disk-address-controller": Internal, Validate, "address/@controller; the machine has one on the board";
    /// A SCSI or floppy controller has one bus.
    ONE_BUS = "disk-address-bus": Internal, Validate, "address/@bus; the controller has one";
    /// A part of an address that the controller does not have is 0.
    ZERO = "disk-address-zero": Unsupported, Validate, "address; the controller has no such number";
    /// SCSI disks of old QEMUs have targets up to 7.
    OLD_SCSI = "disk-address-old-scsi": Unsupported, Validate, "address; scsi-disk channel=";
}

/// Holds the place of `disk` against them.
pub(super) fn check(cx: &Context<'_>, disk: &Disk, out: &mut Findings<'_>) {
    let Some(Address::Drive(at)) = &disk.info.address else { return };
    let mut zero = |rule, name: &str, value: u32, of: &str| {
        if value != 0 {
            let message = format!(
                "'{name}' of the address of disk '{}' is '{value}', it is 0 for '{of}' controllers",
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

/// Holds the place of a device on a SCSI controller, a disk or a unit of the host, against them.
pub(in super::super) fn check_scsi(
    cx: &Context<'_>,
    info: &DeviceInfo,
    at: &DriveAddress,
    out: &mut Findings<'_>,
) {
    let place = || info.pos.path("address");
    if at.bus != 0 {
        let message = format!("'bus' of an address on a SCSI controller is '{}', there is one", at.bus);
        out.refuse(&ONE_BUS, place(), message);
    }
    let controllers = &cx.domain.devices.controllers;
    let found = controllers.iter().find(|c| c.is(ControllerType::Scsi, at.controller));
    // Without one that is known, nothing is known of its places.
    let Some(controller) = found else { return };
    if controller.scsi_model() == Some(ScsiModel::Lsilogic) {
        if at.target != 0 {
            let message = format!("'target' of an address is '{}', it is 0 for model 'lsilogic'", at.target);
            out.refuse(&ZERO, place(), message);
        }
        return;
    }
    if cx.has(Cap::ScsiDiskChannel) {
        return;
    }
    if at.target > 7 {
        let message = format!("'target' of an address is '{}', this QEMU has up to 7", at.target);
        out.refuse(&OLD_SCSI, place(), message);
    }
}
