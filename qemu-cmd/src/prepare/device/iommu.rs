//! `<iommu>`: its driver.

use virtargv_caps::Cap;
use virtargv_model::Problem;
use virtargv_model::device::iommu::{Iommu, IommuModel};
use virtargv_model::read::ATTRIBUTE_MISSING;

use super::Device;
use crate::prepare::context::{Prepare, broken};

/// The driver of an IOMMU.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Driver {
    /// It is a property of the machine (`iommu=`) with this value.
    Machine(MachineIommu),
    /// `intel-iommu`.
    Intel,
    /// `virtio-iommu`.
    Virtio,
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
        let message = "element 'iommu' lacks attribute 'model'";
        broken(cx.release(), &ATTRIBUTE_MISSING, iommu.info.pos.attr("model"), message)
    })?;
    Ok(match model {
        IommuModel::Intel if cx.has(Cap::DeviceIntelIommu) => Driver::Intel,
        IommuModel::Intel => Driver::Machine(MachineIommu::Intel),
        IommuModel::Smmuv3 => Driver::Machine(MachineIommu::Smmuv3),
        IommuModel::Virtio => Driver::Virtio,
    })
}
