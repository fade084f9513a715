//! Groups of host devices that pseries guests keep on host bridges of their own.

use std::collections::HashMap;

use virtargv_model::device::DeviceId;

use crate::Work;

/// The group of each host device; 0 is everything else.
#[derive(Debug, Default)]
pub(super) struct Groups(HashMap<DeviceId, u32>);

impl Groups {
    /// Host devices are kept apart by the host's IOMMU groups.
    pub fn of(_work: &Work<'_>) -> Self {
        Self::default()
    }

    /// The group of `id`.
    pub fn of_device(&self, id: DeviceId) -> u32 {
        self.0.get(&id).copied().unwrap_or(0)
    }
}
