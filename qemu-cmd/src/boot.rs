//! `-boot`, kernel, initrd, ACPI tables; which devices are started from.

use virtargv_caps::Cap;
use virtargv_model::device::disk::DiskDevice;
use virtargv_model::info::Boot;
use virtargv_model::os::{AcpiTableType, BootDev};
use virtargv_model::{Domain, YesNo};

use crate::emit::{Done, Emit};
use crate::needs::Role;
use crate::{Props, Style};

/// Gives the first device of each kind in `<os><boot>` its place in the order; of a kind named twice, the later one.
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

/// Emits `-boot`, kernel, initrd, ACPI tables.
pub(crate) fn emit(e: &mut Emit<'_>) -> Done {
    let os = &e.domain().os;
    let mut props = Props::object();
    props.set_opt("menu", os.boot_menu.and_then(|menu| menu.enable).map(YesNo::is_yes));
    props.set_opt("reboot-timeout", os.reboot_timeout);
    props.set_opt("splash-time", os.boot_menu.and_then(|menu| menu.timeout).map(u32::from));
    if e.has(Cap::BootStrict) {
        props.set("strict", true);
    }
    if !props.is_empty() {
        e.line.option("-boot", props.to_pairs(Style::OnOff));
    }
    let direct = &os.direct;
    for (option, value) in [
        ("-kernel", &direct.kernel),
        ("-initrd", &direct.initrd),
        ("-append", &direct.cmdline),
        ("-shim", &direct.shim),
        ("-dtb", &direct.dtb),
    ] {
        if let Some(value) = value {
            if option != "-append" {
                e.need_path(value, Role::File);
            }
            e.line.option(option, value);
        }
    }
    for table in &os.acpi_tables {
        let signature = match table.kind {
            AcpiTableType::Raw | AcpiTableType::RawSet => None,
            AcpiTableType::Slic => Some("SLIC"),
            AcpiTableType::Msdm => Some("MSDM"),
        };
        e.need_path(&table.path, Role::File);
        let props = Props::object().opt("sig", signature).with("file", &table.path);
        e.line.option("-acpitable", props.to_pairs(Style::OnOff));
    }
    Ok(())
}
