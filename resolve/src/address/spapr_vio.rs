//! Addresses on the virtual I/O bus of pseries (`<address type='spapr-vio'>`).

use foldhash::HashMap;
use virtargv_model::device::chardev::{ConsoleTarget, SerialTarget};
use virtargv_model::device::controller::ScsiModel;
use virtargv_model::device::net::{KnownModel, NicModel};
use virtargv_model::device::tpm::TpmModel;
use virtargv_model::device::{DeviceId, DeviceKind};
use virtargv_model::info::Address;

use crate::{Work, rules};

/// The distance between candidate addresses.
const STEP: u64 = 0x1000;

/// Assigns a register to every spapr-vio device: the first free one from QEMU's default for its kind on.
pub(super) fn assign(work: &mut Work<'_>) {
    let candidates = candidates(work);
    if candidates.is_empty() {
        return;
    }
    let devices = &work.domain.devices;
    let mut used: HashMap<u64, usize> = HashMap::default();
    // The first console is the first serial port, and a document may repeat its address.
    let is_serial = devices.consoles.first().is_some_and(|first| first.target == Some(ConsoleTarget::Serial));
    let first_console = DeviceId { kind: DeviceKind::Console, index: 0 };
    for (_, info) in devices.infos().filter(|(id, _)| !is_serial || *id != first_console) {
        if let Some(Address::SpaprVio { reg: Some(reg) }) = info.address {
            *used.entry(reg).or_default() += 1;
        }
    }
    // The first register of each kind that can be free: those before it are used.
    let mut next: HashMap<u64, u64> = HashMap::default();
    for (id, first, belongs) in candidates {
        let Some(info) = work.domain.devices.info_mut(id) else { continue };
        if belongs && !matches!(info.address, Some(Address::SpaprVio { .. })) {
            info.address = Some(Address::SpaprVio { reg: None });
        }
        match &mut info.address {
            Some(Address::SpaprVio { reg: Some(reg) }) if used.get(reg).is_some_and(|n| *n > 1) => {
                let (reg, pos) = (*reg, info.pos);
                let message = format!("two devices have the spapr-vio address `{reg:#x}`");
                work.refuse(&rules::SPAPR_VIO_ADDRESS_TWICE, pos.path("address/@reg"), message);
                return;
            }
            Some(Address::SpaprVio { reg: open @ None }) => {
                let reg = next.entry(first).or_insert(first);
                while used.contains_key(reg) {
                    *reg += STEP;
                }
                used.insert(*reg, 1);
                *open = Some(*reg);
            }
            _ => {}
        }
    }
}

/// The devices that are on the bus, with QEMU's default register for the kind, and whether they must be on it: others are
/// there because of the address that they have.
fn candidates(work: &Work<'_>) -> Vec<(DeviceId, u64, bool)> {
    let (devices, pseries) = (&work.domain.devices, work.guest.is_pseries());
    let is_there =
        |id| devices.info(id).is_some_and(|info| matches!(info.address, Some(Address::SpaprVio { .. })));
    let mut list = Vec::new();
    let mut add = |kind, first, belongs: &mut dyn Iterator<Item = bool>| {
        let all = belongs.enumerate().map(|(index, belongs)| (DeviceId { kind, index }, first, belongs));
        list.extend(all.filter(|(id, _, belongs)| *belongs || is_there(*id)));
    };
    let vlan = Some(NicModel::Known(KnownModel::SpaprVlan));
    add(DeviceKind::Interface, 0x1000, &mut devices.interfaces.iter().map(|nic| nic.model == vlan));
    let vscsi = Some(ScsiModel::Ibmvscsi);
    add(DeviceKind::Controller, 0x2000, &mut devices.controllers.iter().map(|c| c.scsi_model() == vscsi));
    let vty = Some(SerialTarget::SpaprVio);
    add(DeviceKind::Serial, 0x3000_0000, &mut devices.serials.iter().map(|serial| serial.target == vty));
    add(DeviceKind::Nvram, 0x3000, &mut devices.nvrams.iter().map(|_| pseries));
    let proxy = Some(TpmModel::SpaprProxy);
    add(DeviceKind::Tpm, 0x4000, &mut devices.tpms.iter().map(|tpm| pseries && tpm.model != proxy));
    list
}
