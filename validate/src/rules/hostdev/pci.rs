//! Rules on PCI host devices.

use virtargv_caps::Cap;
use virtargv_model::Place;
use virtargv_model::device::hostdev::{HostdevDriverName, PciDevice};
use virtargv_model::info::DeviceInfo;

use super::super::iommufd;
use super::check_display;
use crate::{Context, Findings};

virtargv_model::rules! {
    /// Assigning a PCI device by VFIO needs a QEMU that has it.
    VFIO = "hostdev-vfio": Unsupported, Validate,
        "`<hostdev type='pci'><driver name='vfio'/>`: `-device vfio-pci`",
        help "use a QEMU that was built with VFIO";
    /// QEMU has no `writeFiltering=` of PCI devices.
    WRITE_FILTERING = "hostdev-write-filtering": Unsupported, Validate,
        "`<hostdev type='pci'><source writeFiltering=>`: an option of Xen's PCI backend",
        help "remove `writeFiltering=` from `<source>`";
    /// The driver of a PCI host device is `vfio`.
    DRIVER = "hostdev-driver": Unsupported (Internal before "12.1"), Build,
        "`<hostdev type='pci'><driver name=>`: QEMU assigns PCI devices by VFIO only; `kvm` is gone, `xen` is for Xen",
        help "set `name='vfio'`, or remove `name=`";
}

/// Checks a PCI host device against the rules above.
pub(super) fn check(cx: &Context<'_>, info: &DeviceInfo, pci: &PciDevice, out: &mut Findings<'_>) {
    let vfio = cx.has(Cap::DeviceVfioPci);
    match pci.driver.name {
        Some(HostdevDriverName::Vfio) if !vfio => {
            let message = "driver `vfio` needs `vfio-pci`, which this QEMU lacks";
            out.refuse(&VFIO, info.pos.path("driver/@name"), message);
        }
        Some(name @ (HostdevDriverName::Kvm | HostdevDriverName::Xen)) => {
            let message = format!("driver `{name}` is not supported for PCI devices, only `vfio` is");
            out.refuse(&DRIVER, info.pos.path("driver/@name"), message);
        }
        _ => {}
    }
    iommufd::device(cx, info, pci, out);
    if let Some(filtering) = pci.write_filtering {
        let message = format!("`writeFiltering` (`{filtering}`) is not supported by QEMU");
        out.refuse(&WRITE_FILTERING, pci.pos.path("@writeFiltering"), message);
    }
    let place = |path: &'static str| -> Place { info.pos.path(path) };
    check_display(cx, pci.display, place, out);
}
