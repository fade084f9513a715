//! The boot order.

use virtargv_model::Domain;
use virtargv_model::device::disk::DiskDevice;
use virtargv_model::info::Boot;
use virtargv_model::os::BootDev;

/// Sets the boot order of the first device of each kind in `<os><boot>`. A kind that is named twice has the later
/// order.
pub(crate) fn assign_order(domain: &mut Domain) {
    let devices = &mut domain.devices;
    for (n, dev) in (1..).zip(&domain.os.boot_devs) {
        let kinds: &[DiskDevice] = match dev {
            BootDev::Floppy => &[DiskDevice::Floppy],
            BootDev::Cdrom => &[DiskDevice::Cdrom],
            BootDev::Disk => &[DiskDevice::Disk, DiskDevice::Lun],
            BootDev::Network => {
                if let Some(net) = devices.interfaces.first_mut() {
                    net.info.boot = Some(Boot { order: n, loadparm: None });
                }
                continue;
            }
        };
        let mut disks = devices.disks.iter_mut();
        if let Some(disk) = disks.find(|disk| kinds.contains(&disk.device())) {
            disk.info.boot = Some(Boot { order: n, loadparm: None });
        }
    }
}
