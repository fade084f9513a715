//! `<memory>` devices: the memory backend of each.

use virtargv_model::Problem;
use virtargv_model::device::memory_device::MemoryDevice;

use super::Device;
use crate::prepare::context::Prepare;
use crate::prepare::memory::backend::{self, Backend, Wanted};

/// A prepared memory device.
#[derive(Debug)]
pub(crate) struct Facts {
    /// Its memory backend.
    pub backend: Backend,
    /// Whether its memory is preallocated.
    pub preallocated: bool,
}

/// Prepares a `<memory>` device.
pub(crate) fn prepare(cx: &mut Prepare<'_>, memory: Device<'_, MemoryDevice>) -> Result<Facts, Problem> {
    let wanted = Wanted::device(&memory, memory.alias);
    let preallocated = backend::is_preallocated(cx, &wanted)?;
    Ok(Facts { backend: backend::prepare(cx, &wanted)?, preallocated })
}
