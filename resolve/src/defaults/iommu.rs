//! Defaults of `<iommu>`.

use virtargv_caps::{Cap, Convention};
use virtargv_model::OnOff;
use virtargv_model::device::iommu::{Iommu, IommuDriver, IommuModel};
use virtargv_model::features::IoApic;
use virtargv_model::info::DeviceInfo;

use crate::Work;

/// The most vCPUs that interrupts reach without an IOMMU.
const MOST_CPUS: u32 = 255;

/// Adds an IOMMU to a new Q35 guest with more than 255 vCPUs, so that interrupts reach all of them, and sets the I/O
/// APIC driver that interrupt remapping needs.
pub(crate) fn apply(work: &mut Work<'_>) {
    if !work.release.has(Convention::IommuId) {
        // In earlier releases the IOMMU has no alias and no address, and fewer options.
        for iommu in &mut work.domain.devices.iommus {
            let DeviceInfo { pos, implied, .. } = iommu.info;
            iommu.info = DeviceInfo { pos, implied, ..DeviceInfo::default() };
            iommu.driver.dma_translation = None;
        }
    }
    if !work.release.has(Convention::IommuForManyCpus) {
        return;
    }
    let many = work.guest.is_q35() && work.domain.vcpus.max() > MOST_CPUS;
    if many && work.options.abi_update {
        reach_all(work);
    }
    let iommus = &work.domain.devices.iommus;
    let remaps = iommus.iter().any(|iommu| iommu.driver.intremap == Some(OnOff::On));
    if remaps || (many && !iommus.is_empty()) {
        // Interrupt remapping needs the I/O APIC of QEMU.
        work.domain.features.ioapic.get_or_insert(IoApic::Qemu);
    }
}

/// Adds the IOMMU, or sets its options.
fn reach_all(work: &mut Work<'_>) {
    let caps = work.caps;
    let (intremap, eim) = (caps.has(Cap::IntelIommuIntremap), caps.has(Cap::IntelIommuEim));
    let iommus = &mut work.domain.devices.iommus;
    if iommus.is_empty() && caps.has(Cap::DeviceIntelIommu) && intremap && eim {
        let driver =
            IommuDriver { intremap: Some(OnOff::On), eim: Some(OnOff::On), ..IommuDriver::default() };
        let info = DeviceInfo::implied("interrupts reach more than 255 vCPUs through an IOMMU only");
        iommus.push(Iommu { info, model: Some(IommuModel::Intel), driver });
    }
    let xtsup = caps.has(Cap::AmdIommuXtsup);
    let amd =
        |iommu: &&mut Iommu| iommu.model == Some(IommuModel::Amd) && caps.release().has(Convention::AmdXtsup);
    for iommu in iommus.iter_mut().filter(amd) {
        iommu.driver.intremap.get_or_insert(OnOff::On);
        if xtsup {
            iommu.driver.xtsup.get_or_insert(OnOff::On);
        }
    }
    for iommu in iommus.iter_mut().filter(|iommu| iommu.model == Some(IommuModel::Intel)) {
        if intremap {
            iommu.driver.intremap.get_or_insert(OnOff::On);
        }
        if eim {
            iommu.driver.eim.get_or_insert(OnOff::On);
        }
    }
}
