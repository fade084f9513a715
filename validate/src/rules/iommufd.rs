//! Rules on `<iommufd>`, and on host devices that use it.

use virtargv_caps::Cap;
use virtargv_model::YesNo;
use virtargv_model::device::hostdev::PciDevice;
use virtargv_model::info::DeviceInfo;

use crate::{Context, Findings};

virtargv_model::rules! {
    /// A descriptor of `/dev/iommu` is passed only where IOMMUFD is used.
    GROUP = "iommufd-fdgroup": Unsupported, Validate,
        "`<iommufd enabled='no' fdgroup=>`: the descriptor is for `-object iommufd`",
        help "set `enabled='yes'`, or remove `fdgroup=`", since "12.2";
    /// IOMMUFD needs a QEMU that has it.
    QEMU_LACKS = "iommufd-qemu": Unsupported, Validate,
        "`<iommufd>`, `<hostdev><driver iommufd='yes'>`: `-object iommufd`, new in QEMU 9.0",
        help "set it to `no`, or use a QEMU that has the object", since "12.1";
}

/// Checks `<iommufd>` against the rules above.
pub(crate) fn check(cx: &Context<'_>, out: &mut Findings<'_>) {
    let Some(iommufd) = &cx.domain.iommufd else { return };
    if iommufd.enabled == Some(YesNo::No)
        && let Some(group) = &iommufd.fdgroup
    {
        let message = format!("`fdgroup` (`{group}`) of `<iommufd>` needs `enabled` to be `yes`");
        out.refuse(&GROUP, iommufd.pos.attr("fdgroup"), message);
    }
    if iommufd.enabled == Some(YesNo::Yes) && !cx.has(Cap::Iommufd) {
        out.refuse(&QEMU_LACKS, iommufd.pos, "this QEMU has no object `iommufd`");
    }
}

/// Checks that there is IOMMUFD for a PCI host device that asks for it.
pub(super) fn device(cx: &Context<'_>, info: &DeviceInfo, pci: &PciDevice, out: &mut Findings<'_>) {
    if pci.driver.iommufd == Some(YesNo::Yes) && !cx.has(Cap::Iommufd) {
        let message = "`iommufd` of `<driver>` needs object `iommufd`, which this QEMU lacks";
        out.refuse(&QEMU_LACKS, info.pos.path("driver/@iommufd"), message);
    }
}
