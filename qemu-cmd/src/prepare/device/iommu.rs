//! `<iommu>`: its driver.

use virtargv_caps::Cap;
use virtargv_model::Problem;
use virtargv_model::device::controller::ControllerType;
use virtargv_model::device::iommu::{Iommu, IommuModel};
use virtargv_model::read::ATTRIBUTE_MISSING;
use virtargv_validate::rules::iommu as rules;

use super::Device;
use crate::prepare::context::{Prepare, broken};
use crate::text::{Text, text};

/// The driver of an IOMMU.
#[derive(Debug, Clone)]
pub(crate) enum Driver {
    /// It is a property of the machine (`iommu=`) with this value.
    Machine(MachineIommu),
    /// `intel-iommu`.
    Intel,
    /// `virtio-iommu`.
    Virtio,
    /// `AMDVI-PCI` and `amd-iommu`.
    Amd,
    /// `arm-smmuv3` for the PCI bus with this id.
    Smmuv3(Text),
}

/// An IOMMU that is part of the machine.
#[derive(Debug, Clone, Copy)]
pub(crate) enum MachineIommu {
    /// Intel VT-d, in QEMUs without `-device intel-iommu`.
    Intel,
    /// Arm SMMUv3.
    Smmuv3,
}

/// Prepares an `<iommu>`.
pub(crate) fn prepare(cx: &mut Prepare<'_>, iommu: Device<'_, Iommu>) -> Result<Driver, Problem> {
    let model = iommu.model.ok_or_else(|| {
        let message = "`<iommu>` has no `model=`";
        broken(cx.release(), &ATTRIBUTE_MISSING, iommu.info.pos.attr("model"), message)
    })?;
    Ok(match model {
        IommuModel::Intel if cx.has(Cap::DeviceIntelIommu) => Driver::Intel,
        IommuModel::Intel => Driver::Machine(MachineIommu::Intel),
        IommuModel::Smmuv3 => match iommu.driver.pci_bus {
            None => Driver::Machine(MachineIommu::Smmuv3),
            Some(index) => Driver::Smmuv3(pci_bus(cx, index).ok_or_else(|| {
                let message =
                    format!("an IOMMU is for the PCI controller with index `{index}`, which there is not");
                broken(cx.release(), &rules::PCI_BUS, iommu.info.pos.path("driver/@pciBus"), message)
            })?),
        },
        IommuModel::Virtio => Driver::Virtio,
        IommuModel::Amd => Driver::Amd,
    })
}

/// The id of the bus of PCI controller `index`.
fn pci_bus(cx: &Prepare<'_>, index: u32) -> Option<Text> {
    let at = cx.controllers.get(ControllerType::Pci, index)?;
    let controller = cx.domain.devices.controllers.get(at)?;
    if index == 0 {
        return Some(cx.guest.first_pci_bus(cx.caps, controller.pci_model()).into());
    }
    cx.controller(ControllerType::Pci, index).map(|alias| text!(alias))
}
